"""Whose account it becomes: targets in order, people who are there, pools that share (D3, D14, D43)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from connector.errors import ConfigError
from connector.model import Counterfactual, CrmState, FactKind, Route
from connector.rules import definitions
from connector.rules.owners import UNASSIGNED, Claim, Owner, Standing, Target, holders, moved, owner_of
from connector.rules.people import Colleague, Staff, Territory
from tests.unit.rules.shipped import DECLARED, ENTERPRISE_AES, NOW, account, decided, documents, fact

TODAY = NOW.date()
OWNER = FactKind.OWNER
A, B, C = (f"{name}@workspace.example" for name in "abc")
KNOWN = CrmState(known=True, read_at=NOW)
STAFF = Staff(
    by_email={email: Colleague(email, email, "ae") for email in (A, B, C)},
    pools={"ae": (A, B, C), "eu": (C,), "fallback": (A,)},
    territories=(Territory((), ("DE", "FR"), "eu"), Territory(("enterprise",), (), "ae")),
    unassigned=frozenset({"house@workspace.example"}),
)


def claim(
    key: str = "acme",
    country: str | None = None,
    listed: str | None = None,
    state: CrmState = KNOWN,
    standing: Standing = UNASSIGNED,
) -> Claim:
    return Claim(key, "mid_market", country, listed, state, standing)


def changed(email: str, staff: Staff = STAFF, **values: object) -> Staff:
    """STAFF with one person changed."""
    return replace(staff, by_email={**staff.by_email, email: replace(staff.by_email[email], **values)})  # type: ignore[arg-type]  # field names in the tests


def test_no_targets_no_owner() -> None:
    """A route to nobody names nobody."""
    assert owner_of((), claim(), STAFF, TODAY) == Owner(None)


def test_first_target_that_is_there() -> None:
    """Targets are asked in order, and the answer says which one spoke."""
    targets = (Target("sql_owner"), Target("account_owner"), Target("pool", "eu"))
    owned = replace(KNOWN, owner_email=B)

    assert owner_of(targets, claim(state=owned), STAFF, TODAY) == Owner(B, "account_owner")
    assert owner_of(targets, claim(), STAFF, TODAY) == Owner(C, "pool:eu")


def test_live_owner_beats_the_warehouse() -> None:
    """The warehouse's owner is asked only where the CRM names none (D14)."""
    targets = (Target("account_owner"),)
    house = replace(KNOWN, owner_email="house@workspace.example")

    assert owner_of(targets, claim(listed=B, state=replace(KNOWN, owner_email=C)), STAFF, TODAY).email == C
    assert owner_of(targets, claim(listed=B), STAFF, TODAY).email == B
    assert owner_of(targets, claim(listed=B, state=house), STAFF, TODAY).email == A  # the fallback


def test_role_of_the_account_owner() -> None:
    """`account_owner:role` takes the owner only in that role."""
    owned = claim(state=replace(KNOWN, owner_email=B))
    senior = changed(B, role="enterprise_ae")

    assert owner_of((Target("account_owner", "enterprise_ae"),), owned, STAFF, TODAY).email == A
    assert owner_of((Target("account_owner", "enterprise_ae"),), owned, senior, TODAY).email == B


@pytest.mark.parametrize(("country", "email"), [("DE", C), ("fr", C), ("US", A), (None, A)])
def test_territory_by_country(country: str | None, email: str) -> None:
    """The first territory that covers the account names the pool; none falls back."""
    assert owner_of((Target("territory"),), claim(country=country), STAFF, TODAY).email == email


def test_crm_owner_need_not_be_listed() -> None:
    """Somebody who owns the SQL but is missing in people.toml is still its owner."""
    stranger = replace(KNOWN, stage_owner_email="New-AE@workspace.example", stage_owner_active=True)

    assert owner_of((Target("sql_owner"),), claim(state=stranger), STAFF, TODAY).email == "new-ae@workspace.example"


