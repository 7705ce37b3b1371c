"""What the bot has to be told: where it posts, what it is called there, and what has been promised in whose hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.brake import StormPolicy
from bot.sla.crm_dates import CRM_CLOCKS, CrmClock
from bot.sla.flood import Flood
from bot.sla.policy import SlaPolicy
from bot.sla.roster import Roster

SYSTEM = "slack"  # what the store calls it, where it is bound to one workspace (D9)
PRODUCTION = "production"
ACCOUNT, RECORD = "{account}", "{record}"


@dataclass(frozen=True, slots=True)
class LinkTemplates:
    """URLs with a place to fill: {record} in those of `records`, by mapping, {account} in that of `product`."""

    records: Mapping[str, str] = field(default_factory=dict)
    product: str | None = None


NO_LINKS = LinkTemplates()
_NOBODY, _STORM, _USUAL = Roster(), StormPolicy(), Flood()


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Channels are names without "#", or ids. Any `environment` but production is shown in every message (D9).

    `channels` are those of alerts of one tier, or of one segment of it ("hot", "hot.enterprise"), where they have their
    own (D38). `funnels` are the names `/funnel` knows, in the order it lists them, and `segments` what they can be
    narrowed to; it is for all members, or for those `funnel_for` names: e-mails, user groups ("@handle" or id), roles
    of the roster. `profile` is whose bands grade first, fiscal years begin in month `year_start`. Alerts that no policy
    covers have no clock; `crm_clocks` run over dates of the CRM.
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
    crm_clocks: tuple[CrmClock, ...] = CRM_CLOCKS
    roster: Roster = _NOBODY
    storm: StormPolicy = _STORM
    links: LinkTemplates = NO_LINKS
    flood: Flood = _USUAL
    channels: Mapping[str, str] = field(default_factory=dict)
