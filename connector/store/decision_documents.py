"""A decision as a JSON document, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.model import Counterfactual, Decision, Layers, Route, Tier
from connector.store.columns import as_utc

Document = Mapping[str, Any]


def to_document(decision: Decision) -> dict[str, Any]:
    """The decision as JSON values: instants in ISO 8601, enumerations by value."""
    return {
        "account_key": decision.account_key,
        "route": decision.route.value,
        "rule": decision.rule,
        "reason": decision.reason,
        "evidence": dict(decision.evidence),
        "tier": decision.tier.value,
        "segment": decision.segment,
        "layers": [decision.layers.behavioural, decision.layers.organisational, decision.layers.intent],
        "motion": decision.motion,
        "why_now": decision.why_now,
        "top_signals": list(decision.top_signals),
        "plg_stage": decision.plg_stage,
        "crm_stage": decision.crm_stage,
        "routed_to": decision.routed_to,
        "routed_at": _iso(decision.routed_at),
        "crm_read_at": _iso(decision.crm_read_at),
        "crm_known": decision.crm_known,
        "counterfactual": _counterfactual_document(decision.counterfactual),
        "flags": list(decision.flags),
    }


def from_document(document: Document) -> Decision:
    """The decision `to_document` wrote."""
    return Decision(
        account_key=document["account_key"],
        route=Route(document["route"]),
        rule=document["rule"],
        reason=document["reason"],
        evidence=document["evidence"],
        tier=Tier(document["tier"]),
        segment=document["segment"],
        layers=Layers(*document["layers"]),
        motion=document["motion"],
        why_now=document["why_now"],
        top_signals=tuple(document["top_signals"]),
        plg_stage=document["plg_stage"],
        crm_stage=document["crm_stage"],
        routed_to=document["routed_to"],
        routed_at=datetime.fromisoformat(document["routed_at"]),
        crm_read_at=_instant(document["crm_read_at"]),
        crm_known=document["crm_known"],
        counterfactual=_counterfactual(document["counterfactual"]),
        flags=tuple(document["flags"]),
    )


def _counterfactual_document(other: Counterfactual | None) -> dict[str, Any] | None:
    if other is None:
        return None
    return {"route": other.route.value, "rule": other.rule, "reason": other.reason, "routed_to": other.routed_to}


def _counterfactual(document: Document | None) -> Counterfactual | None:
    if document is None:
        return None
    return Counterfactual(Route(document["route"]), document["rule"], document["reason"], document["routed_to"])


def _iso(at: datetime | None) -> str | None:
    return None if at is None else as_utc(at).isoformat().replace("+00:00", "Z")


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
