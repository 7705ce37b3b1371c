"""SOQL as text: literals nobody can break out of, and conditions packed into queries of a lawful size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

LITERAL_LIMIT = 4_000  # characters one literal in a WHERE may have (A1)
VALUES_PER_QUERY = 200
CHARACTERS_PER_QUERY = 50_000  # of literals; a query may have 100,000 in all (A1)

_NAMED = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)


def is_id(text: str) -> bool:
    """Whether `text` has the shape of a record id. One that has not would fail its whole query."""
    return _ID.fullmatch(text) is not None


def same_id(record_id: str) -> str:
    """What two spellings of one id, 15 or 18 characters long, have in common."""
    return record_id[:15]


def escape(text: str) -> str:
    """`text` fit to stand between quotes."""
    return text.translate(_NAMED)


def is_in(field: str, values: Sequence[str]) -> str:
    """A condition: `field` is one of `values`."""
    literals = ",".join(f"'{escape(value)}'" for value in values)
    return f"{field} IN ({literals})"


def like(field: str, *, before: str = "", text: str, after: str = "") -> str:
    """A condition: `field` is `text` with the patterns `before` and `after` around it, case aside."""
    exact = escape(text).replace("%", "\\%").replace("_", "\\_")
    return f"{field} LIKE '{before}{exact}{after}'"


def select(fields: Sequence[str], object_name: str, conditions: Sequence[str]) -> str:
    """A query for the records that meet any of `conditions`."""
    return f"SELECT {','.join(fields)} FROM {object_name} WHERE {' OR '.join(conditions)}"  # noqa: S608 - escaped above


def changed_within(
    fields: Sequence[str], object_name: str, stamp: str, since: datetime, until: datetime, after: str, most: int
) -> str:
    """A query for the first records after the id `after` whose `stamp` lies in since <= stamp < until, by id.

    Going by id and not by time: many records may share one moment, and one that is changed meanwhile leaves the span.
    """
    span = f"{stamp} >= {literal(since)} AND {stamp} < {literal(until)}"
    beyond = f" AND Id > '{escape(after)}'" if after else ""
    return f"SELECT {','.join(fields)} FROM {object_name} WHERE {span}{beyond} ORDER BY Id LIMIT {most}"  # noqa: S608


def literal(at: datetime) -> str:
    """A moment as SOQL spells it."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def packed(values: Sequence[str], most: int = VALUES_PER_QUERY) -> Iterator[list[str]]:
    """`values` in groups that each fit one query. A value no literal can hold is in no record: it is left out."""
    group: list[str] = []
    size = 0
    for value in values:
        length = len(escape(value))
        if length > LITERAL_LIMIT:
            continue
        if len(group) == most or size + length > CHARACTERS_PER_QUERY:
            yield group
            group, size = [], 0
        group.append(value)
        size += length
    if group:
        yield group
