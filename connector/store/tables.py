"""The store's tables as SQLAlchemy sees them. The revisions in `migrations` create them; a test keeps both equal.

Run numbers are stamps, not foreign keys: a run may be forgotten before what it wrote.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

from connector.store.columns import KEY, SERIAL, Json, RunId, Seconds, Utc
from connector.store.compact import Packed

metadata = MetaData()

# Literal text, because SQLite uses a partial index only for a query that repeats its condition literally.
IS_REJECT = text("outcome IN ('rejected', 'invalid')")
IS_UNTAKEN = text("taken_at IS NULL")
IN_JOB = text("job IS NOT NULL")
IS_TIMED = text("planned_version IS NOT NULL")
IS_ASLEEP = text("snoozed_until IS NOT NULL")
IS_UNFIRED = text("fired_at IS NULL")
IS_FIRED = text("fired_at IS NOT NULL")
IS_OPEN = text("over_at IS NULL")
IS_ASKED = text("ended_at IS NULL")

# --- deciding and delivering -----------------------------------------------------------------------

shapes = Table(
    "shapes",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("digest", Text, nullable=False),  # names may be longer than an index takes
    Column("names", Json, nullable=False),
    UniqueConstraint("digest", name="shapes_once"),
)

memory = Table(
    "memory",
    metadata,
    Column("account_key", KEY, primary_key=True),  # first: one account is asked for over all mappings
    Column("mapping", Text, primary_key=True),
    Column("record_id", Text),
    Column("matched_by", Text),
    Column("wanted_fp", Text, nullable=False),
    Column("wanted", LargeBinary),  # packed by `shapes`, as is `written`; what differs from that, NULL if nothing (P14)
    Column("written", LargeBinary, nullable=False),
    Column("outcome", Text),
    Column("code", Text),
    Column("message", Text),
    Column("advice", Text),  # of refused records; that of the others follows from their code
    Column("candidates", Json),
    Column("overruled", Json),
    Column("since", Seconds),  # of the first of `tries` endings in a row that were the same trouble
    Column("tries", Integer),
    Column("run", RunId),
    Column("settled_at", Seconds),
    Index("memory_rejects", "mapping", "account_key", sqlite_where=IS_REJECT, postgresql_where=IS_REJECT),
    sqlite_with_rowid=False,  # in the order of its key, which then needs no index (P14)
)

# Apart from `memory`, whose rows would swell and shrink with every send and leave their pages half empty (P14).
intents = Table(
    "intents",
    metadata,
    Column("account_key", KEY, primary_key=True),
    Column("mapping", Text, primary_key=True),
    Column("record_id", Text),
    Column("matched_by", Text),
    Column("fields", Json, nullable=False),
    Column("written", Json, nullable=False),
    Column("not_before", Utc),  # of a deferred record that waits for its time
    Column("load", Json),  # of a record of a bulk job: what it will have done
    Column("job", Text),
    Index("intents_job", "job", sqlite_where=IN_JOB, postgresql_where=IN_JOB),
)

jobs = Table(  # bulk jobs whose outcomes are not all remembered
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("destination", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("match_field", Text),
    Column("run", RunId, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("account_key", KEY, primary_key=True),
    Column("decide_fp", Text, nullable=False),
    Column("run", RunId, nullable=False),  # the run that decided `document`
    Column("document", LargeBinary, nullable=False),  # packed by `shapes`
    Column("refreshed", LargeBinary),  # what later runs saw differently without deciding differently (D35)
    sqlite_with_rowid=False,
)

decision_history = Table(
    "decision_history",
    metadata,
    Column("account_key", KEY, primary_key=True),
    Column("run", RunId, primary_key=True, autoincrement=False),
    Column("document", LargeBinary, nullable=False),
)

scores = Table(  # what an account was decided by until `at`, when it was another score or tier (D35)
    "scores",
    metadata,
    Column("account_key", KEY, primary_key=True),
    Column("at", Seconds, primary_key=True),
    Column("score", Text),
    Column("tier", Text, nullable=False),
)

definitions = Table(  # what was in force since when: one row per change of a definition (I13)
    "definitions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("since", Utc, primary_key=True),
    Column("version", Text, nullable=False),
    Column("terms", Json, nullable=False),  # what was written of it: approvers, dates, reasons
)

missing = Table(  # rows a source of the warehouse no longer has, since a run first noticed (D22)
    "missing",
    metadata,
    Column("source", Text, primary_key=True),
    Column("account_key", KEY, primary_key=True),
    Column("since", Utc, nullable=False),
)

marks = Table(  # how far plans are: the mirror's stamp, the cursor's position (D28); and who has how many accounts
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

touched = Table(  # by triggers, while there is a mirror: accounts of which something was remembered since its stamp
    "touched",
    metadata,
    Column("account_key", KEY, primary_key=True),
    Column("seen", Integer, nullable=False),  # 1 once a plan has set out to bring the mirror up to it
)

runs = Table(
    "runs",
    metadata,
    Column("id", RunId, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("counts", Json, nullable=False),
    Column("error", Text),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("run", RunId, nullable=False),
    Column("at", Seconds, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("account_key", KEY, nullable=False),
    Column("record_id", Text),
    Column("outcome", Text, nullable=False),
    Column("code", Text),
    Column("message", Text),
    Column("changes", LargeBinary, nullable=False),  # the way back from what `memory` holds now; see `audit`
    Index("audit_account", "account_key"),
    Index("audit_run", "run"),
    sqlite_autoincrement=True,
)

# --- where we are bound, and what we know of it ----------------------------------------------------

bindings = Table(
    "bindings",
    metadata,
    Column("system", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("bound_at", Utc, nullable=False),
)

schemas = Table(
    "schemas",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("stamp", Text, nullable=False),
    Column("read_at", Utc, nullable=False),
    Column("fields", Json, nullable=False),
)

mapped_schemas = Table(
    "mapped_schemas",
    metadata,
    Column("mapping", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("system", Text, primary_key=True),
    Column("since", Utc, nullable=False),
    Column("by", Text, nullable=False),
)

# --- where connector and bot meet ------------------------------------------------------------------

facts = Table(
    "facts",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("account_key", KEY, nullable=False),
    Column("dedupe_key", Text, nullable=False),
    Column("run", RunId, nullable=False),
    Column("at", Utc, nullable=False),
    Column("payload", Packed, nullable=False),
    Column("taken_at", Utc),
    Column("storm", SERIAL, autoincrement=False),  # the storm that holds it; NULL: nothing does
    UniqueConstraint("dedupe_key", name="facts_once"),
    Index("facts_untaken", "storm", "id", sqlite_where=IS_UNTAKEN, postgresql_where=IS_UNTAKEN),
    Index("facts_run", "run"),
    sqlite_autoincrement=True,
)

storms = Table(  # new alerts that wait for a person's word (D37)
    "storms",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("opened_at", Utc, nullable=False),
    Column("why", Text, nullable=False),
    Column("most", Integer, nullable=False),  # alerts one tick may bring
    Column("held", Integer, nullable=False),
    Column("undecided", Integer),  # 1, or NULL: one at a time waits for a word
    Column("decided", Text),
    Column("decided_by", Text),
    Column("decided_at", Utc),
    UniqueConstraint("undecided", name="storms_one_undecided"),
    sqlite_autoincrement=True,
)

storm_runs = Table(
    "storm_runs",
    metadata,
    Column("run", RunId, primary_key=True, autoincrement=False),
    Column("storm", SERIAL, nullable=False),
)

notices = Table(  # what RevOps is told, one message each, while it lasts
    "notices",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("told", Json, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("over_at", Utc),
    Column("reply_to", SERIAL, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("channel", Text),
    Column("ts", Text),
    Column("attempt", Integer, nullable=False),
    Column("started_at", Utc),
    Column("not_before", Utc),
    Column("shown_version", Integer),
    Index("notices_once", "kind", "about", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    Index("notices_state", "state"),
    sqlite_autoincrement=True,
)

requests = Table(  # work that somebody asked for in Slack; the scheduler does it
    "requests",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("answer", Text),
    Index("requests_once", "kind", "about", unique=True, sqlite_where=IS_ASKED, postgresql_where=IS_ASKED),
    sqlite_autoincrement=True,
)

claims = Table(
    "claims",
    metadata,
    Column("job", Text, primary_key=True),
    Column("tick", Utc, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("claimed_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("finished_at", Utc),
)

paces = Table(
    "paces",
    metadata,
    Column("name", Text, primary_key=True),
    Column("turns", Json, nullable=False),  # [[start, end, calls], …] in seconds since the epoch
)

# --- people ----------------------------------------------------------------------------------------

alerts = Table(
    "alerts",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("account_key", KEY, nullable=False),
    Column("kind", Text, nullable=False),
    Column("episode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("raised_at", Utc, nullable=False),
    Column("occurred_at", Utc, nullable=False),
    Column("owner_email", Text),
    Column("payload", Json, nullable=False),
    Column("acknowledged_by", Text),
    Column("acknowledged_by_name", Text),
    Column("acknowledged_at", Utc),
    Column("superseded_at", Utc),
    Column("version", Integer, nullable=False),
    Column("snoozed_until", Utc),
    Column("contacted_by", Text),
    Column("contacted_at", Utc),
    Column("closed_at", Utc),
    Column("close_reason", Text),
    Column("disqualified_reason", Text),
    Column("escalated_at", Utc),
    Column("due_at", Utc),  # until when the next thing is to be done
    Column("planned_version", Integer),  # the version its rungs were planned for; NULL: no clock runs
    UniqueConstraint("account_key", "kind", "episode", name="alerts_once_per_episode"),
    Index("alerts_timed", "planned_version", "version", sqlite_where=IS_TIMED, postgresql_where=IS_TIMED),
    Index("alerts_asleep", "snoozed_until", sqlite_where=IS_ASLEEP, postgresql_where=IS_ASLEEP),
    sqlite_autoincrement=True,
)

transitions = Table(
    "transitions",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("alert_id", SERIAL, ForeignKey("alerts.id"), nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("told", Json),  # what the states do not say: whose it was and is, until when it sleeps, why
    Index("transitions_alert", "alert_id"),
    sqlite_autoincrement=True,
)

rungs = Table(  # what an alert's clock says is due when, and when it fired: once (D40)
    "rungs",
    metadata,
    Column("alert_id", SERIAL, ForeignKey("alerts.id"), primary_key=True, autoincrement=False),
    Column("rung", Text, primary_key=True),
    Column("due_at", Utc, nullable=False),
    Column("fired_at", Utc),
    Index("rungs_due", "due_at", sqlite_where=IS_UNFIRED, postgresql_where=IS_UNFIRED),
    Index("rungs_fired", "fired_at", sqlite_where=IS_FIRED, postgresql_where=IS_FIRED),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("alert_id", SERIAL, ForeignKey("alerts.id"), nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("channel", Text),
    Column("ts", Text),
    Column("attempt", Integer, nullable=False),
    Column("started_at", Utc),
    Column("not_before", Utc),
    Column("rendered_version", Integer),
    Column("error", Text),
    Column("purpose", Text, nullable=False),  # "alert" itself, a digest, or what is told under it: a rung, a signal
    UniqueConstraint("alert_id", "target", "purpose", name="deliveries_once_per_target"),
    Index("deliveries_state", "state"),
    Index("deliveries_target", "target"),
    sqlite_autoincrement=True,
)

digests = Table(  # messages that list several alerts; the delivery of the first one carries it
    "digests",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("alert_id", SERIAL, ForeignKey("alerts.id"), nullable=False),
    UniqueConstraint("name", name="digests_once"),
    sqlite_autoincrement=True,
)

digest_lines = Table(
    "digest_lines",
    metadata,
    Column("digest_id", SERIAL, ForeignKey("digests.id"), primary_key=True, autoincrement=False),
    Column("alert_id", SERIAL, ForeignKey("alerts.id"), primary_key=True, autoincrement=False),
    Index("digest_lines_alert", "alert_id"),
)
