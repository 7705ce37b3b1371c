"""From what was meant for a record and what became of it to what is remembered (D19). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connector.authorship import EDITED, RESTORED
from connector.backoff import next_try
from connector.model import Canonical, Outcome, OutcomeKind, Sent, Settled
from connector.rules.merge import same

ARRIVED = frozenset({OutcomeKind.UPDATED, OutcomeKind.CREATED, OutcomeKind.LINKED})


def settled(sent: Sent, outcome: Outcome, now: datetime) -> Settled:
    """What to remember: `written` moves only where the CRM now holds what we meant."""
    outcome = _named(sent, outcome)
    changes = sent.load.changes if outcome.kind in ARRIVED else {}
    written = {**sent.base, **{name: after for name, (_, after) in changes.items()}}
    later = next_try(sent.memory, outcome, now)
    wanted_fp = "" if outcome.kind is OutcomeKind.DEFERRED and later is None else sent.load.wanted_fp
    return Settled(outcome, wanted_fp, sent.wanted, written, sent.matched_by, changes, later, _overruled(sent))


def _named(sent: Sent, outcome: Outcome) -> Outcome:
    """A first write to a record that did not carry our key is a link (D5).

    An edit held beside it is listed, and so is one that was written over (D20).
    """
    if outcome.kind not in ARRIVED:
        return outcome
    if sent.load.links:
        outcome = replace(outcome, kind=OutcomeKind.LINKED)
    held, restored = sent.load.held, sent.load.restored
    if not held and not restored:
        return outcome
    return replace(outcome, code=EDITED if held else RESTORED, message="; ".join(filter(None, (held, restored))))


def _overruled(sent: Sent) -> Mapping[str, Canonical]:
    """What a person set aside, until the warehouse wants something else."""
    before, wanted = sent.memory.overruled, sent.wanted
    return {name: value for name, value in before.items() if name not in wanted or same(wanted[name], value)}
