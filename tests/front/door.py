"""The front door to try: config.example.toml led to a sandbox of the tests' own, and commands run in this process."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plsync.cli import app
from sandbox.demo import DemoCompany
from sandbox.world import Sandbox, running

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
MAPPINGS = ROOT / "mappings"
CRMS = ("salesforce", "hubspot")


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str


def run(*words: str) -> Ran:
    """`plsync` with these words. What a user can cause never ends in an exception: any is raised here."""
    result = CliRunner().invoke(app, [*words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def refused(ran: Ran, code: int, *parts: str) -> None:
    """Assert that the command ended with `code`, and that one line of its advice has all `parts`."""
    assert ran.code == code, ran
    lines = ran.err.splitlines()
    assert all(line.startswith("plsync: ") for line in lines), ran.err
    assert any(all(part in line for part in parts) for line in lines), ran.err


def free_port() -> int:
    """A port nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """`text` with each key of `changes`, which must be in it, replaced once."""
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in the text"
        text = text.replace(old, new, 1)
    return text


@dataclass(frozen=True)
class Door:
    """A folder with a warehouse of the named demo accounts, mappings and a store that is not there yet."""

    folder: Path
    sandbox: Sandbox

    @property
    def warehouse(self) -> Path:
        """The warehouse, a file of this test's own."""
        return self.folder / "warehouse.db"

    @property
    def store(self) -> Path:
        """Where the store is, once migrated."""
        return self.folder / "store.db"

    def sql(self, *statements: str) -> None:
        """Change the warehouse."""
        with closing(sqlite3.connect(self.warehouse)) as warehouse, warehouse:
            for statement in statements:
                warehouse.execute(statement)

    def stored(self, query: str) -> list[tuple[object, ...]]:
        """Rows of the store, asked of the database directly."""
        with closing(sqlite3.connect(self.store)) as store:
            return store.execute(query).fetchall()

    def sql_rows(self, query: str) -> list[tuple[object, ...]]:
        """Rows of the warehouse."""
        with closing(sqlite3.connect(self.warehouse)) as warehouse:
            return warehouse.execute(query).fetchall()

    def mapping(self, name: str, changes: Mapping[str, str]) -> None:
        """Change a file of the mapping folder."""
        path = self.folder / "mappings" / name
        path.write_text(replaced(path.read_text(encoding="utf-8"), changes), encoding="utf-8")

    def configured(self, changes: Mapping[str, str] | None = None) -> Path:
        """The example's own text with this door's addresses, then `changes`."""
        text = replaced(EXAMPLE.read_text(encoding="utf-8"), self._addresses() | dict(changes or {}))
        path = self.folder / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words: str, changes: Mapping[str, str] | None = None) -> Ran:
        """A command with the configuration, changed as wanted."""
        return run(*words, "--config", str(self.configured(changes)))

    def migrated(self) -> Door:
        """This door with its store made."""
        assert self.run("migrate").code == 0
        return self

    def calls(self) -> int:
        """Requests both CRMs saw."""
        return sum(self.sandbox.counts()[crm].total() for crm in CRMS)

    def writes(self) -> int:
        """Writes both CRMs saw."""
        return sum(self.sandbox.counts()[crm]["write"] for crm in CRMS)

    def _addresses(self) -> dict[str, str]:
        return {
            "sqlite:///.plsync/sandbox/warehouse.db": f"sqlite:///{self.warehouse}",
            "sqlite:///.plsync/store.db": f"sqlite:///{self.store}",
            "https://127.0.0.1:8443": self.sandbox.salesforce_url,
            ".plsync/sandbox/sandbox-ca.pem": str(self.sandbox.ca_file),
            "http://127.0.0.1:8788": self.sandbox.hubspot_url,
            "http://127.0.0.1:8789/api/": self.sandbox.slack_url,
            'folder = "mappings"': f'folder = "{self.folder / "mappings"}"',
        }


PLENTY = 100_000


@contextmanager
def company_outside(folder: Path) -> Iterator[Sandbox]:
    """The demo company's named accounts in a sandbox, whose secrets are in the environment."""
    company = named_company(datetime.now(UTC) - timedelta(days=1))
    with (
        running(folder, lambda: datetime.now(UTC), company) as sandbox,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in sandbox.environment().items():
            environment.setenv(name, value)
        yield sandbox


def named_company(as_of: datetime) -> DemoCompany:
    """The demo company without its thousands of numbered accounts, which prove nothing here and take time."""
    company = DemoCompany(as_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.demo.bulk", lambda *_: [])
        company.specials()  # tells every story, once
    return company


def opened(sandbox: Sandbox, folder: Path) -> Door:
    """A fresh door to a sandbox that others used before."""
    for control in sandbox.controls.values():
        control.world.reset()
        control.faults.clear()
        control.seen.clear()
    # No command sleeps here: one after another they would use up ten real seconds' requests on a quick machine.
    sandbox.portal.limits.per_ten_seconds = PLENTY
    shutil.copy(sandbox.warehouse, folder / "warehouse.db")
    shutil.copytree(MAPPINGS, folder / "mappings")
    return Door(folder, sandbox)
