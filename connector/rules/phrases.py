"""What a signal means in words: one verb phrase per kind, counted and dated (F3, F4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connector.model import Signal

# Phrases that somebody does rather than the account; they follow the account's own in a sentence.
BY_PERSON = frozenset(
    {"pricing_view", "gated_attempt", "hand_raise", "support_contact", "security_review", "feature_used"}
)
FEATURE_USED = "feature_used"  # outside the canon: `detail` names the feature, one signal per day of use
STREAK = 3


@dataclass(frozen=True, slots=True)
class Told:
    """Signals of one kind and detail by one person, newest first."""

    kind: str
    detail: str | None
    person_key: str | None
    signals: tuple[Signal, ...]

    @property
    def newest(self) -> datetime:
        """When it last happened."""
        return self.signals[0].occurred_at


def phrase(told: Told, as_of: datetime) -> str:
    """What happened, as what somebody did: "hit the usage limit 3 days ago"."""
    times = _times(len(told.signals))
    detail, ago = told.detail, age(told.newest, as_of)
    said = {
        "limit_hit": f"hit the {detail or 'usage'} limit {ago}",
        "limit_near": f"came close to the {detail or 'usage'} limit",
        "hand_raise": f"asked to talk to sales {ago}",
        "gated_attempt": f"tried {detail or 'a locked feature'}{times}",
        "pricing_view": f"viewed the {detail or 'pricing page'}{times}",
        "external_domain_invite": f"invited somebody from another company{times}",
        "security_review": f"asked about security{times}",
        "sso_or_permissions": f"set up {detail or 'single sign-on or permissions'}",
        "support_contact": f"contacted support{times}",
        "integration_issue": f"had trouble with {detail or 'an integration'}{times}",
        "seat_saturation": f"is running out of seats{f' ({detail})' if detail else ''}",
        "premium_attempt": f"tried {detail or 'a premium feature'}{times}",
        "cross_product": f"started a trial of {detail or 'another product'}",
        "integration_connected": f"integrated with {detail}" if detail else "connected an integration",
        "teammate_invited": f"invited {_counted(len(told.signals), 'a teammate', 'teammates')}",
        FEATURE_USED: f"used {detail or 'a feature'} {_days_of(told.signals)}",
    }
    return said.get(told.kind) or f"{told.kind.replace('_', ' ')}{f' ({detail})' if detail else ''}{times}"


def age(when: datetime, as_of: datetime) -> str:
    """How long ago, in one unit; a clock that runs ahead is "just now"."""
    passed = as_of - when
    if passed < timedelta(hours=1):
        return "just now"
    if passed < timedelta(days=1):
        return f"{_counted(passed // timedelta(hours=1), '1 hour', 'hours')} ago"
    days = passed.days
    if days < 60:
        return f"{_counted(days, '1 day', 'days')} ago"
    if days < 730:
        return f"{days // 30} months ago"
    return f"{days // 365} years ago"


def grouped(signals: Sequence[Signal]) -> list[Told]:
    """Signals by kind, detail and person, newest group first."""
    groups: dict[tuple[str, str | None, str | None], list[Signal]] = {}
    for signal in sorted(signals, key=lambda s: (s.occurred_at, s.kind, s.detail or ""), reverse=True):
        groups.setdefault((signal.kind, signal.detail, signal.person_key), []).append(signal)
    return [Told(*key, tuple(group)) for key, group in groups.items()]


def _times(count: int) -> str:
    return {1: "", 2: " twice"}.get(count, f" {count} times")


def _counted(count: int, one: str, many: str) -> str:
    return one if count == 1 else f"{count} {many}"


def _days_of(signals: Sequence[Signal]) -> str:
    """Days of use: those in a row up to the newest when there are three, else all of them."""
    days = {signal.occurred_at.date() for signal in signals}
    streak = _streak(days)
    return f"{streak} days in a row" if streak >= STREAK else f"on {_counted(len(days), '1 day', 'days')}"


def _streak(days: set[date]) -> int:
    newest = max(days)
    return next(length for length in range(1, len(days) + 2) if newest - timedelta(days=length) not in days)
