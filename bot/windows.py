"""Windows over Slack: opened within the three seconds a click allows."""

from __future__ import annotations

from slack_sdk import WebClient

from bot.views.forms import View


class Windows:
    """Safe to share between threads."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def open(self, trigger: str, view: View) -> None:
        """Show a window to the person whose click brought the trigger.

        Raises what slack_sdk raises: a trigger lives for three seconds and opens one window.
        """
        self._client.views_open(trigger_id=trigger, view=view)
