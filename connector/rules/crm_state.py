"""What the CRMs together say of one account: every fact of every record, weighed into one state (D2, D3, D4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.model import Canonical, CrmFact, CrmState, FactKind, FactSource
from connector.rules.sources import CrmPolicy

SUPERSEDING = frozenset({FactKind.SQL, FactKind.OPEN_OPPORTUNITY})


def matches(source: FactSource, values: Mapping[str, Canonical]) -> bool:
    """Whether a record counts for `source`: every `where` holds and no `unless` does.

    Values compare as text, case-insensitively; truths are "true" and "false", an empty field is "".
    """
    if not all(_holds(values, field, allowed) for field, allowed in source.where.items()):
        return False
    return not any(_holds(values, field, barred) for field, barred in source.unless.items())


def aggregate(
    facts: Sequence[CrmFact] | None, policy: CrmPolicy, now: datetime, read_at: datetime | None = None
) -> CrmState:
    """The state of one account over all its CRMs, whatever order the facts come in.

    `facts` None means that a CRM could not be read: nothing is known then (D11). The stage is the one that matters for
    routing: a live opportunity, else an active SQL, a stale opportunity, a won one, an MQL; among several the CRM of
    record's, then the newest. `owner_email` is the account's owner in the CRM of record, if still active.
    """
    if facts is None:
        return CrmState(known=False, read_at=read_at or now)
    ordered = sorted(facts, key=lambda fact: _rank(fact, policy))
    live, stale = _opportunities(ordered, policy, now)
    active = [fact for fact in _of(ordered, FactKind.SQL) if policy.sql_supersedes == "any" or _stands(fact, ordered)]
    won, mql = _of(ordered, FactKind.WON_OPPORTUNITY), _of(ordered, FactKind.MQL)
    stage = next(iter([*live, *active, *stale, *won, *mql]), None)
    owner = next((f for f in _of(ordered, FactKind.OWNER) if f.owner_email and f.owner_active), None)
    return CrmState(
        known=True,
        read_at=read_at or now,
        facts=tuple(ordered),
        sql_active=bool(active),
        open_opportunity=bool(live or stale),
        stale_opportunity=bool(stale) and not live,
        customer=bool(won or _of(ordered, FactKind.CUSTOMER)),
        disqualified=bool(_of(ordered, FactKind.DISQUALIFIED)),
        stage=stage.label if stage else None,
        stage_at=stage.at if stage else None,
        stage_owner_email=stage.owner_email if stage else None,
        stage_owner_name=stage.owner_name if stage else None,
        stage_owner_active=stage.owner_active if stage else None,
        stage_source=f"{stage.crm} {stage.object} {stage.record_id}" if stage else None,
        owner_email=owner.owner_email if owner else None,
        owner_name=owner.owner_name if owner else None,
    )


def unsuperseded(facts: Iterable[CrmFact]) -> tuple[CrmFact, ...]:
    """The facts without any SQL or open opportunity: the world of the counterfactual."""
    return tuple(fact for fact in facts if fact.kind not in SUPERSEDING)


def conflicts(state: CrmState) -> tuple[str, ...]:
    """Where the CRMs disagree about the account's owner or stage (D4)."""
    owners = _by_crm((f.crm, f.owner_email) for f in _of(state.facts, FactKind.OWNER))
    stages = _by_crm((f.crm, str(f.kind)) for f in state.facts if f.kind in SUPERSEDING)
    told = {"crm_owner_conflict": owners, "crm_stage_conflict": stages}
    return tuple(flag for flag, said in told.items() if _disagree(said))


def _holds(values: Mapping[str, Canonical], field: str, allowed: Sequence[str]) -> bool:
    return _text(values.get(field)) in {text.casefold() for text in allowed}


def _text(value: Canonical) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).casefold()


def _rank(fact: CrmFact, policy: CrmPolicy) -> tuple[bool, float, str, str, str]:
    """The CRM of record first, then the newest; undated facts last. The rest only makes the order one."""
    age = -fact.at.timestamp() if fact.at else 0.0
    return (fact.crm != policy.of_record, age, fact.crm, f"{fact.object} {fact.record_id}", repr(fact))


def _of(facts: Iterable[CrmFact], kind: FactKind) -> list[CrmFact]:
    return [fact for fact in facts if fact.kind is kind]


def _opportunities(facts: Sequence[CrmFact], policy: CrmPolicy, now: datetime) -> tuple[list[CrmFact], list[CrmFact]]:
    """Open opportunities that somebody works on, and those nobody does (D3)."""
    idle = timedelta(days=policy.stale_after_days)
    opened = _of(facts, FactKind.OPEN_OPPORTUNITY)
    stale = [fact for fact in opened if _is_stale(fact, now, idle)]
    return [fact for fact in opened if fact not in stale], stale


def _is_stale(fact: CrmFact, now: datetime, idle: timedelta) -> bool:
    if fact.due and fact.due < now.date():
        return True
    touched = fact.active_at or fact.at
    return touched is not None and now - touched >= idle


def _stands(sql: CrmFact, facts: Iterable[CrmFact]) -> bool:
    """Whether an SQL still counts: not disqualified itself, and no opportunity of its CRM was lost after it (D3)."""
    for fact in facts:
        if fact.crm != sql.crm:
            continue
        if fact.kind is FactKind.DISQUALIFIED and fact.record_id == sql.record_id:
            return False
        if fact.kind is FactKind.LOST_OPPORTUNITY and fact.at and sql.at and fact.at >= sql.at:
            return False
    return True


def _by_crm(told: Iterable[tuple[str, str | None]]) -> dict[str, set[str]]:
    said: dict[str, set[str]] = {}
    for crm, word in told:
        if word:
            said.setdefault(crm, set()).add(word)
    return said


def _disagree(said: Mapping[str, set[str]]) -> bool:
    words = list(said.values())
    return any(one.isdisjoint(other) for place, one in enumerate(words) for other in words[place + 1 :])
