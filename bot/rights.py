"""Who may do what to an alert: its owner, whoever has it, their team, their manager, RevOps (slack A4, 10). Pure.

What the CRM, the product or the clock does to an alert is nobody's right: those steps are not in the table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.lifecycle import Alert, Event
from bot.sla.roster import REVOPS, Roster


class Part(StrEnum):
    """What somebody is to an alert."""

    OWNER = "owner"
    HOLDER = "holder"
    TEAM = "team"
    MANAGER = "manager"
    REVOPS = "revops"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a Slack user, and the e-mail they have there, by which people.toml knows them."""

    user: str
    email: str | None = None


_RESPONSIBLE = frozenset({Part.OWNER, Part.HOLDER, Part.MANAGER, Part.REVOPS})
_ANYBODY = frozenset(Part)

RIGHTS: Mapping[Event, frozenset[Part]] = {
    Event.ACKNOWLEDGE: _ANYBODY,
    Event.UNACKNOWLEDGE: frozenset({Part.HOLDER, Part.MANAGER, Part.REVOPS}),
    Event.SNOOZE: _RESPONSIBLE,
    Event.RESUME: _RESPONSIBLE,
    Event.WAKE: _RESPONSIBLE,
    Event.REASSIGN: _RESPONSIBLE,
    Event.CONTACT: _ANYBODY,  # an outreach counts when it is the owner's, the acknowledger's or the team's (D40)
    Event.CLOSE: _RESPONSIBLE,
    Event.DISQUALIFY: _RESPONSIBLE,
    Event.REINSTATE: _RESPONSIBLE,
}
_ABOVE = frozenset({Part.MANAGER, Part.REVOPS})


def parts(actor: Actor, alert: Alert, roster: Roster) -> frozenset[Part]:
    """Everything somebody is to an alert; nothing at all for strangers."""
    return frozenset(_parts(actor, alert, roster))


def may(event: Event, mine: Collection[Part], *, guarded: bool = False) -> bool:
    """Whether somebody with these parts may do this.

    `guarded`: the account is named or has an open opportunity, which only a manager calls no fit (D42).
    """
    return not entitled(event, guarded=guarded).isdisjoint(mine)


def entitled(event: Event, *, guarded: bool = False) -> frozenset[Part]:
    """Everybody who may do this."""
    rights = RIGHTS.get(event, frozenset())
    return rights & _ABOVE if guarded and event is Event.DISQUALIFY else rights


def is_guarded(alert: Alert) -> bool:
    """Whether the account is a named one, or was in an open opportunity when the alert was raised (D42)."""
    return bool(alert.payload.get("guarded"))


def works_for(email: str | None, holder: str | None, alert: Alert, roster: Roster) -> bool:
    """Whether an outreach of theirs counts: the owner's, the acknowledger's (`holder`, by e-mail) or the team's (D40).

    The team are those who are listed in people.toml and work with the owner; RevOps works no accounts. A manager's call
    counts once they have taken the alert. Where nobody is listed there is no team: a stranger would prove anything.
    """
    who = (email or "").lower()
    if who and who in {(alert.owner_email or "").lower(), (holder or "").lower()}:
        return True
    member = roster.member(who)
    return member is not None and member.role != REVOPS and _is_mate(member.email.lower(), alert.owner_email, roster)


def _parts(actor: Actor, alert: Alert, roster: Roster) -> Iterator[Part]:
    if alert.acknowledged_by == actor.user:
        yield Part.HOLDER
    member = roster.member(actor.email)
    email = (actor.email or "").lower()
    if email and email == (alert.owner_email or "").lower():
        yield Part.OWNER
    if member and member.role == REVOPS:
        yield Part.REVOPS
    if not roster.members or (member and _is_mate(email, alert.owner_email, roster)):
        yield Part.TEAM  # where nobody is listed, nobody can be told from a stranger
    if member and email in _managers(alert.owner_email, roster):
        yield Part.MANAGER


def _is_mate(email: str, owner: str | None, roster: Roster) -> bool:
    """Of the owner's team; where nobody owns the alert, or nobody knows the owner's team, everybody listed is."""
    team = roster.team_of(owner)
    return email in team if team else True


def _managers(owner: str | None, roster: Roster) -> list[str]:
    """The owner's manager, theirs, and so on up."""
    above: list[str] = []
    manager = roster.manager_of(owner)
    while manager and manager not in above:
        above.append(manager)
        manager = roster.manager_of(manager)
    return above
