"""`plsync rebind`: the organisation moved and kept its record ids, so the store goes on with it (D9)."""

from __future__ import annotations

from connector.errors import ConfigError
from connector.model import Purpose
from connector.store import bindings
from plsync import exits
from plsync.terminal import say, say_json
from plsync.wiring import Plsync

SLACK = "slack"


def run(plsync: Plsync, system: str, identity: str, as_json: bool) -> int:
    """Bind the store to `identity`, provided that the credentials lead there. Raises ConfigError where they do not."""
    plsync.store.require_current()
    found = _identity(plsync, system)
    if found != identity:
        raise ConfigError([f"{system}: the credentials lead to {found}, not to {identity}; nothing was changed"])
    with plsync.store.write() as conn:
        before = bindings.bound(conn, system)
        bindings.rebind(conn, system, identity, plsync.clock())
    if as_json:
        say_json({"system": system, "before": before, "now": identity})
    else:
        say(f"{system}: this store goes on with {identity}; it was bound to {before or 'nobody'}")
    return exits.DONE


def _identity(plsync: Plsync, system: str) -> str:
    """Where the credentials of a system lead now."""
    if system in plsync.connections:
        return plsync.caller(system)(plsync.connections[system].destination.identity, purpose=Purpose.SETUP)
    if system == SLACK and plsync.config.slack:
        from plsync.slack import team_of

        return team_of(plsync.config.slack)
    known = [*plsync.connections, *([SLACK] if plsync.config.slack else [])]
    raise ConfigError([f'nothing called "{system}" is configured; it can be {", ".join(known)}'])
