"""Who should do what about an account and why, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.model.values import Canonical

NOT_A_FIT = "not_a_fit"
"""In a decision's evidence: why a person called the account's last alert no fit."""


class Tier(StrEnum):
    """Routing urgency by score (C10)."""

    HOT = "hot"
    WARM = "warm"
    WATCHING = "watching"
    NONE = "none"


class Route(StrEnum):
    """What is to happen with an account."""

    ASSIGN_AE = "assign_ae"
    ASSIGN_SDR = "assign_sdr"
    NURTURE = "nurture"
    SELF_SERVE = "self_serve"
    FYI_OWNER = "fyi_owner"
    EXPANSION = "expansion"
    HOLD = "hold"
    NONE = "none"


ASSIGNING = frozenset({Route.ASSIGN_AE, Route.ASSIGN_SDR, Route.EXPANSION})
"""Routes that give somebody an account; an FYI tells its reader of one they have already."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The three layers of a PQL (C18). None means: cannot be told from what was given."""

    behavioural: bool | None
    organisational: bool | None
    intent: bool | None


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What would have been decided without the SQL or the open opportunity."""

    route: Route
    rule: str
    reason: str
    routed_to: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who should do what about one account, and why. One per account and run (D4)."""

    account_key: str
    route: Route
    rule: str
    reason: str
    evidence: Mapping[str, Canonical]
    tier: Tier
    segment: str
    layers: Layers
    motion: str
    why_now: str
    top_signals: tuple[str, ...]
    plg_stage: str | None
    crm_stage: str | None
    routed_to: str | None
    routed_at: datetime
    crm_read_at: datetime | None
    crm_known: bool
    counterfactual: Counterfactual | None = None
    flags: tuple[str, ...] = ()

    @property
    def not_a_fit(self) -> Canonical:
        """The reason code with which somebody called the account's last alert no fit (E10); None where nobody did."""
        return self.evidence.get(NOT_A_FIT)

    @property
    def assigned_to(self) -> str | None:
        """Who got the account by this decision."""
        return self.routed_to if self.route in ASSIGNING else None


class AlertKind(StrEnum):
    """What the bot posts for an account."""

    HOT_PQL = "hot_pql"
    FYI = "fyi"
    EXPANSION = "expansion"


CAN_CHANGE_HANDS = frozenset({"open", "snoozed", "escalated", "expired"})
"""States of an alert that nobody may have taken yet; the bot's lifecycle, which owns them, hands over in no other."""
HEARS_MORE = CAN_CHANGE_HANDS | {"acknowledged", "contacted"}
"""States of an alert whose episode goes on: what else happens is told under it (D17)."""
BASELINE = "baseline"
"""How the episode of accounts ends that are Hot by no news of theirs: they wait in a queue and open nothing.

They were Hot when plsync arrived (D18), or other definitions call them Hot (D13).
"""


class Occasion(StrEnum):
    """What run decides: the first whole one, the first by other definitions than before, or one like any other."""

    FIRST = "first"
    REDEFINED = "redefined"
    USUAL = "usual"


def waits_in_queue(episode: object) -> bool:
    """Whether an episode is a place in a queue."""
    return isinstance(episode, str) and episode.rpartition(":")[2] == BASELINE


@dataclass(frozen=True, slots=True)
class Handoff:
    """A decision that becomes an alert. `episode` is its uniqueness: one alert per episode."""

    account_key: str
    kind: AlertKind
    trigger: str
    episode: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """Something new about an account inside an open episode: the trigger it is, what happened, and when."""

    trigger: str
    kind: str
    occurred_at: datetime


SEEN_UNTIL = "signals.until"
"""In a decision's evidence and an alert's payload: when the newest signal happened that was known then."""

ALERT_WANTED, SQL_SEEN, OWNER_CHANGED = "alert_wanted", "sql_seen", "owner_changed"
SIGNAL_SEEN, CONVERTED = "signal_seen", "converted"
"""Kinds of facts: what the connector tells the bot of an account's alerts."""


@dataclass(frozen=True, slots=True)
class NewFact:
    """A row for the outbox (D34). `dedupe_key` makes appending it again harmless."""

    kind: str
    account_key: str
    dedupe_key: str
    at: datetime
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LastAlert:
    """The newest alert of an account, as far as the next decision needs it.

    `tier` is that of when it was raised, `seen_until` the newest signal that was known then, `not_a_fit` why somebody
    called it no fit, while that stands. `expanded` says, of the
    account's alerts of expansion, when each signal last opened one.
    """

    kind: str
    episode: str
    state: str
    raised_at: datetime
    tier: str | None = None
    seen_until: datetime | None = None
    expanded: Mapping[str, datetime] = field(default_factory=dict)
    not_a_fit: str | None = None

    @property
    def goes_on(self) -> bool:
        """Whether its episode may go on: what is over hears nothing more."""
        return self.state in HEARS_MORE