def test_who_has_left_is_passed_over() -> None:
    """An SQL owner marked as gone here counts as gone, whatever the CRM says (D3)."""
    gone = replace(KNOWN, stage_owner_email=B, stage_owner_active=True)

    assert owner_of((Target("sql_owner"),), claim(state=gone), changed(B, active=False), TODAY) == Owner(
        A, "pool:fallback", ("sql_owner_inactive",)
    )


def test_who_is_away_has_a_delegate() -> None:
    """Until the end of the day a person is away, the delegate takes over (D43)."""
    owned = claim(state=replace(KNOWN, owner_email=B))
    away = changed(B, away_until=TODAY, delegate=C)

    assert owner_of((Target("account_owner"),), owned, away, TODAY).email == C
    assert owner_of((Target("account_owner"),), owned, away, TODAY + timedelta(days=1)).email == B


def test_nobody_at_all_is_flagged() -> None:
    """With everybody gone the account has no owner and says so."""
    empty = replace(STAFF, pools={"ae": (), "fallback": ()})

    assert owner_of((Target("pool", "ae"),), claim(), empty, TODAY) == Owner(None, None, ("nobody_to_route_to",))


def test_pool_is_shared_fairly() -> None:
    """Accounts spread over the members of a pool."""
    shares = Counter(owner_of((Target("pool", "ae"),), claim(f"k{n}"), STAFF, TODAY).email for n in range(600))

    assert set(shares) == {A, B, C}
    assert min(shares.values()) > 150


@pytest.mark.parametrize("gone", [A, B, C])
def test_leaving_moves_only_their_own_accounts(gone: str) -> None:
    """When a member leaves a pool, the others keep every account they had."""
    pool = (Target("pool", "ae"),)
    for number in range(200):
        before = owner_of(pool, claim(f"k{number}"), STAFF, TODAY).email
        after = owner_of(pool, claim(f"k{number}"), changed(gone, active=False), TODAY).email
        assert after != gone
        assert before in (gone, after)


def test_shipped_enterprise_rule_keeps_its_owner() -> None:
    """An enterprise AE who owns the account keeps it; an AE's goes to the enterprise pool (D10)."""
    kept = decided(account(), fact(OWNER, owner="enterprise-ae-2"))
    moved = decided(account(), fact(OWNER, owner="ae-1"))

    assert kept.routed_to == "enterprise-ae-2@workspace.example"
    assert moved.routed_to in ENTERPRISE_AES


def test_house_accounts_have_no_owner() -> None:
    """An account of the house goes where an account without owner goes (D14)."""
    record = account(closed_won_at=NOW, seats_purchased=20, seats_used=19)

    assert decided(record, fact(OWNER, owner="revops-1")).routed_to == "csm-1@workspace.example"
    assert decided(record, fact(OWNER, owner="ae-1")).routed_to == "ae-1@workspace.example"


def test_away_is_by_date() -> None:
    """Nobody is away without a date."""
    assert not Colleague(A, A, "ae").away(date.max)


# --- who has it keeps it (D14) ---------------------------------------------------------------------

POOL_AE = (Target("pool", "ae"),)


def had_by(*emails: str, **loads: int) -> Claim:
    """An account these people had, most rightful first; `loads` are a, b, c's other accounts."""
    return claim(standing=Standing(emails, {f"{name}@workspace.example": load for name, load in loads.items()}))


@pytest.mark.parametrize("holder", [A, B, C])
def test_who_has_an_account_of_the_pool_keeps_it(holder: str) -> None:
    """Whoever's turn it would be now: people who come to a pool, or leave it, move only their own."""
    assert owner_of(POOL_AE, had_by(holder), STAFF, TODAY) == Owner(holder, "pool:ae")


def test_who_has_it_keeps_it_whichever_pool_of_the_rule_is_theirs() -> None:
    """A holder from the second pool stays, although the first has room again."""
    targets = (Target("pool", "eu"), Target("pool", "ae"))

    assert owner_of(targets, had_by(B), STAFF, TODAY).email == B
    assert owner_of(targets, claim(), STAFF, TODAY).email == C


