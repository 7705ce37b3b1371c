"""SOQL read into a tree: one object, fields one relationship deep or deeper, filters, order and limit.

    SELECT fields | COUNT() FROM object [WHERE filter] [ORDER BY field [ASC|DESC] [NULLS FIRST|LAST], ...] [LIMIT n]

As in the real language, AND and OR do not mix without parentheses. Everything else of SOQL is refused
with MALFORMED_QUERY. `selection` finds the records.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.salesforce.soql_tokens import Literal, Token, malformed, tokenize, unescape

Path = tuple[str, ...]
COMPARISONS = frozenset({"=", "!=", "<>", "<", ">", "<=", ">=", "LIKE"})
KEYWORDS = {"NULL": None, "TRUE": True, "FALSE": False}


@dataclass(frozen=True)
class Compare:
    path: Path
    sign: str
    literal: Literal


@dataclass(frozen=True)
class Within:
    path: Path
    literals: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True)
class Not:
    condition: Condition


@dataclass(frozen=True)
class Group:
    """Conditions joined by one word, "AND" or "OR"."""

    word: str
    conditions: tuple[Condition, ...]


Condition = Compare | Within | Not | Group


@dataclass(frozen=True)
class Order:
    path: Path
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Query:
    """`fields` is empty for SELECT COUNT()."""

    fields: tuple[Path, ...]
    object: str
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None

    @property
    def counts(self) -> bool:
        return not self.fields


def parse(soql: str) -> Query:
    """The query as a tree. Raises RestError MALFORMED_QUERY or QUERY_TOO_COMPLICATED."""
    return _Parser(tokenize(soql)).query()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        self._expect("SELECT")
        fields = self._selected()
        self._expect("FROM")
        name = self._take("name").text
        where = self._condition() if self._skip("WHERE") else None
        order = self._order() if self._skip("ORDER") else ()
        limit = self._whole_number() if self._skip("LIMIT") else None
        self._take("end")
        return Query(fields, name, where, order, limit)

    def _selected(self) -> tuple[Path, ...]:
        if self._peek().word() == "COUNT":
            for word in ("COUNT", "(", ")"):
                self._expect(word)
            return ()
        return self._comma_separated()

    def _comma_separated(self) -> tuple[Path, ...]:
        paths = [self._path()]
        while self._skip(","):
            paths.append(self._path())
        return tuple(paths)

    def _condition(self) -> Condition:
        parts = [self._term()]
        word = self._peek().word()
        if word not in ("AND", "OR"):
            return parts[0]
        while self._skip(word):
            parts.append(self._term())
        if self._peek().word() in ("AND", "OR"):
            raise self._unexpected()
        return Group(word, tuple(parts))

    def _term(self) -> Condition:
        if self._skip("NOT"):
            return Not(self._term())
        if self._skip("("):
            inside = self._condition()
            self._expect(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Condition:
        path = self._path()
        negated = self._skip("NOT")
        if self._skip("IN"):
            return Within(path, self._literals(), negated)
        sign = self._next()
        if negated or sign.word() not in COMPARISONS:
            raise self._unexpected(sign)
        return Compare(path, "!=" if sign.word() == "<>" else sign.word(), self._literal())

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        literals = [self._literal()]
        while self._skip(","):
            literals.append(self._literal())
        self._expect(")")
        return tuple(literals)

    def _literal(self) -> Literal:
        token = self._next()
        match token.kind:
            case "string":
                return Literal("string", unescape(token.text), token.text)
            case "number":
                return Literal("number", float(token.text))
            case "date" | "datetime":
                return Literal(token.kind, token.text)
        if token.word() not in KEYWORDS:
            raise self._unexpected(token)
        value = KEYWORDS[token.word()]
        return Literal("null" if value is None else "boolean", value)

    def _order(self) -> tuple[Order, ...]:
        self._expect("BY")
        orders = [self._order_by()]
        while self._skip(","):
            orders.append(self._order_by())
        return tuple(orders)

    def _order_by(self) -> Order:
        path = self._path()
        descending = self._skip("DESC")
        if not descending:
            self._skip("ASC")
        nulls_first = True
        if self._skip("NULLS"):
            nulls_first = self._skip("FIRST")
            if not nulls_first:
                self._expect("LAST")
        return Order(path, descending, nulls_first)

    def _whole_number(self) -> int:
        token = self._take("number")
        if not token.text.isdigit():
            raise self._unexpected(token)
        return int(token.text)

    def _path(self) -> Path:
        return tuple(self._take("name").text.split("."))

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _skip(self, word: str) -> bool:
        if self._peek().word() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise self._unexpected()

    def _take(self, kind: str) -> Token:
        if self._peek().kind != kind:
            raise self._unexpected()
        return self._next()

    def _unexpected(self, token: Token | None = None) -> Exception:
        seen = token or self._peek()
        return malformed(f"unexpected token: '{seen.text or '<EOF>'}' at position {seen.at}")
