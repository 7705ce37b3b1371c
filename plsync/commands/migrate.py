"""`plsync migrate`: bring the store to this version."""

from __future__ import annotations

from connector.store import migrate
from plsync import exits
from plsync.config import Config
from plsync.terminal import say


def run(config: Config) -> int:
    """Apply the revisions that are missing."""
    applied = migrate(config.store.url)
    say(f"the store is at this version; applied: {', '.join(applied) or 'nothing, it was already'}")
    return exits.DONE
