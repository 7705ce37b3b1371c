"""What the words behind `/funnel` mean, and what is said of those that mean nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking import Known, Puzzle, Question, Topic, Trouble, understand
from bot.views.manual import help_text, puzzled, which_account
from bot.views.text import as_typed
from tests.unit.bot.told import HOSTILE

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KNOWN = Known(("plg", "sales"), ("smb", "mid", "enterprise", "unknown_size"), ("ae-1@workspace.example",))

WORDS = ("plg", "account", "tier", "7d", "last", "this", "month", "mid", "me", "@", "<", ">", "&lt;", "<@U1|x>")


def asked(text: str) -> Question:
    """The question; anything else is a failure."""
    told = understand(as_typed(text, 300), NOW, KNOWN)
    assert isinstance(told, Question), told
    return told


def puzzle(text: str) -> tuple[str, str, str | None]:
    """The puzzle; anything else is a failure."""
    told = understand(as_typed(text, 300), NOW, KNOWN)
    assert isinstance(told, Puzzle), told
    return told.trouble, told.word, told.near


@pytest.mark.parametrize(
    ("text", "since", "segment", "owner"),
    [
        ("plg", "2026-10-26T12:00", None, None),
        ("PLG 7d", "2026-11-18T12:00", None, None),
        ("plg enterprise 2026-10", "2026-10-01T00:00", "enterprise", None),
        ("plg Last Quarter AE-1@workspace.example", "2026-07-01T00:00", None, "ae-1@workspace.example"),
        ("plg <mailto:ae-1@workspace.example|ae-1@workspace.example> 30d", "2026-10-26T12:00", None, KNOWN.people[0]),
        ("plg <@U0AE000001|ae1> smb", "2026-10-26T12:00", "smb", "U0AE000001"),
        ("sla me this week mid", "2026-11-23T00:00", "mid", "me"),
        ("tier unknown_size someone@else.example", "2026-10-26T12:00", "unknown_size", "someone@else.example"),
    ],
)
def test_arguments_stand_in_any_order(text: str, since: str, segment: str | None, owner: str | None) -> None:
    """A period, a segment, an owner, as people write them and as Slack marks them up."""
    told = asked(text)
    assert (told.over.since, told.segment, told.owner) == (datetime.fromisoformat(f"{since}+00:00"), segment, owner)


def test_names_may_have_capitals() -> None:
    """Those of funnels and segments are somebody's own."""
    known = Known(("B2C",), ("SMB",))
    told = understand("b2c smb", NOW, known)
    assert isinstance(told, Question)
    assert (told.topic, told.segment) == ("B2C", "SMB")


def test_a_question_can_be_asked_again_by_its_words() -> None:
    """What the share button carries means the same."""
    for text in ("plg last month mid me", "sla 7d", "account Golden <b> & co", "tier <@U0AE000001|ae1>"):
        told = asked(text)
        assert understand(told.words, NOW, KNOWN) == told


def test_an_account_is_named_by_the_rest_of_the_line() -> None:
    """With spaces, and with whatever Slack escaped."""
    assert asked("account  Golden &amp; Sons  <http://golden.example|golden.example>").account == (
        "Golden & Sons golden.example"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slaes", (Trouble.TOPIC, "slaes", "sales")),
        ("acount golden", (Trouble.TOPIC, "acount", "account")),
        ("plg enterprize", (Trouble.WORD, "enterprize", "enterprise")),
        ("plg lst quarter", (Trouble.WORD, "lst", "last quarter")),
        ("plg last quartr", (Trouble.WORD, "last", "last quarter")),
        ("plg 2031-01", (Trouble.WORD, "2031-01", None)),
        ("plg 0d", (Trouble.WORD, "0d", "30d")),
        ("plg ae-l@workspace.example", (Trouble.WORD, "ae-l@workspace.example", "ae-1@workspace.example")),
        ("plg 7d 30d", (Trouble.TWICE, "30d", None)),
        ("plg mid smb", (Trouble.TWICE, "smb", None)),
        ("account", (Trouble.NAMELESS, "account", None)),
        ("queue 7d", (Trouble.WORD, "7d", None)),
        ("tier 7d", (Trouble.WORD, "7d", None)),
    ],
)
def test_what_nobody_understands_gets_a_suggestion(text: str, told: tuple[str, str, str | None]) -> None:
    """Typos in topics and in arguments, arguments that a topic does not take, and two of a kind."""
    assert puzzle(text) == told
    words = puzzled(Puzzle(Trouble(told[0]), told[1], told[2]), KNOWN)
    assert told[2] is None or told[2] in words


def test_help_says_everything_there_is() -> None:
    """Every topic and funnel, the forms of a period, the segments."""
    for text in ("", "help", "  HELP "):
        assert asked(text).topic == Topic.HELP
    text = help_text(KNOWN)
    assert all(f"`/funnel {topic}" in text for topic in ("plg", "sales", "account NAME", "tier", "sla", "queue"))
    assert "`last quarter`" in text
    assert "`unknown_size`" in text


@given(st.text(max_size=400) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_whatever_is_typed_is_answered(text: str) -> None:
    """No text makes it fail."""
    assert isinstance(understand(as_typed(text, 300), NOW, KNOWN), Question | Puzzle)


def test_hostile_words_come_back_harmless() -> None:
    """10,000 characters, mentions, bidi: nothing of it works in the answer, which stays short."""
    for text in (HOSTILE, f"plg {HOSTILE}", f"account {HOSTILE}"):
        told = understand(as_typed(text, 300), NOW, KNOWN)
        said = puzzled(told, KNOWN) if isinstance(told, Puzzle) else which_account(told.account, [], 10)
        assert "<!" not in said
        assert "\u202e" not in said
        assert len(said) < 3_000


def test_several_accounts_are_listed() -> None:
    """With what to type for each, and no more than can be read."""
    names = [(f"k{number}", f"Golden <{number}>") for number in range(11)]
    said = which_account("gold", names, 10)
    assert "• Golden &lt;0&gt; – `/funnel account k0`" in said
    assert "k10" not in said
    assert "type more of the name" in said
    assert "There is no account" in which_account("<!here>", [], 10)
