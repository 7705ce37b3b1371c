"""The product's own account rows, read from any database SQLAlchemy speaks to."""

from __future__ import annotations

from connector.warehouse.relations import PEOPLE_COLUMNS, SIGNAL_COLUMNS, Column, Relation, Relations
from connector.warehouse.sql import SqlWarehouse

__all__ = ["PEOPLE_COLUMNS", "SIGNAL_COLUMNS", "Column", "Relation", "Relations", "SqlWarehouse"]
