"""`plsync funnel`: how many accounts reached each stage, which share of whom, how that is, and what it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from connector.errors import ConfigError
from connector.funnel.benchmarks import is_small, judge
from connector.funnel.breaks import told
from connector.funnel.metrics import FunnelReport, Scope, Step, growth, percent
from connector.funnel.periods import Period, period, recent
from plsync import exits
from plsync.measuring import measured, segment_names
from plsync.terminal import say, say_json, table
from plsync.wiring import Plsync


@dataclass(frozen=True)
class Asked:
    """The options as they were written."""

    period: str | None = None
    segment: str | None = None
    owner: str | None = None


_NOTHING = Asked()


def run(plsync: Plsync, names: Sequence[str], as_json: bool, asked: Asked = _NOTHING) -> int:
    """Measure the named funnels, or all."""
    unknown = [name for name in names if name not in plsync.funnels]
    if unknown:
        raise ConfigError([f'there is no funnel "{unknown[0]}"; configured: {", ".join(plsync.funnels)}'])
    over, scope = _over(plsync, asked), _scope(plsync, asked)
    reports = [measured(plsync, name, over, scope) for name in names or plsync.funnels]
    profile = plsync.config.benchmark_profile
    if as_json:
        say_json({one.name: as_dict(one, profile) for one in reports})
    else:
        for one in reports:
            show(one, profile)
    return exits.DONE


def _over(plsync: Plsync, asked: Asked) -> Period:
    now = plsync.clock()
    if asked.period is None:
        return recent(now)
    if over := period(asked.period, now, plsync.folder.agreed.fiscal_year_start):
        return over
    raise ConfigError(
        [
            f'"{asked.period}" is no period, or has not begun; write it as 7d, 12w, 2026-10, 2026-q3, 2026, '
            '"this month" or "last quarter"'
        ]
    )


def _scope(plsync: Plsync, asked: Asked) -> Scope:
    names = segment_names(plsync)
    if asked.segment and asked.segment not in names:
        raise ConfigError([f'there is no segment "{asked.segment}"; declared: {", ".join(names) or "none"}'])
    return Scope(asked.segment, asked.owner)


def as_dict(one: FunnelReport, profile: str) -> dict[str, Any]:
    """Period, counts with denominators and grades, the definitions that changed meanwhile; null where nobody knows."""
    before = one.before.steps if one.before else (None,) * len(one.steps)
    changes = None if one.breaks is None else [asdict(each) for each in one.breaks]
    return {
        "since": one.since,
        "until": one.until,
        "segment": one.scope.segment,
        "owner": one.scope.owner,
        "steps": [_step(step, then, profile) for step, then in zip(one.steps, before, strict=True)],
        "breaks": changes,
        "scored_at": one.scored_at,
        "definition": {"version": one.version, "since": one.in_force},
    }


def _step(s: Step, before: Step | None, profile: str) -> dict[str, Any]:
    counted = {"stage": s.stage, "count": s.count, "of": s.of, "denominator": s.denominator, "conversion": s.conversion}
    grade = judge(s, profile)
    judged = {"light": grade.light, "word": grade.word, "profile": grade.profile} if grade else None
    then = {"count": before.count, "conversion": before.conversion} if before else None
    return {**counted, "target": s.target, "grade": judged, "before": then}


def show(one: FunnelReport, profile: str) -> None:
    """The funnel for people."""
    labels = {step.stage: step.label for step in one.steps}
    before = {step.stage: step for step in one.before.steps} if one.before else {}
    rows = [
        [
            step.label,
            "not configured" if step.count is None else step.count,
            _change(step, before.get(step.stage)),
            share(step, labels),
            percent(step.target) if step.target else "",
            _grade(step, profile),
        ]
        for step in one.steps
    ]
    say(f"{one.name}, {one.since:%d %b %Y} to {one.until:%d %b %Y}{_of(one.scope)}", "bold")
    table(["stage", "accounts", "change", "share", "target", "grade"], rows, indent=2, widths=(16,))
    for sentence in told(one.breaks or ()):
        say(f"  {sentence}; counts before and after do not compare", "bold")
    if one.breaks is None:
        say("  without a store nobody knows whether a definition changed meanwhile", "dim")
    scored = f"scored {one.scored_at:%d %b %Y %H:%M} UTC" if one.scored_at else "when accounts were scored is not known"
    say(f"  {scored}; funnel definition {one.version}", "dim")
    say()


def share(step: Step, labels: Mapping[str, str]) -> str:
    """`30.0 % of 4,200 Signup`, or nothing for the first stage."""
    if step.conversion is None or step.of is None:
        return ""
    return f"{percent(step.conversion)} of {step.denominator:,} {labels[step.of]}"


def _change(step: Step, before: Step | None) -> str:
    grown = growth(step, before) if before else None
    return f"{grown * 100:+.1f} %" if grown is not None else ""


def _grade(step: Step, profile: str) -> str:
    if grade := judge(step, profile):
        words = grade.light if grade.word == grade.light else f"{grade.light}: {grade.word}"
        return f"{words} ({grade.profile})"
    return "too few to grade" if is_small(step) else ""


def _of(scope: Scope) -> str:
    said = [scope.segment, f"owned by {scope.owner}" if scope.owner else None]
    return "".join(f", {one}" for one in said if one)
