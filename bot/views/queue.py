"""Somebody's own alerts: what is late or nearly so, what is open, what sleeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.lifecycle import Alert, State
from bot.settings import PRODUCTION
from bot.sla.policy import Rung
from bot.views.blocks import Block, Message, context, header, message, section
from bot.views.scene import environment_label
from bot.views.text import escape, moment

_MOST_LINES = 16  # of one group
_LINES_PER_SECTION = 8
_BROKEN = frozenset({Rung.ACKNOWLEDGE_BREACH, Rung.BREACH, Rung.MANAGER, Rung.EXPIRED})
_NEAR = frozenset({Rung.ACKNOWLEDGE_AT_RISK, Rung.AT_RISK})


class Queued(Alert, Protocol):
    """An alert that may sleep."""

    @property
    def snoozed_until(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """One alert of the queue, and the rungs of its clock that fired."""

    alert: Queued
    fired: Collection[str]

    @property
    def is_asleep(self) -> bool:
        """Whether somebody will look at it later."""
        return self.alert.state == State.SNOOZED

    @property
    def is_at_risk(self) -> bool:
        """Whether half of the time has passed, or all of it."""
        return not self.is_asleep and not (_NEAR | _BROKEN).isdisjoint(self.fired)


def queue_message(waiting: Sequence[Waiting], environment: str = PRODUCTION) -> Message:
    """The answer to `/funnel queue`."""
    at_risk = [one for one in waiting if one.is_at_risk]
    asleep = [one for one in waiting if one.is_asleep]
    others = [one for one in waiting if not one.is_at_risk and not one.is_asleep]
    groups = (("At risk or late", at_risk), ("Open", others), ("Snoozed", asleep))
    return message(
        [
            *environment_label(environment),
            header("Your queue"),
            section(f"{len(at_risk)} at risk or late, {len(others)} open, {len(asleep)} snoozed."),
            *(block for title, some in groups for block in _group(title, some)),
            context("Alerts you have, and those of your accounts that nobody has taken."),
        ]
    )


def _group(title: str, some: Sequence[Waiting]) -> list[Block]:
    lines = [
        *map(_line, some[:_MOST_LINES]),
        *([f"… and {len(some) - _MOST_LINES} more"] if some[_MOST_LINES:] else []),
    ]
    parts = [lines[start : start + _LINES_PER_SECTION] for start in range(0, len(lines), _LINES_PER_SECTION)]
    return [section("\n".join([*_titled(title, not number), *part])) for number, part in enumerate(parts)]


def _titled(title: str, first: bool) -> Iterable[str]:
    return [f"*{title}*"] if first else []


def _line(one: Waiting) -> str:
    alert = one.alert
    account = alert.payload.get("account") or {}
    name = escape(account.get("name") or alert.account_key, 80)
    parts = [f"• *{name}*"]
    if not _BROKEN.isdisjoint(one.fired) and not one.is_asleep:
        parts.append("late")
    if one.is_asleep and alert.snoozed_until:
        parts.append(f"until {moment(alert.snoozed_until)}")
    elif alert.due_at:
        parts.append(f"due {moment(alert.due_at)}")
    parts.append("you are on it" if alert.acknowledged_by else "not taken yet")
    return " – ".join([parts[0], ", ".join(parts[1:])])
