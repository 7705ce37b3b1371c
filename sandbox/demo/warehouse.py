"""The product warehouse as one SQLite file: three relations, written once and then moved on by a day."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from sandbox.demo.account import Account
from sandbox.demo.days import Days, text
from sandbox.demo.people import ADMIN, person_key
from sandbox.demo.rubric import RUBRIC, Stages
from sandbox.demo.story import Story

STAGES = tuple(field.name for field in fields(Stages))

SCHEMA = f"""
CREATE TABLE accounts (
    account_key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    domain TEXT NOT NULL,
    employees INTEGER,
    industry TEXT NOT NULL,
    country TEXT NOT NULL,
    plan TEXT NOT NULL,
    crm_of_record TEXT CHECK (crm_of_record IN ('salesforce', 'hubspot')),
    owner_email TEXT,
    score REAL NOT NULL,
    {", ".join(f"points_{name} INTEGER NOT NULL" for name in RUBRIC)},
    motion TEXT NOT NULL CHECK (motion IN ('plg', 'sales_led', 'hybrid_escalation', 'unknown')),
    active_users INTEGER NOT NULL,
    seats_purchased INTEGER,
    seats_used INTEGER,
    limit_used REAL,
    potential_acv REAL,
    {", ".join(f"{stage}_at TEXT" for stage in STAGES)},
    scored_at TEXT NOT NULL
);
CREATE TABLE signals (
    account_key TEXT NOT NULL REFERENCES accounts,
    kind TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    detail TEXT,
    person_key TEXT,
    PRIMARY KEY (account_key, kind, occurred_at)
);
CREATE TABLE people (
    account_key TEXT NOT NULL REFERENCES accounts,
    person_key TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    is_admin INTEGER NOT NULL,
    last_seen TEXT,
    opt_out INTEGER NOT NULL,
    PRIMARY KEY (account_key, person_key)
);
CREATE INDEX accounts_scored_at ON accounts (scored_at);
CREATE INDEX accounts_pql_at ON accounts (pql_at);
CREATE INDEX signals_occurred_at ON signals (occurred_at);
"""

Row = tuple[str | int | float | None, ...]


def write_baseline(path: Path, stories: Sequence[Story], days: Days) -> None:
    """Write the warehouse as it stands at `days.as_of`; a file that is already there is replaced."""
    path.unlink(missing_ok=True)
    known = [(story, story.baseline) for story in stories if story.baseline is not None]
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(SCHEMA)
        _put(database, "accounts", (_account_row(account, days.baseline_scored_at) for _, account in known))
        _put(database, "people", (row for story, _ in known for row in _people_rows(story)))
        _put(database, "signals", (row for story, _ in known for row in _signal_rows(story, until=days.as_of)))


def advance(path: Path, stories: Sequence[Story], days: Days) -> None:
    """Bring the baseline to `days.day_two_at`; only accounts that day two touches are scored again.

    Advancing twice changes nothing more. Raises FileNotFoundError where no baseline was written.
    """
    if not path.exists():
        raise FileNotFoundError(f"no demo warehouse at {path}: write the baseline first")
    moved = [story for story in stories if _moves(story, days)]
    with closing(sqlite3.connect(path)) as database, database:
        _put(database, "accounts", (_account_row(story.final, days.day_two_scored_at) for story in moved))
        _put(database, "signals", (row for story in moved for row in _signal_rows(story, until=days.day_two_at)))


def _moves(story: Story, days: Days) -> bool:
    return story.baseline != story.final or any(signal.occurred_at >= days.as_of for signal in story.signals)


def _put(database: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    width = len(database.execute(f"SELECT * FROM {table} LIMIT 0").description)
    database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * width)})", rows)


def _account_row(account: Account, scored_at: datetime) -> Row:
    """One row, in the order of the schema."""
    return (
        account.key,
        account.name,
        account.domain,
        account.employees,
        account.industry,
        account.country,
        account.plan,
        account.crm_of_record,
        account.owner_email,
        account.score,
        *(worth if name in account.points else 0 for name, worth in RUBRIC.items()),
        account.motion,
        account.active_users,
        account.seats_purchased,
        account.seats_used,
        account.limit_used,
        account.potential_acv,
        *(_stage_text(account, stage) for stage in STAGES),
        text(scored_at),
    )


def _stage_text(account: Account, stage: str) -> str | None:
    reached = getattr(account.stages, stage)
    return None if reached is None else text(reached)


def _signal_rows(story: Story, *, until: datetime) -> list[Row]:
    key = story.final.key
    person = person_key(key, ADMIN) if story.people else None
    return [
        (key, signal.kind, text(signal.occurred_at), signal.detail, person)
        for signal in story.signals
        if signal.occurred_at < until
    ]


def _people_rows(story: Story) -> list[Row]:
    return [
        (
            story.final.key,
            person.key,
            person.email,
            person.name,
            person.title,
            int(person.is_admin),
            text(person.last_seen),
            int(person.opt_out),
        )
        for person in story.people
    ]
