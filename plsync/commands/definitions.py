"""`plsync definitions`: what is in force since when, who agreed, and what is open."""

from __future__ import annotations

from typing import Any

from connector.rules.governance import Defined
from plsync import exits
from plsync.defining import defined
from plsync.terminal import say, say_json, table
from plsync.wiring import Plsync


def run(plsync: Plsync, as_json: bool) -> int:
    """List every definition; 1 where something is open."""
    plsync.store.require_current()
    found = defined(plsync)
    if as_json:
        say_json({"definitions": [as_dict(one) for one in found]})
    else:
        show(found)
    return exits.FINDINGS if any(one.findings for one in found) else exits.DONE


def as_dict(one: Defined) -> dict[str, Any]:
    """A definition as JSON; `since` is null before a sync has worked by it."""
    terms = one.terms
    return {
        "name": one.name,
        "version": one.version,
        "since": one.since,
        "documented": terms.version is not None,
        "approved_by": list(terms.approved_by),
        "effective_from": terms.effective_from,
        "next_review": terms.next_review,
        "override_reason": terms.override_reason,
        "validated": one.validated,
        "findings": list(one.findings),
    }


def show(found: list[Defined]) -> None:
    """The list for people, and below it what is open."""
    rows = [
        [
            one.name,
            one.version,
            one.since or "next sync",
            one.terms.next_review or "—",
            one.validated,
            ", ".join(one.terms.approved_by) or "—",
        ]
        for one in found
    ]
    table(["definition", "version", "in force since", "next review", "validated", "approved by"], rows)
    if open_ := [finding for one in found for finding in one.findings]:
        say()
        for finding in open_:
            say(finding, "bold")
