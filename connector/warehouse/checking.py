"""Every way the declared relations differ from what is there, found before a run instead of during one (A10)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, Text, case, cast, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from connector.warehouse.connecting import connected, reason, worded
from connector.warehouse.decoding import shown
from connector.warehouse.dialects import Expression, dialect_of
from connector.warehouse.keys import key_problems
from connector.warehouse.relations import REQUIRED, Relation, Relations, key_column, nearest
from connector.warehouse.sources import Source, columns_there, source


def problems(engine: Engine, relations: Relations, signal_kinds: Mapping[str, str]) -> list[str]:
    """What to correct, each with advice; nothing when all is as declared.

    Raises WarehouseError when the warehouse cannot be reached.
    """
    if found := shape_problems(engine, relations):
        return found  # contents can be judged only where the columns exist
    declared = relations.declared()
    with connected(engine) as connection, worded(engine):
        dialect = dialect_of(engine.dialect.name)
        sources = {name: source(connection, dialect, name, relation) for name, relation in declared.items()}
        return [*_content_problems(connection, sources), *_signal_problems(connection, sources, signal_kinds)]


def shape_problems(engine: Engine, relations: Relations) -> list[str]:
    """Relations and columns that are declared and not there: one small query per relation, cheap before every run.

    Raises WarehouseError when the warehouse cannot be reached.
    """
    declared = relations.declared()
    return [problem for name, relation in declared.items() for problem in _shape_problems(engine, name, relation)]


def _shape_problems(engine: Engine, name: str, relation: Relation) -> list[str]:
    """A connection of its own, because a database may not go on after an unknown relation."""
    with connected(engine) as connection:
        try:
            there = columns_there(connection, name, relation)
        except SQLAlchemyError as error:
            what = f"{relation.source or name}: cannot read {relation.title}"
            return [f"{what}: {reason(error)}.{_nearest_relation(engine, relation)}"]
    return [
        f"{relation.source or name} ({relation.title}): there is no column {column.name!r} (declared as {logical!r})."
        f"{nearest(column.name, there) or ' Correct the name, or remove the declaration.'}"
        for logical, column in relation.columns.items()
        if column.name not in there
    ]


def _nearest_relation(engine: Engine, relation: Relation) -> str:
    advice = " Correct the name or the query in the configuration."
    if relation.is_query:
        return advice
    schema, _, simple = relation.name_or_query.rpartition(".")
    try:
        inspector = inspect(engine)
        known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    except (SQLAlchemyError, NotImplementedError):
        return advice  # not every database lists what it has (D51)
    return nearest(simple, known) or advice


def _content_problems(connection: Connection, sources: Mapping[str, Source]) -> list[str]:
    found = key_problems(connection, sources["accounts"])
    for name, one in sources.items():
        found += _type_problems(connection, one)
        if name != "accounts":
            found += _empty_problems(connection, one)
    return found


def _type_problems(connection: Connection, one: Source) -> list[str]:
    """All columns in one pass, and one example of each that is wrong."""
    if one.dialect.wrong is None:
        return []
    wrong = {name: one.dialect.wrong(one.column(name), column.type) for name, column in one.relation.columns.items()}
    counts = _counted(connection, wrong)
    return [_type_problem(connection, one, name, wrong[name], number) for name, number in counts.items() if number]


def _type_problem(connection: Connection, one: Source, name: str, wrong: Expression, number: int) -> str:
    example = select(one.key, cast(one.column(name), Text)).where(wrong).order_by(one.dialect.bytewise(one.key))
    key, value = connection.execute(example.limit(1)).one()
    column = one.relation.columns[name]
    return (
        f"{one.label}: column {column.name!r} is declared {column.type}, but {number} value(s) "
        f"are not, for example {shown(value)} of {one.relation.row} {key!r}. Correct them, or convert them in a query "
        "and name that as the relation."
    )


def _empty_problems(connection: Connection, one: Source) -> list[str]:
    needed = [name for name in REQUIRED[one.name] if name != key_column(one.name)]
    counts = _counted(connection, {name: one.column(name).is_(None) for name in needed})
    return [
        f"{one.name} ({one.relation.title}): column {one.relation.columns[name].name!r} is empty in {number} row(s). "
        "Fill it, or leave those rows out in a query."
        for name, number in counts.items()
        if number
    ]


def _signal_problems(
    connection: Connection, sources: Mapping[str, Source], signal_kinds: Mapping[str, str]
) -> list[str]:
    signals = sources.get("signals")
    if signals is None:
        return []
    return [*_strangers(connection, sources["accounts"], signals), *_unknown_kinds(connection, signals, signal_kinds)]


def _strangers(connection: Connection, accounts: Source, signals: Source) -> list[str]:
    """Signals without an account, joined rather than looked up one by one: a database can hash or sort a join."""
    bytewise = accounts.dialect.bytewise
    known = select(bytewise(accounts.key).label("known")).distinct().subquery()
    joined = signals.rows.outerjoin(known, bytewise(signals.key) == known.c.known)
    statement = select(func.count(), func.min(signals.key)).select_from(joined).where(known.c.known.is_(None))
    number, example = connection.execute(statement).one()
    if not number:
        return []
    return [
        f"signals ({signals.relation.title}): {number} signal(s) name no account of {accounts.relation.title}, "
        f"for example {shown(example)}. They are passed over: add the accounts, or leave the signals out in a query."
    ]


def _unknown_kinds(connection: Connection, signals: Source, signal_kinds: Mapping[str, str]) -> list[str]:
    if not signal_kinds:
        return []
    kinds = connection.execute(select(signals.column("kind")).distinct()).scalars()
    unknown = sorted(str(kind) for kind in kinds if kind is not None and kind not in signal_kinds)
    return [
        f"signals ({signals.relation.title}): {kind!r} is not a kind of signal plsync knows. "
        f"Map it to one in the configuration, or leave it out in a query.{nearest(kind, list(signal_kinds))}"
        for kind in unknown
    ]


def _counted(connection: Connection, conditions: Mapping[str, Expression]) -> dict[str, int]:
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in conditions.values()]
    return dict(zip(conditions, connection.execute(select(*sums)).one(), strict=True))
