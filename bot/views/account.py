"""Where one account stands: what was decided of it and why, who has it, and what clock runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.lifecycle import ACTIVE, Alert, State
from bot.views.blocks import Message, context, header, message, section
from bot.views.scene import Scene, environment_label, mention
from bot.views.text import day, escape, moment, words
from connector.model import Decision

_MOST_ALERTS = 5
_SENTENCE = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with the decision in force, None before the first, and its alerts, newest first."""

    key: str
    name: str
    decision: Decision | None
    alerts: Sequence[Alert]


def account_message(account: Standing, scene: Scene) -> Message:
    """The answer to `/funnel account NAME`."""
    return message(
        [
            *environment_label(scene.environment),
            header(account.name),
            section("\n".join(_decided(account.decision, scene))),
            section("\n".join(_alerts(account.alerts, scene))),
            context(_small_print(account)),
        ]
    )


def _decided(decision: Decision | None, scene: Scene) -> Iterator[str]:
    if decision is None:
        yield "*Nothing is decided about this account yet.* The next sync decides."
        return
    segment = f", segment {words(decision.segment)}" if decision.segment else ""
    motion = f", motion {words(decision.motion)}" if decision.motion else ""
    yield f"*Tier:* {words(decision.tier)}{segment}{motion}"
    yield f"*Route:* {words(decision.route)} – {escape(decision.reason, _SENTENCE)}"
    yield f"*Owner:* {scene.person(decision.routed_to) if decision.routed_to else 'nobody'}"
    if decision.crm_stage:
        yield f"*CRM:* {escape(decision.crm_stage, 80)}"
    if decision.why_now:
        yield f"*Why now:* {escape(decision.why_now, _SENTENCE)}"


def _alerts(alerts: Sequence[Alert], scene: Scene) -> Iterator[str]:
    if not alerts:
        yield "*Alerts:* none yet"
    for alert in alerts[:_MOST_ALERTS]:
        yield f"*Alert:* {_alert_line(alert, scene)}"


def _alert_line(alert: Alert, scene: Scene) -> str:
    """Its state, who has it, and until when what is due."""
    parts = [f"{words(alert.kind)}, {words(alert.state)}, raised {moment(alert.raised_at)}"]
    if alert.acknowledged_by:
        parts.append(f"{mention(alert.acknowledged_by)} is on it")
    elif alert.owner_email and alert.state in ACTIVE:
        parts.append(f"nobody has taken it from {scene.person(alert.owner_email)} yet")
    if alert.due_at and alert.state in ACTIVE and alert.state != State.SNOOZED:
        parts.append(f"due {moment(alert.due_at)}")
    return "; ".join(parts)


def _small_print(account: Standing) -> str:
    key = f"Key {escape(account.key, 120)}."
    if account.decision is None:
        return key
    decision = account.decision
    read = f"CRMs read {moment(decision.crm_read_at)}" if decision.crm_read_at else "no CRM was read"
    unknown = "" if decision.crm_known else ", and did not say all"
    return f"{key} Rule {escape(decision.rule, 80)}, decided {day(decision.routed_at)}; {read}{unknown}."


def owners(account: Standing) -> set[str]:
    """Everybody the message names by e-mail."""
    named = {account.decision.routed_to if account.decision else None, *(one.owner_email for one in account.alerts)}
    return {email for email in named if email}
