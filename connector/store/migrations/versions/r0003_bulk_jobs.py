"""Bulk jobs, and what their records will have become."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_IN_JOB = sa.text("job IS NOT NULL")


def upgrade() -> None:
    """Add what a job needs; intents of before were not of one."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("match_field", sa.Text),
        sa.Column("run", _NUMBER, nullable=False),
    )
    op.add_column("intents", sa.Column("load", sa.Text))
    op.add_column("intents", sa.Column("job", sa.Text))
    op.create_index("intents_job", "intents", ["job"], sqlite_where=_IN_JOB, postgresql_where=_IN_JOB)
