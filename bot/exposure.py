"""Who is told what, and where (D42): members of this workspace only, nothing in channels shared with others."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from slack_sdk import WebClient

from bot.people import Colleague, People
from bot.refusals import FAILURES, understand
from bot.settings import BotSettings

_CHANNELS = ("C", "G")  # others are conversations of two or a few
_GROUP = re.compile(r"S[A-Z0-9]{7,}")
KNOWN_FOR = timedelta(minutes=1)  # a channel may be shared, and a group may lose somebody, at any time

_log = logging.getLogger(__name__)


def is_group(allowed: str) -> bool:
    """Whether a name means a user group: "@handle", or its id."""
    return allowed.startswith("@") or _GROUP.fullmatch(allowed) is not None


class Sharing(StrEnum):
    """Whether others than our own people read a channel."""

    OURS = "ours"
    SHARED = "shared"
    UNKNOWN = "unknown"  # a conversation the bot is not in


@dataclass(frozen=True, slots=True)
class Caller:
    """Who pressed or typed, as Slack's payload says. `teams` are the workspaces it names."""

    user: str
    name: str
    teams: frozenset[str]
    response_url: str | None


class Exposure:
    """Asks Slack, with a short memory. Safe to share between threads."""

    def __init__(
        self, client: WebClient, people: People, settings: BotSettings, team: str, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._people = people
        self._settings = settings
        self._team = team
        self._clock = clock
        self._channels: dict[str, tuple[datetime, Sharing]] = {}
        self._groups: dict[str, tuple[datetime, frozenset[str]]] = {}

    def colleague(self, caller: Caller) -> Colleague:
        """Who that is: an outsider as well where another workspace sent them. Raises what slack_sdk raises."""
        if caller.teams - {self._team}:
            return Colleague(caller.user, caller.name, outsider=True)
        told = self._people.colleague(caller.user, self._clock())
        if told.teams and self._team not in told.teams:
            return Colleague(told.id, told.name, outsider=True)
        return told

    def presumed(self, caller: Caller) -> Colleague:
        """Who that is by what is known already, where Slack does not say."""
        return Colleague(caller.user, caller.name, email=self._people.email_of(caller.user))

    def may_ask(self, person: Colleague) -> bool:
        """Whether `/funnel` is for them. Where Slack does not say who is in a group, nobody is."""
        allowed = self._settings.funnel_for
        return not allowed or any(self._is_meant(person, one) for one in allowed)

    def sharing(self, channel: str) -> Sharing:
        """Whether a channel is shared with another organisation."""
        if not channel.startswith(_CHANNELS):
            return Sharing.UNKNOWN
        now = self._clock()
        remembered = self._channels.get(channel)
        if remembered and remembered[0] > now:
            return remembered[1]
        told = self._ask_of(channel)
        self._channels[channel] = (now + KNOWN_FOR, told)
        return told

    def _ask_of(self, channel: str) -> Sharing:
        try:
            told: Mapping[str, Any] = self._client.conversations_info(channel=channel)["channel"]
        except FAILURES as error:
            _log.info("Slack does not say who reads a channel (%s)", understand(error).code)
            return Sharing.UNKNOWN
        shared = told.get("is_ext_shared") or told.get("is_pending_ext_shared")
        return Sharing.SHARED if shared else Sharing.OURS

    def _is_meant(self, person: Colleague, allowed: str) -> bool:
        if is_group(allowed):
            return person.id in self._members(allowed.removeprefix("@"))
        email = (person.email or "").lower()
        if "@" in allowed:
            return email == allowed.lower()
        member = self._settings.roster.member(email)
        return member is not None and member.role == allowed

    def _members(self, group: str) -> frozenset[str]:
        now = self._clock()
        remembered = self._groups.get(group)
        if remembered and remembered[0] > now:
            return remembered[1]
        try:
            members = self._list(group)
        except FAILURES as error:
            _log.warning("Slack does not say who is in the user group %s (%s)", group, understand(error).code)
            return frozenset()
        self._groups[group] = (now + KNOWN_FOR, members)
        return members

    def _list(self, group: str) -> frozenset[str]:
        groups: list[Mapping[str, Any]] = self._client.usergroups_list()["usergroups"]
        found = next((str(one["id"]) for one in groups if group in (one["id"], one.get("handle"))), None)
        if found is None:
            _log.warning("there is no user group %s in Slack; slack.funnel_for names it", group)
            return frozenset()
        return frozenset(map(str, self._client.usergroups_users_list(usergroup=found)["users"]))
