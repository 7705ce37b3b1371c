"""Where an alert goes, and where to when that place refuses it. Pure.

A target is `person:<e-mail>`, `user:<Slack id>` or `channel:<name>`.
"""

from __future__ import annotations

from bot.settings import BotSettings
from connector.model import AlertKind

PERSON, USER, CHANNEL = "person", "user", "channel"


def targets(kind: str, routed_to: str | None, settings: BotSettings) -> tuple[str, ...]:
    """The places of a new alert: a Hot PQL in its channel, where all can see who takes it; an FYI to its reader."""
    target = personal(routed_to) if kind == AlertKind.FYI else None
    return (target or _home(kind, settings),)


def personal(email: str | None) -> str | None:
    """Somebody's own conversation; None where that is nobody."""
    return f"{PERSON}:{email}" if email and "@" in email else None


def fallback(target: str, kind: str, settings: BotSettings) -> str | None:
    """Where to try next: the channel of its kind, then that of operations, then nowhere."""
    home, operations = _home(kind, settings), f"{CHANNEL}:{settings.ops_channel}"
    if target == operations:
        return None
    return operations if target == home else home


def _home(kind: str, settings: BotSettings) -> str:
    return f"{CHANNEL}:{settings.fyi_channel if kind == AlertKind.FYI else settings.hot_channel}"
