"""The windows an alert opens: no fit, snooze, reassign, why. Values in, a window out; and the answers read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.lifecycle import Alert
from bot.sla.hours import Hours, opening_after_today
from bot.views.blocks import option, section
from bot.views.forms import View, buttons, field, moment_of, one_of, somebody, window, words
from bot.views.menu import Act
from bot.views.reasons import OTHER, REASONS
from bot.views.text import escape

REASON, NOTE, FOR, UNTIL, TO = "reason", "note", "for", "until", "to"
HOUR = timedelta(hours=1)


class Nap(StrEnum):
    """How long to snooze."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    UNTIL = "until"


def no_fit_window(alert: Alert) -> View:
    """Asks why, by code; the words beside it are free but for "other" (E10)."""
    return window(
        Act.NOT_A_FIT,
        "Not a fit",
        [
            section(f"*{name_of(alert)}* is set aside for everybody. Within seven days this can be undone."),
            field(REASON, "Reason", one_of(option(label, code) for code, label in REASONS.items())),
            field(NOTE, "In your own words", words(), 'Needed for "Other"', optional=True),
        ],
        str(alert.id),
        "Not a fit",
    )


def snooze_window(alert: Alert, hours: Hours, now: datetime) -> View:
    """Asks until when. Tomorrow is when the owner is next at work on a later day."""
    opens = opening_after_today(now, hours).astimezone(hours.zone)
    naps = (
        (Nap.HOUR, "For an hour"),
        (Nap.TOMORROW, f"Until {opens:%A %H:%M} ({hours.zone.key})"),
        (Nap.UNTIL, "Until the time below"),
    )
    return window(
        Act.SNOOZE,
        "Snooze",
        [
            section(f"*{name_of(alert)}* comes back to whoever has it now."),
            field(FOR, "How long", buttons(naps)),
            field(UNTIL, "Time", moment_of(opens), 'Counts for "Until the time below"', optional=True),
        ],
        str(alert.id),
        "Snooze",
    )


def reassign_window(alert: Alert) -> View:
    """Asks to whom."""
    return window(
        Act.REASSIGN,
        "Reassign",
        [
            section(f"The new owner of *{name_of(alert)}* is told, and has not acknowledged it yet."),
            field(TO, "New owner", somebody()),
        ],
        str(alert.id),
        "Reassign",
    )


def no_fit_problems(answers: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a filled-in form, by field; empty when it can be done (E10: no reject without a code)."""
    code, note = answers.get(REASON), answers.get(NOTE)
    if code not in REASONS:
        return {REASON: "Choose a reason: without one nobody can mend what went wrong."}
    if code == OTHER and not str(note or "").strip():
        return {NOTE: 'Say in a few words what "Other" is.'}
    return {}


def wake_time(answers: Mapping[str, Any], hours: Hours, now: datetime) -> datetime | None:
    """Until when the alert is to sleep; None where the form does not say."""
    match answers.get(FOR):
        case Nap.HOUR:
            return now + HOUR
        case Nap.TOMORROW:
            return opening_after_today(now, hours)
        case Nap.UNTIL:
            return _instant(answers.get(UNTIL))
        case _:
            return None


def answers_of(view: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody chose or wrote, by field; tolerates whatever is not as we sent it."""
    values = (view.get("state") or {}).get("values") or {}
    return {name: _answer(block.get(name) or {}) for name, block in values.items() if isinstance(block, dict)}


def name_of(alert: Alert) -> str:
    """The account's name, for mrkdwn."""
    account = alert.payload.get("account") or {}
    return escape(account.get("name") or alert.account_key, 120)


def _answer(state: Mapping[str, Any]) -> Any:
    chosen = state.get("selected_option") or {}
    for key in ("value", "selected_user", "selected_date_time"):
        if state.get(key) is not None:
            return state[key]
    return chosen.get("value")


def _instant(seconds: object) -> datetime | None:
    """A moment that a form names in seconds; None for what no calendar has."""
    if not isinstance(seconds, int):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
