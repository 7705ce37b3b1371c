"""`plsync pause` and `plsync resume`: brakes every process of the store obeys within one chunk (D31)."""

from __future__ import annotations

import getpass

from connector.errors import ConfigError
from connector.store import pauses
from connector.store.pauses import EVERYTHING
from plsync import exits
from plsync.running import LANES
from plsync.terminal import moment, say, say_json
from plsync.wiring import Plsync

SLACK = "slack"


def pause(plsync: Plsync, system: str | None, as_json: bool) -> int:
    """Pause one lane or system, or everything. Raises ConfigError for one there is not."""
    plsync.store.require_current()
    name = _known(plsync, system)
    with plsync.store.write() as conn:
        pauses.pause(conn, name, plsync.clock(), person())
    return _state(plsync, as_json)


def resume(plsync: Plsync, system: str | None, as_json: bool) -> int:
    """Let one lane or system go on, or everything. Raises ConfigError for one there is not."""
    plsync.store.require_current()
    name = _known(plsync, system)
    with plsync.store.write() as conn:
        pauses.resume(conn, _names(plsync) if name == EVERYTHING else [name])
    return _state(plsync, as_json)


def person() -> str:
    """Who is at the keyboard, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run a user without a name
        return "somebody"


def _names(plsync: Plsync) -> list[str]:
    return [EVERYTHING, *LANES, *plsync.connections, *([SLACK] if plsync.config.slack else [])]


def _known(plsync: Plsync, system: str | None) -> str:
    if system is not None and system not in _names(plsync):
        raise ConfigError([f'nothing is called "{system}" here; it can be {", ".join(_names(plsync))}'])
    return system or EVERYTHING


def _state(plsync: Plsync, as_json: bool) -> int:
    with plsync.store.read() as conn:
        found = pauses.paused(conn)
    if as_json:
        say_json({"paused": [{"system": one.system, "since": one.since, "by": one.by} for one in found.values()]})
        return exits.DONE
    for one in found.values():
        say(f"{one.system} is paused since {moment(one.since)} by {one.by}")
    if not found:
        say("nothing is paused")
    return exits.DONE
