"""Who is who in Slack: colleagues by e-mail and by id, remembered for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.refusals import FAILURES

KNOWN_FOR = timedelta(hours=1)
UNKNOWN_FOR = timedelta(minutes=5)
SILENT_FOR = timedelta(seconds=10)  # two time-outs in a row would cost a click its three seconds


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user of the workspace. An `outsider` is a guest, or from another organisation (D42).

    `email` is what people.toml knows them by, None where Slack does not say. A bot or a leaver is not `active`.
    `teams` are the workspaces Slack says they belong to, where it does.
    """

    id: str
    name: str
    outsider: bool = False
    email: str | None = None
    active: bool = True
    teams: frozenset[str] = frozenset()


class People:
    """Look-ups with a memory, also of those who are not there (slack B8). Safe to share between threads."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._by_email: dict[str, tuple[datetime, str | None]] = {}
        self._by_id: dict[str, tuple[datetime, Colleague]] = {}
        self._silence: dict[str, tuple[datetime, Exception]] = {}

    def find(self, email: str, now: datetime) -> str | None:
        """The user id behind an e-mail, or None. Raises what slack_sdk raises."""
        remembered = self._by_email.get(email)
        if remembered and remembered[0] > now:
            return remembered[1]
        user = self._look_up(email)
        self._by_email[email] = (now + (KNOWN_FOR if user else UNKNOWN_FOR), user)
        return user

    def mentions(self, emails: Iterable[str], now: datetime) -> Mapping[str, str]:
        """User ids by e-mail, of those who are known. Raises what slack_sdk raises."""
        found = {email: self.find(email, now) for email in emails}
        return {email: user for email, user in found.items() if user}

    def email_of(self, user: str) -> str | None:
        """The e-mail by which a user id was once found. For when Slack does not answer."""
        return next((email for email, (_, found) in list(self._by_email.items()) if found == user), None)

    def colleague(self, user: str, now: datetime) -> Colleague:
        """The person behind a user id. Raises what slack_sdk raises, for a moment without asking again."""
        remembered = self._by_id.get(user)
        if remembered and remembered[0] > now:
            return remembered[1]
        silence = self._silence.get(user)
        if silence and silence[0] > now:
            raise silence[1]
        try:
            told: Mapping[str, Any] = self._client.users_info(user=user)["user"]
        except FAILURES as error:
            self._silence[user] = (now + SILENT_FOR, error)
            raise
        self._by_id[user] = (now + KNOWN_FOR, _colleague(user, told))
        return self._by_id[user][1]

    def _look_up(self, email: str) -> str | None:
        try:
            return str(self._client.users_lookupByEmail(email=email)["user"]["id"])
        except SlackApiError as error:
            if error.response.get("error") == "users_not_found":
                return None
            raise


def _colleague(user: str, told: Mapping[str, Any]) -> Colleague:
    profile = told.get("profile") or {}
    name = profile.get("real_name") or told.get("real_name") or told.get("name") or user
    outsider = any(told.get(mark) for mark in ("is_restricted", "is_ultra_restricted", "is_stranger"))
    active = not (told.get("deleted") or told.get("is_bot"))
    enterprise = told.get("enterprise_user") or {}
    teams = {told.get("team_id"), *(enterprise.get("teams") or ())} - {None, ""}
    return Colleague(user, str(name), outsider, profile.get("email") or None, active, frozenset(map(str, teams)))
