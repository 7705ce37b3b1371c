"""Clocks: what an alert's ladder says is due when, what became of it beside being taken, and what is told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)
_TIMED = sa.text("planned_version IS NOT NULL")
_ASLEEP = sa.text("snoozed_until IS NOT NULL")
_UNFIRED, _FIRED = sa.text("fired_at IS NULL"), sa.text("fired_at IS NOT NULL")


def upgrade() -> None:
    """Alerts of before have no clock: one that started now would tell at once how late all of them are."""
    _alerts()
    _rungs()
    _deliveries()


def _alerts() -> None:
    for column in (
        sa.Column("snoozed_until", _TIME),
        sa.Column("contacted_by", sa.Text),
        sa.Column("contacted_at", _TIME),
        sa.Column("closed_at", _TIME),
        sa.Column("close_reason", sa.Text),
        sa.Column("disqualified_reason", sa.Text),
        sa.Column("escalated_at", _TIME),
        sa.Column("due_at", _TIME),
        sa.Column("planned_version", sa.Integer),
    ):
        op.add_column("alerts", column)
    timed = ["planned_version", "version"]
    op.create_index("alerts_timed", "alerts", timed, sqlite_where=_TIMED, postgresql_where=_TIMED)
    op.create_index("alerts_asleep", "alerts", ["snoozed_until"], sqlite_where=_ASLEEP, postgresql_where=_ASLEEP)
    op.add_column("transitions", sa.Column("told", sa.Text))


def _rungs() -> None:
    op.create_table(
        "rungs",
        sa.Column("alert_id", _NUMBER, sa.ForeignKey("alerts.id"), primary_key=True, autoincrement=False),
        sa.Column("rung", sa.Text, primary_key=True),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("fired_at", _TIME),
    )
    op.create_index("rungs_due", "rungs", ["due_at"], sqlite_where=_UNFIRED, postgresql_where=_UNFIRED)
    op.create_index("rungs_fired", "rungs", ["fired_at"], sqlite_where=_FIRED, postgresql_where=_FIRED)


def _deliveries() -> None:
    """What was delivered so far were alerts."""
    op.add_column("deliveries", sa.Column("purpose", sa.Text, nullable=False, server_default="alert"))
    once, options = "deliveries_once_per_target", {"sqlite_autoincrement": True}
    with op.batch_alter_table("deliveries", table_kwargs=options) as batch:  # which SQLite can only write anew
        batch.alter_column("purpose", server_default=None)
        batch.drop_constraint(once, type_="unique")
        batch.create_unique_constraint(once, ["alert_id", "target", "purpose"])
