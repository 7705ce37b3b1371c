"""Sets of values that a name may have: points, ranges and null, closed under everything conditions do with them.

A set is a line cut where it begins and ends in turn, just before or just after a value; that a line has more values
than a name ever does (between two whole numbers) only makes a set look larger than it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

Cut = tuple[Any, ...]
_START: Cut = (-1,)
_END: Cut = (1,)


@dataclass(frozen=True, slots=True)
class Values:
    """Which values, all of one comparable type, and whether null is among them. False where there is none at all."""

    cuts: tuple[Cut, ...] = ()
    null: bool = False

    def __bool__(self) -> bool:
        return bool(self.cuts) or self.null

    def __and__(self, other: Values) -> Values:
        return Values(_swept(self.cuts, other.cuts, lambda a, b: a and b), self.null and other.null)

    def __or__(self, other: Values) -> Values:
        return Values(_swept(self.cuts, other.cuts, lambda a, b: a or b), self.null or other.null)

    def __sub__(self, other: Values) -> Values:
        return Values(_swept(self.cuts, other.cuts, lambda a, b: a and not b), self.null and not other.null)


NOTHING, NULL, LINE = Values(), Values((), True), Values((_START, _END))


def points(values: Iterable[Any]) -> Values:
    """Exactly these values."""
    return reduce(Values.__or__, (Values((_before(value), _after(value))) for value in values), NOTHING)


def compared(operator: str, value: Any) -> Values | None:
    """The values for which a comparison with `value` is true; None for an operator we do not know."""
    here = points([value])
    known = {
        "eq": here,
        "ne": LINE - here,
        "lt": Values((_START, _before(value))),
        "le": Values((_START, _after(value))),
        "gt": Values((_after(value), _END)),
        "ge": Values((_before(value), _END)),
    }
    return known.get(operator)


def _before(value: Any) -> Cut:
    return (0, value, 0)


def _after(value: Any) -> Cut:
    return (0, value, 1)


def _swept(one: tuple[Cut, ...], other: tuple[Cut, ...], keep: Callable[[bool, bool], bool]) -> tuple[Cut, ...]:
    """Where `keep` of both begins and ends."""
    cuts, inside = list[Cut](), False
    for cut in sorted({*one, *other}):
        if keep(_holds(one, cut), _holds(other, cut)) != inside:
            cuts.append(cut)
            inside = not inside
    return tuple(cuts)


def _holds(cuts: tuple[Cut, ...], at: Cut) -> bool:
    """Whether what follows `at` belongs to the set."""
    return bisect_right(cuts, at) % 2 == 1
