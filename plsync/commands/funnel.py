"""`plsync funnel`: how many accounts reached each stage, and which share of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from connector.errors import ConfigError
from connector.funnel.breaks import told
from connector.funnel.metrics import FunnelReport, Step
from plsync import exits
from plsync.terminal import say, say_json, table
from plsync.wiring import Plsync


def run(plsync: Plsync, names: Sequence[str], as_json: bool) -> int:
    """Measure the named funnels, or all."""
    unknown = [name for name in names if name not in plsync.funnels]
    if unknown:
        raise ConfigError([f'there is no funnel "{unknown[0]}"; configured: {", ".join(plsync.funnels)}'])
    reports = [plsync.measured(name) for name in names or plsync.funnels]
    if as_json:
        say_json({one.name: as_dict(one) for one in reports})
    else:
        for one in reports:
            show(one)
    return exits.DONE


def as_dict(one: FunnelReport) -> dict[str, Any]:
    """Period, counts with their denominators, and the definitions that changed meanwhile; null where nobody knows."""
    steps = [
        {"stage": s.stage, "count": s.count, "of": s.of, "denominator": s.denominator, "conversion": s.conversion}
        for s in one.steps
    ]
    changes = None if one.breaks is None else [asdict(each) for each in one.breaks]
    return {"since": one.since, "until": one.until, "steps": steps, "breaks": changes}


def show(one: FunnelReport) -> None:
    """The funnel for people."""
    labels = {step.stage: step.label for step in one.steps}
    rows = [
        [step.label, "not configured" if step.count is None else step.count, share(step, labels)] for step in one.steps
    ]
    say(f"{one.name}, {one.since:%d %b} to {one.until:%d %b %Y}", "bold")
    table(["stage", "accounts", "share"], rows, indent=2, widths=(16,))
    for sentence in told(one.breaks or ()):
        say(f"  {sentence}; counts before and after do not compare", "bold")
    if one.breaks is None:
        say("  without a store nobody knows whether a definition changed meanwhile", "dim")
    say()


def share(step: Step, labels: Mapping[str, str]) -> str:
    """`30.0 % of 4,200 Signup`, or nothing for the first stage."""
    if step.conversion is None or step.of is None:
        return ""
    return f"{step.conversion:.1%} of {step.denominator:,} {labels[step.of]}".replace("%", " %")
