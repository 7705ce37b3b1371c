"""Operations: alerts that a storm holds, what RevOps is told, and work that somebody asked for in Slack."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)
_UNTAKEN = sa.text("taken_at IS NULL")
_OPEN, _ASKED = sa.text("over_at IS NULL"), sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Nothing of before is held, told or asked for."""
    _facts()
    _storms()
    _notices()
    _requests()


def _facts() -> None:
    op.add_column("facts", sa.Column("storm", _NUMBER))
    op.drop_index("facts_untaken", "facts")
    op.create_index("facts_untaken", "facts", ["storm", "id"], sqlite_where=_UNTAKEN, postgresql_where=_UNTAKEN)
    op.create_index("facts_run", "facts", ["run"])


def _storms() -> None:
    op.create_table(
        "storms",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("most", sa.Integer, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("undecided", sa.Integer),
        sa.Column("decided", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", _TIME),
        sa.UniqueConstraint("undecided", name="storms_one_undecided"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "storm_runs",
        sa.Column("run", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("storm", _NUMBER, nullable=False),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("over_at", _TIME),
        sa.Column("reply_to", _NUMBER),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("not_before", _TIME),
        sa.Column("shown_version", sa.Integer),
        sqlite_autoincrement=True,
    )
    once = ["kind", "about"]
    op.create_index("notices_once", "notices", once, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("notices_state", "notices", ["state"])


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("answer", sa.Text),
        sqlite_autoincrement=True,
    )
    once = ["kind", "about"]
    op.create_index("requests_once", "requests", once, unique=True, sqlite_where=_ASKED, postgresql_where=_ASKED)
