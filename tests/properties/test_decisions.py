"""Laws of deciding: total, deterministic, blind to the order of facts, and never assigning behind sales' back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model import CrmFact, FactKind, Match, MatchMethod, Occasion, Record, Route, Signal
from connector.rules import crm_state, definitions
from connector.rules.case import Case
from connector.rules.decide import decide, explain, in_force
from connector.rules.definitions import Definitions
from connector.rules.handoff import handoff
from connector.rules.outbox import outbox
from connector.rules.owners import Standing, holders, moved
from connector.rules.payload import payload
from connector.rules.signals import KINDS
from tests.unit.rules.shipped import DECLARED, IN_CRM, NOW, documents, shipped

law = settings(max_examples=200, deadline=None)
ASSIGNING = {Route.ASSIGN_AE, Route.ASSIGN_SDR, Route.EXPANSION}
PEOPLE = st.sampled_from([None, "ae-1", "sdr-1", "enterprise-ae-1", "former-ae", "revops-1", "stranger"])
EDGES = [
    datetime.max.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=12))),
    datetime.fromisoformat("0001-01-01"),
]
moments = st.none() | st.integers(-2, 400).map(lambda days: NOW - timedelta(days=days))
stage_dates = moments | st.sampled_from(EDGES)
numbers = st.none() | st.integers(-5, 3_000) | st.floats(allow_nan=True, allow_infinity=True)
texts = st.none() | st.sampled_from(
    ["", "acme.example", "gmail.com", "student.university.example", "named-account.example"]
)
anything = numbers | texts | moments | st.booleans()

records = st.builds(
    lambda values, signals: Record(str(values["key"]), values, tuple(signals)),
    st.fixed_dictionaries(
        {"key": st.text(min_size=1, max_size=5)},
        optional={
            **dict.fromkeys(("score", "employees", "active_users", "potential_acv", "limit_used"), numbers),
            **dict.fromkeys(("seats_purchased", "seats_used", "points_icp", "points_core_workflow"), numbers),
            **dict.fromkeys(
                ("activated_at", "pql_at", "closed_won_at", "self_serve_paid_at", "scored_at"), stage_dates
            ),
            "domain": texts,
            "country": anything,
            "motion": anything,
            "owner_email": anything,
            "crm_of_record": st.sampled_from([None, "salesforce", "hubspot", "elsewhere"]),
        },
    ),
    st.lists(
        st.builds(
            Signal,
            st.sampled_from([*KINDS, "odd"]),
            st.integers(-24, 24 * 60).map(lambda hours: NOW - timedelta(hours=hours)),
            st.none() | st.text(max_size=300),
        ),
        max_size=6,
    ),
)
facts = st.builds(
    lambda kind, crm, number, at, owner, active, touched: CrmFact(
        kind,
        crm,
        "Lead",
        f"00Q{number}",
        str(kind),
        at,
        f"{owner}@workspace.example" if owner else None,
        owner,
        active,
        touched,
        touched.date() if touched and number else None,
    ),
    st.sampled_from(list(FactKind)),
    st.sampled_from(["salesforce", "hubspot"]),
    st.integers(0, 2),
    moments,
    PEOPLE,
    st.booleans(),
    moments,
)
crm = st.lists(facts, max_size=5).map(tuple)
matches = st.sampled_from(list(MatchMethod)).map(lambda method: {"salesforce_account": Match(method)})


@law
@given(records, st.none() | crm, matches)
def test_every_record_has_a_decision(record: Record, told: tuple[CrmFact, ...] | None, found: dict[str, Match]) -> None:
    """Deciding never fails, whatever the warehouse and the CRMs say, and always explains itself."""
    decision = decide(record, told, found, shipped(), NOW, NOW)
    trace = explain(record, told, found, shipped(), NOW, NOW)

    assert 0 < len(decision.reason) <= 255
    assert 0 < len(decision.why_now) <= 255
    assert trace
    assert (decision.routed_to is None) or "@" in decision.routed_to


@law
@given(records, st.none() | crm, matches)
def test_deciding_is_a_function(record: Record, told: tuple[CrmFact, ...] | None, found: dict[str, Match]) -> None:
    """The same arguments give the same decision, and it stays in force over itself."""
    first, second = (decide(record, told, found, shipped(), NOW, NOW) for _ in range(2))

    assert first == second
    assert in_force(first, second) == first


@law
@given(records, crm, st.randoms(use_true_random=False))
def test_order_of_facts_changes_nothing(record: Record, told: tuple[CrmFact, ...], chance: object) -> None:
    """However the CRMs list their records, the decision is the same."""
    shuffled = list(told)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # random.Random

    one, other = (decide(record, some, IN_CRM, shipped(), NOW, NOW) for some in (told, tuple(shuffled)))

    assert one == other


@law
@given(records, crm, facts)
def test_active_sql_is_never_assigned(record: Record, told: tuple[CrmFact, ...], sql: CrmFact) -> None:
    """While an SQL is active, no new AE, SDR or expansion owner is assigned (invariant 9)."""
    state = crm_state.aggregate((*told, sql), shipped().crm, NOW)
    decision = decide(record, (*told, sql), IN_CRM, shipped(), NOW, NOW)

    if state.sql_active:
        assert decision.route not in ASSIGNING


@law
@given(records, matches)
def test_unknown_crm_is_never_assigned(record: Record, found: dict[str, Match]) -> None:
    """While a CRM cannot be read nobody gets anything (invariant 10)."""
    decision = decide(record, None, found, shipped(), NOW, None)

    assert decision.route in {Route.HOLD, Route.NONE}
    assert decision.routed_to is None
    assert decision.crm_known is False


@law
@given(records, crm)
def test_assignments_name_somebody(record: Record, told: tuple[CrmFact, ...]) -> None:
    """Whoever is assigned an account is a person, never the house or nobody."""
    decision = decide(record, told, IN_CRM, shipped(), NOW, NOW)

    if decision.route in ASSIGNING | {Route.FYI_OWNER}:
        assert decision.routed_to
        assert decision.routed_to not in shipped().staff.unassigned


@law
@given(records, records, crm)
def test_alerts_open_at_most_once(record: Record, earlier: Record, told: tuple[CrmFact, ...]) -> None:
    """Once a decision has alerted and is in force, deciding it again opens nothing."""
    previous = decide(earlier, told, IN_CRM, shipped(), NOW - timedelta(days=1), NOW)
    decision = in_force(previous, decide(record, told, IN_CRM, shipped(), NOW, NOW))
    wanted = handoff(Case(record, decision, previous, None, shipped(), NOW), Occasion.USUAL)
    if wanted is None:
        return
    again = handoff(Case(record, decision, decision, None, shipped(), NOW), Occasion.USUAL)

    assert payload(Case(record, decision, previous, None, shipped(), NOW), wanted)["sentence"] == decision.why_now
    assert again is None or again.episode == wanted.episode


# --- what was before -------------------------------------------------------------------------------

STAFF = [*sorted(shipped().staff.by_email), "stranger@workspace.example"]
standings = st.builds(
    Standing,
    st.lists(st.sampled_from(STAFF), max_size=3).map(tuple),
    st.dictionaries(st.sampled_from(STAFF), st.integers(0, 3), max_size=len(STAFF)),
)


@cache
def limited() -> Definitions:
    """The shipped files, in which everybody takes two accounts, and some are away or have left."""
    files = documents()
    people = files["people"]["people"]
    for one in people.values():
        one["capacity"] = 2
    people["ae-1@workspace.example"] |= {"active": False}
    people["ae-2@workspace.example"] |= {"away_until": NOW.date(), "delegate": "ae-3@workspace.example"}
    return definitions.build(files, DECLARED)


@law
@given(records, crm, standings)
def test_deciding_again_changes_nothing(record: Record, told: tuple[CrmFact, ...], before: Standing) -> None:
    """With its own result as the decision before, an account is decided the same, whoever is full meanwhile."""
    first = decide(record, told, IN_CRM, limited(), NOW, NOW, before)
    again = decide(record, told, IN_CRM, limited(), NOW, NOW, Standing(holders(first), before.loads))
    crowded = Standing(holders(first), dict.fromkeys(STAFF, 2))

    assert in_force(first, again) == first
    if "pool_full" not in first.flags:
        assert decide(record, told, IN_CRM, limited(), NOW, NOW, crowded).routed_to == first.routed_to


@law
@given(records, crm, standings)
def test_nobody_gets_more_than_they_have_room_for(record: Record, told: tuple[CrmFact, ...], before: Standing) -> None:
    """Whom a pool newly gives an account has room for it, or is the last resort, or stands in, or owns it in a CRM."""
    found = decide(record, told, IN_CRM, limited(), NOW, NOW, before)
    staff = limited().staff
    person = staff.by_email.get(found.routed_to or "")
    owned = {(one.owner_email or "").lower() for one in told} | {str(record.values.get("owner_email")).lower()}
    last_resort = staff.pools["fallback"]
    if person is None or person.email in (*last_resort, *before.holders, *owned):
        return

    stands_in = "stands_in_for" in found.evidence or person.email == "ae-3@workspace.example"
    assert stands_in or before.loads.get(person.email, 0) < 2


@law
@given(records, crm, standings)
def test_nobody_away_or_gone_gets_an_account(record: Record, told: tuple[CrmFact, ...], before: Standing) -> None:
    """Unless it is theirs and nobody stands in; then it says so (D43)."""
    found = decide(record, told, IN_CRM, limited(), NOW, NOW, before)
    person = limited().staff.by_email.get(found.routed_to or "")

    assert person is None or person.here(NOW.date()) or "owner_away" in found.flags
    assert person is None or person.active


@law
@given(st.lists(records, max_size=6), crm, st.randoms(use_true_random=False))
def test_accounts_are_decided_once_each_whatever_their_order(
    many: list[Record], told: tuple[CrmFact, ...], chance: object
) -> None:
    """Decided in key order as `prepare` does, each account has one decision, the same however the rows came."""
    rows = list({record.key: record for record in many}.values())
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # random.Random

    def all_of(some: list[Record]) -> dict[str, object]:
        loads = dict.fromkeys(limited().staff.limited, 1)
        made: dict[str, object] = {}
        for record in sorted(some, key=lambda one: one.key):
            decision = decide(record, told, IN_CRM, limited(), NOW, NOW, Standing((), loads))
            loads = dict(moved(loads, None, decision.assigned_to))
            made[record.key] = decision
        return made

    assert all_of(shuffled) == all_of(rows)
    assert len(all_of(rows)) == len(rows)


@law
@given(records, crm, standings)
def test_what_is_decided_can_be_told(record: Record, told: tuple[CrmFact, ...], before: Standing) -> None:
    """Whatever an account's values, the facts that follow from its decision can be built."""
    found = decide(record, told, IN_CRM, shipped(), NOW, NOW, before)

    assert len(outbox(Case(record, found, None, None, shipped(), NOW))) <= 1
