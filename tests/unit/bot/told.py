"""What the connector tells the bot, for tests: one ordinary account, and one whose every text is hostile and long."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connector.store.alerts import Alert

RAISED = datetime(2026, 1, 12, 9, 0, 0, tzinfo=UTC)
OCCURRED = datetime(2026, 1, 12, 8, 12, 0, tzinfo=UTC)
OWNER = "enterprise-ae-1@workspace.example"
SQL_OWNER = "sdr-1@workspace.example"
SENTENCE = (
    "This account has 8 active users, hit the usage limit 3 days ago, integrated with Salesforce, and the admin viewed "
    "the enterprise pricing page twice."
)
HOSTILE = "<!channel> <@U1|x> <https://evil.example|ok> & *b* `c` \u202egnirts\u2066 <#C1> \n> q " * 150


def payload(**changes: Any) -> dict[str, Any]:
    """The payload of a Hot alert, with changes on top."""
    told = {
        "kind": "hot_pql",
        "trigger": "usage_limit",
        "episode": "usage_limit:2026-01-12",
        "account": {
            "key": "golden-sentence",
            "name": "Golden sentence",
            "domain": "golden-sentence.example",
            "employees": 240,
            "industry": "Software",
            "country": "Germany",
            "plan": "free",
            "active_users": 8,
            "limit_used": 0.92,
            "seats_used": 19,
            "seats_purchased": 20,
        },
        "score": 92,
        "score_before": 64,
        "components": {"core_workflow": 20, "multi_user": 15, "quota": 20, "pricing": 15, "business_email": 0},
        "tier": "hot",
        "segment": "mid",
        "motion": "hybrid_escalation",
        "layers": {"behavioural": True, "organisational": True, "intent": None},
        "sentence": SENTENCE,
        "signals": [
            {
                "kind": "limit_hit",
                "text": "Hit the usage limit",
                "ago": "3 days ago",
                "occurred_at": "2026-01-09T09:00:00Z",
            }
        ],
        "people": [
            {
                "name": "Admin 1",
                "title": "VP Engineering",
                "did": "viewed the enterprise pricing page twice",
                "email": "admin-1@golden-sentence.example",
                "opt_out": False,
            },
            {
                "name": "User 2",
                "title": None,
                "did": "hit the usage limit 3 days ago",
                "email": "user-2@golden-sentence.example",
                "opt_out": True,
            },
        ],
        "route": "assign_ae",
        "rule": "hot-at-least-50",
        "reason": "Hot with 240 employees: enterprise AE",
        "evidence": {"tier": "hot", "employees": 240, "score": 92, "crm.known": True, "crm.stage": None},
        "guarded": False,
        "routed_to": OWNER,
        "crm": {
            "known": True,
            "stage": None,
            "stage_at": None,
            "owner_email": None,
            "owner_name": None,
            "source": None,
        },
        "counterfactual": None,
        "flags": [],
        "occurred_at": "2026-01-12T08:12:00Z",
        "raised_at": "2026-01-12T09:00:00Z",
        "pending_fields": False,
    }
    return {**told, **changes}


def fyi_payload(**changes: Any) -> dict[str, Any]:
    """The payload of an FYI: the same account with an open SQL."""
    fyi = {
        "kind": "fyi",
        "route": "fyi_owner",
        "rule": "sql-supersedes-pql",
        "reason": "SQL owned by SDR 1 since 2026-01-05",
        "routed_to": SQL_OWNER,
        "crm": {
            "known": True,
            "stage": "SQL",
            "stage_at": "2026-01-05T10:00:00Z",
            "owner_email": SQL_OWNER,
            "owner_name": "SDR 1",
            "source": "salesforce Lead 00Q000000000001AAA",
        },
        "counterfactual": {"route": "assign_ae", "rule": "hot-at-least-50", "routed_to": OWNER},
    }
    return payload(**{**fyi, **changes})


def hostile_payload(**changes: Any) -> dict[str, Any]:
    """Every text is more than 10,000 characters of what Slack could misread; every list is longer than usual."""
    person = {"name": HOSTILE, "title": HOSTILE, "did": HOSTILE, "email": HOSTILE, "opt_out": True}
    person |= {"records": {HOSTILE: HOSTILE, "salesforce_contact": "<|>" * 20}}
    names = ("key", "name", "domain", "industry", "country", "plan")
    numbers = ("employees", "active_users", "limit_used", "seats_used", "seats_purchased")
    hostile = {
        "account": {**dict.fromkeys(names, HOSTILE), **dict.fromkeys(numbers, 10**15)},
        "components": {f"{HOSTILE}{number}": 10**12 + number for number in range(40)},
        "tier": HOSTILE,
        "sentence": HOSTILE,
        "trigger": HOSTILE,
        "segment": HOSTILE,
        "motion": HOSTILE,
        "rule": HOSTILE,
        "signals": [{"kind": HOSTILE, "text": HOSTILE, "ago": HOSTILE, "occurred_at": HOSTILE}] * 200,
        "evidence": {f"{number}{HOSTILE}": HOSTILE for number in range(200)},
        "score": HOSTILE,
        "score_before": HOSTILE,
        "people": [person] * 5,
        "reason": HOSTILE,
        "crm": {"known": True, "stage": HOSTILE, "source": HOSTILE},
        "counterfactual": {"route": "assign_ae", "rule": HOSTILE, "routed_to": HOSTILE},
        "flags": [HOSTILE] * 20,
        "pending_fields": True,
        "superseded": {"reason": HOSTILE, "owner": HOSTILE},
        "disqualified": {"reason": HOSTILE, "note": HOSTILE, "by": HOSTILE},
        "handed_over": {"reason": HOSTILE, "owner": HOSTILE},
    }
    return payload(**{**hostile, **changes})


def alert(told: dict[str, Any], **changes: Any) -> Alert:
    """The alert a payload becomes, open unless changed."""
    row = {
        "id": 7,
        "account_key": "golden-sentence",
        "kind": told["kind"],
        "episode": told["episode"],
        "state": "open",
        "raised_at": RAISED,
        "occurred_at": OCCURRED,
        "owner_email": told["routed_to"],
        "payload": told,
        "acknowledged_by": None,
        "acknowledged_by_name": None,
        "acknowledged_at": None,
        "superseded_at": None,
        "version": 1,
    }
    return Alert(**{**row, **changes})
