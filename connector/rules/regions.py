"""Where a condition holds, as far as that can be said without an account: for finding rules that can never match.

A condition becomes alternatives (`boxes`), each of which bounds some questions: what a name holds, whether a word is
in a list. A comparison that is more than one name against literals (two names, sums, patterns) is a question of its
own with the answers yes and no. So a region is never too small; it is too large where such comparisons depend on each
other or on the rest, and where the values of a text are fewer than all texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rule_engine import ast

from connector.model import ColumnType
from connector.rules.language import Language, name_of
from connector.rules.ranges import LINE, NULL, Values, compared, points

MOST_BOXES = 256  # beyond this a condition is left alone
TRUE, FALSE = points([True]), points([False])
_FLIPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_LITERALS = (ast.BooleanExpression, ast.DatetimeExpression, ast.FloatExpression, ast.StringExpression)
_CHILDREN = ("left", "right", "container", "member")

Box = Mapping[str, Values]


class TooManyError(Exception):
    """The condition has more alternatives than are worth looking at."""


@dataclass(frozen=True, slots=True)
class Region:
    """The boxes in which a condition holds. `whole` are all answers to each of its questions.

    `undecided` are the boxes in which it cannot be decided. `clashes` are questions it wants contradicting answers to.
    """

    boxes: tuple[Box, ...]
    undecided: tuple[Box, ...]
    whole: Mapping[str, Values]
    clashes: tuple[str, ...]


def region(tree: Any, language: Language, reads: Collection[str]) -> Region | None:
    """The region of a checked condition that is undecided where one of `reads` is null; None when it has too many."""
    reading = _Reading(language)
    known = {name: reading.known(name) for name in reads}
    try:
        boxes = reading.product([known], reading.boxes(tree, holds=True))
    except TooManyError:
        return None
    undecided = tuple({name: NULL} for name in reads)
    return Region(tuple(boxes), undecided, reading.whole, tuple(dict.fromkeys(reading.clashes)))


def outside(one: Box, other: Box, whole: Mapping[str, Values]) -> list[Box]:
    """The part of `one` that is not in `other`, in boxes."""
    pieces, inner = list[Box](), dict(one)
    for question, values in other.items():
        answers = inner.get(question, whole[question])
        if rest := answers - values:
            pieces.append({**inner, question: rest})
        inner[question] = answers & values
        if not inner[question]:
            return [one]
    return pieces


@dataclass
class _Reading:
    """One walk over a parsed condition."""

    language: Language
    whole: dict[str, Values] = field(default_factory=dict)
    clashes: list[str] = field(default_factory=list)

    def boxes(self, node: Any, *, holds: bool) -> list[Box]:
        """Where `node` is true, or where it is false."""
        if isinstance(node, ast.LogicExpression):
            left, right = self.boxes(node.left, holds=holds), self.boxes(node.right, holds=holds)
            return self.product(left, right) if (node.type == "and") is holds else _few([*left, *right])
        if isinstance(node, ast.UnaryExpression):
            return self.boxes(node.right, holds=not holds)
        if isinstance(node, ast.BooleanExpression):
            return [{}] if node.value is holds else []
        question, values = self._question(node)
        answers = values if holds else self.whole[question] - values
        return [{question: answers}] if answers else []

    def product(self, left: Sequence[Box], right: Sequence[Box]) -> list[Box]:
        """Where one of `left` and one of `right` hold."""
        met = (self._met(one, other) for one in left for other in right)
        return _few(box for box in met if box is not None)

    def known(self, name: str) -> Values:
        """Every value of a name but null."""
        return self._whole(name) - NULL

    def _met(self, one: Box, other: Box) -> Box | None:
        both = {question: one[question] & other[question] for question in one.keys() & other.keys()}
        if clashing := sorted(question for question, values in both.items() if not values):
            self.clashes += clashing
            return None
        return {**one, **other, **both}

    def _question(self, node: Any) -> tuple[str, Values]:
        """What a comparison asks, and the answers that make it true."""
        if (name := name_of(node)) is not None:
            return name, self._whole(name) & TRUE
        if isinstance(node, ast.ContainsExpression):
            return self._contains(node)
        if isinstance(node, ast.ComparisonExpression) and not isinstance(node, ast.FuzzyComparisonExpression):
            return self._compares(node)
        return self._opaque(node)

    def _contains(self, node: Any) -> tuple[str, Values]:
        name, listed = name_of(node.member), node.container
        if name is None or not isinstance(listed, ast.ArrayExpression):
            return self._opaque(node)
        if not all(isinstance(member, _LITERALS) for member in listed.value):
            return self._opaque(node)
        return name, self._whole(name) & points(member.value for member in listed.value)

    def _compares(self, node: Any) -> tuple[str, Values]:
        left, right, operator = node.left, node.right, node.type
        if name_of(left) is None:
            left, right, operator = right, left, _FLIPPED.get(operator, operator)
        name = name_of(left)
        if name is None or not isinstance(right, (*_LITERALS, ast.NullExpression)):
            return self._opaque(node)
        if isinstance(right, ast.NullExpression):
            return name, self._whole(name) & NULL if operator == "eq" else self.known(name)
        values = compared(operator, right.value)
        return self._opaque(node) if values is None else (name, self._whole(name) & values)

    def _opaque(self, node: Any) -> tuple[str, Values]:
        """A question of its own, the same wherever the same is written."""
        question = _written(node)
        self.whole[question] = TRUE | FALSE
        return question, TRUE

    def _whole(self, name: str) -> Values:
        kind = self.language.names[name]
        words = self.language.words.get(name) if kind is ColumnType.TEXT else None
        known = points(words) if words else TRUE | FALSE if kind is ColumnType.BOOLEAN else LINE
        return self.whole.setdefault(name, known | NULL)


def _few(boxes: Iterable[Box]) -> list[Box]:
    found = list[Box]()
    for box in boxes:
        found.append(box)
        if len(found) > MOST_BOXES:
            raise TooManyError
    return found


def _written(node: Any) -> str:
    """A comparison as a text that only an equal one has, close to how it was written."""
    if (name := name_of(node)) is not None:
        return name
    if isinstance(node, ast.ArrayExpression):
        return f"[{', '.join(_written(member) for member in node.value)}]"
    if isinstance(node, (*_LITERALS, ast.TimedeltaExpression, ast.NullExpression)):
        return repr(node.value) if isinstance(node.value, str) else str(node.value)
    if isinstance(node, ast.ContainsExpression):
        return f"({_written(node.member)} in {_written(node.container)})"
    parts = [_written(getattr(node, child)) for child in _CHILDREN if hasattr(node, child)]
    return f"({f' {node.type} '.join(parts) if len(parts) > 1 else f'{node.type} {parts[0]}'})"
