"""The story of one decision: weigh the account, read the book, name the owner, say what would have been otherwise.

Pure and total: any record gives a decision, the same one whenever and wherever it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connector.model import (
    NOT_A_FIT,
    SEEN_UNTIL,
    Canonical,
    Counterfactual,
    CrmFact,
    CrmState,
    Decision,
    LastAlert,
    Layers,
    Match,
    Record,
    Route,
    Tier,
)
from connector.rules import crm_state, motion, stages
from connector.rules.book import TO_PEOPLE, RuleTrace, Verdict
from connector.rules.definitions import Definitions
from connector.rules.doubts import doubts
from connector.rules.failing import FAILURES, failed, growing, judged, traced
from connector.rules.layers import missing
from connector.rules.names import canonical, moment
from connector.rules.owners import STANDS_IN_FOR, UNASSIGNED, Claim, Owner, Standing, owner_of
from connector.rules.segments import UNKNOWN_SIZE
from connector.rules.signals import newest, top
from connector.rules.sources import CRMS, CrmPolicy
from connector.rules.stages import STAGE_ENDED
from connector.rules.weighing import Weighed, identity_of, situation, weigh
from connector.rules.why import NOTHING, why_now

CRM_UNKNOWN, LAYERS_MISSING, SEGMENT_NOT_ENABLED = "crm-unknown", "layers-missing", "segment-not-enabled"
UNDECIDABLE = "undecidable"
HANDED_OVER = TO_PEOPLE - {Route.FYI_OWNER}  # to somebody who has it not yet


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was ruled under one CRM state, and for whom."""

    verdict: Verdict
    owner: Owner


def decide(
    record: Record,
    facts: tuple[CrmFact, ...] | None,
    matches: Mapping[str, Match],
    definitions: Definitions,
    now: datetime,
    read_at: datetime | None,
    standing: Standing = UNASSIGNED,
) -> Decision:
    """Who should do what about `record`, and why. An account whose values cannot be worked out is held, with the error.

    `facts` are those of all CRMs together, None when one could not be read: then nobody is assigned (D11). `matches`
    are the account's records, `read_at` is when the CRMs were read. `now` is UTC and becomes `routed_at`. `standing`
    is who had the account before, and how many accounts people have.
    """
    try:
        return _decided(record, facts, matches, definitions, now, read_at, standing)
    except FAILURES as error:
        return _held(record, facts is not None, now, read_at, error)


def _decided(
    record: Record,
    facts: tuple[CrmFact, ...] | None,
    matches: Mapping[str, Match],
    definitions: Definitions,
    now: datetime,
    read_at: datetime | None,
    standing: Standing,
) -> Decision:
    account = weigh(record, definitions, now)
    policy = _policy(record, definitions)
    state = crm_state.aggregate(facts, policy, now, read_at)
    asked = _Asked(account, identity_of(matches, known=state.known), definitions, standing)
    ruling = _rule(asked, state)
    verdict = ruling.verdict
    found = motion.motion(record, definitions.motion)
    return Decision(
        account_key=record.key,
        route=verdict.route,
        rule=verdict.rule_id,
        reason=verdict.reason,
        evidence={
            **verdict.evidence,
            "score": canonical(account.score),
            SEEN_UNTIL: _newest(record),
            **_crm_evidence(state),
            **_leave(ruling),
        },
        tier=account.tier or Tier.NONE,
        segment=account.segment,
        layers=account.layers,
        motion=found.name,
        why_now=why_now(record, now),
        top_signals=top(account.recent),
        plg_stage=stages.plg_stage(record),
        crm_stage=stages.crm_stage(state),
        routed_to=ruling.owner.email,
        routed_at=now,
        crm_read_at=read_at,
        crm_known=state.known,
        counterfactual=_otherwise(asked, state, policy, verdict),
        flags=_once(
            verdict.rule.flags if verdict.rule else (),
            motion.flags(record, found),
            doubts(account, state, asked.identity, definitions),
            ruling.owner.flags,
        ),
    )


def _held(record: Record, known: bool, now: datetime, read_at: datetime | None, error: Exception) -> Decision:
    """The decision about an account of which nothing can be weighed."""
    return Decision(
        account_key=record.key,
        route=Route.HOLD,
        rule=UNDECIDABLE,
        reason=failed(error),
        evidence={"crm.known": known},
        tier=Tier.NONE,
        segment=UNKNOWN_SIZE,
        layers=Layers(None, None, None),
        motion=motion.UNKNOWN,
        why_now=NOTHING,
        top_signals=(),
        plg_stage=stages.plg_stage(record),
        crm_stage=None,
        routed_to=None,
        routed_at=now,
        crm_read_at=read_at,
        crm_known=known,
    )


def explain(
    record: Record,
    facts: tuple[CrmFact, ...] | None,
    matches: Mapping[str, Match],
    definitions: Definitions,
    now: datetime,
    read_at: datetime | None,
) -> list[RuleTrace]:
    """Every rule up to the one that decided, with the values it saw; arguments as for `decide`."""
    try:
        account = weigh(record, definitions, now)
        state = crm_state.aggregate(facts, _policy(record, definitions), now, read_at)
        seen = situation(account, state, identity_of(matches, known=state.known), definitions)
    except FAILURES as error:
        return [RuleTrace(UNDECIDABLE, None, failed(error))]
    return traced(definitions.book, seen)


