"""Who works when, and for whom: what `mappings/people.toml` says of people beside their accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bot.sla.hours import Hours

REVOPS = "revops"
_OFFICE = Hours(ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Place:
    """Whose public holidays somebody has: an ISO country, and a part of it that has more of them."""

    country: str
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of ours, by e-mail. `zoned` says that their zone is their own and not the company's."""

    email: str
    hours: Hours
    place: Place | None = None
    role: str = ""
    team: str | None = None
    manager: str | None = None
    zoned: bool = True


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody by e-mail; whoever is not listed works in the company's hours."""

    company: Hours = _OFFICE
    place: Place | None = None
    members: Mapping[str, Member] = field(default_factory=dict)

    def hours_of(self, email: str | None) -> Hours:
        """Somebody's working hours; the company's for whom nobody knows, or for nobody."""
        member = self.member(email)
        return member.hours if member else self.company

    def member(self, email: str | None) -> Member | None:
        """Who has this e-mail."""
        return self.members.get((email or "").lower())

    def manager_of(self, email: str | None) -> str | None:
        """Who is told when somebody does not do what was promised."""
        member = self.member(email)
        return member.manager if member else None

    def team_of(self, email: str | None) -> Collection[str]:
        """Whom somebody works with: those of the team that is named for them, else those of the same manager."""
        one = self.member(email)
        if one is None or (one.team is None and one.manager is None):
            return ()
        return [mate.email for mate in self.members.values() if _together(one, mate)]

    @property
    def unzoned(self) -> tuple[str, ...]:
        """Who is counted in the company's zone because nobody said, so far, which is theirs."""
        return tuple(member.email for member in self.members.values() if not member.zoned)


def _together(one: Member, mate: Member) -> bool:
    return mate.team == one.team if one.team else mate.team is None and mate.manager == one.manager
