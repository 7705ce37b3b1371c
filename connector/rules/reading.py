"""Reading parsed files: every problem is collected with its place and the nearest valid name, none is thrown early."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from connector.errors import ConfigError

Settings = TypeVar("Settings")
Table = Mapping[str, Any]


def nearest(name: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown name: the closest known one, or all of them."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"known: {', '.join(sorted(known)) or 'none'}"


@dataclass
class Problems:
    """What is wrong with a set of files so far. Readers return something usable and go on."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Note one problem: the place, then what to change."""
        self.found.append(f"{where}: {what}")

    def unknown(self, where: str, what: str, name: str, known: Collection[str]) -> None:
        """Note a name nobody knows, with the nearest that somebody does."""
        self.add(where, f'unknown {what} "{name}"; {nearest(name, known)}')

    def raise_any(self) -> None:
        """Raises ConfigError with everything noted so far, if there is anything."""
        if self.found:
            raise ConfigError(self.found)

    def table(self, where: str, value: object) -> Table:
        """`value` as a table; absent is empty."""
        if value is None or isinstance(value, Mapping):
            return value or {}
        self.add(where, f"must be a table, not {value!r}")
        return {}

    def rows(self, where: str, value: object) -> list[tuple[str, Table]]:
        """The rows of an array of tables, each with its place; absent is none."""
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.add(where, f"must be an array of tables such as [[{where.rpartition(' ')[2]}]]")
            return []
        return [(f"{where} {number}", row) for number, row in enumerate(value, 1)]

    def only(self, where: str, table: Table, known: Collection[str]) -> None:
        """Note every key that nobody reads."""
        for key in table:
            if key not in known:
                self.unknown(where, "key", key, known)

    def text(self, where: str, table: Table, key: str, default: str | None = None) -> str:
        """A text, required unless it has a default."""
        value = table.get(key, default)
        if isinstance(value, str) and value:
            return value
        self.add(where, f'"{key}" must be a text, not {value!r}' if key in table else f'"{key}" is missing')
        return ""

    def truth(self, where: str, table: Table, key: str, *, default: bool) -> bool:
        """A true or false."""
        value = table.get(key, default)
        if not isinstance(value, bool):
            self.add(where, f'"{key}" must be true or false, not {value!r}')
            return default
        return value

    def choice(self, where: str, key: str, value: str, known: Collection[str]) -> str:
        """`value`, which must be one of `known`."""
        if value and value not in known:
            self.unknown(where, key, value, known)
        return value

    def texts(self, where: str, table: Table, key: str) -> tuple[str, ...]:
        """A list of texts; a single text is a list of one, absent is none."""
        value = table.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list) and all(isinstance(item, str) for item in listed):
            return tuple(listed)
        self.add(where, f'"{key}" must be a list of texts, not {value!r}')
        return ()

    def settings(self, where: str, value: object, default: Settings) -> Settings:
        """A table of numbers, texts and lists over the defaults: a frozen dataclass of the same type."""
        table = self.table(where, value)
        kinds = {f.name: type(getattr(default, f.name)) for f in fields(default)}  # type: ignore[arg-type]  # Settings is a dataclass
        self.only(where, table, kinds)
        given = {key: _plain(item) for key, item in table.items() if key in kinds}
        unfit = {key for key, item in given.items() if not _fits(item, kinds[key])}
        for key in sorted(unfit):
            self.add(where, f'"{key}" must be {_KIND[kinds[key]]}, not {given[key]!r}')
        return replace(default, **{key: item for key, item in given.items() if key not in unfit})  # type: ignore[type-var]  # as above


_KIND = {int: "a whole number from 0", str: "a text", tuple: "a list of texts", float: "a number from 0"}


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _fits(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return kind in (int, float) and value >= 0 and (kind is float or isinstance(value, int))
    return isinstance(value, kind) and (kind is str or all(isinstance(item, str) for item in value))  # type: ignore[attr-defined]  # a tuple by now