def test_who_is_no_longer_in_the_pool_gives_it_up() -> None:
    """Another pool, another role, or gone: somebody of the pool gets it."""
    assert owner_of((Target("pool", "eu"),), had_by(A), STAFF, TODAY).email == C
    assert owner_of(POOL_AE, had_by(A), changed(A, active=False), TODAY).email in {B, C}


def test_an_owner_in_the_crm_goes_before_who_has_it() -> None:
    """The live CRM owner is asked first, where the rule says so."""
    owned = replace(had_by(A), state=replace(KNOWN, owner_email=B))

    assert owner_of((Target("account_owner"), *POOL_AE), owned, STAFF, TODAY).email == B


# --- capacity --------------------------------------------------------------------------------------


def full(*emails: str, capacity: int = 2) -> Staff:
    """STAFF in which these people take no more than so many accounts."""
    staff = STAFF
    for email in emails:
        staff = changed(email, staff, capacity=capacity)
    return staff


@pytest.mark.parametrize(("load", "takes"), [(0, True), (1, True), (2, False), (3, False)])
def test_who_is_full_takes_no_new_account(load: int, takes: bool) -> None:
    """Up to the capacity and not beyond it; of a pool of one the fallback takes the next one, flagged."""
    found = owner_of((Target("pool", "eu"),), had_by(c=load), full(C), TODAY)

    assert found == (Owner(C, "pool:eu") if takes else Owner(A, "pool:fallback", ("pool_full",)))


def test_a_full_territory_is_passed_over() -> None:
    """The next target is asked, and nothing is flagged: somebody had room."""
    germany = replace(had_by(c=2), country="DE")

    assert owner_of((Target("territory"), *POOL_AE), germany, full(C), TODAY).email in {A, B}
    assert owner_of((Target("territory"), *POOL_AE), germany, full(C), TODAY).flags == ()


def test_whoever_has_room_gets_it() -> None:
    """With two of three full every account is the third's."""
    owners = {owner_of(POOL_AE, replace(had_by(a=2, b=2), key=f"k{n}"), full(A, B), TODAY).email for n in range(50)}

    assert owners == {C}


def test_less_room_moves_nobody() -> None:
    """Whoever has an account keeps it with a capacity far below what they have, even of none."""
    assert owner_of(POOL_AE, had_by(C, c=9), full(C, capacity=0), TODAY) == Owner(C, "pool:ae")


def test_everybody_full_is_the_fallback_pools() -> None:
    """However much the fallback has itself, until somebody of the pool has room again."""
    staff = full(A, B, C)

    assert owner_of(POOL_AE, had_by(a=9, b=2, c=2), staff, TODAY) == Owner(A, "pool:fallback", ("pool_full",))
    assert owner_of((Target("pool", "eu"),), had_by(A, c=1), staff, TODAY) == Owner(C, "pool:eu")


def test_owners_of_crm_records_have_no_capacity() -> None:
    """Who owns the account in the CRM has it already."""
    owned = replace(had_by(b=9), state=replace(KNOWN, owner_email=B))

    assert owner_of((Target("account_owner"),), owned, full(B), TODAY).email == B


def test_loads_follow_the_accounts() -> None:
    """Given up, taken, handed on; who has no capacity is not counted."""
    loads = {A: 1, B: 0}

    assert moved(loads, A, None) == {A: 0, B: 0}
    assert moved(loads, None, B) == {A: 1, B: 1}
    assert moved(loads, A, B) == {A: 0, B: 1}
    assert moved(loads, A, A) == moved(loads, C, None) == moved(loads, None, None) == loads


@pytest.mark.parametrize(("capacity", "accepted"), [(0, True), (40, True), (-1, False), (True, False), ("40", False)])
def test_capacity_is_a_number_of_accounts(capacity: object, accepted: bool) -> None:
    """Anything else is a mistake in people.toml, said with whose line it is."""
    files = documents()
    files["people"]["people"]["ae-1@workspace.example"]["capacity"] = capacity
    if accepted:
        assert definitions.build(files, DECLARED).staff.limited == {"ae-1@workspace.example"}
        return
    with pytest.raises(ConfigError, match=r'people.toml \[people."ae-1@workspace.example"\]: "capacity" must be'):
        definitions.build(files, DECLARED)


