"""RavenStack, a public data set of a SaaS business, as a warehouse: 500 accounts of real shape and with real quirks.

The files are raw: dates are DD-MM-YYYY, truths are TRUE and FALSE, 21 usage ids occur twice. The SQL below is what a
data team would write over them; it is the tests' own, runs on SQLite and PostgreSQL alike, and everything recent is
recent as of the last date in the data. The data has no employee count: seats stand in for it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from connector.model import ColumnType
from connector.warehouse import SIGNAL_COLUMNS, Column, Relation, Relations

FOLDER = Path(__file__).parents[1].parent / "shared" / "data" / "ravenstack"
FILES = ("accounts", "subscriptions", "feature_usage", "supports_ticket")

POINTS = {
    "core_workflow": 30,
    "distinct_days": 20,
    "quota": 15,
    "invites": 25,
    "multi_user": 20,
    "icp": 15,
    "business_email": 5,
    "pricing": 10,
    "support": 10,
}
ACCOUNT_COLUMNS = {
    "key": ColumnType.TEXT,
    "name": ColumnType.TEXT,
    "domain": ColumnType.TEXT,
    "employees": ColumnType.INTEGER,
    "industry": ColumnType.TEXT,
    "country": ColumnType.TEXT,
    "plan": ColumnType.TEXT,
    "score": ColumnType.INTEGER,
    **{f"points_{name}": ColumnType.INTEGER for name in POINTS},
    "motion": ColumnType.TEXT,
    "seats_purchased": ColumnType.INTEGER,
    "seats_used": ColumnType.INTEGER,
    "signup_at": ColumnType.DATE,
    "activated_at": ColumnType.DATE,
    "pql_at": ColumnType.DATE,
    "self_serve_paid_at": ColumnType.DATE,
    "mql_at": ColumnType.DATE,
    "opportunity_at": ColumnType.DATE,
    "closed_won_at": ColumnType.DATE,
    "scored_at": ColumnType.DATETIME,
}


def _iso(day: str) -> str:
    """SQL that turns DD-MM-YYYY into YYYY-MM-DD, and nothing into null."""
    parts = f"substr({day}, 7, 4) || '-' || substr({day}, 4, 2) || '-' || substr({day}, 1, 2)"
    return f"CASE WHEN {day} <> '' THEN {parts} END"


SUBSCRIBED = f"""
CREATE TABLE subscribed AS
SELECT account_id, plan_tier, {_iso("start_date")} AS started, {_iso("end_date")} AS ended,
       CAST(seats AS INTEGER) AS seats, billing_frequency = 'monthly' AS monthly,
       is_trial = 'TRUE' AS trial, upgrade_flag = 'TRUE' AS upgraded
FROM raw_subscriptions
"""

USED = f"""
CREATE TABLE used AS
SELECT account_id, {_iso("usage_date")} AS day, {_iso("signup_date")} AS signed_up,
       CAST(usage_count AS INTEGER) AS times
FROM raw_feature_usage JOIN raw_subscriptions USING (subscription_id) JOIN raw_accounts USING (account_id)
"""

TICKETS = f"""
CREATE TABLE tickets AS
SELECT account_id, priority, {_iso("submitted_at")} AS submitted
FROM raw_supports_ticket
"""

USAGE = """
CREATE TABLE usage_by_account AS
SELECT account_id, min(CASE WHEN day >= signed_up THEN day END) AS first_day, max(day) AS last_day,
       count(DISTINCT CASE WHEN day >= month_ago THEN day END) AS days_this_month,
       sum(CASE WHEN day >= month_ago THEN times ELSE 0 END) AS times_this_month,
       sum(CASE WHEN day >= quarter_ago THEN 1 ELSE 0 END) AS uses_this_quarter
