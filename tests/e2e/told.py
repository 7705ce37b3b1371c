"""What `plsync demo --once --json` told, and SQL of the tests' own over the warehouse it printed.

The SQL follows the rules of the domain and its decisions, not the product: what had to be planned, posted and counted.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CRMS = ("salesforce", "hubspot")

# The demo scores twice: at the baseline, and on day two what that day touched. `day` holds both moments.
# An account's own words: excluded by list (D12), customer (D15), Hot and Warm by points (C10), a PQL by date (D1).
VIEWS = """
CREATE TEMP VIEW day AS SELECT min(scored_at) AS one, max(scored_at) AS two FROM accounts;

CREATE TEMP VIEW news AS
SELECT account_key,
       max(kind = 'limit_hit') AS hit_limit,
       max(kind IN ('gated_attempt', 'external_domain_invite', 'hand_raise')) AS showed_intent,
       max(kind = 'pricing_view') AS saw_prices
FROM signals JOIN day ON occurred_at > one
GROUP BY account_key;

CREATE TEMP VIEW month AS
SELECT account_key,
       sum(kind = 'pricing_view') AS pricing_views,
       max(kind = 'hand_raise') AS raised_hand,
       max(kind IN ('hand_raise', 'support_contact', 'security_review', 'integration_issue',
                    'sso_or_permissions')) AS asked
FROM signals
GROUP BY account_key;

CREATE TEMP VIEW seen AS
SELECT account_key, activated_at IS NOT NULL AS activated, employees, potential_acv,
       score >= 80 AS hot, score >= 50 AND score < 80 AS warm,
       score >= 80 AND pql_at > one AS crossed,
       hit_limit OR showed_intent OR (saw_prices AND pricing_views >= 3) AS moved,
       coalesce(asked, 0) AS asked, coalesce(raised_hand, 0) AS raised_hand,
       domain IN ('rival.example', 'university.example', 'workspace.example')
           OR domain LIKE '%.university.example' AS excluded,
       domain = 'named-account.example' AS named,
       closed_won_at IS NOT NULL OR self_serve_paid_at IS NOT NULL AS customer,
       (sql_at IS NOT NULL OR opportunity_at IS NOT NULL) AND closed_won_at IS NULL AS with_sales
FROM accounts JOIN day LEFT JOIN news USING (account_key) LEFT JOIN month USING (account_key);
"""

# D17: a crossing to Hot; a usage limit or a moment of intent of a Warm or Hot account. Never for excluded ones (D10).
WORTH_TELLING = "NOT excluded AND (crossed OR ((hot OR warm) AND coalesce(moved, 0)))"

# D10 and K9: who is Hot or Warm and belongs to an AE or an SDR. Small accounts buy by themselves unless they ask.
FOR_A_PERSON = """
    activated AND NOT customer AND (
        ((hot OR warm) AND (named OR employees IS NULL OR employees >= 50))
        OR (hot AND employees < 50 AND (asked OR potential_acv >= 5000))
        OR (warm AND employees < 50 AND raised_hand)
    )
"""

# What only the CRMs know. Two records in each CRM share this account's domain and none carries our key: held (D6).
HELD_BY_CRM = "account_key <> 'ambiguous-domain'"
# The rest of what only they know changes no count: a renewal does not supersede (hot-renewal-only), a stale
# opportunity alerts its owner (hot-stale-opportunity), a disqualified lead is no SQL (sql-disqualified), and an SQL
# that HubSpot alone has (both-crms-conflict) or whose owner has left (sql-inactive-owner) has its date here too.

PLANNED = {
    "baseline": "SELECT count(*) FROM accounts, day WHERE signup_at IS NULL OR signup_at <= one",
    "day_two": "SELECT count(*) FROM accounts, day WHERE scored_at = two",
}
POSTED = f"SELECT count(*) FROM seen WHERE {WORTH_TELLING} AND NOT with_sales AND {FOR_A_PERSON} AND {HELD_BY_CRM}"
FYI = f"SELECT account_key FROM seen WHERE {WORTH_TELLING} AND with_sales"
FUNNEL = """
SELECT count(signup_at), count(activated_at), count(pql_at), count(self_serve_paid_at),
       count(mql_at), count(sql_at), count(opportunity_at), count(closed_won_at)
FROM accounts
"""
STAGES = (
    ("plg", ("signup", "activated", "pql", "self_serve_paid")),
    ("sales", ("mql", "sql", "opportunity", "won")),
)


@dataclass(frozen=True)
class Told:
    """What one demo printed, and its warehouse as the demo left it."""

    object: dict[str, Any]
    warehouse: Path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer of the printed warehouse."""
        with closing(sqlite3.connect(self.warehouse)) as database:
            database.executescript(VIEWS)
            return database.execute(query).fetchall()

    def number(self, query: str) -> int:
        """A count."""
        return int(self.rows(query)[0][0])

    def counted_funnel(self) -> dict[str, dict[str, int]]:
        """Both funnels by SQL."""
        counts = iter(self.rows(FUNNEL)[0])
        return {name: {stage: next(counts) for stage in stages} for name, stages in STAGES}


def begin(folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start a demo in a folder that is not the checkout."""
    command = [sys.executable, "-m", "plsync", "demo", "--once", "--json", *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], folder: Path) -> Told:
    """Wait for a demo begun in `folder`, which must print one JSON object and have nothing to complain of."""
    out, err = process.communicate(timeout=240)
    assert (process.returncode, err) == (0, "")
    told = json.loads(out)
    return Told(told, folder / told["warehouse"]["path"])
