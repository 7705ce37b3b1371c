"""What is promised, read from sla.toml: policies by tier and segment, and the clocks over dates of the CRM."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from bot.sla.amounts import Unit, parse
from bot.sla.crm_dates import CRM_CLOCKS, CrmClock
from bot.sla.flood import Flood
from bot.sla.policy import DEFAULTS, Rung, SlaPolicy, Term
from connector.rules.reading import Problems, Table

WHERE = "mappings/sla.toml"
FLOOD = "flood"
TERMS = ("acknowledge", "outreach", "breach", "manager", "expired", "late", "cold")
LADDERS = (("outreach", "breach", "manager"), ("expired", "late", "cold"))  # each no shorter than the one before
HOURS = (Unit.BUSINESS_HOURS, Unit.HOURS)

_TIERS = tuple(policy.tier for policy in DEFAULTS)  # those that alerts open on
_USUAL = DEFAULTS[0]
_Choice = TypeVar("_Choice", bound=StrEnum)


def read_policies(document: Table | None, segments: Collection[str], problems: Problems) -> tuple[SlaPolicy, ...]:
    """A policy per tier that alerts open on, and per segment with its own; the defaults where there is no file."""
    if document is None:
        return DEFAULTS
    problems.only(WHERE, document, {"snooze", "reassign", "ladder", "crm", FLOOD, *_TIERS})
    snooze = _choice(document, "snooze", _USUAL.snooze, problems)
    reassign = _choice(document, "reassign", _USUAL.reassign, problems)
    ladder = _ladder(document, problems)
    return tuple(
        replace(policy, snooze=snooze, reassign=reassign, ladder=ladder)
        for usual in DEFAULTS
        for policy in _of_tier(document, usual, segments, problems)
    )


def read_flood(document: Table | None, problems: Problems) -> Flood:
    """How much anybody is told at once (D37)."""
    where = f"{WHERE} [{FLOOD}]"
    flood = problems.settings(where, (document or {}).get(FLOOD), Flood())
    if not flood.warm_digest_hours:
        problems.add(where, '"warm_digest_hours" must be a whole number from 1')
    return flood


def read_crm_clocks(document: Table | None, problems: Problems) -> tuple[CrmClock, ...]:
    """The clocks over CRM dates (D41), each as it is by default where the file says nothing of it."""
    where = f"{WHERE} [crm]"
    table = problems.table(where, (document or {}).get("crm"))
    problems.only(where, table, [clock.name for clock in CRM_CLOCKS])
    return tuple(
        _crm_clock(f"{WHERE} [crm.{clock.name}]", table.get(clock.name), clock, problems) for clock in CRM_CLOCKS
    )


def _crm_clock(where: str, value: object, usual: CrmClock, problems: Problems) -> CrmClock:
    table = problems.table(where, value)
    problems.only(where, table, ("due", "manager") if usual.manager else ("due",))
    within = _term(where, table, "due", tuple(Unit), problems) if "due" in table else None
    manager = _term(where, table, "manager", tuple(Unit), problems) if "manager" in table else None
    return replace(usual, within=within or usual.within, manager=manager or usual.manager)


def _of_tier(document: Table, usual: SlaPolicy, segments: Collection[str], problems: Problems) -> Iterator[SlaPolicy]:
    """The policy of the whole tier, then those of its segments, which differ from it in what they name."""
    where = f"{WHERE} [{usual.tier}]"
    if usual.tier not in document:
        problems.add(
            where, "this table is missing; alerts open on accounts of this tier, and no clock would run for them"
        )
    table = problems.table(where, document.get(usual.tier))
    problems.only(where, table, {*TERMS, "segment"})
    whole = _policy(where, table, usual, TERMS if usual.tier in document else (), problems)
    yield whole
    for name, row in problems.table(f"{where} segment", table.get("segment")).items():
        place = f"{WHERE} [{usual.tier}.segment.{name}]"
        problems.choice(place, "segment", name, segments)
        own = problems.table(place, row)
        problems.only(place, own, TERMS)
        yield replace(_policy(place, own, whole, own, problems), segment=name)


def _policy(where: str, table: Table, usual: SlaPolicy, wanted: Collection[str], problems: Problems) -> SlaPolicy:
    terms = {name: _term(where, table, name, HOURS, problems) for name in TERMS if name in wanted}
    policy = replace(usual, **{name: term for name, term in terms.items() if term})  # type: ignore[arg-type]  # terms alone
    for ladder in LADDERS:
        for sooner, later in pairwise(ladder):
            first, second = getattr(policy, sooner).amount, getattr(policy, later).amount
            if first.unit is second.unit and first.number > second.number:
                problems.add(where, f'"{later}" ({second}) comes before "{sooner}" ({first})')
    return policy


def _term(where: str, table: Table, key: str, units: Sequence[Unit], problems: Problems) -> Term | None:
    """An amount with its source: `{ within = "4bh", source = "000" }`."""
    if key not in table:
        problems.add(where, f'"{key}" is missing; write it as {{ within = "4bh", source = "where that comes from" }}')
        return None
    value = table[key]
    if not isinstance(value, Mapping):
        problems.add(where, f'"{key}" must say {{ within = "4bh", source = "where that comes from" }}, not {value!r}')
        return None
    place = f"{where} {key}"
    problems.only(place, value, ("within", "source"))
    source, written = problems.text(place, value, "source"), problems.text(place, value, "within")
    if not written or not source:
        return None
    try:
        amount = parse(written)
    except ValueError as error:
        problems.add(place, str(error))
        return None
    if amount.unit not in units:
        problems.add(place, f'"{written}" counts days; this clock counts hours: "4bh" or "48h"')
        return None
    return Term(amount, source)


def _choice(table: Table, key: str, usual: _Choice, problems: Problems) -> _Choice:
    known = [str(one) for one in type(usual)]
    written = problems.text(WHERE, table, key, str(usual))
    problems.choice(WHERE, key, written, known)
    return type(usual)(written) if written in known else usual


def _ladder(table: Table, problems: Problems) -> tuple[Rung, ...]:
    """Which rungs are told; all where nothing is said."""
    if "ladder" not in table:
        return _USUAL.ladder
    known = [str(rung) for rung in Rung]
    named = problems.texts(WHERE, table, "ladder")
    for name in named:
        problems.choice(WHERE, "rung", name, known)
    return tuple(rung for rung in Rung if rung in named)
