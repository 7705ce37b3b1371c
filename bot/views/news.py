"""What is said under an alert when something else happens on its account (D17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.lifecycle import Alert
from bot.views.blocks import Message, message, section
from bot.views.scene import Scene, environment_label
from bot.views.text import escape

_MARKS = {"usage_limit": "🚧", "intent": "🎯", "hot": "🔥"}


def news_message(alert: Alert, told: Mapping[str, Any], scene: Scene) -> Message:
    """The reply, understood without the alert above it. Tolerates whatever was not told."""
    account = escape((alert.payload.get("account") or {}).get("name") or alert.account_key, 120)
    signal = told.get("signal") or {}
    mark = _MARKS.get(str(told.get("trigger")), "📈")
    happened = escape(signal.get("text") or "Something new happened", 300)
    why = f"\n{escape(told['sentence'], 900)}" if told.get("sentence") else ""
    return message([*environment_label(scene.environment), section(f"{mark} *{account}:* {happened}{why}")])
