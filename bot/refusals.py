"""What a failed call to Slack means for what we do next: one table (slack A2, B4, B9).

LATER      too many calls; come back when Slack says
REFUSED    certainly not done, and never will be
ACCESS     the token or its scopes are wrong; a person must act
UNKNOWN    nobody can say whether it was done: time-outs, resets, server errors, words we do not know
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError

from connector.errors import AccessError

FAILURES = (OSError, HTTPException, SlackClientError)
"""Everything a call may raise: SlackApiError is an answer, the others are not."""

_RETRY_AFTER = 30.0  # seconds, where Slack does not say
_LATER = frozenset({"ratelimited", "rate_limited"})
_ACCESS = frozenset(
    {
        "access_denied",
        "account_inactive",
        "app_uninstalled",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
_OF_ONE_CALL = frozenset({"access_denied", "missing_scope", "no_permission", "not_allowed_token_type"})
_REFUSED = frozenset(
    {
        "cannot_dm_bot",
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "ekm_access_denied",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "messages_tab_disabled",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "user_disabled",
        "user_not_found",
        "users_not_found",
    }
)


class TokenError(AccessError):
    """Slack refuses the token itself, so that no call can succeed before a person mended that."""


class Unreachable(Exception):
    """A target that does not exist in Slack. `str()` is Slack's own word."""


class Ending(StrEnum):
    """What to do after a failed call."""

    LATER = "later"
    REFUSED = "refused"
    ACCESS = "access"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failed call, understood. `retry_after` is in seconds and set for LATER only."""

    ending: Ending
    code: str
    retry_after: float = 0.0
    advice: str = ""


def understand(error: Exception) -> Refusal:
    """What one of `FAILURES`, or Unreachable, means."""
    if isinstance(error, Unreachable):
        return Refusal(Ending.REFUSED, str(error))
    if not isinstance(error, SlackApiError):
        return Refusal(Ending.UNKNOWN, type(error).__name__)
    code = str(error.response.get("error") or "")
    if code in _LATER or getattr(error.response, "status_code", 200) == 429:
        return Refusal(Ending.LATER, code or "ratelimited", _retry_after(error))
    if code in _ACCESS:
        return Refusal(Ending.ACCESS, code, advice=_advice(code, error))
    return Refusal(Ending.REFUSED if code in _REFUSED else Ending.UNKNOWN, code)


def access_error(refusal: Refusal) -> AccessError:
    """The error that tells an operator what to mend."""
    return (AccessError if refusal.code in _OF_ONE_CALL else TokenError)(refusal.advice)


def _advice(code: str, error: SlackApiError) -> str:
    if code == "missing_scope":
        needed = error.response.get("needed") or "a scope of bot/manifest.yaml"
        return f"Slack: the app lacks the scope {needed}; add it as in bot/manifest.yaml and reinstall the app"
    return (
        f"Slack refuses the token ({code}): check slack.bot_token and slack.app_token in the configuration, and "
        "reinstall the app if it was removed from the workspace"
    )


def _retry_after(error: SlackApiError) -> float:
    headers: Mapping[str, Any] = getattr(error.response, "headers", {}) or {}
    told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(told) if str(told).isdecimal() else _RETRY_AFTER