# --- away, and gone (D43) --------------------------------------------------------------------------


def absent(*emails: str, **delegates: str) -> Staff:
    """STAFF with these people away today; `delegates` by name."""
    staff = STAFF
    for email in emails:
        staff = changed(email, staff, away_until=TODAY)
    for name, delegate in delegates.items():
        staff = changed(f"{name}@workspace.example", staff, delegate=delegate)
    return staff


def test_a_delegate_who_is_away_has_a_delegate_too() -> None:
    """The line is followed to the first who is there."""
    owned = claim(state=replace(KNOWN, owner_email=A))

    assert owner_of((Target("account_owner"),), owned, absent(A, B, a=B, b=C), TODAY) == Owner(
        C, "account_owner", stands_in_for=A
    )


def test_a_delegate_who_has_left_is_not_chosen() -> None:
    """Their own delegate is; without one, who is away keeps what is theirs, and it says so."""
    owned = claim(state=replace(KNOWN, owner_email=A))
    gone = changed(B, absent(A, a=B), active=False)

    assert owner_of((Target("account_owner"),), owned, changed(B, gone, delegate=C), TODAY).email == C
    assert owner_of((Target("account_owner"),), owned, gone, TODAY) == Owner(A, "account_owner", ("owner_away",))


def test_delegates_in_a_circle_end_nowhere() -> None:
    """Three who stand in for each other and are all away: the owner keeps it, and nothing hangs."""
    owned = claim(state=replace(KNOWN, owner_email=A))

    assert owner_of((Target("account_owner"),), owned, absent(A, B, C, a=B, b=C, c=A), TODAY).email == A


def test_who_has_left_passes_new_work_to_their_delegate() -> None:
    """Where somebody is named for it; else the order of D3 goes on."""
    owned = claim(state=replace(KNOWN, owner_email=B))
    gone = changed(B, active=False)

    assert owner_of((Target("account_owner"),), owned, changed(B, gone, delegate=C), TODAY) == Owner(C, "account_owner")
    assert owner_of((Target("account_owner"),), owned, gone, TODAY) == Owner(A, "pool:fallback")


def test_pools_skip_who_is_away() -> None:
    """Nobody who is away gets a new account."""
    owners = {owner_of(POOL_AE, claim(f"k{n}"), absent(A), TODAY).email for n in range(50)}

    assert owners == {B, C}


def test_a_leave_moves_nothing_for_good() -> None:
    """While the holder is away their delegate has it, without one a colleague of the pool; afterwards it is theirs."""
    assert owner_of(POOL_AE, had_by(A), absent(A, a=B), TODAY) == Owner(B, "pool:ae", stands_in_for=A)
    meanwhile = owner_of(POOL_AE, had_by(A), absent(A), TODAY)
    assert meanwhile.email in {B, C}
    assert meanwhile.stands_in_for == A

    before = replace(decided(account()), routed_to=B, evidence={"stands_in_for": A})
    assert holders(before) == (A, B)
    assert owner_of(POOL_AE, had_by(*holders(before)), absent(A, a=B), TODAY + timedelta(days=1)) == Owner(A, "pool:ae")


def test_who_stood_in_for_somebody_who_leaves_keeps_it() -> None:
    """The one away left for good: whoever has the account meanwhile has it from now on."""
    assert owner_of(POOL_AE, had_by(A, C), changed(A, active=False), TODAY) == Owner(C, "pool:ae")


def test_beside_an_sql_the_holder_is_who_would_have_had_it() -> None:
    """So that the account goes back to them when the SQL comes to nothing."""
    other = Counterfactual(Route.ASSIGN_AE, "hot", "Hot", A)

    assert holders(replace(decided(account()), routed_to=B, counterfactual=other)) == (A, B)
    assert holders(None) == ()
