"""Tiers, layers, segments and the score that must add up (C10, C18, K10, J16 to J22)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.model import Layers, Tier
from connector.rules import definitions
from connector.rules.reading import Problems
from connector.rules.segments import read, segment_of
from connector.rules.tiers import Thresholds
from tests.unit.rules.shipped import POINTS, account, decided, documents, scored, shipped, signal


@pytest.mark.parametrize(
    ("score", "tier"),
    [
        ("80", Tier.HOT),
        ("79", Tier.WARM),
        ("79.9", Tier.WARM),
        ("50", Tier.WARM),
        ("49", Tier.WATCHING),
        ("30", Tier.WATCHING),
        ("29", Tier.NONE),
        ("0", Tier.NONE),
    ],
)
def test_tier_boundaries(score: str, tier: Tier) -> None:
    """Each threshold belongs to the tier above it (J21)."""
    assert Thresholds().tier(Decimal(score)) is tier


def test_no_score_has_no_tier() -> None:
    """Without a score nobody knows the tier, and the account is left alone."""
    decision = decided(account(score=None))

    assert (decision.rule, decision.route, decision.tier) == ("no-score", "none", Tier.NONE)


@pytest.mark.parametrize(
    ("points", "total", "tier"),
    [
        pytest.param(POINTS, 150, Tier.HOT, id="J16"),
        pytest.param({"core_workflow": 30, "distinct_days": 20, "quota": 15}, 65, Tier.WARM, id="J17"),
        pytest.param({"core_workflow": 30, "distinct_days": 20, "quota": 15, "invites": 25}, 90, Tier.HOT, id="J18"),
        pytest.param({"core_workflow": 30, "distinct_days": 20}, 50, Tier.WARM, id="J21"),
    ],
)
def test_rubric(points: dict[str, int], total: int, tier: Tier) -> None:
    """The rubric's components sum to its printed totals and land in its tiers."""
    values = scored(**points)
    decision = decided(account(**values))

    assert (values["score"], decision.tier) == (total, tier)
    assert "score_mismatch" not in decision.flags


def test_hot_without_intent_or_fit_lacks_layers() -> None:
    """80 points without intent, ICP or a second user is Hot by score alone (J19)."""
    values = scored(core_workflow=30, distinct_days=20, invites=25, business_email=5)
    decision = decided(account(**values, employees=2, active_users=1))

    assert (values["score"], decision.tier) == (80, Tier.HOT)
    assert decision.layers == Layers(behavioural=True, organisational=False, intent=False)
    assert {"layer_missing:organisational", "layer_missing:intent"} <= set(decision.flags)


def test_hot_without_usage_lacks_behaviour() -> None:
    """80 points without one for using the product lacks the behavioural layer (J20)."""
    decision = decided(account(**scored(invites=25, multi_user=20, icp=15, pricing=10, support=10)))

    assert decision.tier is Tier.HOT
    assert decision.layers == Layers(behavioural=False, organisational=True, intent=True)


def test_intent_can_be_shown_by_signals_alone() -> None:
    """A limit that was hit is intent whatever the components say; one look at the prices is not."""
    values = scored(core_workflow=30, distinct_days=20, invites=25, business_email=5)

    assert decided(account(signal("limit_hit", 3), **values)).layers.intent is True
    assert decided(account(signal("pricing_view", 3), **values)).layers.intent is False
    assert decided(account(signal("pricing_view", 3), signal("pricing_view", 2), **values)).layers.intent is True


def test_layers_nobody_can_tell_are_null() -> None:
    """Without components, sizes or an activation stage a layer is unknown rather than missing."""
    columns = {name: kind for name, kind in shipped().columns.items() if name in {"key", "domain", "score"}}
    bare = definitions.build(documents(), columns)
    decision = decided(account(employees=None, active_users=None, activated_at=None), by=bare)

    assert decision.layers == Layers(None, None, None)
    assert not [flag for flag in decision.flags if flag.startswith("layer_missing")]


def test_enforced_layers_keep_an_account_from_sales() -> None:
    """require = "enforce" turns an assignment that lacks a layer into nurture; "off" does not even flag it (K18)."""
    values = scored(core_workflow=30, distinct_days=20, invites=25, business_email=5)
    files = documents()
    files["rules"]["layers"]["require"] = "enforce"
    enforced = decided(account(**values), by=definitions.build(files, shipped().columns))
    files["rules"]["layers"]["require"] = "off"
    off = decided(account(**values), by=definitions.build(files, shipped().columns))

    assert (enforced.route, enforced.rule, enforced.routed_to) == ("nurture", "layers-missing", None)
    assert enforced.reason == "missing layer: intent"
    assert off.route == "assign_ae"
    assert not [flag for flag in off.flags if flag.startswith("layer_missing")]


def test_score_that_does_not_add_up_is_a_finding() -> None:
    """A score of 82 over components that sum to 80 is flagged (J22); a missing component proves nothing."""
    values = scored(core_workflow=30, distinct_days=20, quota=15, icp=15)

    assert "score_mismatch" in decided(account(**{**values, "score": 82})).flags
    assert "score_mismatch" not in decided(account(**values)).flags
    assert "score_mismatch" not in decided(account(**{**values, "score": 82, "points_icp": None})).flags


@pytest.mark.parametrize(
    ("employees", "segment"),
    [
        ("1", "self_serve"),
        ("49", "self_serve"),
        ("50", "mid_market"),
        ("499", "mid_market"),
        ("500", "enterprise"),
        ("0", "unknown_size"),
        (None, "unknown_size"),
    ],
)
def test_segment_edges(employees: str | None, segment: str) -> None:
    """Segments are half-open: the upper edge belongs to the next one (K10)."""
    size = None if employees is None else Decimal(employees)

    assert segment_of(size, shipped().segments) == segment


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ([(1, 50), (60, None)], "nobody covers 50 to 59 employees"),
        ([(1, 50), (40, None)], "overlaps the one before it"),
        ([(1, None), (50, None)], "overlaps the one before it"),
        ([(1, 50)], 'must be open: leave out "below"'),
        ([(5, None)], "nobody covers 1 to 4 employees"),
        ([(1, 1), (1, None)], '"below" must be a whole number above 1'),
        ([], "names no segment"),
    ],
)
def test_segments_without_gap_or_overlap(edges: list[tuple[int, int | None]], said: str) -> None:
    """A company size that belongs nowhere, or twice, is refused at load (D7)."""
    rows = [
        {"name": f"s{place}", "least": least} | ({} if below is None else {"below": below})
        for place, (least, below) in enumerate(edges)
    ]
    problems = Problems()
    read({"segment": rows}, problems)

    assert any(said in problem for problem in problems.found)
