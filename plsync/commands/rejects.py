"""`plsync rejects`: every refused record, in the CRM's own words, with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.advice import advice_on
from connector.store import troubles
from connector.store.troubles import Trouble
from plsync import exits
from plsync.terminal import labelled, moment, say, say_json, table
from plsync.wiring import Plsync


def run(plsync: Plsync, as_json: bool) -> int:
    """List the records a CRM refused and those that could not be sent. Code 1 when there are any."""
    plsync.store.require_current()
    with plsync.store.read() as conn:
        found = troubles.rejects(conn)
    if as_json:
        say_json({"rejects": [as_dict(one) for one in found]})
    else:
        show(found)
    return exits.REJECTS if found else exits.DONE


def as_dict(one: Trouble) -> dict[str, Any]:
    """A refused record as JSON."""
    return {
        "account": one.account,
        "mapping": one.mapping,
        "record": one.record_id,
        "outcome": one.outcome,
        "code": one.code,
        "message": one.message,
        "advice": advice(one),
        "since": one.since,
        "times": one.tries,
        "last": one.at,
        "run": one.run,
    }


def show(found: Sequence[Trouble]) -> None:
    """The list for people, and per code what to do."""
    if not found:
        say("no record is refused")
        return
    rows = [[one.account, one.mapping, moment(one.since), one.tries, words(one)] for one in found]
    table(["account", "mapping", "refused since", "times", "in the CRM's words"], rows)
    say()
    labelled(list({one.code or "": (one.code or "", advice(one)) for one in found}.values()), indent=0)
    say()
    say("tried again when value, mapping or CRM schema changes, or with `plsync retry ACCOUNT`", "dim")


def advice(one: Trouble) -> str:
    """What to do about it."""
    return one.advice or advice_on(one.code)


def words(one: Trouble) -> str:
    """Code and message."""
    return ": ".join(part for part in (one.code, one.message) if part)
