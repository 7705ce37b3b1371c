"""`[points]` of rules.toml read: the components of the score, the layers they prove, what they can earn (C9, C18)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from connector.rules import layers
from connector.rules.book import FILE
from connector.rules.names import BEYOND_BELIEF
from connector.rules.reading import Problems, Table

WHERE = f"{FILE} [points]"


def read(value: object, problems: Problems) -> tuple[dict[str, tuple[str, ...]], dict[str, Decimal]]:
    """Components by layer, and the worths of those that have one: a layer is a list of names, or names with worths."""
    table = problems.table(WHERE, value)
    problems.only(WHERE, table, (*layers.NAMES, "other"))
    by_layer: dict[str, tuple[str, ...]] = {}
    worths: dict[str, Decimal] = {}
    for layer, entry in table.items():
        if isinstance(entry, Mapping):
            by_layer[layer] = tuple(entry)
            worths |= _worths(f"{WHERE} {layer}", entry, problems)
        else:
            by_layer[layer] = problems.texts(WHERE, table, layer)
    return by_layer, worths


def _worths(where: str, table: Table, problems: Problems) -> dict[str, Decimal]:
    worths: dict[str, Decimal] = {}
    for name, worth in table.items():
        if isinstance(worth, bool) or not isinstance(worth, int | float) or not 0 < worth < BEYOND_BELIEF:
            problems.add(where, f'"{name}" must be what it can earn, a number above 0, not {worth!r}')
        else:
            worths[name] = Decimal(str(worth))
    return worths