FROM used CROSS JOIN as_of
GROUP BY account_id
"""

SUBSCRIPTIONS = """
CREATE TABLE subscriptions_by_account AS
SELECT account_id,
       sum(CASE WHEN ended IS NULL AND NOT trial AND started >= quarter_ago THEN seats ELSE 0 END) AS seats_used,
       max(CASE WHEN upgraded AND started >= quarter_ago THEN 1 ELSE 0 END) AS upgraded,
       max(CASE WHEN trial AND started >= quarter_ago THEN 1 ELSE 0 END) AS trying,
       min(CASE WHEN plan_tier = 'Basic' AND NOT trial AND monthly THEN started END) AS basic_paid,
       min(CASE WHEN plan_tier = 'Enterprise' AND trial THEN started END) AS enterprise_tried,
       min(CASE WHEN plan_tier = 'Enterprise' AND NOT trial AND upgraded THEN started END) AS enterprise_bought
FROM subscribed CROSS JOIN as_of
GROUP BY account_id
"""

SUPPORT = """
CREATE TABLE support_by_account AS
SELECT account_id, sum(CASE WHEN submitted >= quarter_ago THEN 1 ELSE 0 END) AS tickets_this_quarter
FROM tickets CROSS JOIN as_of
GROUP BY account_id
"""

EARNED = f"""
CREATE TABLE earned AS
SELECT account_id,
       CASE WHEN uses_this_quarter >= 8 THEN {POINTS["core_workflow"]} ELSE 0 END AS points_core_workflow,
       CASE WHEN days_this_month >= 3 THEN {POINTS["distinct_days"]} ELSE 0 END AS points_distinct_days,
       CASE WHEN times_this_month > 40 THEN {POINTS["quota"]} ELSE 0 END AS points_quota,
       CASE WHEN upgraded = 1 THEN {POINTS["invites"]} ELSE 0 END AS points_invites,
       CASE WHEN seats_used >= 50 THEN {POINTS["multi_user"]} ELSE 0 END AS points_multi_user,
       CASE WHEN CAST(seats AS INTEGER) BETWEEN 10 AND 200 THEN {POINTS["icp"]} ELSE 0 END AS points_icp,
       {POINTS["business_email"]} AS points_business_email,
       CASE WHEN trying = 1 THEN {POINTS["pricing"]} ELSE 0 END AS points_pricing,
       CASE WHEN tickets_this_quarter > 0 THEN {POINTS["support"]} ELSE 0 END AS points_support
FROM raw_accounts
LEFT JOIN usage_by_account USING (account_id)
LEFT JOIN subscriptions_by_account USING (account_id)
LEFT JOIN support_by_account USING (account_id)
"""

SCORED = f"""
CREATE TABLE scored AS
SELECT earned.*, {" + ".join(f"points_{name}" for name in POINTS)} AS score
FROM earned
"""

STAGED = f"""
CREATE TABLE staged AS
SELECT account_id, {_iso("signup_date")} AS signup_at, first_day AS activated_at,
       CASE WHEN score >= 80 THEN last_day END AS pql_at,
       CASE WHEN plan_tier = 'Basic' THEN basic_paid END AS self_serve_paid_at,
       CASE WHEN referral_source IN ('event', 'ads') THEN {_iso("signup_date")} END AS mql_at,
       CASE WHEN plan_tier = 'Enterprise' THEN enterprise_tried END AS opportunity_at,
       CASE WHEN plan_tier = 'Enterprise' THEN enterprise_bought END AS closed_won_at
