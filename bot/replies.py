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
        self._say(response_url, message, "ephemeral")

    def _say(self, response_url: str, message: Message, response_type: str) -> bool:
        try:
            answer = self._send(response_url, message, response_type)
            if "invalid_blocks" in answer.body and without_charts(message) != message:
                answer = self._send(response_url, without_charts(message), response_type)
        except FAILURES as error:
            _log.warning("an answer did not reach its reader (%s)", type(error).__name__)
            return False
        if answer.status_code == 200 and '"ok":false' not in answer.body.replace(" ", ""):
            return True
        _log.warning("Slack refused an answer to a person (status %d)", answer.status_code)
        return False

    def share(self, response_url: str, message: Message) -> None:
        """Show a message to everybody where the person acted, in place of what only they saw."""
        if self._say(response_url, message, "in_channel"):
            self._take_away(response_url)

    def _take_away(self, response_url: str) -> None:
        try:
            self._hook(response_url).send(delete_original=True)
        except FAILURES as error:
            _log.warning("an answer that was shared stays for its reader too (%s)", type(error).__name__)

    def _send(self, response_url: str, message: Message, response_type: str) -> WebhookResponse:
        return self._hook(response_url).send(
            text=message.text,
            blocks=list(message.blocks) or None,
            response_type=response_type,
            replace_original=False,
        )

    def _hook(self, response_url: str) -> WebhookClient:
        hook = WebhookClient(
            response_url,
            timeout=self._client.timeout,
            ssl=self._client.ssl,
            logger=self._client.logger,
            retry_handlers=[],
        )
        hook.proxy = self._client.proxy  # the constructor would take one from the environment instead
        return hook
