"""What the bot has to be told: where it posts, what it is called there, and what has been promised in whose hours."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sla.policy import SlaPolicy
from bot.sla.roster import Roster

PRODUCTION = "production"
_NOBODY = Roster()


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Channels are names without "#", or ids. Any `environment` but production is shown in every message (D9).

    `funnels` are the names `/funnel` knows, in the order it lists them, and `segments` what they can be narrowed to;
    it is for all members, or for those `funnel_for` names: e-mails, user groups ("@handle" or id), roles of the roster.
    `profile` is whose bands grade first, fiscal years begin in month `year_start`. Alerts that no policy covers have no
    clock.
    """

    environment: str = PRODUCTION
    hot_channel: str = "plg-hot"
    fyi_channel: str = "plg-fyi"
    ops_channel: str = "revops"
    funnels: tuple[str, ...] = ("plg", "sales")
    segments: tuple[str, ...] = ()
    funnel_for: tuple[str, ...] = ()
    profile: str = "methodology_001"
    year_start: int = 1
    policies: tuple[SlaPolicy, ...] = ()
    roster: Roster = _NOBODY
