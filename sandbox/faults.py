"""Faults a test orders: what goes wrong, with which requests, and how often.

An order is a JSON object; `fault_from` says which members it may have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

Action = Literal["status", "slow", "reset", "drop_after_accept", "half_body", "html", "html_after", "kill"]
When = Literal["before_work", "before_reply", "mid_body"]

ACTIONS: tuple[Action, ...] = get_args(Action)
MOMENTS: tuple[When, ...] = get_args(When)


@dataclass(frozen=True)
class Reply:
    """An answer a stand-in would give. `body` is JSON, or text that is sent as it is."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """What happens to `times` requests that match, from the `at`-th of them on; `says` must be found in their bodies.

    status             answer `status` with `body` (default: the stand-in's own words) and `headers`; no work done
    slow               wait `seconds`, then go on as usual
    reset              close the connection before doing anything
    drop_after_accept  do the work, close without answering
    half_body          do the work, send half of the body under its full Content-Length, close
    html               an HTML page under status 200, work not done
    html_after         the same, work done
    kill               SIGKILL process `pid` at the moment `when`, then close
    """

    match: re.Pattern[str]
    status: int = 503
    times: int = 1
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    action: Action = "status"
    at: int = 1
    seconds: float = 0.0
    pid: int | None = None
    when: When = "before_reply"
    says: re.Pattern[str] | None = None
    _matched: int = 0

    def due(self, request: str, body: str) -> bool:
        """Count a request that matches; whether it is this fault's turn."""
        if not self.match.search(request) or (self.says and not self.says.search(body)):
            return False
        self._matched += 1
        return self._matched >= self.at


def reads_bodies(faults: Sequence[Fault]) -> bool:
    """Whether any fault wants to know what a request says."""
    return any(fault.says for fault in faults)


def take_fault(faults: list[Fault], method: str, path: str, body: str = "") -> Fault | None:
    """The first fault whose turn it is, with one of its times used up. Every fault counts the request."""
    due = [fault for fault in faults if fault.due(f"{method} {path}", body)]
    if not due:
        return None
    fault = due[0]
    fault.times -= 1
    if fault.times <= 0:
        faults.remove(fault)
    return fault


def fault_from(wanted: Mapping[str, Any], named: Mapping[str, Callable[[], Reply]]) -> Fault:
    """The fault an order asks for.

    Members: match (a regular expression on "METHOD path", default all), says (one on the request's body), action,
    times, at, and as the action needs them status, body, headers, seconds, pid, when. `name` takes status, body and
    headers from one of the stand-in's `named` replies. Raises ValueError saying which member is wrong.
    """
    action = cast("Action", _one_of("action", ACTIONS, wanted.get("action", "status")))
    reply = _reply(wanted, named)
    if action == "status" and reply.status == 0:
        raise ValueError("a fault of action status needs a status or a name")
    if action == "kill" and not wanted.get("pid"):
        raise ValueError("a fault of action kill needs the pid of the process to kill")
    return Fault(
        match=_pattern("match", wanted.get("match", "")),
        says=_pattern("says", wanted["says"]) if wanted.get("says") else None,
        status=reply.status,
        times=int(wanted.get("times", 1)),
        body=reply.body,
        headers=dict(reply.headers),
        action=action,
        at=int(wanted.get("at", 1)),
        seconds=float(wanted.get("seconds", 0.0)),
        pid=int(wanted["pid"]) if wanted.get("pid") else None,
        when=cast("When", _one_of("when", MOMENTS, wanted.get("when", "before_reply"))),
    )


def _reply(wanted: Mapping[str, Any], named: Mapping[str, Callable[[], Reply]]) -> Reply:
    if "name" in wanted:
        return named[_one_of("name", tuple(named), wanted["name"])]()
    return Reply(int(wanted.get("status", 0)), wanted.get("body"), wanted.get("headers", {}))


def _one_of(member: str, known: Sequence[str], given: Any) -> str:
    if given not in known:
        raise ValueError(f"{member} {given!r} is not one of {', '.join(known) or 'none'}")
    return str(given)


def _pattern(member: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as wrong:
        raise ValueError(f"{member} {text!r} is not a regular expression: {wrong}") from wrong
