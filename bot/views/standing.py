"""Where an alert stands, said in its message: who has it, why it is over, or the button that takes it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.lifecycle import ACTIVE, Alert, State, asks_for_somebody
from bot.views.blocks import Block, button, section
from bot.views.scene import Scene, mention
from bot.views.text import escape, lasted, moment

_LATE: Mapping[str, str] = {
    State.ESCALATED: "🚨 *Escalated:* the promise is long broken, and nobody has reached out.",
    State.EXPIRED: "⌛ *The window has closed:* a late outreach is better than none.",
}
ACKNOWLEDGE = "acknowledge"  # the button's action id; its value is the alert's id


def standing(alert: Alert, scene: Scene) -> list[Block]:
    """The lines under the title: until when something is to be done, who has it, or why it is over."""
    if alert.state == State.SUPERSEDED:
        return [section(f"⏹️ {_over(alert, scene)}")]
    if alert.state not in ACTIVE:
        return [section(f"⏹️ *{alert.state.capitalize()}*")]
    said = [
        *([f"✅ {_taken(alert, scene)}"] if alert.acknowledged_by else []),
        *([_LATE[alert.state]] if alert.state in _LATE else []),
        *([f"Due {moment(alert.due_at)}"] if alert.due_at else []),
    ]
    return [section("\n".join(said))] if said else []


def call_to_act(alert: Alert) -> list[Block]:
    """The button, while somebody is wanted."""
    return [button("I'm on it", ACKNOWLEDGE, str(alert.id))] if asks_for_somebody(alert) else []


def _taken(alert: Alert, scene: Scene) -> str:
    """Who has it, since when, and how long that took from posting (an acknowledgement, no outreach: D40)."""
    who = mention(alert.acknowledged_by) if alert.acknowledged_by else "Somebody"
    if alert.acknowledged_at is None:
        return f"*{who} is on it*"
    took = f", {lasted(alert.acknowledged_at - scene.posted_at)} after posting" if scene.posted_at else ""
    return f"*{who} is on it* since {moment(alert.acknowledged_at)}{took}"


def _over(alert: Alert, scene: Scene) -> str:
    """Why nobody has to act any more, and who has the account instead (D3)."""
    told = alert.payload.get("superseded") or {}
    when = f" {moment(alert.superseded_at)}" if alert.superseded_at else ""
    reason = escape(told.get("reason") or "the CRM shows an SQL", 500)
    owner = f"\n{scene.person(told['owner'])} has the account now." if told.get("owner") else ""
    before = f" {mention(alert.acknowledged_by)} was on it." if alert.acknowledged_by else ""
    return f"*Superseded*{when}: {reason}{owner}{before}"