FROM raw_accounts
JOIN scored USING (account_id)
LEFT JOIN usage_by_account USING (account_id)
LEFT JOIN subscriptions_by_account USING (account_id)
"""

ACCOUNTS = f"""
CREATE TABLE accounts AS
SELECT account_id AS key, account_name AS name, replace(lower(account_name), '_', '-') || '.example' AS domain,
       CAST(seats AS INTEGER) AS employees, industry, country, plan_tier AS plan,
       score, {", ".join(f"points_{name}" for name in POINTS)},
       CASE
           WHEN closed_won_at IS NOT NULL AND opportunity_at < pql_at THEN 'sales_led'
           WHEN self_serve_paid_at IS NOT NULL THEN 'plg'
           WHEN pql_at IS NOT NULL AND CAST(seats AS INTEGER) >= 50 THEN 'hybrid_escalation'
           WHEN pql_at IS NOT NULL THEN 'plg'
           WHEN mql_at IS NOT NULL THEN 'sales_led'
           ELSE 'unknown'
       END AS motion,
       CAST(seats AS INTEGER) AS seats_purchased, seats_used,
       signup_at, activated_at, pql_at, self_serve_paid_at, mql_at, opportunity_at, closed_won_at,
       today || 'T06:00:00Z' AS scored_at
FROM raw_accounts
JOIN scored USING (account_id)
JOIN staged USING (account_id)
LEFT JOIN subscriptions_by_account USING (account_id)
CROSS JOIN as_of
"""

SIGNALS = """
CREATE TABLE signals AS
SELECT account_id AS account_key, 'support_contact' AS kind, submitted AS occurred_at, priority AS detail
FROM tickets
UNION ALL
SELECT account_id, 'seat_saturation', started, subscribed.seats || ' of ' || raw_accounts.seats || ' seats'
FROM subscribed JOIN raw_accounts USING (account_id)
WHERE subscribed.seats * 10 >= CAST(raw_accounts.seats AS INTEGER) * 9 AND NOT trial AND ended IS NULL
"""

STATEMENTS = (
    SUBSCRIBED, USED, TICKETS, USAGE, SUBSCRIPTIONS, SUPPORT, EARNED, SCORED, STAGED, ACCOUNTS, SIGNALS,
)  # fmt: skip


def load(engine: Engine) -> None:
    """Create the raw tables and, from them, the relations plsync reads. Skips the test where the data is absent."""
    if not FOLDER.is_dir():
        pytest.skip("the RavenStack data set is not beside the project (../shared/data/ravenstack)")
    with engine.begin() as connection:
        for name in FILES:
            _load_raw(connection, name)
        _load_as_of(connection)
        for statement in STATEMENTS:
            connection.exec_driver_sql(statement)


def relations() -> Relations:
    """The derived relations as plsync's configuration would declare them."""
    signal_columns = {name: SIGNAL_COLUMNS[name] for name in ("account_key", "kind", "occurred_at", "detail")}
    return Relations(_relation("accounts", ACCOUNT_COLUMNS), _relation("signals", signal_columns))


def last_day() -> date:
    """The last date anything happened in the data."""
    days = (
        datetime.strptime(row[column], "%d-%m-%Y").replace(tzinfo=UTC).date()
        for name, column in (("feature_usage", "usage_date"), ("supports_ticket", "submitted_at"))
        for row in _rows(name)
    )
    return max(days)


def _relation(name: str, columns: dict[str, ColumnType]) -> Relation:
    return Relation(name, {logical: Column(logical, type_) for logical, type_ in columns.items()})


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _load_raw(connection: Connection, name: str) -> None:
    rows = list(_rows(name))
    connection.exec_driver_sql(f"CREATE TABLE raw_{name} ({', '.join(f'{column} TEXT' for column in rows[0])})")
    values = ", ".join(f":{column}" for column in rows[0])
    connection.execute(text(f"INSERT INTO raw_{name} VALUES ({values})"), rows)


def _load_as_of(connection: Connection) -> None:
    today = last_day()
    connection.exec_driver_sql("CREATE TABLE as_of (today TEXT, month_ago TEXT, quarter_ago TEXT)")
    days = {"today": today, "month_ago": today - timedelta(days=30), "quarter_ago": today - timedelta(days=91)}
    written = {name: day.isoformat() for name, day in days.items()}
    connection.execute(text("INSERT INTO as_of VALUES (:today, :month_ago, :quarter_ago)"), written)
