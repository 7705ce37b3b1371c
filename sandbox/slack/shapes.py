"""Small checks that combine into descriptions of JSON structures.

A check takes a value and its JSON pointer and yields problems in Slack's wording. Tables of checks
(`elements`, `charts`, `blocks`, `views`) then read like the limits they state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any, str], Iterator[str]]


def problem(text: str, pointer: str) -> str:
    """One complaint, with the place it is about."""
    return f"{text} [json-pointer:{pointer or '/'}]"


def string(longest: int, shortest: int = 1) -> Check:
    """A string of `shortest` to `longest` characters."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", pointer)
        elif len(value) < shortest:
            yield problem(f"must be more than {shortest - 1} characters", pointer)
        elif len(value) > longest:
            yield problem(f"must be less than {longest + 1} characters", pointer)

    return check


def boolean(value: Any, pointer: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", pointer)


def number(value: Any, pointer: str) -> Iterator[str]:
    """An integer or a decimal, not a boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield problem("must be a number", pointer)


def one_of(*allowed: Any) -> Check:
    """One of a few values."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if value not in allowed:
            yield problem(f"must be one of {', '.join(map(str, allowed))}", pointer)

    return check


def array(item: Check, *, least: int = 1, most: int) -> Check:
    """A list of `least` to `most` items that each pass `item`."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", pointer)
            return
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", pointer)
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", pointer)
            return
        for index, entry in enumerate(value):
            yield from item(entry, f"{pointer}/{index}")

    return check


def structure(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these keys: all of `required`, any of `optional`, nothing else."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", pointer)
            return
        for key in required:
            if key not in value:
                yield problem(f"missing required field: {key}", pointer)
        for key, entry in value.items():
            if key in known:
                yield from known[key](entry, f"{pointer}/{key}")
            else:
                yield problem(f"invalid additional property: {key}", pointer)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose "type" names one of `kinds`."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", pointer)
            return
        kind = value.get("type")
        chosen = kinds.get(kind) if isinstance(kind, str) else None
        if chosen is None:
            yield problem(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from chosen(value, pointer)

    return check


def every(*checks: Check) -> Check:
    """All of `checks`, one after the other."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        for each in checks:
            yield from each(value, pointer)

    return check


def then(first: Check, second: Check) -> Check:
    """`second` only where `first` found nothing, so that it may rely on the structure."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        problems = list(first(value, pointer))
        yield from problems or second(value, pointer)

    return check