def with_verdict(decision: Decision, last: LastAlert | None) -> Decision:
    """The decision, saying so where somebody called the account's last alert no fit (D42)."""
    if last is None or last.not_a_fit is None:
        return decision
    return replace(decision, evidence={**decision.evidence, NOT_A_FIT: last.not_a_fit})


def in_force(previous: Decision | None, fresh: Decision) -> Decision:
    """`fresh`, keeping the time of `previous` where nothing about the routing has changed (D35)."""
    if previous is None or _routing(previous) != _routing(fresh):
        return fresh
    return replace(fresh, routed_at=previous.routed_at)


def _routing(decision: Decision) -> tuple[object, ...]:
    """What makes a decision another decision."""
    return (
        decision.route,
        decision.rule,
        decision.tier,
        decision.routed_to,
        decision.reason,
        decision.segment,
        decision.layers,
        decision.flags,
        decision.counterfactual,
    )


def _policy(record: Record, definitions: Definitions) -> CrmPolicy:
    """The CRM policy, with the account's own CRM of record where it has one (D4)."""
    own = record.values.get("crm_of_record")
    return replace(definitions.crm, of_record=own) if isinstance(own, str) and own in CRMS else definitions.crm


@dataclass(frozen=True, slots=True)
class _Asked:
    """The account as the book is asked about it, under one CRM state or another."""

    account: Weighed
    identity: str | None
    definitions: Definitions
    standing: Standing


def _rule(asked: _Asked, state: CrmState) -> Ruling:
    account, definitions = asked.account, asked.definitions
    seen = situation(account, state, asked.identity, definitions)
    verdict = _guarded(judged(definitions.book, seen), account, state, definitions)
    if verdict.route is Route.EXPANSION:
        verdict = replace(verdict, evidence={**verdict.evidence, **growing(definitions.book, seen)})
    if verdict.rule is None:
        return Ruling(verdict, Owner(None))
    country, owner = account.columns["country"], account.columns["owner_email"]
    claim = Claim(
        key=account.record.key,
        segment=account.segment,
        country=country if isinstance(country, str) else None,
        listed_owner=owner if isinstance(owner, str) else None,
        state=state,
        standing=asked.standing,
    )
    return Ruling(verdict, owner_of(verdict.rule.to, claim, definitions.staff, account.now.date()))


def _guarded(verdict: Verdict, account: Weighed, state: CrmState, definitions: Definitions) -> Verdict:
    """What no rule file may do: hand over an account unseen by the CRM (D11), of a segment that is not enabled yet
    (D16 of the domain), or short of an enforced layer (K18)."""
    if verdict.route in TO_PEOPLE and not state.known:
        reason = "held: the CRM could not be read, so nobody is assigned"
        return Verdict(Route.HOLD, CRM_UNKNOWN, reason, verdict.evidence)
    if verdict.route in HANDED_OVER and not definitions.enables(account.segment):
        reason = f"segment {account.segment} is not enabled yet"
        return Verdict(Route.NURTURE, SEGMENT_NOT_ENABLED, reason, verdict.evidence)
    lacking = missing(account.layers)
    assigned = verdict.route in (Route.ASSIGN_AE, Route.ASSIGN_SDR)
    if assigned and lacking and definitions.layers.require == "enforce":
        return Verdict(Route.NURTURE, LAYERS_MISSING, f"missing layer: {', '.join(lacking)}", verdict.evidence)
    return verdict


def _otherwise(asked: _Asked, state: CrmState, policy: CrmPolicy, verdict: Verdict) -> Counterfactual | None:
    """What would have been decided without any SQL or open opportunity, where those decided."""
    if verdict.rule is None or not verdict.rule.supersedes:
        return None
    world = crm_state.aggregate(crm_state.unsuperseded(state.facts), policy, asked.account.now, state.read_at)
    other = _rule(asked, world)
    return Counterfactual(other.verdict.route, other.verdict.rule_id, other.verdict.reason, other.owner.email)


def _crm_evidence(state: CrmState) -> dict[str, Canonical]:
    """The CRM's side of the decision: where it stands there, since when, by whose record; that it came to nothing."""
    return {
        "crm.known": state.known,
        "crm.stage": state.stage,
        "crm.stage_date": canonical(moment(state.stage_at)),
        "crm.owner_email": state.stage_owner_email if state.stage else state.owner_email,
        "crm.owner_name": state.stage_owner_name if state.stage else state.owner_name,
        "crm.source": state.stage_source,
        **({STAGE_ENDED: True} if stages.ended(state) else {}),
    }


def _newest(record: Record) -> Canonical:
    """When the newest signal happened that this decision knows of: what comes later is news to the next one."""
    signal = newest(record.signals)
    return canonical(signal.occurred_at) if signal else None


def _leave(ruling: Ruling) -> dict[str, Canonical]:
    """For whom its owner stands in."""
    away = ruling.owner.stands_in_for
    return {STANDS_IN_FOR: away} if away else {}


def _once(*flags: tuple[str, ...]) -> tuple[str, ...]:
    """All flags in order, each once."""
    return tuple(dict.fromkeys(flag for some in flags for flag in some))
