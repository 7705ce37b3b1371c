"""What an account did lately: the canonical kinds by strength (D16, C20), counted and ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from connector.model import Signal

# Strongest first: the usage limit, then a person's own wish, then the moments of intent, barriers, growth (C20).
KINDS = (
    "limit_hit",
    "hand_raise",
    "gated_attempt",
    "pricing_view",
    "external_domain_invite",
    "security_review",
    "sso_or_permissions",
    "support_contact",
    "integration_issue",
    "seat_saturation",
    "premium_attempt",
    "limit_near",
    "cross_product",
    "integration_connected",
    "teammate_invited",
)
_STRENGTH = {kind: place for place, kind in enumerate(KINDS)}
LIMIT = ("limit_near", "limit_hit")  # at 80 % of a usage limit, and at the limit (D15)
WINDOW = timedelta(days=30)
WEEK = timedelta(days=7)


def strength(kind: str) -> int:
    """Rank of a kind, 0 the strongest; kinds outside the canon come last."""
    return _STRENGTH.get(kind, len(KINDS))


def within(signals: Iterable[Signal], now: datetime, window: timedelta = WINDOW) -> list[Signal]:
    """Signals of the window that ends now; a clock that runs ahead counts as now."""
    return [signal for signal in signals if signal.occurred_at > now - window]


def kinds(signals: Iterable[Signal]) -> tuple[str, ...]:
    """The kinds among `signals`, strongest first."""
    return tuple(sorted({signal.kind for signal in signals}, key=lambda kind: (strength(kind), kind)))


def counted(signals: Iterable[Signal]) -> Counter[str]:
    """How often each kind occurs."""
    return Counter(signal.kind for signal in signals)


def days(signals: Iterable[Signal], kinds: Collection[str]) -> int:
    """On how many days (UTC) any of the kinds occurred."""
    return len({signal.occurred_at.astimezone(UTC).date() for signal in signals if signal.kind in kinds})


def top(signals: Sequence[Signal], limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` kinds, strongest first and among equals the newest first."""
    newest: dict[str, datetime] = {}
    for signal in signals:
        newest[signal.kind] = max(signal.occurred_at, newest.get(signal.kind, signal.occurred_at))
    ranked = sorted(newest, key=lambda kind: (strength(kind), -newest[kind].timestamp(), kind))
    return tuple(ranked[:limit])


def newest(signals: Iterable[Signal]) -> Signal | None:
    """The latest signal; of several at once the strongest."""
    return max(signals, key=lambda s: (s.occurred_at, -strength(s.kind), s.kind), default=None)
