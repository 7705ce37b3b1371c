"""The strokes every account is drawn with: who owns it, when it moved, what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.demo.account import Signal
from sandbox.demo.choice import between, pick, share
from sandbox.demo.days import Days
from sandbox.demo.rubric import HOT, RUBRIC, Points, Stages, score_of
from sandbox.demo.staff import AES, ENTERPRISE_AES, HOUSE
from sandbox.demo.story import Sketch

ENTERPRISE_OWNER_MIN = 200  # employees from which an enterprise AE owns the account in the CRM
SIGNAL_OF = {
    "quota": "limit_near",
    "invites": "teammate_invited",
    "pricing": "pricing_view",
    "support": "support_contact",
}
NAMED_JITTER = 0.4  # of a day, so that the named accounts do not all move at the same second

Told = tuple[str, float] | tuple[str, float, str]  # kind, hours before the end of day two, detail


def points(words: str) -> Points:
    """Component names separated by blanks. Raises ValueError for a name the rubric does not have."""
    names = frozenset(words.split())
    if unknown := names - RUBRIC.keys():
        raise ValueError(f"no such rubric component: {', '.join(sorted(unknown))}")
    return names


def owner_by_size(key: str, employees: int | None) -> str:
    """An enterprise AE for large accounts, an AE for the others, the house where the size is unknown."""
    if employees is None:
        return HOUSE
    return pick(ENTERPRISE_AES if employees >= ENTERPRISE_OWNER_MIN else AES, key, "owner")


def users_for(key: str, earned: Points) -> int:
    """Active users that agree with the multi-user component."""
    return between(3, 12, key, "users") if "multi_user" in earned else 1


def signals_for(key: str, earned: Points, gained: Points, since: datetime, days: Days) -> tuple[Signal, ...]:
    """The signals behind the components: history for what was earned before, the last hour for what was gained."""
    names = [name for name in SIGNAL_OF if name in earned]
    return tuple(Signal(SIGNAL_OF[name], _moment(key, name, gained, since, days)) for name in names)


def _moment(key: str, name: str, gained: Points, since: datetime, days: Days) -> datetime:
    if name in gained:
        return days.before_day_two(between(20, 50, key, name) / 60)
    return since + (days.ago(0.05) - since) * share(key, name)


def crosser(days: Days, key: str, shows: str, employees: int | None, *, base: str, gained: str, **more: Any) -> Sketch:
    """A named account that is Warm at the baseline and Hot, hence a PQL, after day two."""
    arrives = points(gained)
    return _named(days, key, shows, employees, points(base) | arrives, arrives, days.day_two_scored_at, **more)


def steady(days: Days, key: str, shows: str, employees: int | None, *, earned: str, **more: Any) -> Sketch:
    """A named account whose score day two leaves alone; a PQL from the start where it is Hot and activated."""
    return _named(days, key, shows, employees, points(earned), frozenset(), None, **more)


def _named(
    days: Days,
    key: str,
    shows: str,
    employees: int | None,
    earned: Points,
    gained: Points,
    pql: datetime | None,
    *,
    activated: bool = True,
    ago: dict[str, float] | None = None,
    told: tuple[Told, ...] | None = None,
    **particular: Any,
) -> Sketch:
    """Stages `ago` in days before the baseline over the defaults, signals as `told` or else from the components."""
    stages = _stages(days, key, hot=score_of(earned) >= HOT, activated=activated, pql=pql, ago=ago or {})
    since = stages.activated or stages.signup or days.opens
    signals = signals_for(key, earned, gained, since, days) if told is None else _told(told, days)
    defaults: dict[str, Any] = {"active_users": users_for(key, earned), "owner": owner_by_size(key, employees)}
    return Sketch(
        key=key,
        employees=employees,
        shows=shows,
        points=earned,
        gained=gained,
        stages=stages,
        signals=signals,
        **defaults | particular,
    )


def _told(told: tuple[Told, ...], days: Days) -> tuple[Signal, ...]:
    return tuple(Signal(kind, days.before_day_two(hours), *detail) for kind, hours, *detail in told)


def _stages(days: Days, key: str, *, hot: bool, activated: bool, pql: datetime | None, ago: dict[str, float]) -> Stages:
    when = {"signup": 26.0} | ({"activated": 20.0} if activated else {})
    if hot and activated and pql is None:
        when["pql"] = 10.0
    moments = {name: days.ago(past - share(key, name) * NAMED_JITTER) for name, past in (when | ago).items()}
    return Stages(**moments | ({"pql": pql} if pql else {}))
