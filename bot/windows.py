"""Windows over Slack: opened within the three seconds a click allows, and changed while somebody looks at them."""

from __future__ import annotations

import logging

from slack_sdk import WebClient

from bot.refusals import FAILURES
from bot.views.forms import View

_log = logging.getLogger(__name__)


class Windows:
    """Safe to share between threads."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def open(self, trigger: str, view: View) -> str:
        """Show a window to the person whose click brought the trigger, and return its id.

        Raises what slack_sdk raises: a trigger lives for three seconds and opens one window.
        """
        return str(self._client.views_open(trigger_id=trigger, view=view)["view"]["id"])

    def change(self, view_id: str, view: View) -> None:
        """Show something else in a window. One that was closed meanwhile is left alone."""
        try:
            self._client.views_update(view_id=view_id, view=view)
        except FAILURES as error:
            _log.warning("a window could not be changed (%s)", type(error).__name__)
