"""Text that came from data, made safe for Slack and short enough for it (slack B7).

In mrkdwn only & < > are special: escaping them leaves no mention, channel or link to be smuggled in. Characters that
turn the reading direction around are dropped, line breaks become spaces.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # bidi controls, zero widths
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_BROKEN_ENTITY = re.compile(r"&[a-z]{0,3}$")
_MARKED = re.compile(r"<([@#!]?)([^|<>]*)(?:\|([^<>]*))?>")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def plain(value: object, limit: int) -> str:
    """For plain_text: one line of at most `limit` characters. Nothing is special there, so nothing is escaped."""
    text = _one_line(value)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def escape(value: object, limit: int) -> str:
    """For mrkdwn and the top-level text: at most `limit` characters, entities counted as they are written."""
    text = _one_line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(text) <= limit:
        return text
    return _BROKEN_ENTITY.sub("", text[: limit - 1]).rstrip() + "…"


def as_typed(sent: str, limit: int) -> str:
    """What somebody typed, from what Slack sent of it: its markup undone, a mention as "@" and the user's id."""
    return plain(html.unescape(_MARKED.sub(_unmarked, sent[: 4 * limit])), limit)


def words(name: object) -> str:
    """An identifier as words: "core_workflow" is "core workflow"."""
    return escape(str(name).replace("_", " "), 80)


def number(value: object) -> str:
    """A number without a needless fraction, thousands set apart; anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return escape(value, 40)
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def moment(at: datetime) -> str:
    """An instant, which Slack shows in the reader's own time zone; in UTC where it cannot."""
    spare = at.astimezone(UTC).strftime("%d %b %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{spare}>"


def day(at: datetime) -> str:
    """A date in UTC, for example "5 Jan 2026"."""
    shown = at.astimezone(UTC)
    return f"{shown.day} {shown:%b %Y}"


def lasted(span: timedelta) -> str:
    """A duration in its largest two units: "3 hours 5 minutes". Less than a second is "1 second"."""
    left = max(1, int(span.total_seconds()))
    parts = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
        elif parts:
            break
    return " ".join(parts[:2])


def _unmarked(marked: re.Match[str]) -> str:
    sign, target, label = marked.groups()
    return f"@{target}" if sign == "@" else f"{sign}{label or target.removeprefix('mailto:')}"


def _one_line(value: object) -> str:
    return _BREAKS.sub(" ", _UNSEEN.sub("", str(value))).strip()
