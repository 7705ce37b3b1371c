"""Zones of people of whom people.toml says none: those of their Slack profiles, asked for once (slack B8)."""

from __future__ import annotations

import logging
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_sdk import WebClient

from bot.refusals import FAILURES, understand
from bot.sla.roster import Member, Roster

_log = logging.getLogger(__name__)


def with_zones(roster: Roster, client: WebClient) -> Roster:
    """The roster, everybody in a zone of their own as far as it or Slack says; the company's counts for the others.

    Whoever Slack does not know is passed over. Once it does not answer nobody else is asked for, and the log says so.
    """
    members = dict(roster.members)
    for email in roster.unzoned:
        try:
            told = client.users_lookupByEmail(email=email)["user"].get("tz")
        except FAILURES as error:
            if (code := understand(error).code) == "users_not_found":
                continue
            _log.warning("Slack does not say in which zone %s and others are (%s): the company's counts", email, code)
            break
        members[email] = _moved(members[email], told)
    return replace(roster, members=members)


def _moved(member: Member, name: object) -> Member:
    try:
        zone = ZoneInfo(str(name or ""))
    except (ZoneInfoNotFoundError, ValueError):
        return member
    return replace(member, hours=replace(member.hours, zone=zone), zoned=True)
