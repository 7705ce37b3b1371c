"""`plsync held`: accounts that are left alone until a person looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from connector.advice import advice_on
from connector.store import troubles
from connector.store.troubles import Trouble
from plsync import exits
from plsync.terminal import labelled, moment, pairs, say, say_json, table
from plsync.wiring import Plsync

COUNTED = "NO_RECORD"  # no ambiguity (D6), and often thousands: counted here, listed by --json


def run(plsync: Plsync, as_json: bool) -> int:
    """List what is held, with reasons, candidates and edits."""
    plsync.store.require_current()
    with plsync.store.read() as conn:
        found = troubles.held(conn)
    if as_json:
        say_json({"held": [as_dict(one) for one in found]})
    else:
        show(found)
    return exits.DONE


def as_dict(one: Trouble) -> dict[str, Any]:
    """A held record as JSON."""
    return {
        "account": one.account,
        "mapping": one.mapping,
        "record": one.record_id,
        "reason": one.code,
        "message": one.message,
        "candidates": list(one.candidates),
        "advice": advice_on(one.code),
        "since": one.since,
    }


def show(found: Sequence[Trouble]) -> None:
    """The list for people, and per reason what to do."""
    listed = [one for one in found if one.code != COUNTED]
    if listed:
        rows = [[one.account, one.mapping, one.code, moment(one.since), one.message or ""] for one in listed]
        table(["account", "mapping", "reason", "since", ""], rows)
        say()
        labelled(list({one.code: (one.code or "", advice_on(one.code)) for one in listed}.values()), indent=0)
    else:
        say("no account waits for a person")
    if without := Counter(one.mapping for one in found if one.code == COUNTED):
        say()
        say(f"accounts without a CRM record: {pairs(without)}; `plsync held --json` lists them", "dim")
