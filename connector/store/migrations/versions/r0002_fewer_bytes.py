"""Fewer bytes per account: packed values as bytes, instants of the large tables as whole seconds.

Values stay as they are until they are written again: their JSON text becomes the same text as bytes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"

_INSTANTS = {"memory": ("since", "settled_at"), "audit": ("at",)}
_PACKED = {
    "memory": ("wanted", "written"),
    "decisions": ("document", "refreshed"),
    "decision_history": ("document",),
    "audit": ("changes",),
}


def upgrade() -> None:
    """Change the columns' types and what is in them."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
    else:
        _alter()


def _alter() -> None:
    for table, columns in _INSTANTS.items():
        for column in columns:
            seconds = f"floor(extract(epoch from {column}))::bigint"
            op.alter_column(table, column, type_=sa.BigInteger, postgresql_using=seconds)
    for table, columns in _PACKED.items():
        for column in columns:
            op.alter_column(table, column, type_=sa.LargeBinary, postgresql_using=f"convert_to({column}, 'UTF8')")


def _rebuild() -> None:
    """SQLite changes a column's type by writing its table anew."""
    for table, columns in _INSTANTS.items():
        for column in columns:
            op.execute(sa.text(f"UPDATE {table} SET {column} = CAST(strftime('%s', {column}) AS INTEGER)"))  # noqa: S608 - names from above
    for table, columns in _PACKED.items():
        options = {"sqlite_autoincrement": True} if table == "audit" else {}
        with op.batch_alter_table(table, recreate="always", table_kwargs=options) as batch:
            for column in _INSTANTS.get(table, ()):
                batch.alter_column(column, type_=sa.BigInteger)
            for column in columns:
                batch.alter_column(column, type_=sa.LargeBinary)
