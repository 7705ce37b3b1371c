"""SOQL cut into tokens: names, literals with their kinds, operators and brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.errors import RestError

MAX_LENGTH = 100_000

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "_": "_", "%": "%"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is one of string, datetime, date, number, name, sign, end; `text` is as written, without quotes."""

    kind: str
    text: str
    at: int

    def word(self) -> str:
        """The token as a keyword: upper case for names and signs, nothing for literals."""
        return self.text.upper() if self.kind in ("name", "sign") else ""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in a filter. `raw` keeps a string's escapes, which LIKE reads differently."""

    kind: str
    value: Any
    raw: str = ""


def malformed(message: str) -> RestError:
    """The answer to a query nobody can parse."""
    return RestError(400, "MALFORMED_QUERY", message)


def tokenize(soql: str) -> list[Token]:
    """The query's tokens, ending with one of kind "end". Raises RestError."""
    if len(soql) > MAX_LENGTH:
        message = f"SOQL statements cannot be longer than {MAX_LENGTH} characters: this one has {len(soql)}"
        raise RestError(400, "QUERY_TOO_COMPLICATED", message)
    tokens, at, end = [], 0, len(soql.rstrip())
    while at < end:
        found = _TOKEN.match(soql, at)
        if found is None:
            raise malformed(f"unexpected character at position {at}: {soql[at : at + 20]!r}")
        kind = str(found.lastgroup)
        text = found[kind]
        tokens.append(Token(kind, text[1:-1] if kind == "string" else text, found.start(kind)))
        at = found.end()
    tokens.append(Token("end", "", at))
    return tokens


def unescape(text: str) -> str:
    """A string literal's value. Raises RestError for an escape SOQL does not have."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    try:
        return _ESCAPES[escape[1]]
    except KeyError:
        raise malformed(f"invalid string literal: illegal character sequence '{escape[0]}' in string literal") from None
