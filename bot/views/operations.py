"""What RevOps is told: alerts that are held, a plan or a place that is refused, a sync that fails; and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from bot.views.blocks import Block, Message, header, message, section
from bot.views.crm_dates import unreviewed_blocks
from bot.views.scene import environment_label, mention
from bot.views.text import escape, moment, number, plain

RELEASE, BASELINE, DISCARD, APPLY = "storm_release", "storm_baseline", "storm_discard", "plan_apply"
"""Action ids. The value of the first three is the storm's id, that of the last the plan's hash."""

NOT_YOURS = 'Only RevOps decides that: people whose role in people.toml is "revops".'
GONE = "These alerts are not known any more, so there is nothing to decide."
NO_PLAN = "No plan waits for a word any more, so there is nothing to apply."
MOVED = "The plan has moved since this button was shown; look at the new one, then press again."
ASKED = "Somebody has asked for that already; it is on its way."

_MOST_CHARACTERS = 600
_WORDS = {"release": "released as alerts", "baseline": "entered without messages and clocks", "discard": "discarded"}
_CHOICES = (
    (RELEASE, "Release", "primary", "All of them are posted now. Their clocks run since they were raised."),
    (BASELINE, "Baseline", None, "They are entered as they are: nobody gets a message, and no clock runs."),
    (DISCARD, "Discard", "danger", "They are closed. Their accounts open no alert before the cooldown is over."),
)


class Notice(Protocol):
    """A notice as views read it; the store's own rows are such."""

    @property
    def kind(self) -> str: ...
    @property
    def told(self) -> Mapping[str, Any]: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def over_at(self) -> datetime | None: ...


def notice_message(notice: Notice, environment: str) -> Message:
    """The message of a notice as it stands. Tolerates whatever it lacks."""
    return message([*environment_label(environment), *_BLOCKS.get(notice.kind, _unknown)(notice)])


def decided_before(decision: str | None, by: str | None, at: datetime | None) -> str:
    """For who comes second."""
    word = escape(_WORDS.get(str(decision), str(decision)), 80)
    return f"{_who(by)} decided before you{_when(at.isoformat() if at else None)}: {word}."


def _storm(notice: Notice) -> Iterable[Block]:
    told = notice.told
    held, most = number(told.get("held", 0)), number(told.get("most", 0))
    cause = (
        "The definitions changed, so what is new may be the change alone."
        if told.get("why") == "definitions"
        else f"One tick brings {most} at most when all is well."
    )
    yield header("🌩️ New alerts are held")
    yield section(f"*{held}* new alerts wait, and nobody has been told of them. {cause}")
    if told.get("decided"):
        word = _WORDS.get(str(told["decided"]), str(told["decided"]))
        yield section(f"✅ {_who(told.get('by'))} decided{_when(told.get('at'))}: *{escape(word, 80)}*.")
    else:
        yield _row(*(_button(*choice, value=str(told.get("storm", ""))) for choice in _CHOICES))


def _plan(notice: Notice) -> Iterable[Block]:
    told = notice.told
    yield header("🛑 A plan waits for a person's word")
    yield section(f"Since {moment(notice.opened_at)} nothing is sent to the CRMs: {_text(told.get('why'))}")
    yield section(
        f"Plan `{_hash(told)}`. Look at it with `plsync plan`; it is merged anew with the CRMs before it goes."
    )
    asked = told.get("asked_by")
    if notice.over_at:
        yield section(f"✅ No plan waits any more since {moment(notice.over_at)}.{_by(asked)}")
    elif asked and not told.get("answer"):
        yield section(f"⏳ {_who(asked)} had it applied{_when(told.get('asked_at'))}; it is on its way.")
    else:
        if told.get("answer"):
            yield section(f"⚠️ {_who(asked)} had a plan applied{_when(told.get('asked_at'))}: {_text(told['answer'])}")
        apply = (APPLY, "Apply", "primary", "Everything in this plan is written to the CRMs, in spite of the guards.")
        yield _row(_button(*apply, value=str(told.get("hash", ""))))


def _sync(notice: Notice) -> Iterable[Block]:
    yield header(plain(f"❌ Lane {notice.told.get('lane') or '?'} does not sync", 150))
    yield section(_text(notice.told.get("error")))
    if notice.over_at:
        yield section(f"✅ It works again since {moment(notice.over_at)}.")


def _slack(notice: Notice) -> Iterable[Block]:
    told = notice.told
    instead = told.get("instead")
    where = f"messages go to {escape(instead, 120)}" if instead else "the message is shown nowhere"
    yield header("📪 Slack refuses a place")
    yield section(
        f"*{escape(told.get('target'), 160)}*: {_text(told.get('advice'))} (`{_code(told)}`). Until then {where}."
    )
    if notice.over_at:
        yield section(f"✅ It takes messages again since {moment(notice.over_at)}.")


def _alarm(notice: Notice) -> Iterable[Block]:
    yield section(f"🚨 Plan `{_hash(notice.told)}` has waited for 24 hours, and the CRMs fall behind.")


def _over(notice: Notice) -> Iterable[Block]:
    told = notice.told
    if told.get("lane"):
        yield section(f"✅ Lane {escape(told['lane'], 40)} works again since {moment(notice.opened_at)}.")
    else:
        yield section(f"✅ No plan waits any more since {moment(notice.opened_at)}.{_by(told.get('asked_by'))}")


def _mql(notice: Notice) -> Iterable[Block]:
    return unreviewed_blocks(notice.told, notice.opened_at)


def _unknown(notice: Notice) -> Iterable[Block]:
    yield section(f"Something of the kind {escape(notice.kind, 80)}; `plsync runs` says more.")


_BLOCKS = {"storm": _storm, "plan": _plan, "sync": _sync, "slack": _slack, "alarm": _alarm, "over": _over, "mql": _mql}


def _row(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def _button(action_id: str, label: str, style: str | None, meaning: str, *, value: str) -> Block:
    """A button that asks once more, saying what it does."""
    confirm = {
        "title": _plain(f"{label}?", 100),
        "text": _plain(meaning, 300),
        "confirm": _plain(label, 30),
        "deny": _plain("Not now", 30),
    }
    pressed = {"type": "button", "action_id": action_id, "value": value, "text": _plain(label, 75), "confirm": confirm}
    return {**pressed, "style": style} if style else pressed


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}


def _hash(told: Mapping[str, Any]) -> str:
    return escape(told.get("hash") or "?", 80)


def _code(told: Mapping[str, Any]) -> str:
    return escape(told.get("code") or "?", 80)


def _text(value: object) -> str:
    return escape(value or "nothing more is known", _MOST_CHARACTERS)


def _who(user: str | None) -> str:
    return mention(user) if user else "Somebody"


def _by(user: str | None) -> str:
    return f" {mention(user)} had it applied." if user else ""


def _when(at: str | None) -> str:
    return f" {moment(datetime.fromisoformat(at))}" if at else ""
