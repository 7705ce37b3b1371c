"""Windows: opened by a click before anything slow is done, and what comes back when one is sent."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App, BoltContext

from bot.desk import Desk
from bot.handling import LONGEST_SLEEP
from bot.listeners.entrance import COLLEAGUE
from bot.people import Colleague
from bot.refusals import FAILURES, understand
from bot.steps import Ending, Outcome
from bot.views.forms import View, notice
from bot.views.menu import Act
from bot.views.replies import NOT_NOW, UNKNOWN_WINDOW, not_opened, said
from bot.views.windows import NOTE, REASON, TO, UNTIL, answers_of, no_fit_problems, wake_time
from connector.errors import PlsyncError

_log = logging.getLogger(__name__)

NOT_DONE = "Not done"
Problems = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Form:
    """A window that was sent: by whom, about which alert, with what in it. `request` names it for good."""

    alert_id: int
    person: Colleague
    request: str
    answers: Mapping[str, Any]


def register(app: App, desk: Desk) -> None:
    """Listen to our windows, and politely to any other."""
    sent: Mapping[Act, Callable[[Desk, _Form], Outcome | Problems]] = {
        Act.NOT_A_FIT: _not_a_fit,
        Act.SNOOZE: _snooze,
        Act.REASSIGN: _reassign,
    }

    def submitted(ack: Ack, view: dict[str, Any], context: BoltContext) -> None:
        form = _read(context[COLLEAGUE], view)
        answer = sent[Act(view["callback_id"])](desk, form)
        if not isinstance(answer, Outcome):
            ack(response_action="errors", errors=answer)
            return
        _close(desk, ack, answer, form)

    def anything_else(ack: Ack) -> None:
        ack(response_action="update", view=notice("Out of date", UNKNOWN_WINDOW))

    def closed(ack: Ack) -> None:
        ack()

    for act in sent:
        app.view(str(act))(submitted)
    app.view(re.compile(".*"))(anything_else)
    app.view_closed(re.compile(".*"))(closed)


def open_window(desk: Desk, body: Mapping[str, Any], person: Colleague, act: Act, alert_id: int) -> None:
    """Open what a button asks for. Whoever may not is told so in a whisper."""
    content = _content(desk, person, act, alert_id)
    if isinstance(content, str):
        _whisper(desk, body, content)
        return
    try:
        desk.windows.open(str(body.get("trigger_id")), content)
    except FAILURES as error:
        _whisper(desk, body, not_opened(understand(error).code))


def _content(desk: Desk, person: Colleague, act: Act, alert_id: int) -> View | str:
    """What the window shows, or why there is none."""
    try:
        return desk.errands.window(act, alert_id, person)
    except PlsyncError as error:
        _log.error("a window could not be filled: %s", error)
        return NOT_NOW


def _not_a_fit(desk: Desk, form: _Form) -> Outcome | Problems:
    if problems := no_fit_problems(form.answers):
        return problems
    note = str(form.answers.get(NOTE) or "").strip() or None
    return desk.errands.dismiss(form.alert_id, form.person, form.request, form.answers[REASON], note)


def _snooze(desk: Desk, form: _Form) -> Outcome | Problems:
    now = desk.clock()
    until = wake_time(form.answers, desk.errands.hours(desk.errands.alert(form.alert_id)), now)
    if until is None or not now < until <= now + LONGEST_SLEEP:
        return {UNTIL: f"Choose a time from now on, {LONGEST_SLEEP.days} days away at most."}
    return desk.errands.snooze(form.alert_id, form.person, form.request, until)


def _reassign(desk: Desk, form: _Form) -> Outcome | Problems:
    chosen = form.answers.get(TO)
    owner = desk.colleague(chosen, chosen) if isinstance(chosen, str) else None
    if owner is None or owner.outsider or not owner.active or not owner.email:
        return {TO: "Choose a colleague of this workspace who has an e-mail there."}
    if desk.errands.is_waiting_for(form.alert_id, owner.email):
        return {TO: "It is theirs already, and nobody else has it."}
    return desk.errands.reassign(form.alert_id, form.person, form.request, owner.email)


def _close(desk: Desk, ack: Ack, outcome: Outcome, form: _Form) -> None:
    """Let the window go, or say in it why nothing was done."""
    words = desk.errands.words(outcome, form.person)
    if words:
        ack(response_action="update", view=notice(NOT_DONE, words))
    else:
        ack()
    if outcome.ending is not Ending.GONE:
        desk.show(form.alert_id)


def _read(person: Colleague, view: Mapping[str, Any]) -> _Form:
    told = str(view.get("private_metadata"))
    alert = int(told) if told.isascii() and told.isdecimal() and len(told) < 19 else 0
    return _Form(alert, person, str(view["id"]), answers_of(view))


def _whisper(desk: Desk, body: Mapping[str, Any], words: str) -> None:
    if "response_url" in body:
        desk.replies.whisper(body["response_url"], said(words))
