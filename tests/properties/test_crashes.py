"""Killed anywhere and run again, a sync ends where one run would have (invariants 1, 2, 5; D19).

A fuse stands for the process: every call to a CRM and every transaction of the store goes through it, and it burns out
at one of them: before the call, after it, or with half a batch accepted. From then on the process is dead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from connector.destinations.memory import MemoryCrm
from connector.model import AccountRef, By, Canonical, CrmFact, Live, ObjectSpec, Outcome, Write
from connector.ports import Ledger
from connector.store import Store, migrate, tables
from connector.store.ledger import SqlLedger
from tests.story.house import DOMAINS, OBJECTS, SALESFORCE, Town, found, mapping, named, spec

T = TypeVar("T")
KEYS = ("a", "b", "c", "d", "e", "f")


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fuse:
    """Burns out at the `left`-th call; None lasts for ever. `works` is the part of that call that still gets done."""

    left: int | None = None
    works: str = "none"
    dead: bool = False

    def __call__(self, whole: Callable[[], T], half: Callable[[], object] = lambda: None) -> T:
        """Make a call, or die of it."""
        if self.dead:
            raise Killed
        if self.left is None:
            return whole()
        self.left -= 1
        if self.left > 0:
            return whole()
        self.dead = True
        if self.works == "all":
            whole()
        if self.works == "half":
            half()
        raise Killed


@dataclass
class MortalCrm(MemoryCrm):
    """A CRM whose caller may die of any call."""

    fuse: Fuse = field(default_factory=Fuse)

    def describe(self, object_name: str) -> ObjectSpec:
        return self.fuse(lambda: MemoryCrm.describe(self, object_name))

    def fetch(self, object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        return self.fuse(lambda: MemoryCrm.fetch(self, object_name, by, field, values, fields))

    def state(self, accounts: Sequence[AccountRef]) -> Mapping[str, tuple[CrmFact, ...]]:
        return self.fuse(lambda: MemoryCrm.state(self, accounts))

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        some = writes[: len(writes) // 2]
        return self.fuse(
            lambda: MemoryCrm.send(self, object_name, match_field, writes),
            lambda: MemoryCrm.send(self, object_name, match_field, some),
        )


class MortalLedger:
    """A ledger whose caller may die before or after any of its transactions."""

    def __init__(self, ledger: SqlLedger, fuse: Fuse) -> None:
        self._ledger = ledger
        self._fuse = fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._ledger, name)
        return lambda *args, **kwargs: self._fuse(lambda: method(*args, **kwargs))


# --- what happens --------------------------------------------------------------------------------

Said = tuple[str | None, int]  # motion and score of one account in the warehouse
said = st.tuples(st.sampled_from(["plg", "sales_led", "hybrid", None]), st.sampled_from([40, 60, 92]))


@dataclass(frozen=True)
class Story:
    """One account per key in each of three warehouses: before, when the run was killed, and when it is run again."""

    before: Mapping[str, Said]
    killed: Mapping[str, Said]
    again: Mapping[str, Said]
    records: Mapping[str, str]  # keyed, unkeyed, absent
    edited: frozenset[str]  # a person edits these after the crash
    kills: tuple[tuple[int, str], ...]  # at which call, and what of it is still done
    settled: bool  # whether a run had finished before
    mode: str


@st.composite
def stories(draw: st.DrawFn) -> Story:
    keys = KEYS[: draw(st.integers(1, len(KEYS)))]
    before, killed = ({key: draw(said) for key in keys} for _ in range(2))
    moves = st.sampled_from(["stays", "back", "on"] if draw(st.booleans()) else ["stays"])
    again = {key: {"stays": killed[key], "back": before[key], "on": draw(said)}[draw(moves)] for key in keys}
    return Story(
        before,
        killed,
        again,
        {key: draw(st.sampled_from(["keyed", "keyed", "unkeyed", "absent"])) for key in keys},
        frozenset(draw(st.lists(st.sampled_from(keys), max_size=2))),
        tuple(
            draw(
                st.lists(
                    st.tuples(st.integers(1, 30), st.sampled_from(["none", "half", "all"])), min_size=1, max_size=2
                )
            )
        ),
        draw(st.booleans()),
        draw(st.sampled_from(["update_only", "upsert"])),
    )


def open_town(store: Store, story: Story, fuse: Fuse) -> Town:
    """The town as the story finds it, around an emptied store."""
    with store.write() as conn:
        for table in reversed(tables.metadata.sorted_tables):
            conn.execute(delete(table))
    town = found(store, partial(MortalCrm, fuse=fuse))
    town.ledger = cast("Ledger", MortalLedger(SqlLedger(store), fuse))
    town.mappings = {crm: mapping(crm, story.mode) for crm in town.crms}
    for key, kind in story.records.items():
        if kind != "absent":
            town.record(key, keyed=kind == "keyed")
    if story.settled:
        move(town, story.before)
        town.sync()
    return town


def move(town: Town, rows: Mapping[str, Said]) -> None:
    """The warehouse says this now."""
    town.later(hours=1)
    for key, (motion, score) in rows.items():
        town.product(key, motion=motion, score=score)


def edit(town: Town, story: Story) -> None:
    """A person edits what there is to edit."""
    for key in story.edited:
        if story.records[key] != "absent":
            town.edit(key, SALESFORCE, motion="partner")


def killed(store: Store, story: Story) -> Town:
    """The story as it happened: runs that were killed, and then one that was not."""
    fuse = Fuse()
    town = open_town(store, story, fuse)
    move(town, story.killed)
    for left, works in story.kills:
        fuse.left, fuse.works = left, works
        with suppress(Killed):
            town.sync()
        fuse.left, fuse.dead = None, False
    edit(town, story)
    move(town, story.again)
    town.sync()
    return town


def spared(store: Store, story: Story) -> Town:
    """The same without the killed runs."""
    town = open_town(store, story, Fuse())
    edit(town, story)
    move(town, story.again)
    town.sync()
    return town


def records(town: Town, crm: str) -> dict[Canonical, Mapping[str, Canonical]]:
    """Every record of a CRM by our key, or by its website where it has none."""
    key, website = named(crm, "key"), DOMAINS[crm]
    fields = list(spec(crm).fields)
    keyed = town.crms[crm].fetch(OBJECTS[crm], By.KEY, key, KEYS, fields)
    hosts = [f"{name}.example" for name in KEYS]
    unkeyed = town.crms[crm].fetch(OBJECTS[crm], By.DOMAIN, website, hosts, fields)
    return {live.values[key] or live.values[website]: live.values for live in (*unkeyed, *keyed)}


def told(town: Town) -> list[object]:
    """The alerts in the outbox."""
    return [fact.payload["episode"] for fact in town.facts()]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store, emptied for every story."""
    url = f"sqlite:///{tmp_path_factory.mktemp('crashes') / 'store.db'}"
    migrate(url)
    opened = Store.open(url)
    yield opened
    opened.close()


@settings(max_examples=200, deadline=None)
@given(stories())
def test_killed_and_run_again_is_one_run(store: Store, story: Story) -> None:
    """Both CRMs end as if the killed runs had never been: nothing lost or doubled, no edit invented or trampled.

    Nobody is told twice; where the warehouse stood still the outbox is the one run's too (invariant 12). The run after
    that calls nobody.
    """
    one_run = spared(store, story)
    expected, episodes = {crm: records(one_run, crm) for crm in OBJECTS}, told(one_run)
    town = killed(store, story)

    assert {crm: records(town, crm) for crm in OBJECTS} == expected
    assert told(town) == episodes or story.again != story.killed
    assert max(Counter(town.alerts()).values(), default=0) <= 1
    for key in story.before:
        for crm in OBJECTS:
            memory = town.memory(key, crm)
            theirs = crm == SALESFORCE and key in story.edited
            assert memory.intended is None
            assert theirs or memory.code != "EDITED"
            assert theirs or not memory.record_id or memory.written.items() <= expected[crm][key].items()

    town.forget_calls()
    town.later(hours=1)
    assert town.sync().planned == 0
    assert town.calls() == 0
