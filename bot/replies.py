"""Answers to one person through the response URL that came with their click or command (slack B2)."""

from __future__ import annotations

import logging

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse

from bot.refusals import FAILURES
from bot.views.blocks import Message, without_charts

_log = logging.getLogger(__name__)


class Replies:
    """Whispers: only the person who acted sees them. A lost one is logged, it changes nothing."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def whisper(self, response_url: str, message: Message) -> None:
        """Show a message to the person who acted; without its chart where the workspace has no charts yet."""
        try:
            answer = self._send(response_url, message)
            if "invalid_blocks" in answer.body and without_charts(message) != message:
                answer = self._send(response_url, without_charts(message))
        except FAILURES as error:
            _log.warning("an answer did not reach its reader (%s)", type(error).__name__)
            return
        if answer.status_code != 200 or '"ok":false' in answer.body.replace(" ", ""):
            _log.warning("Slack refused an answer to a person (status %d)", answer.status_code)

    def _send(self, response_url: str, message: Message) -> WebhookResponse:
        hook = WebhookClient(
            response_url,
            timeout=self._client.timeout,
            ssl=self._client.ssl,
            logger=self._client.logger,
            retry_handlers=[],
        )
        hook.proxy = self._client.proxy  # the constructor would take one from the environment instead
        return hook.send(
            text=message.text,
            blocks=list(message.blocks) or None,
            response_type="ephemeral",
            replace_original=False,
        )
