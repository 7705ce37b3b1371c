"""How Slack says no: a JSON body with "ok": false and one word, now and then with details."""

from __future__ import annotations

from collections.abc import Sequence


class SlackError(Exception):
    """One refused call. `code` is Slack's word for it; `messages` are its details (B2)."""

    def __init__(
        self, code: str, messages: Sequence[str] = (), *, status: int = 200, retry_after: int | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.status = status
        self.retry_after = retry_after

    def body(self) -> dict[str, object]:
        """The answer's body, as Slack shapes it."""
        if not self.messages:
            return {"ok": False, "error": self.code}
        return {
            "ok": False,
            "error": self.code,
            "errors": list(self.messages),
            "response_metadata": {"messages": [f"[ERROR] {message}" for message in self.messages]},
        }

    def headers(self) -> dict[str, str]:
        """The answer's extra headers."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def rate_limited(seconds: int) -> SlackError:
    """Too many calls: come back in `seconds` (B3)."""
    return SlackError("ratelimited", status=429, retry_after=seconds)
