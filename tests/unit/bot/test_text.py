"""Text from data: harmless, and as long as Slack takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.text import day, escape, lasted, moment, number, plain, words

ENTITY = re.compile(r"&(?!(amp|lt|gt);)")


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("a & b", "a &amp; b"),
        ("&lt;", "&amp;lt;"),
        ("one\ntwo\r\n\tthree", "one two three"),
        ("txt\u202egpj.exe\u2066", "txtgpj.exe"),
        ("Zürich 東京 👩\u200d💻", "Zürich 東京 👩\u200d💻"),
    ],
)
def test_what_slack_could_misread_is_escaped(given_text: str, shown: str) -> None:
    """& < > are escaped, the ampersand first; line breaks and reading directions go, languages stay (B7)."""
    assert escape(given_text, 100) == shown


@given(st.text(), st.integers(min_value=2, max_value=60))
def test_escaped_text_never_holds_anything_special(text: str, limit: int) -> None:
    """Whatever comes in, no angle bracket and no broken entity comes out, and never more than the limit."""
    shown = escape(text, limit)
    assert len(shown) <= limit
    assert not set("<>\n\u202e") & set(shown)
    assert not ENTITY.search(shown)


def test_truncation_never_cuts_an_entity() -> None:
    """Cutting inside "&amp;" would show half of it."""
    assert escape("ab&cd", 6) == "ab…"
    assert escape("ab&cd", 9) == "ab&amp;cd"


def test_plain_text_is_not_escaped() -> None:
    """Nothing is special in plain_text, so an ampersand stays one character."""
    assert plain("R&D <team>", 20) == "R&D <team>"
    assert plain("x" * 200, 150) == "x" * 149 + "…"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "1 second"),
        (-5, "1 second"),
        (40, "40 seconds"),
        (240, "4 minutes"),
        (3_900, "1 hour 5 minutes"),
        (3_601, "1 hour"),
        (90_000, "1 day 1 hour"),
        (172_800, "2 days"),
    ],
)
def test_durations_are_said_in_two_units(seconds: int, shown: str) -> None:
    """Nobody needs seconds after an hour; a clock that ran ahead is a second."""
    assert lasted(timedelta(seconds=seconds)) == shown


def test_a_moment_is_shown_in_the_readers_own_zone() -> None:
    """Slack's date token carries the instant, and UTC for those who cannot show it."""
    at = datetime(2026, 1, 12, 9, 5, tzinfo=UTC)
    assert moment(at) == "<!date^1768208700^{date_short_pretty} {time}|12 Jan 09:05 UTC>"
    assert day(at) == "12 Jan 2026"


def test_numbers_and_names_read_like_prose() -> None:
    """4200 is 4,200, 92.0 is 92, core_workflow is two words, and what is no number stays harmless text."""
    assert [number(4200), number(92.0), number(92.5), number("<b>")] == ["4,200", "92", "92.5", "&lt;b&gt;"]
    assert words("core_workflow") == "core workflow"
