"""Which records a parsed query means, in which order.

Conditions become closures once per query; lists become sets; filters on indexed fields start from the index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sandbox.salesforce import paths
from sandbox.salesforce.errors import RestError
from sandbox.salesforce.filters import Filter, comparison, membership, wanted_keys
from sandbox.salesforce.objects import find_object
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.soql import Compare, Condition, Group, Not, Order, Path, Query, Within
from sandbox.salesforce.tables import Record, Table, Tables
from sandbox.salesforce.values import fold


@dataclass(frozen=True)
class Selection:
    """The records found, in order, and the way to show one of them."""

    sobject: SObject
    records: list[Record]
    tables: Tables
    fields: tuple[Path, ...]

    def show(self, record: Record, version: str) -> Record:
        """The record as the response carries it: attributes, then the fields asked for."""
        shown: Record = {"attributes": paths.attributes(self.sobject, record, version)}
        for path in self.fields:
            paths.show(self.tables, (self.sobject, record), path, shown, version)
        return shown


def select(
    tables: Tables, query: Query, *, with_deleted: bool = False, hidden: Collection[str] = frozenset()
) -> Selection:
    """Run a query; objects that are `hidden` are not there. Raises RestError INVALID_TYPE or INVALID_FIELD."""
    sobject = find_object(query.object)
    if sobject is None or sobject.name in hidden:
        raise RestError(400, "INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
    for path in query.fields:
        paths.resolve(sobject, path)
    table = tables.of(sobject.name)
    keep = _compile(tables, sobject, query.where) if query.where else _everything
    candidates = _candidates(table, query.where)
    records = [each for each in candidates if (with_deleted or not each["IsDeleted"]) and keep(each)]
    for order in reversed(query.order):
        records = _sorted(tables, sobject, records, order)
    return Selection(sobject, records[: query.limit], tables, query.fields)


def _everything(record: Record) -> bool:  # noqa: ARG001 - stands for an absent WHERE
    return True


def _compile(tables: Tables, sobject: SObject, condition: Condition) -> Filter:
    match condition:
        case Compare(path, sign, literal):
            return comparison(paths.resolve(sobject, path), paths.reader(tables, sobject, path), sign, literal)
        case Within(path, literals, negated):
            read = paths.reader(tables, sobject, path)
            return membership(paths.resolve(sobject, path), read, literals, negated=negated)
        case Not(inside):
            refuse = _compile(tables, sobject, inside)
            return lambda record: not refuse(record)
        case Group(word, conditions):
            return _joined(word, [_compile(tables, sobject, each) for each in conditions])


def _joined(word: str, filters: list[Filter]) -> Filter:
    if word == "AND":
        return lambda record: all(each(record) for each in filters)
    return lambda record: any(each(record) for each in filters)


def _candidates(table: Table, condition: Condition | None) -> Iterable[Record]:
    """A superset of the answer: from an index where a top-level condition allows, else every record."""
    parts = condition.conditions if isinstance(condition, Group) and condition.word == "AND" else (condition,)
    for part in parts:
        if not isinstance(part, Compare | Within) or len(part.path) > 1:
            continue
        field = table.sobject.field(part.path[0])
        keys = wanted_keys(part)
        if field is None or not field.indexed or keys is None:
            continue
        found = {each["Id"]: each for key in keys for each in table.find(field, key)}
        return found.values()
    return table.rows.values()


def _sorted(tables: Tables, sobject: SObject, records: list[Record], order: Order) -> list[Record]:
    field = paths.resolve(sobject, order.path)
    read = paths.reader(tables, sobject, order.path)
    nulls = [each for each in records if read(each) is None]
    others = [each for each in records if read(each) is not None]
    others.sort(key=lambda record: fold(field, read(record)), reverse=order.descending)
    return nulls + others if order.nulls_first else others + nulls
