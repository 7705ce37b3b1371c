"""Long work shows how far it has come: a bar on a terminal, a few lines elsewhere, nothing beside JSON."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from plsync import exits
from plsync.terminal import progress
from tests.front.door import ROOT, Door

SAID = r"[\d,]+"


def read_all(terminal: int) -> str:
    """Everything a terminal was sent, until nobody holds its other end."""
    seen = b""
    while True:
        try:
            some = os.read(terminal, 65_536)
        except OSError:  # how Linux says that the other end is closed
            return seen.decode()
        if not some:
            return seen.decode()
        seen += some


def test_a_terminal_shows_a_bar(door: Door) -> None:
    """Count, rate and calls left of this run's share, for each CRM; the answer itself is on standard output."""
    config = door.migrated().configured()
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "plsync", "sync", "--config", str(config)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = read_all(ours)
        os.close(ours)
        assert process.stdout is not None
        answer = process.stdout.read()
        assert process.wait() == exits.DONE
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown)
    assert re.search(rf"syncing .*76 of 76 {SAID} records/s", plain), plain
    assert re.search(rf"calls left: salesforce {SAID}, hubspot {SAID}", plain), plain
    assert "accounts compared, 38 changed ones taken" in answer
    assert "syncing" not in answer


def test_elsewhere_a_line_says_it(door: Door) -> None:
    """Without a terminal whole lines on standard error, the last one of all records."""
    ran = door.migrated().run("sync")
    assert re.fullmatch(
        rf"syncing: 76 of 76 records, {SAID} records/s, calls left: salesforce {SAID}, hubspot {SAID}",
        ran.err.splitlines()[-1],
    )


@pytest.fixture
def seconds() -> Iterator[datetime]:
    """A clock's face: a second goes by between two looks at it."""
    start = datetime(2026, 3, 4, 9, tzinfo=UTC)
    return (start + timedelta(seconds=n) for n in range(10_000))


def test_lines_are_few(seconds: Iterator[datetime], capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand answers are ten lines, each with what is done by then and how fast."""
    with progress("syncing", 1_000, "records", quiet=False, clock=lambda: next(seconds)) as step:
        for _ in range(1_000):
            step(1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0] == "syncing: 100 of 1,000 records, 100 records/s"
    assert lines[-1] == "syncing: 1,000 of 1,000 records, 100 records/s"
