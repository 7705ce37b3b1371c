"""What somebody means by the words behind `/funnel`. Pure: whatever was typed becomes a question or a puzzle.

    plg | sales | …   [period] [segment] [owner]     sla   [period] [segment] [owner]
    tier              [segment] [owner]              account NAME          queue          help

Words stand in any order. An owner is an e-mail, a mention, or "me".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from connector.funnel.periods import SPANS, UNITS, Period, period, recent

ME = "me"
_MENTION = re.compile(r"@([UW][A-Z0-9]+)")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PERIODS = (*(f"{span} {unit}" for span in SPANS for unit in UNITS), "7d", "30d", "12w")


class Topic(StrEnum):
    """What can be asked beside the configured funnels."""

    ACCOUNT = "account"
    TIER = "tier"
    SLA = "sla"
    QUEUE = "queue"
    HELP = "help"


class Trouble(StrEnum):
    """Why the words are no question."""

    TOPIC = "topic"  # there is no such thing to ask
    WORD = "word"  # an argument means nothing
    TWICE = "twice"  # two of a kind
    NAMELESS = "nameless"  # which account?


@dataclass(frozen=True, slots=True)
class Known:
    """What words can mean in this workspace. `people` are e-mails; years begin in month `year_start`."""

    funnels: tuple[str, ...]
    segments: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    year_start: int = 1


@dataclass(frozen=True, slots=True)
class Question:
    """`words` ask it again. `owner` is an e-mail, a Slack user id, or "me"."""

    topic: str
    words: str
    over: Period
    segment: str | None = None
    owner: str | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Words nobody understands, and those that may have been meant."""

    trouble: Trouble
    word: str
    near: str | None = None


def understand(text: str, now: datetime, known: Known) -> Question | Puzzle:
    """What was asked by a line of text without Slack's markup."""
    words = text.split()
    topics = [*known.funnels, *Topic]
    topic = _same(words[0], topics) if words else Topic.HELP
    if topic is None:
        return Puzzle(Trouble.TOPIC, words[0], _near([words[0].casefold()], topics))
    question = Question(topic, " ".join(words), recent(now))
    if topic == Topic.ACCOUNT:
        name = " ".join(words[1:])
        return replace(question, account=name) if name else Puzzle(Trouble.NAMELESS, topic)
    return _with_arguments(question, words[1:], now, known)


def _with_arguments(question: Question, words: list[str], now: datetime, known: Known) -> Question | Puzzle:
    asked, seen = question, set[str]()
    for kind, word in _arguments(words, question.topic, now, known):
        if kind in seen:
            return Puzzle(Trouble.TWICE, word)
        seen.add(kind)
        if kind == "period":
            asked = replace(asked, over=period(word, now, known.year_start) or asked.over)
        elif kind == "segment":
            asked = replace(asked, segment=word)
        elif kind == "owner":
            asked = replace(asked, owner=word)
        else:
            return Puzzle(Trouble.WORD, word, kind or None)
    return asked


def _arguments(words: list[str], topic: str, now: datetime, known: Known) -> Iterator[tuple[str, str]]:
    """Each argument with its kind, up to one that nobody understands: its kind is what may have been meant."""
    timed = topic not in (Topic.TIER, Topic.QUEUE, Topic.HELP)
    narrowed = topic not in (Topic.QUEUE, Topic.HELP)
    rest = list(words)
    while rest:
        span = next((n for n in (2, 1) if timed and period(" ".join(rest[:n]), now, known.year_start)), 0)
        word = rest[0]
        if span:
            yield "period", " ".join(rest[:span])
        elif narrowed and (segment := _same(word, known.segments)):
            yield "segment", segment
        elif narrowed and (owner := _owner(word, known)):
            yield "owner", owner
        else:
            yield _meant(rest, timed, narrowed, known) or "", word
            return
        del rest[: span or 1]


def _owner(word: str, known: Known) -> str | None:
    """An owner; None where it is nobody, or much like somebody we know without being them."""
    if word.casefold() in (ME, f"@{ME}"):
        return ME
    if mention := _MENTION.fullmatch(word):
        return mention[1]
    email = word.casefold()
    if not _EMAIL.fullmatch(email):
        return None
    return email if email in known.people or not _near([email], known.people, 0.85) else None


def _meant(rest: list[str], timed: bool, narrowed: bool, known: Known) -> str | None:
    choices = [*(_PERIODS if timed else ()), *((*known.segments, ME, *known.people) if narrowed else ())]
    return _near([" ".join(rest[:2]).casefold(), rest[0].casefold()], choices)


def _same(word: str, names: Iterable[str]) -> str | None:
    """The name that is this word, whatever its case."""
    return next((name for name in names if name.casefold() == word.casefold()), None)


def _near(words: Iterable[str], choices: Iterable[str], cutoff: float = 0.6) -> str | None:
    """What comes nearest to one of the words."""
    listed = list(choices)
    found = (difflib.get_close_matches(word, listed, n=1, cutoff=cutoff) for word in words)
    return next((near[0] for near in found if near), None)
