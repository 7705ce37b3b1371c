"""Digests: messages that list several alerts, which have none of their own there (D18, D37)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """There were none so far."""
    op.create_table(
        "digests",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("alert_id", _NUMBER, sa.ForeignKey("alerts.id"), nullable=False),
        sa.UniqueConstraint("name", name="digests_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "digest_lines",
        sa.Column("digest_id", _NUMBER, sa.ForeignKey("digests.id"), primary_key=True, autoincrement=False),
        sa.Column("alert_id", _NUMBER, sa.ForeignKey("alerts.id"), primary_key=True, autoincrement=False),
    )
    op.create_index("digest_lines_alert", "digest_lines", ["alert_id"])
    op.create_index("deliveries_target", "deliveries", ["target"])
