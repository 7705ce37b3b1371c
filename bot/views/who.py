"""Who an account is, and who its people are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.settings import LinkTemplates
from bot.views.blocks import Block, context, section
from bot.views.links import crm_links, linked
from bot.views.text import escape, number

_MOST_PEOPLE = 3
_LONGEST_LINK = 300  # characters; three people fit into one section


def who(told: Mapping[str, Any]) -> list[Block]:
    """The firmographics and how much of its plan the account uses, in one line (F5)."""
    account = told.get("account") or {}
    size = account.get("employees")
    parts = [
        "size unknown" if size is None else f"{number(size)} employees",
        *(escape(account[name], 80) for name in ("industry", "country") if account.get(name)),
        *([f"{escape(account['plan'], 60)} plan"] if account.get("plan") else []),
        *_usage(account),
        *([escape(account["domain"], 120)] if account.get("domain") else []),
    ]
    return [context(" · ".join(parts))]


def _usage(account: Mapping[str, Any]) -> Iterator[str]:
    """What is used of what was bought; `limit_used` is a share of the plan's limit."""
    if isinstance(share := account.get("limit_used"), int | float):
        yield f"{number(round(share * 100))} % of its limit"
    if account.get("seats_used") is not None and account.get("seats_purchased"):
        yield f"{number(account['seats_used'])} of {number(account['seats_purchased'])} seats"


def whom_to_call(told: Mapping[str, Any], links: LinkTemplates) -> list[Block]:
    """Up to three people: what they are, what they did, their CRM record, and whether they want e-mail (D39)."""
    people = (told.get("people") or [])[:_MOST_PEOPLE]
    if not people:
        return []
    return [section("\n".join(["*Whom to call*", *(f"• {_person(each, links)}" for each in people)]))]


def _person(person: Mapping[str, Any], links: LinkTemplates) -> str:
    email, name = person.get("email"), person.get("name")
    called = f"*{escape(name or email or 'somebody', 80)}*"
    role = f", {escape(person['title'], 80)}" if person.get("title") else ""
    did = f" – {escape(person['did'], 200)}" if person.get("did") else ""
    reach = f" · {escape(email, 120)}" if email and name else ""
    opted_out = " · 🚫 opted out of e-mail" if person.get("opt_out") else ""
    found = crm_links(links, person.get("records") or {})
    where = f" · {linked(found[:1])}" if found and len(found[0].url) <= _LONGEST_LINK else ""
    return f"{called}{role}{did}{reach}{where}{opted_out}"
