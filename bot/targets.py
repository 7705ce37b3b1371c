"""Where an alert goes: `person:<e-mail>` or `channel:<name>`, and where to when that place refuses it. Pure."""

from __future__ import annotations

from bot.settings import BotSettings
from connector.model import AlertKind

PERSON, CHANNEL = "person", "channel"


def targets(kind: str, routed_to: str | None, settings: BotSettings) -> tuple[str, ...]:
    """The places of a new alert: a Hot PQL in its channel, where all can see who takes it; an FYI to its reader."""
    if kind == AlertKind.FYI and routed_to and "@" in routed_to:
        return (f"{PERSON}:{routed_to}",)
    return (_home(kind, settings),)


def fallback(target: str, kind: str, settings: BotSettings) -> str | None:
    """Where to try next: the channel of its kind, then that of operations, then nowhere."""
    home, operations = _home(kind, settings), f"{CHANNEL}:{settings.ops_channel}"
    if target == operations:
        return None
    return operations if target == home else home


def _home(kind: str, settings: BotSettings) -> str:
    return f"{CHANNEL}:{settings.fyi_channel if kind == AlertKind.FYI else settings.hot_channel}"
