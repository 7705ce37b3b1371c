"""How `/funnel` is used, and what it says instead of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from bot.asking import Known, Puzzle, Topic, Trouble
from bot.views.funnel import title_of
from bot.views.text import escape

COMMAND = "/funnel"
NO_NUMBERS = "The numbers cannot be read right now. Nothing is lost; please try again in a few minutes."
NOT_HERE = (
    "This channel is shared with another organisation, so no account data is given here. "
    f"Use `{COMMAND}` in a channel of your own, or in a message to me."
)
NOT_FOR_YOU = f"`{COMMAND}` is not open to you in this workspace. RevOps decides who may use it."
NO_OWNER = "Slack does not say who that is, or tells no e-mail of theirs. Name the owner by e-mail."
NO_TEXT = "Slack sent this without saying who asks or where to answer, so it was not done. Please try again."

_OTHERS = {
    Topic.ACCOUNT: ("account NAME", "where one account stands, by its key or the beginning of its name"),
    Topic.TIER: ("tier", "how many accounts are hot, warm, watching"),
    Topic.SLA: ("sla", "which promises were met, broken, and are open"),
    Topic.QUEUE: ("queue", "the alerts that wait for you"),
}
_PERIODS = "`7d`, `12w`, `2026-10`, `2026-q3`, `2026`, `this month`, `last quarter`"


def nobody_knows(code: str) -> str:
    """Where Slack does not say who asks."""
    return (
        f"Slack does not say who you are right now ({escape(code, 60)}), so nothing was done. Please try again later."
    )


def help_text(known: Known) -> str:
    """Everything that can be asked."""
    funnels = [(name, f"counts and conversion: {title_of(name)}") for name in known.funnels]
    lines = [f"• `{COMMAND} {escape(said, 40)}` – {escape(what, 90)}" for said, what in (*funnels, *_OTHERS.values())]
    segments = ", ".join(f"`{escape(name, 40)}`" for name in known.segments[:20]) or "none is declared"
    return "\n".join(
        [
            "Ask for:",
            *lines,
            f"After a funnel or `sla` you may say over which time: {_PERIODS}; without, the last 30 days. After these "
            f"and `tier`, whose accounts: a segment ({segments}), and an owner by e-mail, mention or `me`.",
        ]
    )


def puzzled(puzzle: Puzzle, known: Known) -> str:
    """What to type instead."""
    asked = escape(puzzle.word, 60)
    hint = f"Did you mean `{escape(puzzle.near, 80)}`?" if puzzle.near else f"`{COMMAND} help` says what there is."
    match puzzle.trouble:
        case Trouble.TOPIC:
            meant = f" Did you mean `{COMMAND} {escape(puzzle.near, 40)}`?" if puzzle.near else ""
            return f"I cannot tell you about “{asked}”.{meant}\n{help_text(known)}"
        case Trouble.NAMELESS:
            return f"Which account? Say `{COMMAND} account NAME`, with its key or the beginning of its name."
        case Trouble.TWICE:
            return f"“{asked}” is one too many: name one period, one segment and one owner."
        case _:
            return f"I do not understand “{asked}”. {hint}"


def which_account(asked: str, names: Sequence[tuple[str, str]], most: int) -> str:
    """None of that name, or more than one."""
    if not names:
        return (
            f"There is no account with the key or a name that begins with “{escape(asked, 80)}”. "
            "Upper and lower case matter in keys."
        )
    lines = [f"• {escape(name, 80)} – `{COMMAND} account {escape(key, 80)}`" for key, name in names[:most]]
    more = ["… and more; type more of the name."] if len(names) > most else []
    return "\n".join([f"Several accounts may be “{escape(asked, 80)}”:", *lines, *more])


def unknown_command(command: str) -> str:
    """For a command that reaches us but is not ours."""
    return f"I do not know `{escape(command, 60)}`. Try `{COMMAND} help`."
