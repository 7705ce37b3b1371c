"""A Slack team on loopback: enough of the Web API, Block Kit and Socket Mode to run a Bolt app against it.

Beside the shared control endpoints it has a person's acts:

    POST /_sandbox/click        {"channel", "ts", "action_id" and/or "block_id", "user", "value"?} or {"view_id", ...}
    POST /_sandbox/command      {"command", "text", "user", "channel"}
    POST /_sandbox/home         {"user"}: opens the App Home
    POST /_sandbox/submit       {"view_id", "user", "values"}: sends a modal
    POST /_sandbox/close        {"view_id"}: cancels it
    POST /_sandbox/request-url  {"url"}: where payloads go, signed, while no socket is connected
"""

from __future__ import annotations

from sandbox.slack.app import slack_app
from sandbox.slack.people import acts
from sandbox.slack.team import SlackTeam

__all__ = ["SlackTeam", "acts", "slack_app"]
