"""An alert as a message that is readable in five seconds: who, why now, whom to call, and what to press."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.lifecycle import OVER, Alert
from bot.views.blocks import Block, Message, context, header, message, section
from bot.views.evidence import evidence
from bot.views.scene import Scene, environment_label
from bot.views.standing import call_to_act, standing
from bot.views.text import escape, number, plain

_TITLES = {"hot_pql": "🔥 Hot PQL", "fyi": "👀 FYI", "expansion": "📈 Expansion"}
_ROUTES = {"assign_ae": "an AE", "assign_sdr": "an SDR", "nurture": "nurture", "self_serve": "self-serve"}
_MOST_PEOPLE = 3


def alert_message(alert: Alert, scene: Scene) -> Message:
    """The message of an alert in the state it is in. Tolerates whatever the payload lacks."""
    told = alert.payload
    return message(
        [
            *environment_label(scene.environment),
            header(f"{_title(alert)} · {_name(alert)}"),
            *standing(alert, scene),
            *_who(told),
            section(f"*Why now*\n{escape(told.get('sentence') or 'Nothing recent is known.', 900)}"),
            *([] if _is_over(alert) else _people(told)),
            section(_route(alert, scene)),
            *([] if _is_over(alert) else evidence(alert)),
            *call_to_act(alert),
        ]
    )


def _is_over(alert: Alert) -> bool:
    """Whether nobody is to act on it: then it says what it was, and not whom to call."""
    return alert.state in OVER


def _title(alert: Alert) -> str:
    return alert.state.capitalize() if _is_over(alert) else _TITLES.get(alert.kind, "Alert")


def _name(alert: Alert) -> str:
    account = alert.payload.get("account") or {}
    return plain(account.get("name") or alert.account_key, 120)


def _who(told: Mapping[str, Any]) -> list[Block]:
    """The firmographics line."""
    account = told.get("account") or {}
    size = account.get("employees")
    parts = [
        "size unknown" if size is None else f"{number(size)} employees",
        *(escape(account[name], 80) for name in ("industry", "country") if account.get(name)),
        *([f"{escape(account['plan'], 60)} plan"] if account.get("plan") else []),
        *([escape(account["domain"], 120)] if account.get("domain") else []),
    ]
    return [context(" · ".join(parts))]


def _people(told: Mapping[str, Any]) -> list[Block]:
    """Whom to call (D39)."""
    people = (told.get("people") or [])[:_MOST_PEOPLE]
    if not people:
        return []
    return [section("\n".join(["*Whom to call*", *(f"• {_person(each)}" for each in people)]))]


def _person(person: Mapping[str, Any]) -> str:
    email, name = person.get("email"), person.get("name")
    called = f"*{escape(name or email or 'somebody', 80)}*"
    role = f", {escape(person['title'], 80)}" if person.get("title") else ""
    did = f" – {escape(person['did'], 200)}" if person.get("did") else ""
    reach = f" · {escape(email, 120)}" if email and name else ""
    opted_out = " · 🚫 opted out of e-mail" if person.get("opt_out") else ""
    return f"{called}{role}{did}{reach}{opted_out}"


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
