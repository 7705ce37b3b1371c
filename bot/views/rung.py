"""What is said when a rung of an alert's ladder fires: once, to those who have to act, and where the alert is."""

from __future__ import annotations

from bot.lifecycle import Alert
from bot.sla.policy import Rung
from bot.views.blocks import Message, message, section
from bot.views.menu import take_button
from bot.views.scene import Scene, environment_label, mention
from bot.views.text import escape, moment
from bot.views.unproven import unproven

_SAID = {
    Rung.ACKNOWLEDGE_AT_RISK: "⏳ Half of the time to take *{account}* has passed{due}. Nobody has it yet.",
    Rung.ACKNOWLEDGE_BREACH: "⏰ Nobody has taken *{account}* in the time that was promised.",
    Rung.AT_RISK: "⏳ Half of the time to reach out to *{account}* has passed{due}.",
    Rung.BREACH: "⏰ Nobody has reached out to *{account}* in the time that was promised.",
    Rung.MANAGER: "🚨 *{account}* needs a manager: the promise is long broken, and nobody has reached out.",
    Rung.EXPIRED: "⌛ The window of *{account}* has closed. A late outreach is better than none.",
}
_UNPROVEN = {
    Rung.BREACH: "❔ The time that was promised for *{account}* has passed, and {unproven}.",
    Rung.MANAGER: "❔ *{account}* needs a manager: the promised time is long over, and {unproven}.",
}


def rung_message(alert: Alert, rung: Rung, scene: Scene) -> Message:
    """The message of a rung, understood without the alert beside it."""
    account = escape((alert.payload.get("account") or {}).get("name") or alert.account_key, 120)
    due = f", it is due {moment(alert.due_at)}" if alert.due_at else ""
    hidden = unproven(alert) if rung in _UNPROVEN else None
    words = _UNPROVEN[rung] if hidden else _SAID[rung]
    said = words.format(account=account, due=due, unproven=hidden)
    return message(
        [
            *environment_label(scene.environment),
            section(f"{said}\n{_whose(alert, scene)} · raised {moment(alert.raised_at)}"),
            *take_button(alert),
        ]
    )


def _whose(alert: Alert, scene: Scene) -> str:
    if alert.acknowledged_by:
        return f"{mention(alert.acknowledged_by)} is on it"
    return f"{scene.person(alert.owner_email)}'s" if alert.owner_email else "Nobody's yet"
