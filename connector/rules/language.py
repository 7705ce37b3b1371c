"""What conditions speak of: names with their types, and the account's values they are asked about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rule_engine import DataType, ast

from connector.model import ColumnType
from connector.rules.names import Values

TYPES = {
    ColumnType.TEXT: DataType.STRING,
    ColumnType.INTEGER: DataType.FLOAT,
    ColumnType.DECIMAL: DataType.FLOAT,
    ColumnType.BOOLEAN: DataType.BOOLEAN,
    ColumnType.DATE: DataType.DATETIME,
    ColumnType.DATETIME: DataType.DATETIME,
    ColumnType.LIST: DataType.ARRAY(DataType.STRING),
}


@dataclass(frozen=True, slots=True)
class Situation:
    """All names of one account with their values. Names in groups keep their full name: `crm.stage`."""

    values: Values


@dataclass(frozen=True, slots=True)
class Language:
    """What conditions may speak of: names with types, and for some of them the only words they ever hold."""

    names: Mapping[str, ColumnType]
    words: Mapping[str, Collection[str]]

    @property
    def groups(self) -> frozenset[str]:
        """The first halves of dotted names."""
        return frozenset(name.partition(".")[0] for name in self.names if "." in name)


def name_of(node: Any) -> str | None:
    """The full name a node reads, or None when it is no plain name; `$name` is none of ours."""
    if isinstance(node, ast.SymbolExpression):
        return f"${node.name}" if node.scope else str(node.name)
    if isinstance(node, ast.GetAttributeExpression) and (owner := name_of(node.object)):
        return f"{owner}.{node.name}"
    return None
