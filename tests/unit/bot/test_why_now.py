"""From an account's data to what its alert says: through the real sentence, payload and message (F3, F4, J34)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.views.alert import alert_message
from bot.views.scene import Scene
from bot.views.why import why_window
from connector.model import Handoff, Person, Record, Signal
from connector.rules.case import KINDS, Case
from connector.rules.payload import payload
from connector.rules.why import NOTHING
from tests.unit.bot.told import alert
from tests.unit.rules.shipped import NOW, account, ago, decided, shipped, signal

ADMIN = Person("acme:admin", "Workspace admin", "Head of operations", is_admin=True, last_seen=ago(2))
GOLDEN = (
    signal("limit_hit", 3, person=ADMIN.key),
    signal("integration_connected", 5, "Salesforce"),
    signal("pricing_view", 0.2, "enterprise pricing page", ADMIN.key),
    signal("pricing_view", 0.02, "enterprise pricing page", ADMIN.key),
)


def opened(record: Record) -> dict[str, Any]:
    """What an alert of the account tells."""
    decision = decided(record)
    case = Case(record, decision, None, None, shipped(), NOW)
    return payload(case, Handoff(record.key, KINDS[decision.route], "hot", "hot:1", NOW))


def shown(*signals: Signal, users: int | None = 8) -> list[str]:
    """The lines of the alert of an account, as it is told now."""
    bare = account(active_users=users)
    newest_first = tuple(sorted(signals, key=lambda each: each.occurred_at, reverse=True))
    record = Record(bare.key, bare.values, newest_first, (ADMIN,))
    return alert_message(alert(opened(record)), Scene()).text.splitlines()


def said(lines: list[str]) -> str:
    """What stands under *Why now*."""
    return lines[lines.index("*Why now*") + 1]


def small_print(lines: list[str]) -> str:
    """The signals one by one, under the sentence."""
    return lines[lines.index("*Why now*") + 2]


def test_the_golden_sentence_reaches_the_message() -> None:
    """Word for word, with each signal and its age below (J34)."""
    lines = shown(*GOLDEN)
    assert said(lines) == (
        "This account has 8 active users, hit the usage limit 3 days ago, integrated with Salesforce, "
        "and the admin viewed the enterprise pricing page twice."
    )
    assert small_print(lines) == (
        "Hit the usage limit 3 days ago  ·  Viewed the enterprise pricing page twice, just now  ·  "
        "Integrated with Salesforce, 5 days ago"
    )


@pytest.mark.parametrize(
    ("signals", "users", "sentence", "small"),
    [
        ((signal("limit_hit", 1),), 1, "has 1 active user and hit the usage limit 1 day ago.", "1 day ago"),
        ((signal("limit_hit", 2),), 2, "has 2 active users and hit the usage limit 2 days ago.", "2 days ago"),
        ((signal("limit_hit", 1 / 24),), None, "hit the usage limit 1 hour ago.", "1 hour ago"),
        ((signal("limit_hit", 2 / 24),), None, "hit the usage limit 2 hours ago.", "2 hours ago"),
        ((signal("limit_hit", 0),), None, "hit the usage limit just now.", "just now"),
        ((signal("limit_hit", 29),), None, "hit the usage limit 29 days ago.", "29 days ago"),
        ((signal("teammate_invited", 1),), None, "invited a teammate.", "Invited a teammate, 1 day ago"),
        (
            (signal("teammate_invited", 1), signal("teammate_invited", 2)),
            None,
            "invited 2 teammates.",
            "Invited 2 teammates, 1 day ago",
        ),
    ],
)
def test_one_and_many(signals: tuple[Signal, ...], users: int | None, sentence: str, small: str) -> None:
    """Singular and plural, one signal, just now and as old as a reason may be (J34)."""
    lines = shown(*signals, users=users)
    assert said(lines) == f"This account {sentence}"
    assert small_print(lines).endswith(small)
    assert "1 days" not in "\n".join(lines)


@pytest.mark.parametrize("signals", [(), (signal("limit_hit", 31),), (signal("limit_hit", 4_000),)])
def test_nothing_recent_is_said_plainly(signals: tuple[Signal, ...]) -> None:
    """No signal at all, or none of the last thirty days: no line is left empty (J34)."""
    lines = shown(*signals, users=None)
    assert said(lines) == NOTHING
    assert small_print(lines) == "*Whom to call*"


def test_a_clock_that_runs_ahead_is_now() -> None:
    """A signal from a minute in the future is told as of now."""
    late = Signal("limit_hit", NOW + timedelta(minutes=1), None, None)
    assert "in the future" not in "\n".join(shown(late))


def test_the_window_tells_the_same_signals() -> None:
    """*Why this alert* shows them with their age too (F4)."""
    full = account(seats_used=19, seats_purchased=20)
    used = tuple(signal("feature_used", days, "reporting module") for days in (0.1, 1.1, 2.1))
    record = Record(full.key, full.values, (signal("seat_saturation", 0.5), *used), ())
    told = opened(record)
    text = str(why_window(alert(told))["blocks"])
    assert "Seat usage at 95 % – 12 hours ago" in text
    assert "Used reporting module 3 days in a row – 2 hours ago" in text
