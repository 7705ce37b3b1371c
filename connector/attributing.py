"""Asking who set the values that are none of our memories' (D20). Only of those, because it takes further calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from connector.authorship import authorship
from connector.calling import Caller
from connector.mapping.fields import ObjectMapping
from connector.merging import Merged
from connector.model import Author, Authorship
from connector.spool import batched


def attribute(caller: Caller, mapping: ObjectMapping, merged: Sequence[Merged]) -> dict[str, Authorship]:
    """By account, who set what stands in the place of ours; only of records where something does."""
    crm = caller.destination
    contested = {one.match.live.record_id: one for one in merged if one.contested and one.match.live}
    jobs = (
        partial(caller, partial(crm.authors, mapping.object, some, _fields(contested, some)))
        for some in batched(contested, crm.capacity.authors)
    )
    told: dict[str, Mapping[str, Author]] = {}
    for answer in caller.all(jobs):
        told |= answer
    return {one.key: _sorted(one, told.get(record_id, {}), caller) for record_id, one in contested.items()}


def _fields(contested: Mapping[str, Merged], record_ids: Sequence[str]) -> list[str]:
    return sorted({name for each in record_ids for name in contested[each].contested})


def _sorted(one: Merged, authors: Mapping[str, Author], caller: Caller) -> Authorship:
    wanted = {name: authors[name] for name in one.contested if name in authors}
    return authorship(one.memory, wanted, caller.destination.is_us)
