"""Single SOQL comparisons as closures over a record: the literal is checked and folded once."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.salesforce.errors import RestError
from sandbox.salesforce.schema import ID_TYPES, NUMBER_TYPES, TEXT_TYPES, Field
from sandbox.salesforce.soql import Compare, Within
from sandbox.salesforce.soql_tokens import Literal, unescape
from sandbox.salesforce.tables import Record
from sandbox.salesforce.values import fold, looks_like_id, stamp

Filter = Callable[[Record], bool]
Reader = Callable[[Record], Any]

_LITERAL_OF = {
    **dict.fromkeys(TEXT_TYPES | ID_TYPES, "string"),
    **dict.fromkeys(NUMBER_TYPES, "number"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
_ORDERINGS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


def comparison(field: Field, read: Reader, sign: str, literal: Literal) -> Filter:
    """`field sign literal`. Raises RestError INVALID_FIELD when the literal is of another type than the field."""
    if sign == "LIKE":
        return _like(field, read, literal)
    value = _operand(field, literal)
    if sign == "=":
        return lambda record: fold(field, read(record)) == value
    if sign == "!=":
        return lambda record: fold(field, read(record)) != value
    return _ordering(field, read, sign, value)


def membership(field: Field, read: Reader, literals: tuple[Literal, ...], *, negated: bool) -> Filter:
    """`field [NOT] IN (literals)`. Raises RestError as comparison() does."""
    values = {_operand(field, literal) for literal in literals}
    if negated:
        return lambda record: fold(field, read(record)) not in values
    return lambda record: fold(field, read(record)) in values


def wanted_keys(part: Compare | Within) -> list[Any] | None:
    """The only values that can satisfy the condition, where it names them: `=` and IN, without null."""
    if isinstance(part, Within):
        literals = () if part.negated else part.literals
    else:
        literals = (part.literal,) if part.sign == "=" else ()
    keys = [literal.value for literal in literals]
    return None if not keys or None in keys or "" in keys else keys


def _ordering(field: Field, read: Reader, sign: str, value: Any) -> Filter:
    holds = _ORDERINGS[sign]

    def keep(record: Record) -> bool:
        found = fold(field, read(record))
        return found is not None and value is not None and bool(holds(found, value))

    return keep


def _like(field: Field, read: Reader, literal: Literal) -> Filter:
    if field.type not in TEXT_TYPES or literal.kind != "string":
        raise RestError(400, "INVALID_FIELD", f"invalid operator LIKE on field '{field.name}' of type {field.type}")
    pattern = re.compile(_regex(literal.raw), re.DOTALL | (0 if field.case_sensitive else re.IGNORECASE))

    def keep(record: Record) -> bool:
        found = read(record)
        return found is not None and pattern.fullmatch(found) is not None

    return keep


def _regex(raw: str) -> str:
    """A LIKE pattern as a regular expression: % any run, _ any one, a backslash before either means itself."""
    pieces = re.findall(r"\\.|%|_|[^\\%_]+", raw, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return "".join(wild.get(piece) or re.escape(unescape(piece)) for piece in pieces)


def _operand(field: Field, literal: Literal) -> Any:
    if literal.value is None or literal.value == "":
        return None
    if literal.kind != _LITERAL_OF[field.type]:
        raise _mistyped(field, literal)
    if field.type in ID_TYPES and not looks_like_id(literal.value):
        message = f"invalid ID field: {literal.value}"
        raise RestError(400, "INVALID_QUERY_FILTER_OPERATOR", message)
    if literal.kind == "datetime":
        return _moment(literal)
    return fold(field, literal.value)


def _moment(literal: Literal) -> str:
    try:
        return stamp(datetime.fromisoformat(literal.value))
    except ValueError:
        raise RestError(400, "MALFORMED_QUERY", f"line 1: invalid dateTime: {literal.value}") from None


def _mistyped(field: Field, literal: Literal) -> RestError:
    quoted = "should" if _LITERAL_OF[field.type] == "string" else "should not"
    message = (
        f"value of filter criterion for field '{field.name}' must be of type {field.type} and {quoted} be enclosed in "
        f"quotes: found a {literal.kind}"
    )
    return RestError(400, "INVALID_FIELD", message)
