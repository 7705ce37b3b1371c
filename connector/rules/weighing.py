"""One account weighed: everything a decision needs to know about it, as names a rule can use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, time
from decimal import Decimal

from connector.model import CrmState, Layers, Match, MatchMethod, Record, Signal, Tier
from connector.rules import layers as layer
from connector.rules import tiers
from connector.rules.definitions import Definitions
from connector.rules.language import Situation
from connector.rules.names import CRM, Value, moment, typed
from connector.rules.segments import segment_of
from connector.rules.signals import KINDS, LIMIT, WEEK, counted, days, kinds, within


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the warehouse alone says of an account at one moment. `recent` are the signals of thirty days."""

    record: Record
    now: datetime
    columns: Mapping[str, Value]
    recent: tuple[Signal, ...]
    points: Mapping[str, Value]
    score: Decimal | None
    tier: Tier | None
    segment: str
    activated: bool | None
    layers: Layers


def weigh(record: Record, definitions: Definitions, now: datetime) -> Weighed:
    """Tier, segment and layers of one account. Raises ValueError for a moment that no UTC date can tell."""
    columns = {name: typed(record.values.get(name), kind) for name, kind in definitions.columns.items()}
    _require_calendar(columns)
    recent = tuple(within(record.signals, now))
    points = tiers.points_of(record, definitions.points)
    score, employees = columns["score"], columns["employees"]
    score = score if isinstance(score, Decimal) else None
    activated = _reached(columns, "activated_at", definitions)
    evidence = layer.Evidence(
        points={name: [points[point] for point in listed] for name, listed in definitions.layer_points.items()},
        signals=counted(recent),
        activated=activated,
        users=_number(columns["active_users"]),
        employees=_number(employees),
    )
    return Weighed(
        record=record,
        now=now,
        columns=columns,
        recent=recent,
        points=points,
        score=score,
        tier=definitions.tiers.tier(score),
        segment=segment_of(_number(employees), definitions.segments),
        activated=activated,
        layers=layer.layers(evidence, definitions.layers),
    )


def situation(account: Weighed, state: CrmState, identity: str | None, definitions: Definitions) -> Situation:
    """Every name of the account with its value, the CRMs' included."""
    columns, domain = account.columns, account.record.values.get("domain")
    lately = within(account.recent, account.now, WEEK)
    week = counted(lately)
    return Situation(
        {
            **columns,
            "tier": str(account.tier) if account.tier else None,
            "segment": account.segment,
            "activated": account.activated,
            "pql": _pql(account, definitions),
            "customer": _customer(columns, state),
            "excluded": definitions.lists.excluded(domain),
            "named": definitions.lists.named(domain),
            "identity": identity,
            "signals": kinds(account.recent),
            "seats_share": _share(columns["seats_used"], columns["seats_purchased"]),
            "limit_days": Decimal(days(lately, LIMIT)),
            "today": datetime.combine(account.now.astimezone(UTC).date(), time(), UTC),
            "layers.behavioural": account.layers.behavioural,
            "layers.organisational": account.layers.organisational,
            "layers.intent": account.layers.intent,
            **{f"week.{kind}": Decimal(week[kind]) for kind in KINDS},
            **_crm(state),
        }
    )


def identity_of(matches: Mapping[str, Match], *, known: bool) -> str | None:
    """How sure we are who the account is over all CRMs: ambiguous beats matched beats unmatched (D5, D6).

    None when the CRMs could not be asked.
    """
    methods = {match.method for match in matches.values()}
    if MatchMethod.AMBIGUOUS in methods:
        return "ambiguous"
    if methods - {MatchMethod.NONE}:
        return "matched"
    return "unmatched" if known else None


def _require_calendar(columns: Mapping[str, Value]) -> None:
    for name, value in columns.items():
        if isinstance(value, datetime) and value.year in (MINYEAR, MAXYEAR) and value.utcoffset():
            try:
                value.astimezone(UTC)
            except OverflowError:
                raise ValueError(f"{name} {value.isoformat()} is outside the calendar in UTC") from None


def _reached(columns: Mapping[str, Value], stage: str, definitions: Definitions) -> bool | None:
    """Whether a stage has a date; None where the warehouse has no such stage."""
    return columns[stage] is not None if stage in definitions.declared else None


def _pql(account: Weighed, definitions: Definitions) -> bool | None:
    """A PQL by the warehouse's date, or where it has none: activated and Hot (D1)."""
    dated = _reached(account.columns, "pql_at", definitions)
    if dated is not None or account.activated is None or account.tier is None:
        return dated
    return account.activated and account.tier is Tier.HOT


def _customer(columns: Mapping[str, Value], state: CrmState) -> bool | None:
    """Closed won or self-serve paid, by the warehouse or by a CRM (D15)."""
    if columns["closed_won_at"] is not None or columns["self_serve_paid_at"] is not None:
        return True
    return state.customer


def _crm(state: CrmState) -> dict[str, Value]:
    """The CRM names; all but `crm.known` are null while the CRM state is unknown (D11)."""
    if not state.known:
        return {**dict.fromkeys(CRM), "crm.known": False}
    staged = state.stage is not None
    return {
        "crm.known": True,
        "crm.sql_active": state.sql_active,
        "crm.open_opportunity": state.open_opportunity,
        "crm.stale_opportunity": state.stale_opportunity,
        "crm.customer": state.customer,
        "crm.disqualified": state.disqualified,
        "crm.stage": state.stage,
        "crm.stage_date": moment(state.stage_at),
        "crm.owner": (state.stage_owner_name or state.stage_owner_email)
        if staged
        else (state.owner_name or state.owner_email),
    }


def _share(used: Value, purchased: Value) -> Decimal | None:
    if not isinstance(used, Decimal) or not isinstance(purchased, Decimal) or purchased <= 0:
        return None
    return used / purchased


def _number(value: Value) -> Decimal | None:
    return value if isinstance(value, Decimal) else None
