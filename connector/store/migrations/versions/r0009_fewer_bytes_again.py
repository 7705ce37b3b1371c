"""Fewer bytes per account: facts packed like other documents, and the two largest tables kept in their key's order.

What a fact tells stays as it is: its JSON text becomes the same text as bytes. A table in the order of its key needs no
index for it; PostgreSQL has no such tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"

_ORDERED = {"decisions": "decide_fp", "memory": "wanted_fp, record_id"}  # with the columns whose change touches
_MIRRORED = "EXISTS (SELECT 1 FROM marks WHERE name = 'mirror')"
_TOUCHED = "INSERT INTO touched VALUES ({row}.account_key, 0) ON CONFLICT (account_key) DO UPDATE SET seen = 0"


def upgrade() -> None:
    """Change a column's type, and on SQLite write two tables anew."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("facts", "payload", type_=sa.LargeBinary, postgresql_using="convert_to(payload, 'UTF8')")
        return
    with op.batch_alter_table("facts", recreate="always", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("payload", type_=sa.LargeBinary)
    for table, columns in _ORDERED.items():
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_with_rowid": False}):
            pass
        _touching(table, columns)


def _touching(table: str, columns: str) -> None:
    """The triggers went with the table."""
    for when, row in (("INSERT", "NEW"), (f"UPDATE OF {columns}", "NEW"), ("DELETE", "OLD")):
        name = f"{table}_touched_{when.split(maxsplit=1)[0].lower()}"
        does = f"WHEN {_MIRRORED} BEGIN {_TOUCHED.format(row=row)}; END"
        op.execute(f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW {does}")
