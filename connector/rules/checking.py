"""What a parsed condition may contain: a white list of syntax, words from their vocabulary, only comparable types."""

from __future__ import annotations

import re
from typing import Any

from rule_engine import DataType, ast

from connector.rules.language import TYPES, Language, name_of
from connector.rules.reading import nearest

LONGEST_PATTERN = 100
_REPEATED_GROUP = re.compile(r"\)[*+{?]|\\[1-9]|\(\?")  # what makes a pattern explode on unlucky text
_LITERALS = (
    ast.BooleanExpression,
    ast.DatetimeExpression,
    ast.FloatExpression,
    ast.NullExpression,
    ast.StringExpression,
    ast.TimedeltaExpression,
)
_ARITHMETIC = (ast.AddExpression, ast.SubtractExpression)


class Checker:
    """Walks a parsed condition once, collecting the names it reads and everything it may not do."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.names: set[str] = set()
        self.reads: set[str] = set()
        self.problems: list[str] = []

    def check_truth(self, node: Any) -> None:
        """`node` must say true or false: text or a number on its own is no condition."""
        if node.result_type != DataType.BOOLEAN:
            self.problems.append(f"{self._told(node)} is not true or false; compare it with something")
        self._check(node)

    def _check(self, node: Any) -> None:
        if isinstance(node, _LITERALS):
            return
        if isinstance(node, ast.SymbolExpression | ast.GetAttributeExpression):
            self._read(node)
        elif isinstance(node, ast.LogicExpression):
            self.check_truth(node.left)
            self.check_truth(node.right)
        elif isinstance(node, ast.UnaryExpression):
            (self.check_truth if node.type == "not" else self._check)(node.right)
        elif isinstance(node, ast.ContainsExpression):
            self._contains(node)
        elif isinstance(node, ast.ArrayExpression):
            for member in node.value:
                self._check(member)
        elif isinstance(node, ast.FuzzyComparisonExpression):
            self._pattern(node)
        elif isinstance(node, ast.ComparisonExpression):
            self._compare(node)
        elif isinstance(node, _ARITHMETIC) or (isinstance(node, ast.ArithmeticExpression) and node.type == "mul"):
            self._check(node.left)
            self._check(node.right)
        else:
            self.problems.append(f"{self._told(node)} is not allowed; use comparisons, in, and, or, not, +, -, *")

    def _read(self, node: Any) -> None:
        name = name_of(node)
        if name is None or name not in self._language.names:
            self.problems.append(f'"{name or self._told(node)}" cannot be used here; name one of its parts')
            return
        self.names.add(name)
        self.reads.add(name)

    def _compare(self, node: Any) -> None:
        sides = (node.left, node.right)
        if any(isinstance(side, ast.NullExpression) for side in sides):
            self.names.update(name for side in sides if (name := self._known(side)))
            return
        if node.left.result_type != node.right.result_type:
            kinds = " with ".join(_kind(side.result_type) for side in sides)
            self.problems.append(f"compares {kinds}: {self._told(node.left)} and {self._told(node.right)}")
        self._word(node.left, node.right)
        self._word(node.right, node.left)
        self._check(node.left)
        self._check(node.right)

    def _contains(self, node: Any) -> None:
        if isinstance(node.container, ast.ArrayExpression):
            for member in node.container.value:
                self._word(node.member, member)
        self._word(node.container, node.member)
        held = getattr(node.container.result_type, "value_type", node.container.result_type)
        if held != node.member.result_type:
            self.problems.append(f"{self._told(node.member)} can never be in {self._told(node.container)}")
        self._check(node.container)
        self._check(node.member)

    def _pattern(self, node: Any) -> None:
        """Regular expressions only as short literals without repeated groups (D12)."""
        if not isinstance(node.right, ast.StringExpression):
            self.problems.append("a pattern must be written out as a text")
        elif len(node.right.value) > LONGEST_PATTERN or _REPEATED_GROUP.search(node.right.value):
            self.problems.append(f'the pattern "{node.right.value}" is too long or repeats a group; write it simpler')
        self._check(node.left)

    def _word(self, named: Any, literal: Any) -> None:
        words = self._language.words.get(name_of(named) or "")
        if words and isinstance(literal, ast.StringExpression) and literal.value not in words:
            self.problems.append(f'{name_of(named)} is never "{literal.value}"; {nearest(literal.value, words)}')

    def _known(self, node: Any) -> str | None:
        """The name compared with null; anything but a plain name is checked, and counts as read, as usual."""
        name = name_of(node)
        if name in self._language.names:
            return name
        self._check(node)
        return None

    def _told(self, node: Any) -> str:
        name = name_of(node)
        if name:
            return f'"{name}"'
        if isinstance(node, ast.StringExpression | ast.FloatExpression):
            return f'"{node.value}"'
        return str(type(node).__name__.removesuffix("Expression").lower())


def _kind(type_: Any) -> str:
    """A type as people call it."""
    found = next((kind.value for kind, known in TYPES.items() if known == type_), "a span of time")
    return {"integer": "a number", "boolean": "a truth", "date": "a date"}.get(found, found)
