"""README and CHANGELOG say what is true: their commands run, their sample output is the real one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.store import migrate
from plsync import exits
from plsync.cli import app
from plsync.commands import plan
from plsync.commands.sandbox import exports
from plsync.demo import demo_config
from plsync.running import sync_once
from plsync.wiring import Plsync, opened
from sandbox.demo import DemoCompany
from sandbox.world import running
from tests.front.door import ROOT, Door

README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMES = {str(command.name or getattr(command.callback, "__name__", "")) for command in app.registered_commands}
LASTING = {"serve", "sandbox", "demo"}  # they stay until stopped: proved by tests of their own
HASH = re.compile(r"^plan [0-9a-f]+", re.MULTILINE)


def blocks(language: str) -> list[str]:
    """The fenced blocks of README in one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def lines() -> list[list[str]]:
    """Every command line of README's shell blocks, as words."""
    found = [shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines()]
    return [words for words in found if words]


def test_the_first_screen_has_what_a_visitor_needs() -> None:
    """Promise, flow, the two commands and the plan stand before the first section."""
    first = README.split("\n## ")[0]
    places = [
        first.index(part) for part in ("# plsync", "warehouse → plan → read", "make demo", "make test", "\nplan ")
    ]
    assert places == sorted(places)


def test_every_make_target_exists() -> None:
    """What README asks of make is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [words[1] for words in lines() if words[0] == "make"]
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)


def test_every_command_line_runs(door: Door) -> None:
    """README's command lines, one after the other as a reader would type them, all end well."""
    asked = [words[1:] for words in lines() if words[0] == "plsync"]
    assert {words[0] for words in asked} <= NAMES
    for words in asked:
        if words[0] not in LASTING:
            ran = door.run(*words)
            assert ran.code == exits.DONE, (words, ran)


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_every_command_is_told(document: str) -> None:
    """Each command stands in README's table and in the changelog."""
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:plsync )?([a-z]+)[^`]*`", text))
    assert named >= NAMES


def test_every_link_leads_somewhere() -> None:
    """Files README links to, and mapping files it names, are there."""
    linked = re.findall(r"\]\(([^)]+)\)", README)
    mapped = re.findall(r"`(\w+\.toml)`", README.split("## The mappings folder")[1].split("\n## ")[0])
    assert all((ROOT / path).is_file() for path in linked)
    assert all((ROOT / "mappings" / name).is_file() for name in mapped)
    assert {path.name for path in (ROOT / "mappings").glob("*.toml")} == set(mapped)


@dataclass
class Clock:
    """A time that is moved by hand."""

    at: datetime = datetime(2026, 3, 3, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def second_day(tmp_path: Path) -> Iterator[Plsync]:
    """The whole demo company, synced once and a day on, at dates that never change."""
    clock = Clock()
    company = DemoCompany(clock())
    with ExitStack() as stack:
        sandbox = stack.enter_context(running(tmp_path, clock, company))
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in sandbox.environment().items():
            environment.setenv(name, value)
        config = demo_config(sandbox, tmp_path)
        migrate(config.store.url)
        plsync = stack.enter_context(opened(config, clock))
        sync_once(plsync)
        company.advance(sandbox.warehouse)
        clock.at += timedelta(days=1)
        yield plsync


def test_the_plan_shown_is_the_real_one(
    second_day: Plsync, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """README's sample is what `plsync plan` prints on a terminal of 100 columns, its hash apart."""
    monkeypatch.setattr("plsync.terminal.UNBOUND", 100)
    assert plan.run(second_day, as_json=False, limit=None) == exits.DONE
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.strip().splitlines())
    (shown,) = blocks("text")
    assert HASH.sub("plan …", shown.strip()) == HASH.sub("plan …", printed)


def test_the_sandbox_exports_what_the_example_names(door: Door) -> None:
    """`plsync sandbox` writes what a shell can source, for the configuration as it stands."""
    names = re.findall(r"export (\w+)=", exports(door.sandbox))
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert set(names) == set(re.findall(r'"env:(\w+)"', example))
