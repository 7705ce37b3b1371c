"""From counts to a funnel: how many reached each stage, and which share of whom.

A count of None means "not configured", which is not 0 (D45). A share always names its denominator, because the same
words (win rate, free to paid) are used for shares of different things (K12, K14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from connector.funnel.breaks import Break


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a funnel. `column` is the logical date column an account reaches it by: one per stage (A11).

    `target` is the share (0 to 1) of the stage before that is aimed for, None where nobody set one.
    """

    name: str
    label: str
    column: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """Stages in order, all owned by one motion: two funnels are reconciled, never stretched into one (B6)."""

    name: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One stage in a report. `conversion` is the share (0 to 1) of the `denominator` accounts at stage `of`."""

    stage: str
    label: str
    count: int | None
    of: str | None
    denominator: int | None
    conversion: float | None
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose accounts are counted: of a segment, of an owner by e-mail as the warehouse has it; None is all of them."""

    segment: str | None = None
    owner: str | None = None


EVERYBODY = Scope()


@dataclass(frozen=True, slots=True)
class FunnelReport:
    """A funnel over since <= date < until. `breaks` are the definitions that changed then, None where nobody knows.

    `before` is the same over the equal period before it, whose changes of definitions are among the breaks. `scored_at`
    is when the warehouse was last scored; None where it does not say. `version` is that of the funnel's definition,
    `in_force` since when that is known to be it.
    """

    name: str
    since: datetime
    until: datetime
    steps: tuple[Step, ...]
    breaks: tuple[Break, ...] | None = ()
    before: FunnelReport | None = None
    scope: Scope = EVERYBODY
    scored_at: datetime | None = None
    version: str | None = None
    in_force: datetime | None = None


def default_funnels() -> dict[str, Funnel]:
    """The self-serve funnel (G1) and the sales-led funnel (G2), by name."""
    product_led = (
        Stage("signup", "Signup", "signup_at"),
        Stage("activated", "Activated", "activated_at", target=0.30),  # G5
        Stage("pql", "PQL", "pql_at"),
        Stage("self_serve_paid", "Self-serve paid", "self_serve_paid_at"),
    )
    sales_led = (
        Stage("mql", "MQL", "mql_at"),
        Stage("sql", "SQL", "sql_at", target=0.35),  # G6
        Stage("opportunity", "Opportunity", "opportunity_at"),
        Stage("won", "Closed won", "closed_won_at"),
    )
    return {"plg": Funnel("plg", product_led), "sales": Funnel("sales", sales_led)}


def report(funnel: Funnel, counts: Mapping[str, int], since: datetime, until: datetime) -> FunnelReport:
    """Each stage with its share of the stage before it (G18). Stages absent from `counts` are not configured."""
    steps = [_step(stage, None, counts) for stage in funnel.stages[:1]]
    steps += [_step(stage, previous, counts) for previous, stage in pairwise(funnel.stages)]
    return FunnelReport(funnel.name, since, until, tuple(steps))


def conversion(report: FunnelReport, stage: str, of: str) -> float | None:
    """The share of the accounts at `of` that `stage` counts, adjacent or not: won of SQL is not won of opportunity."""
    counts = {step.stage: step.count for step in report.steps}
    return share(counts[stage], counts[of])


def share(count: int | None, denominator: int | None) -> float | None:
    """count / denominator, or None where there is nothing to take a share of."""
    if count is None or not denominator:
        return None
    return count / denominator


def growth(step: Step, before: Step) -> float | None:
    """How a count changed, as a share of what it was; None where there was nothing, or nobody counted."""
    if step.count is None or not before.count:
        return None
    return step.count / before.count - 1


def percent(value: float | None) -> str:
    """A share for people, to one decimal: 0.1799 is "18.0 %", and nothing is a dash."""
    return "–" if value is None else f"{value * 100:.1f} %"


def _step(stage: Stage, previous: Stage | None, counts: Mapping[str, int]) -> Step:
    count = counts.get(stage.name)
    if previous is None:
        return Step(stage.name, stage.label, count, None, None, None)
    denominator = counts.get(previous.name)
    return Step(stage.name, stage.label, count, previous.name, denominator, share(count, denominator), stage.target)
