"""Why something was not done, said to the person who wanted it: who may, who has it, what it would need."""

from __future__ import annotations

from collections.abc import Iterator

from bot.lifecycle import OVER, REINSTATED_WITHIN, Alert, Event, State
from bot.rights import Actor, Part, entitled, is_guarded
from bot.sla.roster import Roster
from bot.views.scene import Scene, mention
from bot.views.text import escape, lasted

GONE = "This alert is not known any more, so nothing can be done with it."
_UNKNOWN = "\nSlack does not tell your e-mail, by which people are known here. If it should, try again in a minute."
_OVER = {
    State.SUPERSEDED: "it was superseded",
    State.DISQUALIFIED: "it was called no fit",
    State.CONVERTED: "the account bought by itself",
    State.CLOSED: "it is closed",
    State.CONTACTED: "somebody reached out already",
}


def forbidden(event: Event, alert: Alert, actor: Actor, roster: Roster, scene: Scene) -> str:
    """Who may do it instead."""
    guarded = is_guarded(alert)
    may = entitled(event, guarded=guarded)
    who = list(dict.fromkeys(_named(may, alert, roster, scene)))
    because = "This is a named account, or one with an open opportunity. " if may != entitled(event) else ""
    listed = " or ".join([", ".join(who[:-1]), who[-1]] if len(who) > 1 else who)
    return f"{because}Only {listed} can do that.{'' if actor.email else _UNKNOWN}"


def impossible(event: Event, alert: Alert) -> str:
    """Why it cannot be done now, from how the alert stands."""
    if event is Event.REINSTATE:
        return _not_undone(alert)
    if alert.state in OVER:
        return f"That cannot be done any more: {_OVER.get(State(alert.state), 'it is over')}.{_by(alert)}"
    if event is Event.UNACKNOWLEDGE and alert.state == State.SNOOZED:
        return "It is asleep: wake it up before you give it back."
    if event is Event.UNACKNOWLEDGE:
        return "Nobody has it, so it cannot be given back."
    if event in (Event.WAKE, Event.RESUME):
        return "It is awake already."
    return "That cannot be done as the alert stands now."


def _not_undone(alert: Alert) -> str:
    if alert.state == State.DISQUALIFIED:
        return f"That can be undone for {lasted(REINSTATED_WITHIN)}, which are over."
    return "Nothing is to be undone: the alert is not set aside any more."


def _named(may: frozenset[Part], alert: Alert, roster: Roster, scene: Scene) -> Iterator[str]:
    """Everybody who may, as far as they can be named."""
    owner, manager = alert.owner_email, roster.manager_of(alert.owner_email)
    if Part.OWNER in may and owner:
        yield f"its owner {scene.person(owner)}"
    if Part.HOLDER in may and alert.acknowledged_by:
        yield f"{mention(alert.acknowledged_by)}, who has it"
    if Part.TEAM in may:
        yield "the owner's team"
    if Part.MANAGER in may:
        yield f"the owner's manager {scene.person(manager)}" if manager else "the owner's manager"
    if Part.REVOPS in may:
        yield "RevOps"


def _by(alert: Alert) -> str:
    """Who ended it, or why it ended, where that is known."""
    told = alert.payload
    match alert.state:
        case State.CONTACTED if alert.contacted_by:
            return f" It was {mention(alert.contacted_by)}."
        case State.DISQUALIFIED if by := (told.get("disqualified") or {}).get("by"):
            return f" It was {mention(by)}."
        case State.SUPERSEDED if reason := (told.get("superseded") or {}).get("reason"):
            return f" {escape(reason, 500)}"
        case _:
            return ""
