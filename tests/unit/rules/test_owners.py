"""Whose account it becomes: targets in order, people who are there, pools that share (D3, D14, D43)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from connector.model import CrmState, FactKind
from connector.rules.owners import Claim, Owner, Target, owner_of
from connector.rules.people import Colleague, Staff, Territory
from tests.unit.rules.shipped import ENTERPRISE_AES, NOW, account, decided, fact

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


def claim(key: str = "acme", country: str | None = None, listed: str | None = None, state: CrmState = KNOWN) -> Claim:
    return Claim(key, "mid_market", country, listed, state)


def changed(email: str, **values: object) -> Staff:
    """STAFF with one person changed."""
    return replace(STAFF, by_email={**STAFF.by_email, email: replace(STAFF.by_email[email], **values)})  # type: ignore[arg-type]  # field names in the tests


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
