"""Rows of other sources than accounts go missing too; and what a mirror in the warehouse is brought up to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TIME = sa.DateTime(timezone=True)
_REMEMBERED = {
    "decisions": "decide_fp",
    "memory": "wanted_fp, record_id",
    "intents": "not_before",
    "missing": "since",
}
_MIRRORED = "EXISTS (SELECT 1 FROM marks WHERE name = 'mirror')"
_TOUCHED = "INSERT INTO touched VALUES ({row}.account_key, 0) ON CONFLICT (account_key) DO UPDATE SET seen = 0"
_TOUCH = f"""
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF {_MIRRORED} THEN
    IF TG_OP = 'DELETE' THEN {_TOUCHED.format(row="OLD")}; ELSE {_TOUCHED.format(row="NEW")}; END IF;
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """What was missing so far were accounts."""
    _missing()
    _mirror()


def _missing() -> None:
    op.rename_table("missing", "missing_accounts")
    op.create_table(
        "missing",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("account_key", _KEY, primary_key=True),
        sa.Column("since", _TIME, nullable=False),
    )
    op.execute("INSERT INTO missing SELECT 'accounts', account_key, since FROM missing_accounts")
    op.drop_table("missing_accounts")


def _mirror() -> None:
    """Triggers, because accounts are touched in many places, and one that was forgotten would lose deliveries."""
    op.create_table("marks", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
    op.create_table(
        "touched", sa.Column("account_key", _KEY, primary_key=True), sa.Column("seen", sa.Integer, nullable=False)
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_TOUCH)
    for table, columns in _REMEMBERED.items():
        for when, row in (("INSERT", "NEW"), (f"UPDATE OF {columns}", "NEW"), ("DELETE", "OLD")):
            _trigger(table, when, row)


def _trigger(table: str, when: str, row: str) -> None:
    name = f"{table}_touched_{when.split(maxsplit=1)[0].lower()}"
    does = "EXECUTE FUNCTION touch()"
    if op.get_bind().dialect.name == "sqlite":
        does = f"WHEN {_MIRRORED} BEGIN {_TOUCHED.format(row=row)}; END"
    op.execute(f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW {does}")
