"""What is remembered of an account between runs, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from connector.model.delivering import Outcome
from connector.model.values import Canonical


@dataclass(frozen=True, slots=True)
class Memory:
    """What we remember of one account in one mapping (D19): three memories and how it ended.

    `wanted` feeds the plan, `written` is the merge base, `intended` is set while a send is in flight.
    `wanted_fp` is "" until an outcome was recorded.

    `overruled` are wanted values a person set aside, by `adopt` or `revert`: while the warehouse wants the same, they
    are not written. `tries` counts how often in a row the record ended as it did last, where that was trouble.
    """

    key: str
    record_id: str | None = None
    matched_by: str | None = None
    wanted_fp: str = ""
    wanted: Mapping[str, Canonical] = field(default_factory=dict)
    written: Mapping[str, Canonical] = field(default_factory=dict)
    intended: Mapping[str, Canonical] | None = None
    outcome: str | None = None
    code: str | None = None
    message: str | None = None
    overruled: Mapping[str, Canonical] = field(default_factory=dict)
    tries: int = 0
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one fingerprint covers: account columns, an account's signals, and a version that is part of it as it is."""

    version: str
    columns: tuple[str, ...]
    signals: bool


class Known(NamedTuple):
    """What a plan compares one account with: the fingerprint of its last decision, then one per mapping as settled.

    None where nothing is known. Where nothing is decided there are those of the mappings alone. `linked` tells, mapping
    by mapping, whether a CRM record is; `missing_since` is when the warehouse was first seen without the account. A
    tuple, because a plan makes one for every account.
    """

    fingerprints: tuple[str | None, ...]
    linked: tuple[bool, ...] = ()
    missing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What a write will have done to its record once the CRM accepts it.

    `changes` are (before, after) by field; `links` says that it gives an existing record our key, `held` which fields
    are somebody else's and why, `restored` which were and are ours again. `signalled_at` and `scored_at` date the news
    it brings (D47).
    """

    wanted_fp: str
    changes: Mapping[str, tuple[Canonical, Canonical]] = field(default_factory=dict)
    links: bool = False
    held: str = ""
    signalled_at: datetime | None = None
    scored_at: datetime | None = None
    restored: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One record on its way: what is remembered of it so far, and what to remember once it arrived."""

    memory: Memory
    wanted: Mapping[str, Canonical]
    base: Mapping[str, Canonical]
    matched_by: str | None
    load: Load


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be sent for one record, committed before the send (D19).

    `written` is the merge base as the live read corrected it: values found in the CRM that proved to be ours. `load`
    is there for a record of a bulk job, whose outcome may come long after, to another process.
    """

    key: str
    record_id: str | None
    matched_by: str | None
    fields: Mapping[str, Canonical]
    written: Mapping[str, Canonical]
    load: Load | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """How one planned record ended, ready to be remembered.

    `wanted_fp` is "" when the record stays due: then what was intended stays remembered too, because the CRM
    may have accepted it. `changes` are (before, after) of the fields that were written. `not_before` is when a
    deferred record is tried again; None is the next run. `overruled` is as in `Memory`.
    """

    outcome: Outcome
    wanted_fp: str
    wanted: Mapping[str, Canonical]
    written: Mapping[str, Canonical]
    matched_by: str | None = None
    changes: Mapping[str, tuple[Canonical, Canonical]] = field(default_factory=dict)
    not_before: datetime | None = None
    overruled: Mapping[str, Canonical] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What a run wrote into one record: (before, after) by field."""

    key: str
    record_id: str
    created: bool
    fields: Mapping[str, tuple[Canonical, Canonical]]
