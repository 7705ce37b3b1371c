"""`plsync serve`: the schedule and the bot, until stopped."""

from __future__ import annotations

from plsync import exits
from plsync.serve import serve
from plsync.wiring import Plsync


def run(plsync: Plsync) -> int:
    """Serve; returns when the process is asked to stop."""
    section = plsync.config.serve
    serve(plsync, section.host, section.port)
    return exits.DONE
