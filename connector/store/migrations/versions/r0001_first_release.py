"""The tables of the first release.

Types are spelled out here rather than imported: what the program calls a column may change, this may not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    _deciding_and_delivering()
    _runs()
    _bindings()
    _outbox()
    _people()


def _deciding_and_delivering() -> None:
    op.create_table(
        "shapes",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("names", sa.Text, nullable=False),
        sa.UniqueConstraint("digest", name="shapes_once"),
    )
    op.create_table(
        "memory",
        sa.Column("account_key", _KEY, primary_key=True),
        sa.Column("mapping", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text),
        sa.Column("matched_by", sa.Text),
        sa.Column("wanted_fp", sa.Text, nullable=False),
        sa.Column("wanted", sa.Text),
        sa.Column("written", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("advice", sa.Text),
        sa.Column("candidates", sa.Text),
        sa.Column("overruled", sa.Text),
        sa.Column("since", _TIME),
        sa.Column("tries", sa.Integer),
        sa.Column("run", _NUMBER),
        sa.Column("settled_at", _TIME),
    )
    rejects = sa.text("outcome IN ('rejected', 'invalid')")
    op.create_index(
        "memory_rejects", "memory", ["mapping", "account_key"], sqlite_where=rejects, postgresql_where=rejects
    )
    op.create_table(
        "intents",
        sa.Column("account_key", _KEY, primary_key=True),
        sa.Column("mapping", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text),
        sa.Column("matched_by", sa.Text),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("written", sa.Text, nullable=False),
        sa.Column("not_before", _TIME),
    )
    op.create_table(
        "decisions",
        sa.Column("account_key", _KEY, primary_key=True),
        sa.Column("decide_fp", sa.Text, nullable=False),
        sa.Column("run", _NUMBER, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("refreshed", sa.Text),
    )
    op.create_table(
        "decision_history",
        sa.Column("account_key", _KEY, primary_key=True),
        sa.Column("run", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "missing",
        sa.Column("account_key", _KEY, primary_key=True),
        sa.Column("since", _TIME, nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("run", _NUMBER, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("account_key", _KEY, nullable=False),
        sa.Column("record_id", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("changes", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_account", "audit", ["account_key"])
    op.create_index("audit_run", "audit", ["run"])


def _bindings() -> None:
    op.create_table(
        "bindings",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("bound_at", _TIME, nullable=False),
    )
    op.create_table(
        "schemas",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("object", sa.Text, primary_key=True),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("read_at", _TIME, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
    )
    op.create_table(
        "mapped_schemas",
        sa.Column("mapping", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "pauses",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "facts",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account_key", _KEY, nullable=False),
        sa.Column("dedupe_key", sa.Text, nullable=False),
        sa.Column("run", _NUMBER, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("taken_at", _TIME),
        sa.UniqueConstraint("dedupe_key", name="facts_once"),
        sqlite_autoincrement=True,
    )
    untaken = sa.text("taken_at IS NULL")
    op.create_index("facts_untaken", "facts", ["id"], sqlite_where=untaken, postgresql_where=untaken)
    op.create_table(
        "claims",
        sa.Column("job", sa.Text, primary_key=True),
        sa.Column("tick", _TIME, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("claimed_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME),
    )
    op.create_table(
        "paces",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("turns", sa.Text, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("account_key", _KEY, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("episode", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("raised_at", _TIME, nullable=False),
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("owner_email", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_by_name", sa.Text),
        sa.Column("acknowledged_at", _TIME),
        sa.Column("superseded_at", _TIME),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("account_key", "kind", "episode", name="alerts_once_per_episode"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transitions",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("alert_id", _NUMBER, sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("from_state", sa.Text, nullable=False),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("transitions_alert", "transitions", ["alert_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("alert_id", _NUMBER, sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("not_before", _TIME),
        sa.Column("rendered_version", sa.Integer),
        sa.Column("error", sa.Text),
        sa.UniqueConstraint("alert_id", "target", name="deliveries_once_per_target"),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_state", "deliveries", ["state"])
