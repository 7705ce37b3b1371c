"""How the writes of a mapping go out: which call takes them, and how many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from connector.mapping.fields import ObjectMapping
from connector.model import Outcome, Write
from connector.ports import BlindWrites, Destination, GuardedWrites


@dataclass(frozen=True, slots=True)
class Way:
    """A call that takes at most `most` writes and gives one outcome each."""

    most: int
    send: Callable[[Sequence[Write]], list[Outcome]]


def usual(crm: Destination, mapping: ObjectMapping) -> Way:
    """By record id what is known, by key what is not; blind where the mapping says so."""
    if mapping.blind:
        blind = cast("BlindWrites", crm)
        return Way(crm.capacity.blind, lambda writes: blind.send_blind(mapping.object, mapping.match_to, writes))
    return Way(crm.capacity.send, lambda writes: crm.send(mapping.object, mapping.match_to, writes))


def guarded(crm: Destination, mapping: ObjectMapping, read_at: Mapping[str, datetime]) -> Way:
    """Known records only, each unless somebody changed it after the live read, to the second.

    `read_at` is when each was last changed as the live read saw it, by record id.
    """
    strict = cast("GuardedWrites", crm)
    return Way(
        crm.capacity.guarded,
        lambda writes: strict.send_guarded(mapping.object, mapping.match_to, writes, read_at),
    )
