"""The thousands of ordinary accounts that bring every stage to its volume (the worked funnels of rules j)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from sandbox.demo.account import PERSONAL_DOMAINS, Signal
from sandbox.demo.choice import between, pick, share
from sandbox.demo.days import Days
from sandbox.demo.rubric import Points, Stages, earning, score_of, tier_of
from sandbox.demo.sketching import owner_by_size, points, signals_for, users_for
from sandbox.demo.story import Sketch

VOLUMES = {
    "signup": 4_200,
    "activated": 1_260,
    "pql": 189,
    "self_serve_paid": 34,
    "mql": 85,
    "sql": 28,
    "opportunity": 19,
    "closed_won": 6,
}
CROSSERS = 6  # whatever the scale, so that day two floods nobody
GROWING, INVITING, OVERLAP, LATE_ACTIVATIONS, NEWCOMERS = 45, 15, 5, 12, 140  # times the scale
UNACTIVATED = points("core_workflow distinct_days quota support")
EMAIL, SUPPORT = points("business_email"), points("support")
USED = points("core_workflow distinct_days quota invites multi_user pricing support")

Maker = Callable[[str, Days], Sketch]


def bulk(days: Days, scale: int, named: Sequence[Sketch]) -> Iterator[Sketch]:
    """Everything the named accounts leave to be filled: first those who signed up, then those sales met first."""
    left = {stage: count * scale - _reached(named, stage) for stage, count in VOLUMES.items()}
    yield from _numbered("ws-{:05d}", _product(left, scale), days)
    yield from _numbered("sl-{:03d}", _sales(left, scale), days)


def _reached(named: Iterable[Sketch], stage: str) -> int:
    return sum(getattr(sketch.stages, stage) is not None for sketch in named)


def _numbered(pattern: str, groups: Iterable[tuple[int, Maker]], days: Days) -> Iterator[Sketch]:
    number = 0
    for count, make in groups:
        for _ in range(count):
            number += 1
            yield make(pattern.format(number), days)


def _product(left: dict[str, int], scale: int) -> list[tuple[int, Maker]]:
    overlap, changing = OVERLAP * scale, (GROWING + INVITING) * scale
    active = left["activated"] - left["pql"] - overlap - changing - LATE_ACTIVATIONS * scale
    return [
        (left["self_serve_paid"], _paid),
        (overlap, _hot_lead),
        (left["pql"] - left["self_serve_paid"] - overlap - CROSSERS, _hot),
        (CROSSERS, _crossing),
        (overlap, _active_lead),
        (GROWING * scale, _growing),
        (INVITING * scale, _inviting),
        (active, _active),
        (LATE_ACTIVATIONS * scale, _activating),
        (left["signup"] - left["activated"] - NEWCOMERS * scale, _idle),
        (NEWCOMERS * scale, _newcomer),
    ]


def _sales(left: dict[str, int], scale: int) -> list[tuple[int, Maker]]:
    return [
        (left["closed_won"], _sold("mql", "sql", "opportunity", "closed_won")),
        (left["opportunity"] - left["closed_won"], _sold("mql", "sql", "opportunity")),
        (left["sql"] - left["opportunity"], _sold("mql", "sql")),
        (left["mql"] - left["sql"] - 2 * OVERLAP * scale, _sold("mql")),
    ]


def _hot(key: str, days: Days, *more_stages: str) -> Sketch:
    earned = pick(earning("hot", needed=points("core_workflow multi_user pricing business_email")), key, "points")
    sketch = _account(key, days, earned, "signup", "activated", "pql", *more_stages)
    return replace(sketch, owner=owner_by_size(key, sketch.employees))


def _hot_lead(key: str, days: Days) -> Sketch:
    sketch = _hot(key, days)
    return replace(sketch, stages=replace(sketch.stages, mql=days.history(f"{key} mql", 1)[0]))


def _paid(key: str, days: Days) -> Sketch:
    seats = between(10, 60, key, "seats")
    used = int(seats * (0.4 + 0.3 * share(key, "seats used")))
    return replace(_hot(key, days, "self_serve_paid"), seats=(seats, used, used))


def _crossing(key: str, days: Days) -> Sketch:
    """Warm at the baseline; on day two it hits its limit and looks at the prices, and is Hot."""
    gained = points("quota pricing")
    sketch = _account(key, days, points("core_workflow distinct_days multi_user business_email"), "signup", "activated")
    employees = between(50, 900, key, "crossing")
    minutes = between(20, 45, key, "limit")
    return replace(
        sketch,
        employees=employees,
        points=sketch.points | gained,
        gained=gained,
        owner=owner_by_size(key, employees),
        stages=replace(sketch.stages, pql=days.day_two_scored_at),
        signals=(
            Signal("pricing_view", days.before_day_two((minutes + 8) / 60), "pricing page"),
            Signal("limit_hit", days.before_day_two(minutes / 60)),
        ),
    )


def _active(key: str, days: Days) -> Sketch:
    tier = pick(("warm", "watching", "watching", "none", "none"), key, "tier")
    needed = points("core_workflow") if tier != "none" else frozenset()
    return _account(key, days, _earned(key, tier, needed), "signup", "activated")


def _active_lead(key: str, days: Days) -> Sketch:
    earned = pick(earning("warm", needed=points("core_workflow business_email")), key, "points")
    sketch = _account(key, days, earned, "signup", "activated")
    stages = replace(sketch.stages, mql=days.history(f"{key} mql", 1)[0])
    return replace(sketch, stages=stages, owner=owner_by_size(key, sketch.employees))


def _growing(key: str, days: Days) -> Sketch:
    """One more user and a support contact on day two: ten points more, the same tier."""
    tier = pick(("warm", "watching", "none"), key, "tier")
    before = pick([earned for earned in earning(tier, never=SUPPORT) if _keeps_tier(earned)], key, "points")
    sketch = _account(key, days, before, "signup", "activated")
    grown = before | SUPPORT
    signals = signals_for(key, grown, SUPPORT, days.opens, days)
    return replace(
        sketch, points=grown, gained=SUPPORT, signals=signals, active_users=sketch.active_users + 1, joined=1
    )


def _keeps_tier(earned: Points) -> bool:
    return tier_of(score_of(earned)) == tier_of(score_of(earned | SUPPORT))


def _inviting(key: str, days: Days) -> Sketch:
    """Nothing but one more invitation on day two."""
    sketch = _active(key, days)
    return replace(sketch, signals=(*sketch.signals, Signal("teammate_invited", days.during_day_two(key))))


def _activating(key: str, days: Days) -> Sketch:
    sketch = _account(key, days, points("core_workflow business_email"), "signup")
    stages = replace(sketch.stages, activated=days.during_day_two(key))
    return replace(sketch, gained=points("core_workflow"), stages=stages)


def _idle(key: str, days: Days) -> Sketch:
    tier = "watching" if share(key, "tier") < 0.1 else "none"
    return _account(key, days, _earned(key, tier, never=UNACTIVATED), "signup")


def _newcomer(key: str, days: Days) -> Sketch:
    sketch = _account(key, days, _earned(key, "none", never=USED), "signup")
    return replace(sketch, stages=Stages(signup=days.during_day_two(key)))


def _sold(*stages: str) -> Maker:
    def make(key: str, days: Days) -> Sketch:
        employees = between(20, 1_500, key, "employees")
        return Sketch(
            key,
            employees,
            name=key.replace("sl-", "Sales-led "),
            points=points("icp business_email"),
            owner=owner_by_size(key, employees),
            stages=_reaching(key, days, stages),
        )

    return make


def _account(key: str, days: Days, earned: Points, *stages: str) -> Sketch:
    reached = _reaching(key, days, stages)
    since = reached.activated or reached.signup or days.opens
    return Sketch(
        key,
        _employees(key),
        name=key.replace("ws-", "Workspace "),
        domain="" if earned >= EMAIL else pick(PERSONAL_DOMAINS, key, "domain"),
        points=earned,
        active_users=users_for(key, earned),
        stages=reached,
        signals=signals_for(key, earned, frozenset(), since, days),
    )


def _reaching(key: str, days: Days, stages: Sequence[str]) -> Stages:
    return Stages(**dict(zip(stages, days.history(key, len(stages)), strict=True)))


def _earned(key: str, tier: str, needed: Points = frozenset(), never: Points = frozenset()) -> Points:
    """Points of the tier; one account in seven signs up with a personal address."""
    if share(key, "personal") < 1 / 7:
        return pick(earning(tier, needed=needed, never=never | EMAIL), key, "points")
    return pick(earning(tier, needed=needed | EMAIL, never=never), key, "points")


def _employees(key: str) -> int | None:
    where = share(key, "size")
    if where < 0.02:
        return None
    if where < 0.7:
        return between(1, 49, key, "employees")
    return between(50, 499, key, "employees") if where < 0.95 else between(500, 2_000, key, "employees")
