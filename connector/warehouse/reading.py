"""One consistent read: three streams in the same key order, merged into records.

Memory does not grow with the warehouse where the database can stream (D28): signals and people follow the accounts,
so only one account and one fetch per relation are held at a time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection, Select, func, or_, select

from connector.errors import ContentError, WarehouseError
from connector.model import ColumnType, Recipe, Record, WarehouseValue
from connector.ports import Moved, Only, Reached
from connector.warehouse import copying, fingerprinting
from connector.warehouse.connecting import connected, worded
from connector.warehouse.counting import called, count, reached, within
from connector.warehouse.decoding import DECODERS, RowDecoder, shown
from connector.warehouse.dialects import dialect_of
from connector.warehouse.followers import Followers, KeyedRow, People, Signals
from connector.warehouse.keys import counted, key_problems
from connector.warehouse.mirror import SqlMirror
from connector.warehouse.relations import Relation, Relations
from connector.warehouse.sources import Source, source

KEYS_PER_QUERY = 500
ROWS_PER_FETCH = 1_000

Copy = TypeVar("Copy", bound=Generator[Any, None, None])


class SqlReading:
    """An open read on one connection. Implements ports.WarehouseReading."""

    def __init__(
        self,
        connection: Connection,
        relations: Relations,
        signal_kinds: Mapping[str, str],
        mirror: SqlMirror | None = None,
    ) -> None:
        self._connection = connection
        self._relations = relations
        self._kinds = signal_kinds
        self._mirror = mirror
        self._copies: list[Generator[Any, None, None]] = []
        self._since: tuple[str, datetime] | None = None
        self._dialect = dialect_of(connection.dialect.name)

    def records(self, keys: Sequence[str] | None = None) -> Iterator[Record]:
        """Accounts in bytewise key order with signals (newest first) and people; all, or those of `keys` that exist.

        Raises ContentError on a missing or repeated account key (A1) and on a value that is not what was declared.
        """
        with worded(self._connection.engine):
            for some in [None] if keys is None else _chunks(sorted(set(keys))):
                yield from self._merged(some)

    def fingerprints(
        self, recipes: Sequence[Recipe], keys: Sequence[str] | None = None
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each account's fingerprints in bytewise key order, one per recipe, by the database where it has a hash.

        Raises as `records` does, but for values: those of unchanged rows are not looked at.
        """
        can = fingerprinting.can(self._connection.dialect.name)
        return self._kept(self._fingerprints(recipes, keys) if can else self._told(recipes, keys))

    def _fingerprints(
        self, recipes: Sequence[Recipe], keys: Sequence[str] | None
    ) -> Generator[tuple[str, tuple[str, ...]], None, None]:
        with worded(self._connection.engine):
            accounts, signals, stamped = self._fingerprinted()
            for some in [None] if keys is None else _chunks(sorted(set(keys))):
                statement = fingerprinting.statement(accounts, signals, recipes, stamped, some)
                if some is None and copying.can(self._connection):
                    with closing(copying.copied(self._connection, statement)) as copied:
                        yield from self._checked(accounts, copied)
                    continue
                with closing(self._keyed(accounts, statement, some)) as rows:
                    for key, row in self._one_per_key(rows):
                        yield key, tuple(row)  # type: ignore[arg-type]  # the statement yields texts

    def _told(
        self, recipes: Sequence[Recipe], keys: Sequence[str] | None
    ) -> Generator[tuple[str, tuple[str, ...]], None, None]:
        tell = fingerprinting.teller(self._relations, recipes, self._stamp)
        with worded(self._connection.engine):
            for some in [None] if keys is None else _chunks(sorted(set(keys))):
                with (
                    closing(self._rows("accounts", self._relations.accounts, some)) as rows,
                    closing(self._rows("signals", self._relations.signals, some)) as signal_rows,
                ):
                    signals = Followers(signal_rows)
                    for key, row in self._one_per_key(rows):
                        yield key, tell(row, signals.take(key))

    def moved(self, recipes: Sequence[Recipe], stamp: str) -> Moved | None:
        """What differs from the mirror; None when that does not carry the stamp. Raises as `records` does."""
        if self._mirror is None or self._mirror.carried(self._connection) != stamp:
            return None
        with worded(self._connection.engine):
            accounts, signals, stamped = self._fingerprinted()
            statement = fingerprinting.differing(accounts, signals, recipes, stamped, self._mirror.confirmed)
            return Moved(counted(self._connection, accounts), self._kept(self._differing(statement)))

    def close(self) -> None:
        """End what was left half way: a connection that still copies could not be given back."""
        for copy in self._copies:
            copy.close()

    def _kept(self, copy: Copy) -> Copy:
        self._copies.append(copy)
        return copy

    def _differing(self, statement: Any) -> Generator[tuple[str, tuple[str, ...] | None], None, None]:
        with worded(self._connection.engine), closing(copying.copied(self._connection, statement)) as rows:
            for key, *prints in rows:
                yield str(key), None if prints[0] is None else tuple(prints)  # type: ignore[arg-type]  # all or none

    def _fingerprinted(self) -> tuple[Source, Source | None, fingerprinting.Stamp]:
        """Accounts and signals, and what their rows mean."""
        accounts = self._source("accounts", self._relations.accounts)
        signals = self._source("signals", self._relations.signals) if self._relations.signals else None
        return accounts, signals, self._stamp

    def _stamp(self, recipe: Recipe) -> str:
        return fingerprinting.stamp(self._relations, self._kinds, recipe)

    def _checked(self, accounts: Source, rows: Iterator[copying.Row]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Keys and fingerprints, in one loop over a million rows: each key there, once, and in order."""
        previous = ""
        for row in rows:
            key = row[0]
            if key is None or key <= previous or key.isspace():
                self._refuse(accounts, previous, key)
            previous = key
            yield key, row[1:]  # type: ignore[misc]  # the statement yields texts

    def _refuse(self, accounts: Source, previous: str, key: str | None) -> NoReturn:
        if key and key < previous:
            raise _unordered(accounts, previous, key)
        with connected(self._connection.engine) as another:  # this one is in the middle of something
            raise WarehouseError("\n".join(key_problems(another, accounts)))

    def newer(self, column: str, since: datetime) -> SqlReading:
        """The same read, of accounts with since <= `column`, or without a date there."""
        narrowed = SqlReading(self._connection, self._relations, self._kinds)
        narrowed._since, narrowed._copies = (column, since), self._copies
        return narrowed

    def newest(self, column: str) -> datetime | None:
        """The latest date in a column of the accounts; None where there is none, or no such column is declared."""
        if column not in self._relations.accounts.columns:
            return None
        with worded(self._connection.engine):
            latest = func.max(self._dialect.instant(self._source("accounts", self._relations.accounts).column(column)))
            found = self._connection.execute(select(latest)).scalar()
        return None if found is None else DECODERS[ColumnType.DATETIME](found)  # type: ignore[return-value]

    def column(self, name: str) -> Iterator[tuple[str, WarehouseValue]]:
        """One column of every account, with its key. Raises as `records` does."""
        accounts = self._relations.accounts
        some = {logical: column for logical, column in accounts.columns.items() if logical in ("key", name)}
        narrowed = SqlReading(self._connection, Relations(replace(accounts, columns=some)), self._kinds)
        return ((record.key, record.values[name]) for record in narrowed.records())

    def called(self, column: str, prefix: str, most: int) -> list[tuple[str, str]]:
        """Key and value of accounts whose text `column` begins like that, whatever its case: in key order, so many."""
        with worded(self._connection.engine):
            accounts = self._source("accounts", self._relations.accounts)
            return called(self._connection, accounts, column, prefix, most)

    def counts(
        self, stages: Mapping[str, str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> dict[str, int]:
        """Accounts per stage whose date lies in since <= date < until.

        A stage whose column is not declared is absent from the answer, not 0 (D45); so are all of them where it is not
        declared what `only` asks for. Raises ContentError on a column that does not hold dates.
        """
        with worded(self._connection.engine):
            accounts = self._source("accounts", self._relations.accounts)
            return count(self._connection, accounts, stages, since, until, only)

    def dated(
        self, columns: Sequence[str], dates: Sequence[str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> Iterator[tuple[str, Mapping[str, WarehouseValue]]] | None:
        """Key and `columns` of the accounts with since <= date < until in any of `dates`, as they are fetched.

        Columns that are not declared are absent; None where no date is declared, or not what `only` asks for (D45).
        Raises as `records` does.
        """
        accounts = self._relations.accounts
        asked = {"key", *columns, *dates, *(narrowing.column for narrowing in only)}
        some = {logical: column for logical, column in accounts.columns.items() if logical in asked}
        known = [name for name in dates if name in some]
        if not known or any(narrowing.column not in some for narrowing in only):
            return None
        return self._kept(self._dated(replace(accounts, columns=some), known, since, until, only))

    def _dated(
        self, relation: Relation, dates: Sequence[str], since: datetime, until: datetime, only: Sequence[Only]
    ) -> Generator[tuple[str, Mapping[str, WarehouseValue]], None, None]:
        decoder = RowDecoder("accounts", relation)
        with worded(self._connection.engine):
            asked = self._source("accounts", relation)
            statement = asked.select(None).where(*within(asked, dates, since, until, only))
            with closing(self._keyed(asked, statement, None)) as rows:
                for key, row in self._one_per_key(rows):
                    yield key, decoder.decode(key, row)

    def reached(self, groups: Mapping[str, Sequence[str]]) -> Reached:
        """All accounts, and by group those with a date in any of its columns. In one pass, by the database."""
        with worded(self._connection.engine):
            accounts = self._source("accounts", self._relations.accounts)
            return reached(self._connection, accounts, groups)

    def _merged(self, keys: Sequence[str] | None) -> Iterator[Record]:
        decoder = RowDecoder("accounts", self._relations.accounts)
        with (
            closing(self._rows("accounts", self._relations.accounts, keys)) as rows,
            closing(self._rows("signals", self._relations.signals, keys)) as signal_rows,
            closing(self._rows("people", self._relations.people, keys)) as people_rows,
        ):
            signals = Signals(self._relations.signals, signal_rows, self._kinds)
            people = People(self._relations.people, people_rows)
            for key, row in self._one_per_key(rows):
                yield Record(key, decoder.decode(key, row), signals.of(key), people.of(key))

    def _rows(
        self, name: str, relation: Relation | None, keys: Sequence[str] | None
    ) -> Generator[KeyedRow, None, None]:
        """Key and declared columns of one relation, as they are fetched; none where it is not declared."""
        if relation is None:
            return
        asked = self._source(name, relation)
        yield from self._keyed(asked, asked.select(keys), keys)

    def _keyed(
        self, asked: Source, statement: Select[Any], keys: Sequence[str] | None
    ) -> Generator[KeyedRow, None, None]:
        how = {"yield_per": ROWS_PER_FETCH} if asked.dialect.streams else {}
        wanted = None if keys is None else frozenset(keys)
        previous = ""
        with self._for_one_result() as connection, connection.execute(statement, execution_options=how) as result:
            for key, *row in result:
                if wanted is not None and key not in wanted:
                    continue  # a collation that ignores case finds more than was asked for
                if key is not None and (not isinstance(key, str) or key < previous):
                    raise _unordered(asked, previous, key)
                previous = key or previous
                yield key, row

    def _for_one_result(self) -> AbstractContextManager[Connection]:
        return connected(self._connection.engine) if self._dialect.apart else nullcontext(self._connection)

    def _one_per_key(self, rows: Iterator[KeyedRow]) -> Iterator[tuple[str, Sequence[object]]]:
        previous = None
        for key, row in rows:
            if not key or key.isspace() or key == previous:
                accounts = self._source("accounts", self._relations.accounts)
                raise ContentError("\n".join(key_problems(self._connection, accounts)))
            previous = key
            yield key, row

    def _source(self, name: str, relation: Relation) -> Source:
        found = source(self._connection, self._dialect, name, relation)
        if self._since is None or name != "accounts":
            return found
        column, since = self._since
        instant = self._dialect.instant(found.column(column))
        return replace(found, only=or_(instant.is_(None), instant >= self._dialect.moment(since)))


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + KEYS_PER_QUERY] for start in range(0, len(keys), KEYS_PER_QUERY))


def _unordered(source: Source, previous: str, key: object) -> ContentError:
    return ContentError(
        f"{source.name} ({source.relation.title}): key {shown(key)} came after {shown(previous)}, which is not byte "
        "order. Store all keys of the column as text, in a database that can compare them byte by byte."
    )
