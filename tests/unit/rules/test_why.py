"""The sentence and the lines of an alert, built from data (F3, F4, J34)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.model import Person, Record, Signal
from connector.rules.phrases import age
from connector.rules.signals import KINDS, top
from connector.rules.why import NOTHING, did, lines, people, why_now
from tests.unit.rules.shipped import NOW, ago, signal

ADMIN = Person("acme:admin", "Workspace admin", "Head of operations", is_admin=True, last_seen=ago(2))
LEAD = Person("acme:lead", "Data lead", "Data lead", last_seen=ago(1))
BUYER = Person("acme:buyer", "Lead buyer", None, last_seen=ago(9), opt_out=True)


def record(*signals: Signal, users: int | None = None, staff: tuple[Person, ...] = (), **values: int) -> Record:
    newest_first = tuple(sorted(signals, key=lambda s: s.occurred_at, reverse=True))
    return Record("acme", {"active_users": users, **values}, newest_first, staff)


def test_golden_sentence() -> None:
    """The printed example comes out of its own data, word for word (F3, J34)."""
    viewed = [signal("pricing_view", days, "enterprise pricing page", ADMIN.key) for days in (0.2, 0.02)]
    told = (signal("limit_hit", 3, person=ADMIN.key), signal("integration_connected", 5, "Salesforce"), *viewed)

    assert why_now(record(*told, users=8, staff=(ADMIN,)), NOW) == (
        "This account has 8 active users, hit the usage limit 3 days ago, integrated with Salesforce, "
        "and the admin viewed the enterprise pricing page twice."
    )


@pytest.mark.parametrize(
    ("signals", "users", "sentence"),
    [
        ((), None, NOTHING),
        ((), 0, NOTHING),
        ((), 1, "This account has 1 active user."),
        ((), 2, "This account has 2 active users."),
        ((signal("limit_hit", 1),), None, "This account hit the usage limit 1 day ago."),
        ((signal("limit_hit", 0.01),), 8, "This account has 8 active users and hit the usage limit just now."),
        ((signal("limit_hit", 400),), 8, "This account has 8 active users."),
        ((signal("limit_hit", 400),), None, NOTHING),
        ((signal("limit_hit", 2, "API calls"),), None, "This account hit the API calls limit 2 days ago."),
        ((signal("pricing_view", 2),), None, "Somebody viewed the pricing page."),
        ((signal("pricing_view", 2),), 8, "This account has 8 active users, and somebody viewed the pricing page."),
        (
            tuple(signal("teammate_invited", days) for days in (1, 2, 3)),
            None,
            "This account invited 3 teammates.",
        ),
    ],
)
def test_few_and_many(signals: tuple[Signal, ...], users: int | None, sentence: str) -> None:
    """None, one, several, very old, just now: each is a whole sentence."""
    assert why_now(record(*signals, users=users), NOW) == sentence


def test_people_are_named_by_role() -> None:
    """The admin, a title, or a user: never a person's name."""
    viewed = [signal("gated_attempt", 1, "audit log", person.key) for person in (ADMIN, LEAD, BUYER)]
    sentence = why_now(record(*viewed, staff=(ADMIN, LEAD, BUYER)), NOW)

    assert sentence.count("tried audit log") == 3
    assert "he admin tried" in sentence
    assert "the Data lead tried" in sentence
    assert "a user tried" in sentence
    assert "Workspace" not in sentence


def test_three_strongest_reasons() -> None:
    """Beside the users a sentence has the three strongest reasons, the strongest first."""
    sentence = why_now(record(*(signal(kind, 1) for kind in KINDS)), NOW)

    assert sentence == (
        "This account hit the usage limit 1 day ago, somebody asked to talk to sales 1 day ago, "
        "and somebody tried a locked feature."
    )


def test_sentence_fits_its_field() -> None:
    """A sentence never exceeds 255 characters: the weakest reasons go first."""
    long = [signal("gated_attempt", 1, f"feature {number} " + "x" * 90) for number in range(3)]
    sentence = why_now(record(signal("limit_hit", 3), *long, users=8), NOW)

    assert len(sentence) <= 255
    assert sentence.startswith("This account has 8 active users, hit the usage limit 3 days ago, and somebody tried")


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(hours=-3), "just now"),
        (timedelta(minutes=59), "just now"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=729), "24 months ago"),
        (timedelta(days=730), "2 years ago"),
    ],
)
def test_ages(passed: timedelta, said: str) -> None:
    """How long ago, in one unit; the future is now."""
    assert age(NOW - passed, NOW) == said


def test_seat_line() -> None:
    """19 of 20 seats read as 95 % (F4); without seats the signal speaks for itself."""
    full = record(signal("seat_saturation", 0.5), seats_used=19, seats_purchased=20)

    assert [line.text for line in lines(full, NOW)] == ["Seat usage at 95 %"]
    assert [line.text for line in lines(record(signal("seat_saturation", 1, "19 of 20")), NOW)] == [
        "Is running out of seats (19 of 20)"
    ]


def test_days_in_a_row() -> None:
    """Three days of use in a row are a line of their own (F4); with a gap they are counted."""
    daily = [signal("feature_used", days, "reporting module") for days in (0.1, 1.1, 2.1)]
    gapped = [signal("feature_used", days, "reporting module") for days in (0.1, 1.1, 4.1)]

    assert [line.text for line in lines(record(*daily), NOW)] == ["Used reporting module 3 days in a row"]
    assert [line.text for line in lines(record(*gapped), NOW)] == ["Used reporting module on 3 days"]


@pytest.mark.parametrize("kind", [*KINDS, "feature_used", "odd_one"])
def test_every_kind_has_words(kind: str) -> None:
    """No signal is told by its code name."""
    (line,) = lines(record(signal(kind, 1)), NOW)

    assert line.text[0].isupper()
    assert "_" not in line.text


def test_top_signals_are_strongest_first() -> None:
    """Up to three kinds, a usage limit first however old (C20); unknown kinds last, the newest first."""
    told = [signal("teammate_invited", 1), signal("pricing_view", 0.1), signal("limit_hit", 20), signal("zeta", 0.2)]

    assert top(told) == ("limit_hit", "pricing_view", "teammate_invited")
    assert top([signal("alpha", 2), signal("zeta", 1), signal("limit_near", 9)]) == ("limit_near", "zeta", "alpha")
    assert top([]) == ()


def test_whom_to_call() -> None:
    """Those who did the most telling things, then the admin, then who was seen last; three at most (D39)."""
    fourth = Person("acme:fourth", "Fourth", None, last_seen=ago(0.1))
    acted = record(signal("limit_hit", 1, person=BUYER.key), staff=(LEAD, ADMIN, BUYER, fourth))

    assert [person.key for person in people(acted, NOW)] == [BUYER.key, ADMIN.key, fourth.key]
    assert did(acted, BUYER, NOW) == "hit the usage limit 1 day ago"
    assert did(acted, ADMIN, NOW) is None
