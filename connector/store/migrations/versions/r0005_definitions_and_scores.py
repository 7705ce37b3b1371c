"""Which definitions were in force since when, and how every account's score moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Both begin now: of what was before nothing was noted."""
    op.create_table(
        "definitions",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
    )
    op.create_table(
        "scores",
        sa.Column("account_key", _KEY, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("score", sa.Text),
        sa.Column("tier", sa.Text, nullable=False),
    )
