"""What a delivery tells, the people it names looked up, as the message that goes out now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from bot.lifecycle import OVER, State
from bot.people import People
from bot.settings import BotSettings
from bot.sla.history import Step
from bot.sla.planning import keeping
from bot.sla.policy import Rung
from bot.targets import is_shared
from bot.views.alert import alert_message
from bot.views.blocks import Message
from bot.views.digest import MOST_LINES, DigestPage, digest_message
from bot.views.links import crm_links, product_links
from bot.views.news import news_message
from bot.views.rung import rung_message
from bot.views.scene import Scene
from connector.model import AlertKind
from connector.store import alerts, digests, facts, memory
from connector.store.alerts import DIGEST, NEWS, THE_ALERT, Alert, Delivery


@dataclass(frozen=True, slots=True)
class Content:
    """What a delivery tells: its alert; of a digest the page; under an alert what else happened, or a rung.

    `version` counts what of it may change; `steps` are how the alert got there.
    """

    alert: Alert
    version: int
    page: DigestPage | None = None
    news: Mapping[str, Any] | None = None
    rung: Rung | None = None
    steps: Sequence[Step] = ()

    @property
    def is_over(self) -> bool:
        """Whether nobody need be told any more."""
        if self.page:
            return self.page.count == len(self.page.alerts) and all(one.state in OVER for one in self.page.alerts)
        heard = self.news is not None and self.alert.state == State.CONTACTED
        return self.alert.state in OVER and not heard


def is_reply(purpose: str) -> bool:
    """Whether what a delivery tells is said under its alert."""
    return purpose != THE_ALERT and not purpose.startswith(DIGEST)


def content(conn: Connection, delivery: Delivery) -> Content | None:
    """What a delivery tells as it is now; None where that is not in the store."""
    alert = current(conn, delivery.alert_id)
    if alert is None:
        return None
    if delivery.purpose == THE_ALERT:
        return Content(alert, alert.version, steps=alerts.transitions_of(conn, alert.id))
    if digest := digests.of_purpose(conn, delivery.purpose):
        count, version = digests.size_and_version(conn, digest)
        listed = digests.first_listed(conn, digest, MOST_LINES)
        return Content(alert, version, DigestPage(digest.kind, digest.day, listed, count))
    if delivery.purpose.startswith(NEWS):
        fact = facts.get(conn, int(delivery.purpose.removeprefix(NEWS)))
        return Content(alert, alert.version, news=fact.payload) if fact else None
    return Content(alert, alert.version, rung=Rung(delivery.purpose))


def current(conn: Connection, alert_id: int) -> Alert | None:
    """An alert as it is now, told which CRM records its account has, and whether their fields still wait (D27)."""
    alert = alerts.get(conn, alert_id)
    if alert is None:
        return None
    now = {
        "pending_fields": memory.unsettled(conn, alert.account_key),
        "records": memory.records_of(conn, alert.account_key),
        "people": [_with_records(conn, person) for person in alert.payload.get("people") or ()],
    }
    return replace(alert, payload={**alert.payload, **now})


def _with_records(conn: Connection, person: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody at an account, with their records in the mappings that carry people (D39)."""
    key = person.get("key")
    return {**person, "records": memory.records_of(conn, key) if key else {}}


def render(told: Content, delivery: Delivery, settings: BotSettings, people: People, now: datetime) -> Message:
    """The message of a delivery. Raises what slack_sdk raises."""
    alert, environment = told.alert, settings.environment
    if told.page:
        return digest_message(told.page, Scene(environment))
    if told.news is not None:
        return news_message(alert, told.news, Scene(environment))
    if told.rung:
        return rung_message(alert, told.rung, Scene(environment, people.mentions(_colleagues(alert), now)))
    scene = Scene(
        environment,
        people.mentions(_named(alert, delivery.target), now),
        posted_at(delivery.ts),
        now,
        settings.roster.hours_of(alert.owner_email).zone,
        crm_links(settings.links, alert.payload.get("records") or {}),
        product_links(settings.links, alert.account_key),
        settings.links,
        keeping(alert, told.steps, settings.policies, settings.roster),
    )
    return alert_message(alert, scene)


def _named(alert: Alert, target: str) -> Iterable[str]:
    """Whom the message of an alert mentions: its owner in their own conversation alone, which is what rings (D38)."""
    silent = alert.kind != AlertKind.FYI and is_shared(target)
    return [email for email in _colleagues(alert) if not silent or email != alert.owner_email]


def posted_at(ts: str | None) -> datetime | None:
    """When a message was posted, to the second: what its name begins with."""
    return datetime.fromtimestamp(int(ts.partition(".")[0]), UTC) if ts else None


def _colleagues(alert: Alert) -> Iterator[str]:
    """E-mails the message mentions: the owner, the one before, who else would have had it, has it, or reached out."""
    other = alert.payload.get("counterfactual") or {}
    before = alert.payload.get("handed_over") or {}
    instead = alert.payload.get("superseded") or {}
    named = (alert.owner_email, before.get("owner"), other.get("routed_to"), instead.get("owner"), alert.contacted_by)
    return (email for email in named if email and "@" in email)
