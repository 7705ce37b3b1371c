"""How promises were kept: what was met, what was broken, what is open, policy by policy."""

from __future__ import annotations

from collections.abc import Sequence

from bot.settings import PRODUCTION
from bot.sla.amounts import Amount, Unit
from bot.sla.attainment import Attained, Kept
from bot.sla.policy import SlaPolicy
from bot.views.blocks import Message, context, header, message, section
from bot.views.funnel import scope_line
from bot.views.scene import environment_label
from bot.views.text import number, words
from connector.funnel.metrics import Scope, percent
from connector.funnel.periods import Period

_TERMS = (
    "Alerts with a clock that were raised in this time. A broken promise stays broken, however late it was kept; "
    "“ended” were over for another reason before their time was. An acknowledgement is no outreach. “unproven”: no "
    "outreach is known, and a CRM keeps no activities plsync can read."
)
_POLICIES_PER_SECTION, _MOST_POLICIES = 8, 40


def attainment_message(
    attained: Sequence[Attained], uncovered: int, over: Period, scope: Scope, environment: str = PRODUCTION
) -> Message:
    """The answer to `/funnel sla`."""
    lines = ["\n".join(_lines(one)) for one in attained[:_MOST_POLICIES]]
    parts = [lines[start : start + _POLICIES_PER_SECTION] for start in range(0, len(lines), _POLICIES_PER_SECTION)]
    told = [section("\n".join(part)) for part in parts]
    return message(
        [
            *environment_label(environment),
            header("Promises kept"),
            context(scope_line(over.since, over.until, scope)),
            *(told or [section("No promise is configured (mappings/sla.toml).")]),
            *([context(f"Under no promise: {number(uncovered)}.")] if uncovered else []),
            context(_TERMS),
        ]
    )


def _lines(one: Attained) -> list[str]:
    policy = one.policy
    return [
        f"*{_name(policy)}*",
        f"      acknowledge within {_amount(policy.acknowledge.amount)}: {_kept(one.acknowledged)}",
        f"      reach out within {_amount(policy.breach.amount)}: {_kept(one.reached_out, proven=True)}",
    ]


def _name(policy: SlaPolicy) -> str:
    segment = f", segment {words(policy.segment)}" if policy.segment else ""
    return f"{words(policy.tier).capitalize()}{segment}"


def _kept(kept: Kept | None, *, proven: bool = False) -> str:
    """`proven`: what is counted needs a proof; so it says what has none (D40)."""
    if kept is None:
        return "not configured: its breach is not on the ladder"
    share = f" ({percent(kept.share)} of {number(kept.met + kept.breached)} met)" if kept.share is not None else ""
    own_word = f" ({number(kept.self_declared)} by their own word alone)" if kept.self_declared else ""
    unproven = f" {kept.unproven:,} unproven," if proven else ""
    return (
        f"{kept.met:,} met{own_word}, {kept.breached:,} breached,{unproven} "
        f"{kept.open:,} open, {kept.ended:,} ended{share}"
    )


def _amount(amount: Amount) -> str:
    unit = "business hour" if amount.unit is Unit.BUSINESS_HOURS else "hour"
    return f"{amount.number.normalize():f} {unit}{'' if amount.number == 1 else 's'}"
