"""What somebody is to do about an account now, in one sentence: from its decision, its records, its alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.model import ASSIGNING, AlertKind, Decision, MatchMethod, Route

Told = Sequence[Mapping[str, Any]]

_OTHERS: Mapping[Route, str] = {
    Route.FYI_OWNER: "leave it to them: sales is there already. Tell them what you know",
    Route.NURTURE: "nothing: nurturing goes on, sales does not engage",
    Route.SELF_SERVE: "nothing: it buys by itself, until it asks for somebody",
    Route.NONE: "nothing",
    Route.HOLD: "nothing until the reason is gone; the next sync decides again",
}


def to_do(decision: Decision, matches: Told, alerts: Told) -> str:
    """The next step, and whose it is. `matches` and `alerts` are told as `explain` does, alerts oldest first."""
    for match in matches:
        if match["method"] == MatchMethod.AMBIGUOUS:
            return f"choose its record: plsync link {decision.account_key} RECORD --mapping {match['mapping']}"
    if decision.route not in ASSIGNING:
        return _OTHERS[decision.route]
    hot = [alert for alert in alerts if alert["kind"] == AlertKind.HOT_PQL]
    newest = hot[-1] if hot else None
    if newest and newest["state"] == "open":
        return "take the alert in Slack (I'm on it), then reach out"
    if newest and newest["state"] == "acknowledged":
        return f"{newest['acknowledged_by'] or 'whoever took the alert'} reaches out; somebody has it"
    return "reach out; no alert is open"
