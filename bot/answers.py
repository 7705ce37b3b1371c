"""Questions answered: what `/funnel` amounts to, apart from Slack's way of delivering it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.asking import ME, Known, Puzzle, Question, Topic, understand
from bot.crm_source import UNDECLARED, CrmSource
from bot.lifecycle import ACTIVE, has_clock, is_timed
from bot.people import Colleague, People
from bot.refusals import FAILURES
from bot.settings import BotSettings
from bot.sla.attainment import attained
from bot.sla.crm_attainment import crm_attained
from bot.views import crm_dates as views
from bot.views import manual
from bot.views.account import Standing, account_message, owners
from bot.views.attainment import attainment_message
from bot.views.blocks import Block, Message, message
from bot.views.funnel import funnel_message
from bot.views.queue import Waiting, queue_message
from bot.views.replies import said
from bot.views.scene import Scene
from bot.views.text import as_typed
from bot.views.tiers import tier_message
from connector.errors import PlsyncError
from connector.funnel.metrics import FunnelReport, Scope
from connector.funnel.periods import Period
from connector.model import AlertKind
from connector.store import Store, alerts, decisions, questions, runs
from connector.store.definitions import WHOLE

MOST_NAMES = 10
MOST_CHARACTERS = 300  # of a question

_log = logging.getLogger(__name__)


class Named(Protocol):
    """An account, and what it is called."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where answers come from beside the store.

    `measure` gives a funnel of `settings.funnels` over a period, narrowed to one of `settings.segments` and an owner;
    `look_up` the accounts that may be meant by a key or the beginning of a name. `crm` has the dates promises are
    counted by there. All raise PlsyncError.
    """

    measure: Callable[[str, Period, Scope], FunnelReport]
    look_up: Callable[[str], Sequence[Named]]
    crm: CrmSource = UNDECLARED


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to whoever asked. `words` ask it again where it is worth showing to others."""

    message: Message
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Safe to share between threads."""

    store: Store
    people: People
    settings: BotSettings
    numbers: Numbers
    clock: Callable[[], datetime]

    def answer(self, text: str, asker: Colleague) -> Answer:
        """The answer to `/funnel TEXT`; whatever goes wrong is an answer too."""
        known = self._known()
        asked = understand(as_typed(text, MOST_CHARACTERS), self.clock(), known)
        if isinstance(asked, Puzzle):
            return Answer(said(manual.puzzled(asked, known)))
        if asked.topic == Topic.HELP:
            return Answer(said(manual.help_text(known)))
        try:
            return self._answered(asked, asker)
        except PlsyncError as error:
            _log.error("/funnel %s: %s", asked.topic, error)
            return Answer(said(manual.NO_NUMBERS))
        except FAILURES as error:
            _log.error("/funnel %s: Slack did not say whom it is about (%s)", asked.topic, type(error).__name__)
            return Answer(said(manual.NO_OWNER))

    def _known(self) -> Known:
        settings = self.settings
        return Known(settings.funnels, settings.segments, tuple(settings.roster.members), settings.year_start)

    def _answered(self, asked: Question, asker: Colleague) -> Answer:
        match asked.topic:
            case Topic.ACCOUNT:
                return self._account(asked)
            case Topic.QUEUE:
                return Answer(self._queue(asker))
        owner = self._owner(asked.owner, asker)
        if asked.owner and owner is None:
            return Answer(said(manual.NO_OWNER))
        scope = Scope(asked.segment, owner)
        return Answer(self._counted(asked, scope), asked.words)

    def _counted(self, asked: Question, scope: Scope) -> Message:
        match asked.topic:
            case Topic.TIER:
                return self._tiers(scope)
            case Topic.SLA:
                return self._attainment(asked.over, scope)
            case funnel:
                report = self.numbers.measure(funnel, asked.over, scope)
                return funnel_message(report, self.settings.environment, self.settings.profile)

    def _owner(self, owner: str | None, asker: Colleague) -> str | None:
        """Somebody's e-mail; None where nobody is asked for, or Slack does not know one."""
        if owner is None or "@" in owner:
            return owner
        email = asker.email if owner == ME else self.people.colleague(owner, self.clock()).email
        return email.lower() if email else None

    def _account(self, asked: Question) -> Answer:
        found = self.numbers.look_up(asked.account)
        if len(found) != 1:
            names = [(one.key, one.name) for one in found]
            return Answer(said(manual.which_account(asked.account, names, MOST_NAMES)))
        key, name = found[0].key, found[0].name
        with self.store.read() as conn:
            decision = decisions.latest(conn, [key]).get(key)
            raised = alerts.of_account(conn, key)
        standing = Standing(key, name, decision, raised[::-1])
        scene = Scene(self.settings.environment, self._mentions(owners(standing)))
        return Answer(account_message(standing, scene), asked.words)

    def _mentions(self, emails: Iterable[str]) -> Mapping[str, str]:
        """Who is who in Slack, as far as it says: e-mails serve as well."""
        try:
            return self.people.mentions(emails, self.clock())
        except FAILURES:
            return {}

    def _queue(self, asker: Colleague) -> Message:
        with self.store.read() as conn:
            mine = questions.waiting_for(conn, asker.id, asker.email, [str(state) for state in ACTIVE])
            fired = questions.fired(conn, [alert.id for alert in mine])
        waiting = [Waiting(alert, fired.get(alert.id, ())) for alert in mine if is_timed(alert.kind)]
        return queue_message(waiting, self.settings.environment)

    def _tiers(self, scope: Scope) -> Message:
        with self.store.read() as conn:
            counted, whole = questions.decided(conn), runs.last_done(conn, WHOLE)
        tiers: dict[str, int] = {}
        for group, number in counted.items():
            if scope.segment in (None, group.segment) and scope.owner in (None, (group.routed_to or "").lower()):
                tiers[group.tier] = tiers.get(group.tier, 0) + number
        return tier_message(tiers, scope, whole.finished_at if whole else None, self.settings.environment)

    def _attainment(self, over: Period, scope: Scope) -> Message:
        kinds = [str(kind) for kind in AlertKind if is_timed(kind)]
        with self.store.read() as conn:
            timed = filter(has_clock, questions.raised(conn, kinds, over.since, over.until))
            raised = [one for one in timed if _is_in(scope, one)]
            fired = questions.fired(conn, [one.id for one in raised])
        told, uncovered = attained(raised, fired, self.settings.policies)
        alerted = attainment_message(told, uncovered, over, scope, self.settings.environment)
        return message([*alerted.blocks, *self._by_crm_dates(over, scope)])

    def _by_crm_dates(self, over: Period, scope: Scope) -> list[Block]:
        """What the CRM's dates say; where they cannot be read, what was promised on alerts is said all the same."""
        crm, clocks = self.numbers.crm, self.settings.crm_clocks
        try:
            with crm.read(over.since, over.until, scope) as rows:
                if rows is None:
                    return [*views.heading(), views.unscoped(scope)]
                hours_of, now = self.settings.roster.hours_of, self.clock()
                told = crm_attained(rows, clocks, crm.columns, over.since, over.until, hours_of, now)
        except PlsyncError as error:
            _log.error("/funnel sla: the dates of the CRM cannot be read: %s", error)
            return [*views.heading(), views.unread()]
        return views.crm_blocks(told)


def _is_in(scope: Scope, alert: alerts.Alert) -> bool:
    owner = (alert.owner_email or "").lower()
    return scope.segment in (None, alert.payload.get("segment")) and scope.owner in (None, owner)
