"""What Slack refuses, told to RevOps once per place and reason, and over when the place takes messages again.

Never told in the place that refuses: then `plsync runs` and the log say it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.settings import BotSettings
from bot.targets import CHANNEL, fallback
from connector.store import alerts, notices
from connector.store.alerts import Alert, Delivery

_ADVICE = {
    "users_not_found": "Slack knows nobody active by this e-mail; correct it in people.toml, or invite them",
    "user_not_found": "this user is not in the workspace any more",
    "user_disabled": "this user is deactivated; name a delegate in people.toml",
    "is_inactive": "this user is deactivated; name a delegate in people.toml",
    "channel_not_found": "there is no such channel for the bot: it is missing, archived, or private without the app",
    "not_in_channel": "the bot is not in this channel; type /invite @plsync there",
    "is_archived": "this channel is archived; unarchive it, or name another in the configuration",
    "message_not_found": "somebody deleted the message of an alert that is not over",
}


def refused(conn: Connection, target: str, code: str, instead: str | None, ops_channel: str, now: datetime) -> None:
    """A target refuses; `instead` is where its messages go."""
    advice = _ADVICE.get(code, "Slack does not take the message")
    told = {"target": target, "code": code, "advice": advice, "instead": instead}
    notices.tell(conn, notices.SLACK, f"{target} {code}", told, now, mute=target == f"{CHANNEL}:{ops_channel}")


def takes_messages(conn: Connection, target: str, now: datetime) -> None:
    """A message arrived: what was told of this target is over."""
    for notice in notices.ongoing(conn, (notices.SLACK,)):
        if notice.told.get("target") == target:
            notices.end(conn, notice.id, notice.told, now)


def lost(
    conn: Connection, delivery: Delivery, alert: Alert, code: str, settings: BotSettings, now: datetime
) -> str | None:
    """The message of an alert that is not over is gone: show the alert at the next place, and return which."""
    instead = fallback(delivery.target, alert, settings)
    if instead:
        alerts.plan_delivery(conn, alert.id, instead)
    refused(conn, delivery.target, code, instead, settings.ops_channel, now)
    return instead
