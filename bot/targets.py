"""Where an alert goes, and where to when that place refuses it. Pure.

A target is `person:<e-mail>`, `user:<Slack id>` or `channel:<name>`.
"""

from __future__ import annotations

from bot.lifecycle import Alert
from bot.settings import BotSettings
from connector.model import AlertKind

PERSON, USER, CHANNEL = "person", "user", "channel"


def targets(alert: Alert, settings: BotSettings) -> tuple[str, ...]:
    """The places of a new alert: its channel, where all can see who takes it, and its owner's own conversation (D38).

    An FYI goes to its reader alone.
    """
    target, channel = personal(alert.owner_email), home(alert, settings)
    if target is None:
        return (channel,)
    return (target,) if alert.kind == AlertKind.FYI else (channel, target)


def personal(email: str | None) -> str | None:
    """Somebody's own conversation; None where that is nobody."""
    return f"{PERSON}:{email}" if email and "@" in email else None


def is_shared(target: str) -> bool:
    """Whether a target is a channel, in which a message that mentions nobody rings nobody."""
    return target.startswith(f"{CHANNEL}:")


def fallback(target: str, alert: Alert, settings: BotSettings) -> str | None:
    """Where to try next: the channel of the alert, then that of operations, then nowhere."""
    channel, operations = home(alert, settings), f"{CHANNEL}:{settings.ops_channel}"
    if target == operations:
        return None
    return operations if target == channel else channel


def home(alert: Alert, settings: BotSettings) -> str:
    """The channel of an alert: of its segment, else of its tier (or of "expansion"), else of all Hot ones.

    FYIs have their own.
    """
    if alert.kind == AlertKind.FYI:
        return f"{CHANNEL}:{settings.fyi_channel}"
    tier, segment = alert.payload.get("tier"), alert.payload.get("segment")
    if alert.kind == AlertKind.EXPANSION:
        tier = alert.kind
    named = (settings.channels.get(name) for name in (f"{tier}.{segment}", str(tier)))
    return f"{CHANNEL}:{next((name for name in named if name), settings.hot_channel)}"
