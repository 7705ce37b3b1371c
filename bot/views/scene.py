"""What a message shows besides its alert: the environment, who is who in Slack, where it links to, and when it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.settings import NO_LINKS, PRODUCTION, LinkTemplates
from bot.sla.planning import NOTHING_KEPT, Keeping
from bot.views.blocks import Block, context
from bot.views.links import Link
from bot.views.text import escape

_USER = re.compile(r"[UW][A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Scene:
    """`mentions` are Slack user ids by e-mail, of those who have one. `zone` is that of whoever owns the alert.

    `now` decides what can still be undone; without it nothing is too old. `keeping` says what came in time.
    """

    environment: str = PRODUCTION
    mentions: Mapping[str, str] = field(default_factory=dict)
    posted_at: datetime | None = None
    now: datetime | None = None
    zone: ZoneInfo | None = None
    crm: tuple[Link, ...] = ()
    product: tuple[Link, ...] = ()
    links: LinkTemplates = NO_LINKS
    keeping: Keeping = NOTHING_KEPT

    def person(self, email: str) -> str:
        """A colleague as a mention, or by e-mail where Slack does not know them."""
        user = self.mentions.get(email)
        return mention(user) if user else escape(email, 120)


def mention(user: str) -> str:
    """A user by Slack id; what is no id stays text."""
    return f"<@{user}>" if _USER.fullmatch(user) else escape(user, 40)


def environment_label(environment: str) -> list[Block]:
    """Says that this is not production, and nothing in production (D9)."""
    if environment == PRODUCTION:
        return []
    return [context(f"⚠️ *{escape(environment, 80)}* – not production")]
