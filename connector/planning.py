"""Plan: compare the warehouse with what we remember, and spool what moved. No CRM is asked."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, islice

from connector.comparing import Comparison, Row
from connector.guards import Guarded, Watch
from connector.mapping.fields import ObjectMapping
from connector.mirroring import Remembered, brought_up
from connector.model import ACCOUNTS, Record
from connector.plan import Basis, PlanHash, Planned, fingerprints, recipes
from connector.ports import Cursor, Ledger, Moved, Warehouse, WarehouseReading
from connector.spool import Spool, batched, chunked

BATCH = 1_000  # accounts looked up together
MOST = 0.1  # beyond this share of moved accounts, reading all of them is quicker than asking for those
CURSOR = "cursor"  # the name of its position in the ledger
Progress = Callable[[int], None]
Keep = Callable[[Sequence[Planned]], Sequence[Planned]]


@dataclass(frozen=True)
class Plan:
    """A frozen header over spooled rows. `guarded` is what each mapping may do at most, for the guards (D25).

    The rows of accounts come first, then those of every further source; `accounts` is how many accounts were compared.
    """

    compared: int
    accounts: int
    planned: int
    hash: str
    guarded: Mapping[str, Guarded]
    _rows: tuple[Spool, ...]
    _sightings: tuple[tuple[str, Spool], ...]  # by source

    def rows(self) -> Iterator[Planned]:
        """The planned records, in key order source by source, as often as wanted."""
        return chain.from_iterable(self._rows)

    def chunks(self, size: int) -> Iterator[list[Planned]]:
        """The rows in lists of at most `size`, each of one source."""
        return chunked(self.rows(), size)

    def summary(self) -> dict[str, object]:
        """What the plan would do, for the row of a run that was refused it."""
        return {name: {"planned": counted.records, **asdict(counted)} for name, counted in self.guarded.items()}

    def sightings(self, size: int) -> Iterator[tuple[str, list[str], list[str]]]:
        """(source, keys now missing from the warehouse, keys that are back), `size` at a time (D22)."""
        for source, seen in self._sightings:
            for some in batched(seen, size):
                yield source, [key for key, back in some if not back], [key for key, back in some if back]


def joined(plans: Sequence[Plan]) -> Plan:
    """The plans of several sources as one, with one HASH; the only one as it is."""
    if len(plans) == 1:
        return plans[0]
    hash_ = hashlib.blake2b("".join(plan.hash for plan in plans).encode(), digest_size=8).hexdigest()
    return Plan(
        sum(plan.compared for plan in plans),
        sum(plan.accounts for plan in plans),
        sum(plan.planned for plan in plans),
        hash_,
        {name: counted for plan in plans for name, counted in plan.guarded.items()},
        tuple(rows for plan in plans for rows in plan._rows),
        tuple(seen for plan in plans for seen in plan._sightings),
    )


@contextmanager
def planning(
    warehouse: Warehouse,
    ledger: Ledger,
    basis: Basis,
    now: datetime,
    limit: int | None = None,
    keys: Sequence[str] | None = None,
    keep: Keep = list,
    *,
    anew: bool = False,
) -> Iterator[Plan]:
    """Compare accounts (or `keys`) with memory and spool at most `limit` that moved, of those only what `keep` keeps.

    `anew` plans every one of `keys`, moved or not: what moved is in a CRM, of which plans know nothing.

    Which accounts are looked at is the warehouse's strategy (D28): all, those its mirror tells apart, or those newer
    than its cursor. The first two give the same plan.
    """
    names = [mapping.name for mapping in basis.mappings]
    known: Remembered = partial(ledger.known, names, decided=basis.decides, source=basis.source)
    stamp = brought_up(warehouse.mirror, ledger, names, known) if warehouse.mirror and keys is None else None
    cursor = warehouse.cursor if keys is None else None
    with ExitStack() as stack:
        rows, seen, moved = (Spool(stack.enter_context(tempfile.TemporaryFile(prefix="plsync-"))) for _ in range(3))
        comparison = Comparison(basis, now, lambda key, back: seen.add((key, back)), anew=anew)
        draft = _Draft(ledger, basis, rows, keep)
        with warehouse.reading() as reading:
            differing = reading.moved(recipes(basis), stamp) if stamp else None
            some = _newer(reading, cursor, ledger) if cursor else reading
            fingerprinted = None if differing else _fingerprinted(some, basis, keys)
            if differing:
                found = _differing(comparison, differing, known)
            elif cursor:
                found = _present(comparison, fingerprinted or _read(some, basis, keys), known)
            else:
                found = comparison.moved(fingerprinted or _read(some, basis, keys), known(keys))
            if differing or fingerprinted:
                for one in _first(limit, found):
                    moved.add(one)
                most_of_them = keys is None and moved.count > MOST * comparison.compared
                draft.take(_whole(moved, some) if most_of_them else _by_key(moved, some))
            else:
                draft.take(_first(limit, found))
            if cursor and limit is None and keep is list:
                _advance(cursor, ledger, reading, rows, now)
        # The warehouse is let go before anything is sent: no transaction stays open over a CRM call.
        sightings, compared = ((basis.source, seen),), comparison.compared
        accounts = compared if basis.source == ACCOUNTS else 0
        yield Plan(compared, accounts, rows.count, str(draft.hash), draft.watch.counts, (rows,), sightings)


@dataclass
class _Draft:
    """A plan in the making: its rows, their hash, and what the guards want to know of them."""

    ledger: Ledger
    basis: Basis
    rows: Spool
    keep: Keep
    hash: PlanHash = field(init=False)
    watch: Watch = field(default_factory=Watch)

    def __post_init__(self) -> None:
        self.hash = PlanHash(self.basis)

    def take(self, planned: Iterator[Planned]) -> None:
        """Take these into the plan, in key order."""
        for batch in batched(planned, BATCH):
            some = self.keep(batch)
            for one in some:
                self.rows.add(one)
                self.hash.add(one)
            for mapping in self.basis.mappings:
                self._guard(mapping, [one for one in some if mapping.name in one.due])

    def _guard(self, mapping: ObjectMapping, due: Sequence[Planned]) -> None:
        if doubtful := self.watch.doubtful(mapping, due):
            memories = self.ledger.memories(mapping.name, [one.record.key for one in doubtful])
            self.watch.add(mapping, doubtful, memories)


def _first(limit: int | None, planned: Iterator[Planned]) -> Iterator[Planned]:
    """At most so many; the rest is compared all the same, and who is missing noticed."""
    yield from islice(planned, limit)
    for _ in planned:
        pass


def _read(reading: WarehouseReading, basis: Basis, keys: Sequence[str] | None) -> Iterator[Row]:
    """Accounts with their values, fingerprinted here."""
    wanted = recipes(basis)
    return ((record.key, fingerprints(record, wanted), record) for record in reading.records(keys))


def _fingerprinted(reading: WarehouseReading, basis: Basis, keys: Sequence[str] | None) -> Iterator[Row] | None:
    """Accounts without their values, fingerprinted by the warehouse; None where it cannot."""
    found = reading.fingerprints(recipes(basis), keys)
    return None if found is None else ((key, fps, None) for key, fps in found)


def _differing(comparison: Comparison, moved: Moved, remembered: Remembered) -> Iterator[Planned]:
    """What is due among the accounts a mirror tells apart. Without any account nobody vanished (D22)."""
    for some in batched(moved.rows if moved.accounts else (), BATCH):
        known = dict(remembered([key for key, _ in some]))
        for key, fps in some:
            if fps is not None:
                planned = comparison.present((key, fps, None), known.get(key))
            else:
                planned = comparison.missing(key, known[key]) if key in known else None
            if planned:
                yield planned
    comparison.compared = moved.accounts


def _present(comparison: Comparison, rows: Iterator[Row], remembered: Remembered) -> Iterator[Planned]:
    """What is due among these accounts. Nothing is said about others: nobody vanished."""
    for some in batched(rows, BATCH):
        known = dict(remembered([row[0] for row in some]))
        for row in some:
            if planned := comparison.present(row, known.get(row[0])):
                yield planned


def _newer(reading: WarehouseReading, cursor: Cursor, ledger: Ledger) -> WarehouseReading:
    """The accounts to look at; all before there is a position."""
    position = ledger.mark(CURSOR)
    return reading.newer(cursor.column, datetime.fromisoformat(position) - cursor.overlap) if position else reading


def _advance(cursor: Cursor, ledger: Ledger, reading: WarehouseReading, due: Iterable[Planned], now: datetime) -> None:
    """Confirmed is what was seen and is not due: up to the first account that is, or else up to the newest.

    Never beyond now: after one row that is dated ahead no other would be looked at again.
    """
    dates = [at for one in due if isinstance(at := one.record.values.get(cursor.column), datetime)]
    position = min(dates) if dates else reading.newest(cursor.column)
    if position:
        ledger.set_mark(CURSOR, min(position, now).isoformat())


def _whole(moved: Spool, reading: WarehouseReading) -> Iterator[Planned]:
    """What moved with its values, out of one pass over all."""
    return _valued(moved, reading.records())


def _by_key(moved: Spool, reading: WarehouseReading) -> Iterator[Planned]:
    """What moved with its values, asked for by key."""
    for some in batched(moved, BATCH):
        yield from _valued(some, reading.records([one.record.key for one in some if not one.gone]))


def _valued(moved: Iterable[Planned], records: Iterator[Record]) -> Iterator[Planned]:
    for one in moved:
        if one.gone:
            yield one
            continue
        record = next(r for r in records if r.key == one.record.key)
        yield Planned(record, one.decide_fp, one.wanted_fp, one.due, source=one.source)
