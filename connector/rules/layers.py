"""The three layers of a PQL: behaviour, organisation, intent. Each filters a different false positive (C18, C19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.model import Layers
from connector.rules.names import Value

BEHAVIOURAL, ORGANISATIONAL, INTENT = "behavioural", "organisational", "intent"
NAMES = (BEHAVIOURAL, ORGANISATIONAL, INTENT)
REQUIRE = ("off", "warn", "enforce")


@dataclass(frozen=True, slots=True)
class LayerPolicy:
    """What fills a layer beside its components, and what a missing one does (K18).

    `require`: "warn" flags an account that lacks a layer, "enforce" also keeps it from sales, "off" does neither.
    """

    require: str = "warn"
    users: int = 2  # a second user of the same account (C18)
    employees: int = 10  # company size filter (C6)
    pricing_views: int = 2  # repeated pricing visits (C18)
    intent_signals: tuple[str, ...] = ("limit_hit", "gated_attempt", "hand_raise")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the layers are judged by: points per layer, counted signals of the window, two sizes."""

    points: Mapping[str, Collection[Value]]
    signals: Counter[str]
    activated: bool | None
    users: Decimal | None
    employees: Decimal | None


def layers(evidence: Evidence, policy: LayerPolicy) -> Layers:
    """Which layers the account has; None where what was given cannot tell."""
    return Layers(
        behavioural=_behavioural(evidence),
        organisational=_any(
            _earned(evidence, ORGANISATIONAL),
            _at_least(evidence.users, policy.users),
            _at_least(evidence.employees, policy.employees),
        ),
        intent=_intent(evidence, policy),
    )


def missing(found: Layers) -> tuple[str, ...]:
    """The layers the account is known to lack."""
    return tuple(name for name in NAMES if getattr(found, name) is False)


def _behavioural(evidence: Evidence) -> bool | None:
    """Activated *and* points for using the product: invitations alone are no usage (J20)."""
    sides = (evidence.activated, _earned(evidence, BEHAVIOURAL))
    if False in sides:
        return False
    return None if None in sides else True


def _intent(evidence: Evidence, policy: LayerPolicy) -> bool | None:
    shown = any(evidence.signals[kind] for kind in policy.intent_signals)
    if shown or evidence.signals["pricing_view"] >= policy.pricing_views:
        return True
    return _earned(evidence, INTENT)


def _earned(evidence: Evidence, layer: str) -> bool | None:
    known = [point for point in evidence.points.get(layer, ()) if isinstance(point, Decimal)]
    return any(point > 0 for point in known) if known else None


def _at_least(size: Decimal | None, least: int) -> bool | None:
    return None if size is None else size >= least


def _any(*sides: bool | None) -> bool | None:
    if True in sides:
        return True
    return False if False in sides else None
