"""How promises over dates of the CRM were kept, below those on alerts; and what a manager is told of MQLs (D41)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.sla.amounts import Amount, Unit, parse
from bot.sla.crm_attainment import MOST_LISTED, REJECTS, CrmAttained, CrmKept, Open, Rejects
from bot.sla.crm_dates import DISCOVERY, MQL_REVIEW, MQL_VERDICT, Consequence, CrmClock
from bot.views.blocks import Block, context, header, section
from bot.views.funnel import narrowed_to
from bot.views.text import escape, moment, number
from connector.funnel.metrics import Scope, percent

WHERE = "[warehouse.accounts.columns]"
_TITLE = "*MQLs and SQLs, by the dates of the CRM*"
_PROMISES = {
    MQL_REVIEW: "MQL reviewed within {}",
    MQL_VERDICT: "MQL accepted or rejected within {}",
    DISCOVERY: "discovery within {} of the SQL",
}
_UNITS = {Unit.BUSINESS_HOURS: "business hour", Unit.HOURS: "hour", Unit.BUSINESS_DAYS: "business day"}
_TERMS = (
    "Counted by when each MQL or SQL began, and a reject by when it was made; in the working hours of the owner the "
    "warehouse names. “Late” was done too late, “overdue” is not done; a date in the future is not done yet. "
    "“Contradictory” would have been done before it began, and is neither kept nor broken."
)
_NAME, _OWNER = 80, 80
_LINES_PER_SECTION = 5


def crm_blocks(told: CrmAttained) -> list[Block]:
    """The part of `/funnel sla` below the alerts."""
    if not told.kept and told.rejects is None:
        names = dict.fromkeys(name for _, lacks in (*told.undeclared, ("", REJECTS)) for name in lacks)
        return [*heading(), section(f"Not declared: {_columns(names)} in `{WHERE}`.")]
    undeclared = [f"{_promise(clock)}: not declared ({_columns(lacks)})" for clock, lacks in told.undeclared]
    lines = [*map(_kept_line, told.kept), *undeclared, _rejects_line(told.rejects)]
    return [
        section("\n".join([_TITLE, *(f"• {line}" for line in lines)])),
        *(block for one in told.kept if one.clock.then is Consequence.PIPELINE_REVIEW for block in _reviewed(one)),
        *(_uncoded(told.rejects) if told.rejects else ()),
        context(_TERMS),
    ]


def heading() -> list[Block]:
    """The title alone, where there is nothing to count."""
    return [section(_TITLE)]


def unread() -> Block:
    """Where the warehouse cannot be read."""
    return section("The warehouse cannot be read right now, so nobody knows. Please try again in a few minutes.")


def unscoped(scope: Scope) -> Block:
    """Where the warehouse does not say whose accounts they are."""
    names = [*(["employees"] if scope.segment else []), *(["owner_email"] if scope.owner else [])]
    asked = ", ".join(narrowed_to(scope))
    return section(f"Not narrowed to {asked}: `{WHERE}` does not declare all of {_columns(names)}.")


def unreviewed_blocks(told: Mapping[str, Any], at: datetime) -> Iterator[Block]:
    """For whoever is told of MQLs that nobody reviewed. Tolerates whatever it lacks."""
    listed = list(told.get("listed") or ())[:MOST_LISTED]
    count = int(told.get("count") or len(listed))
    yield header("⏰ MQLs wait for a review" if count != 1 else "⏰ An MQL waits for a review")
    within = f" within {spelled(parse(str(told['within'])))}" if told.get("within") else ""
    yield section(f"{number(count)} should have been reviewed{within}, and nobody had at {moment(at)}.")
    yield from _listed([_waiting(one) for one in listed], count)
    yield context("By the dates of the CRM, as the warehouse has them. You are told of each once; see `/funnel sla`.")


def spelled(amount: Amount) -> str:
    """An amount in words: "4 business hours"."""
    return f"{amount.number.normalize():f} {_UNITS[amount.unit]}{'' if amount.number == 1 else 's'}"


def _kept_line(one: CrmKept) -> str:
    parts = [
        f"{number(count)} {word}"
        for count, word in (
            (one.kept, "kept"),
            (one.late, "late"),
            (one.overdue, "overdue"),
            (one.running, "running"),
        )
    ]
    contradictory = [f"{number(one.contradictory)} contradictory"] if one.contradictory else []
    share = f" ({percent(one.share)} of {number(one.settled)} kept)" if one.settled else ""
    return f"{_promise(one.clock)}: {', '.join([*parts, *contradictory])}{share}"


def _promise(clock: CrmClock) -> str:
    return _PROMISES[clock.name].format(spelled(clock.within.amount))


def _rejects_line(rejects: Rejects | None) -> str:
    if rejects is None:
        return f"rejects without a reason: not declared ({_columns(REJECTS)})"
    coded = f" ({percent(rejects.share)} have one, target 100 %)" if rejects.rejected else ""
    return f"rejects without a reason: {number(rejects.uncoded)} of {number(rejects.rejected)}{coded}"


def _reviewed(one: CrmKept) -> Iterable[Block]:
    lines = [f"{_account(each)}, due {moment(each.due_at)}" for each in one.listed]
    return _listed(lines, one.overdue, "*For the pipeline review: no discovery in time*")


def _uncoded(rejects: Rejects) -> Iterable[Block]:
    lines = [f"{_account(each)}, rejected {moment(each.since)}" for each in rejects.listed]
    return _listed(lines, rejects.uncoded, "*Rejected without a reason*")


def _listed(lines: Sequence[str], count: int, title: str | None = None) -> Iterator[Block]:
    """Bullets under a title, in sections that Slack takes whatever the names are; nothing where there is none."""
    more = [f"… and {number(count - len(lines))} more"] if count > len(lines) else []
    shown = [*(f"• {line}" for line in lines), *more] if lines else []
    for start in range(0, len(shown), _LINES_PER_SECTION):
        titled = [title] if title and not start else []
        yield section("\n".join([*titled, *shown[start : start + _LINES_PER_SECTION]]))


def _account(one: Open) -> str:
    return f"*{escape(one.name, _NAME)}* – {_owner(one.owner)}"


def _waiting(told: Mapping[str, Any]) -> str:
    due = f", due {moment(datetime.fromisoformat(str(told['due'])))}" if told.get("due") else ""
    return f"*{escape(told.get('name') or '?', _NAME)}* – {_owner(told.get('owner'))}{due}"


def _owner(email: object) -> str:
    return escape(email, _OWNER) if email else "no owner"


def _columns(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
