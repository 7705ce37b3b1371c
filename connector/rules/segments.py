"""Company size to segment: half-open ranges without gap or overlap, and a place for unknown size (K10, D7)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from connector.rules.reading import Problems, Table

UNKNOWN_SIZE = "unknown_size"
WHERE = "mappings/segments.toml [[segment]]"


@dataclass(frozen=True, slots=True)
class Segment:
    """`least` employees up to, but without, `below`; None is without end."""

    name: str
    least: int
    below: int | None


Segments = tuple[Segment, ...]


def read(document: Table, problems: Problems) -> Segments:
    """The segments in order. Notes a gap, an overlap, a repeated name, an end that is not open."""
    problems.only("mappings/segments.toml", document, {"segment"})
    rows = problems.rows(WHERE, document.get("segment"))
    segments = tuple(_segment(where, row, problems) for where, row in rows)
    if not segments:
        problems.add(WHERE, "names no segment; write at least one with least = 1")
        return ()
    _check_cover(segments, problems)
    names = [segment.name for segment in segments]
    for name in sorted({name for name in names if names.count(name) > 1 or name == UNKNOWN_SIZE}):
        problems.add(WHERE, f'"{name}" is named twice or reserved; give every segment its own name')
    return segments


def segment_of(employees: Decimal | None, segments: Segments) -> str:
    """The segment of a company; no employees at all is a size nobody knows."""
    if employees is None:
        return UNKNOWN_SIZE
    for segment in segments:
        if employees >= segment.least and (segment.below is None or employees < segment.below):
            return segment.name
    return UNKNOWN_SIZE


def _segment(where: str, row: Table, problems: Problems) -> Segment:
    problems.only(where, row, {"name", "least", "below"})
    least, below = row.get("least"), row.get("below")
    if not isinstance(least, int) or isinstance(least, bool):
        problems.add(where, f'"least" must be a whole number of employees, not {least!r}')
        least = 0
    if below is not None and (not isinstance(below, int) or below <= least):
        problems.add(where, f'"below" must be a whole number above {least}, not {below!r}')
        below = None
    return Segment(problems.text(where, row, "name"), least, below)


def _check_cover(segments: Segments, problems: Problems) -> None:
    expected: int | None = 1
    for segment in segments:
        if expected is None or segment.least < expected:
            problems.add(WHERE, f'"{segment.name}" overlaps the one before it; it starts at {segment.least}')
        elif segment.least > expected:
            problems.add(WHERE, f'nobody covers {expected} to {segment.least - 1} employees, below "{segment.name}"')
        expected = segment.below
    if expected is not None:
        problems.add(WHERE, f'"{segments[-1].name}" must be open: leave out "below"')
