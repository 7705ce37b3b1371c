"""An alert as a message that is readable in five seconds: who, why now, whom to call, and what to press."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.lifecycle import OVER, Alert, State
from bot.views.blocks import Block, Message, context, header, message, section
from bot.views.evidence import evidence
from bot.views.links import linked
from bot.views.menu import call_to_act
from bot.views.opener import opener
from bot.views.scene import Scene, environment_label
from bot.views.standing import standing
from bot.views.text import escape, plain
from bot.views.who import who, whom_to_call

_TITLES = {"hot_pql": "🔥 Hot PQL", "fyi": "👀 FYI", "expansion": "📈 Expansion"}
_ROUTES = {"assign_ae": "an AE", "assign_sdr": "an SDR", "nurture": "nurture", "self_serve": "self-serve"}
_MOST_SIGNALS = 5


def alert_message(alert: Alert, scene: Scene) -> Message:
    """The message of an alert in the state it is in. Tolerates whatever the payload lacks."""
    told = alert.payload
    return message(
        [
            *environment_label(scene.environment),
            header(f"{_title(alert)} · {_name(alert)}"),
            *standing(alert, scene),
            *who(told),
            section(f"*Why now*\n{escape(told.get('sentence') or 'Nothing recent is known.', 900)}"),
            *([] if _is_over(alert) else [*_signals(told), *whom_to_call(told, scene.links), *_opener(told)]),
            section(_route(alert, scene)),
            *([] if _is_over(alert) else evidence(alert)),
            *_links(scene),
            *call_to_act(alert, scene.now or alert.raised_at, scene.crm),
        ]
    )


def _is_over(alert: Alert) -> bool:
    """Whether nobody is to act on it: then it says what it was, and not whom to call."""
    return alert.state in OVER


def _title(alert: Alert) -> str:
    if alert.state == State.DISQUALIFIED:
        return "Not a fit"
    return alert.state.capitalize() if _is_over(alert) else _TITLES.get(alert.kind, "Alert")


def _name(alert: Alert) -> str:
    account = alert.payload.get("account") or {}
    return plain(account.get("name") or alert.account_key, 120)


def _signals(told: Mapping[str, Any]) -> list[Block]:
    """What happened, each with how long ago: the sentence again, for who wants to know more exactly (F4)."""
    lines = [_signal(signal) for signal in (told.get("signals") or [])[:_MOST_SIGNALS]]
    return [context("  ·  ".join(lines))] if lines else []


def _signal(signal: Mapping[str, Any]) -> str:
    text, ago = str(signal.get("text") or signal.get("kind") or ""), str(signal.get("ago") or "")
    dated = f", {escape(ago, 40)}" if ago and ago not in text else ""
    return f"{escape(text, 120)}{dated}"


def _opener(told: Mapping[str, Any]) -> list[Block]:
    """What to say first (F6)."""
    return [section(f"*You could say*\n“{escape(opener(told), 400)}”")]


def _links(scene: Scene) -> list[Block]:
    links = (*scene.crm, *scene.product)
    return [context(linked(links))] if links else []


def _route(alert: Alert, scene: Scene) -> str:
    """Who has it and by which reasoning; on an FYI also what would have happened otherwise."""
    told = alert.payload
    owner = scene.person(alert.owner_email) if alert.owner_email else "nobody yet – anyone may take it"
    reason = escape(told.get("reason") or "no reason was recorded", 500)
    otherwise = _otherwise(told, scene) if alert.kind == "fyi" else ""
    return f"*{_owner_label(alert)}:* {owner} · {reason}{otherwise}{_handed_over(told, scene)}"


def _owner_label(alert: Alert) -> str:
    if _is_over(alert):
        return "Was for"
    return "Yours already" if alert.kind == "fyi" and alert.owner_email else "Owner"


def _handed_over(told: Mapping[str, Any], scene: Scene) -> str:
    """Whose it was before, and why it is no more (D43)."""
    before = told.get("handed_over")
    if not before:
        return ""
    whose = f"{scene.person(before['owner'])}'s" if before.get("owner") else "nobody's"
    return f"\nWas {whose}: {escape(before.get('reason') or 'the owner changed', 300)}"


def _otherwise(told: Mapping[str, Any], scene: Scene) -> str:
    other = told.get("counterfactual") or {}
    route = _ROUTES.get(str(other.get("route")))
    if route is None:
        return ""
    stage = (told.get("crm") or {}).get("stage") or "CRM record"
    to = f" ({scene.person(other['routed_to'])})" if other.get("routed_to") else ""
    return f"\nWithout the {escape(stage, 60)} this would have gone to {route}{to}."
