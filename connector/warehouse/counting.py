"""How many accounts reached each stage in a time, counted by the database in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, case, false, func, null, or_, select, true

from connector.errors import ContentError
from connector.model import ColumnType
from connector.ports import Named, Only, Reached
from connector.warehouse.dialects import Expression
from connector.warehouse.sources import Source

DATES = frozenset({ColumnType.DATE, ColumnType.DATETIME})


def count(
    connection: Connection,
    accounts: Source,
    stages: Mapping[str, str],
    since: datetime,
    until: datetime,
    only: Sequence[Only] = (),
) -> dict[str, int]:
    """Accounts by stage with since <= date < until; stages whose column is not declared are left out (D45).

    All of them are where it is not declared what `only` asks for. Raises ContentError on a column not declared as a
    date, or holding text that is none.
    """
    columns = accounts.relation.columns
    declared = {stage: column for stage, column in stages.items() if column in columns}
    if not declared or any(narrowing.column not in columns for narrowing in only):
        return {}
    _require_dates(accounts, declared)
    inside = [_times(_inside(accounts, column, since, until)) for column in declared.values()]
    unreadable = [_times(_unreadable(accounts, column)) for column in declared.values()]
    meant = [_meant(accounts, narrowing) for narrowing in only]
    row = connection.execute(select(*inside, *unreadable).where(*meant)).one()
    _refuse_unreadable(accounts, declared, row[len(declared) :])
    return dict(zip(declared, row[: len(declared)], strict=True))


def reached(connection: Connection, accounts: Source, groups: Mapping[str, Sequence[str]]) -> Reached:
    """All accounts, and by group those with a date in any of its columns; groups without any are left out (D45)."""
    types = {name: column.type for name, column in accounts.relation.columns.items()}
    dated = {group: [name for name in names if types.get(name) in DATES] for group, names in groups.items()}
    dated = {group: names for group, names in dated.items() if names}
    sums = [_times(or_(*(accounts.column(name).is_not(None) for name in names))) for names in dated.values()]
    everybody, *found = connection.execute(select(func.count(), *sums).select_from(accounts.rows)).one()
    return Reached(everybody, dict(zip(dated, found, strict=True)))


def called(connection: Connection, accounts: Source, column: str, prefix: str, most: int) -> list[tuple[str, str]]:
    """Key and value of accounts whose text begins like that, whatever its case."""
    if column not in accounts.relation.columns:
        return []
    value = accounts.column(column)
    begins = func.lower(value).startswith(prefix.lower(), autoescape=True)
    found = select(accounts.key, value).where(begins).order_by(accounts.dialect.bytewise(accounts.key)).limit(most)
    return [(str(key), str(name)) for key, name in connection.execute(found)]


def within(
    accounts: Source, dates: Sequence[str], since: datetime, until: datetime, only: Sequence[Only]
) -> list[Expression]:
    """What is true of accounts with since <= date < until in any of these columns, and which `only` asks for."""
    inside = or_(*(_inside(accounts, column, since, until) for column in dates))
    return [inside, *(_meant(accounts, narrowing) for narrowing in only)]


def _meant(accounts: Source, only: Only) -> Expression:
    value = accounts.column(only.column)
    if isinstance(only, Named):
        return func.lower(value) == only.text.lower()
    least = value >= only.least if only.least is not None else true()
    below = value < only.below if only.below is not None else true()
    inside = and_(value.is_not(None), least, below)
    return or_(value.is_(None), inside) if only.unknown else inside


def _inside(accounts: Source, column: str, since: datetime, until: datetime) -> Expression:
    dialect = accounts.dialect
    instant = case((_unreadable(accounts, column), null()), else_=dialect.instant(accounts.column(column)))
    return and_(instant >= dialect.moment(since), instant < dialect.moment(until))


def _unreadable(accounts: Source, column: str) -> Expression:
    wrong = accounts.dialect.wrong
    return wrong(accounts.column(column), ColumnType.DATETIME) if wrong else false()


def _times(condition: Expression) -> Expression:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _require_dates(accounts: Source, stages: Mapping[str, str]) -> None:
    for stage, column in stages.items():
        declared = accounts.relation.columns[column].type
        if declared not in DATES:
            raise ContentError(
                f"accounts: stage {stage!r} is counted by column {column!r}, which is declared {declared}. "
                "Count by a column that is declared date or datetime."
            )


def _refuse_unreadable(accounts: Source, stages: Mapping[str, str], counts: tuple[int, ...]) -> None:
    for (stage, column), number in zip(stages.items(), counts, strict=True):
        if number:
            raise ContentError(
                f"accounts ({accounts.relation.title}): stage {stage!r} cannot be counted: {number} value(s) of column "
                f"{accounts.relation.columns[column].name!r} are not dates in the form YYYY-MM-DD. Run `plsync check`."
            )
