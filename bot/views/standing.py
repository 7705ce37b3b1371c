"""Where an alert stands, said in its message: until when something is due, who has it, or why it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.lifecycle import ACTIVE, Alert, State
from bot.views.blocks import Block, section
from bot.views.links import crm_name
from bot.views.reasons import reason_told
from bot.views.scene import Scene, mention
from bot.views.text import escape, lasted, moment
from bot.views.unproven import unproven
from connector.model import PROOF

_LATE: Mapping[str, str] = {
    State.ESCALATED: "🚨 *Escalated:* the promise is long broken, and nobody has reached out.",
    State.EXPIRED: "⌛ *The window has closed:* a late outreach is better than none.",
}


_ACTIVITIES = {"call": "a call", "meeting": "a meeting", "email": "an e-mail"}


def standing(alert: Alert, scene: Scene) -> list[Block]:
    """The lines under the title: until when something is to be done, who has it, or why it is over."""
    if alert.state not in ACTIVE:
        return [section(_ended(alert, scene))]
    said = [
        *([f"✅ {_taken(alert, scene)}"] if alert.acknowledged_by else []),
        *([late] if (late := _late(alert)) else []),
        *([f"💤 *Asleep* until {moment(alert.snoozed_until)}"] if alert.snoozed_until else []),
        *([_due(alert.due_at, scene)] if alert.due_at else []),
    ]
    return [section("\n".join(said))] if said else []


def _late(alert: Alert) -> str | None:
    """That the promise is broken; or that nobody can tell, where a CRM does not show what was done (D40)."""
    if alert.state != State.EXPIRED and (hidden := unproven(alert)):
        return f"❔ {'*Escalated:* ' if alert.state == State.ESCALATED else ''}{hidden}"
    return _LATE.get(alert.state)


def _due(at: datetime, scene: Scene) -> str:
    """In the reader's zone, as Slack shows it, and in that of whoever has to act."""
    if scene.zone is None:
        return f"Due {moment(at)}"
    return f"Due {moment(at)} ({at.astimezone(scene.zone):%a %d %b %H:%M} in {scene.zone.key})"


def _ended(alert: Alert, scene: Scene) -> str:
    match alert.state:
        case State.SUPERSEDED:
            return f"⏹️ {_over(alert, scene)}"
        case State.CONTACTED:
            return f"📞 {_contacted(alert, scene)}"
        case State.DISQUALIFIED:
            return f"⏹️ {_no_fit(alert)}"
        case _:
            return f"⏹️ *{alert.state.capitalize()}*{f' {moment(alert.closed_at)}' if alert.closed_at else ''}"


def _contacted(alert: Alert, scene: Scene) -> str:
    """Who reached out, and whether that is their own word or the CRM's (D40)."""
    when, kept = f" {moment(alert.contacted_at)}" if alert.contacted_at else "", _kept(scene.keeping.reached_out)
    if proof := alert.payload.get(PROOF):
        activity = _ACTIVITIES.get(proof.get("activity"), "an activity")
        by, crm = scene.person(str(proof.get("by"))), escape(crm_name(str(proof.get("crm"))), 40)
        return f"*Reached out*{when}: {activity} by {by}, from {crm}{kept}"
    who = mention(alert.contacted_by) if alert.contacted_by else "Somebody"
    return f"*{who} says they reached out*{when}{kept}"


def _no_fit(alert: Alert) -> str:
    """The reason, whose it is, and their own words."""
    told = alert.payload.get("disqualified") or {}
    by = f" – {mention(told['by'])}" if told.get("by") else ""
    when = f" {moment(alert.closed_at)}" if alert.closed_at else ""
    note = f"\n“{escape(told['note'], 600)}”" if told.get("note") else ""
    reason = reason_told(alert.disqualified_reason or "no reason was recorded")
    return f"*Not a fit:* {escape(reason, 120)}{by}{when}{note}"


def _taken(alert: Alert, scene: Scene) -> str:
    """Who has it, since when, and how long that took from posting (an acknowledgement, no outreach: D40)."""
    who = mention(alert.acknowledged_by) if alert.acknowledged_by else "Somebody"
    if alert.acknowledged_at is None:
        return f"*{who} is on it*"
    took = f", {lasted(alert.acknowledged_at - scene.posted_at)} after posting" if scene.posted_at else ""
    return f"*{who} is on it* since {moment(alert.acknowledged_at)}{took}{_kept(scene.keeping.acknowledged)}"


def _kept(in_time: bool | None) -> str:
    return "" if in_time is None else f" · *SLA {'met' if in_time else 'missed'}*"


def _over(alert: Alert, scene: Scene) -> str:
    """Why nobody has to act any more, and who has the account instead (D3)."""
    told = alert.payload.get("superseded") or {}
    when = f" {moment(alert.superseded_at)}" if alert.superseded_at else ""
    reason = escape(told.get("reason") or "the CRM shows an SQL", 500)
    owner = f"\n{scene.person(told['owner'])} has the account now." if told.get("owner") else ""
    before = f" {mention(alert.acknowledged_by)} was on it." if alert.acknowledged_by else ""
    return f"*Superseded*{when}: {reason}{owner}{before}"
