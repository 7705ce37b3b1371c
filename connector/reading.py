"""The live read: what the CRM says now about exactly the planned accounts, and which record is whose."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from connector.calling import Caller
from connector.hosts import host_of
from connector.mapping.fields import ObjectMapping
from connector.matching import Found, email_of, index, index_emails, index_hosts, match, presumed, unshared
from connector.model import By, Live, Match, Memory, Record
from connector.spool import batched

MERGES = 5  # one record merged into another and that into a third: how far to follow


def read_live(
    caller: Caller,
    mapping: ObjectMapping,
    records: Sequence[Record],
    memories: Mapping[str, Memory],
    extra_fields: Collection[str],
    personal_hosts: Collection[str],
) -> dict[str, Match]:
    """The match of every record, read in as few calls as the CRM allows: in none where the mapping writes blind.

    Remembered ids first, and what those that are gone were merged into; those without one, or whose record is gone
    for good, by our key; the rest by company domain or by the person's e-mail.
    """
    if mapping.blind:
        return {r.key: presumed(r, memories.get(r.key), mapping) for r in records}
    fields = sorted({f.to for f in mapping.fields} | {mapping.match_to} | set(extra_fields))

    def fetch(by: By, field: str, values: Sequence[str]) -> list[Live]:
        return fetch_all(caller, mapping, by, field, values, fields)

    remembered = [m.record_id for r in records if (m := memories.get(r.key)) and m.record_id]
    by_id = {live.record_id: live for live in fetch(By.ID, "", remembered)}
    by_id |= _merged_away(caller, mapping, [each for each in remembered if each not in by_id], fields)
    missing = [r for r in records if not ((m := memories.get(r.key)) and m.record_id in by_id)]
    by_key = index(fetch(By.KEY, mapping.match_to, [r.key for r in missing]), mapping.match_to)
    unkeyed = [r for r in missing if r.key not in by_key]
    hosts = _hosts(unkeyed, personal_hosts) if mapping.domain_to else []
    by_host = index_hosts(fetch(By.DOMAIN, mapping.domain_to or "", hosts), mapping.domain_to)
    emails = sorted({email_of(r) for r in unkeyed} - {""}) if mapping.email_to else []
    by_email = index_emails(fetch(By.KEY, mapping.email_to or "", emails), mapping.email_to)
    found = Found(by_id, by_key, by_host, by_email)
    return unshared({r.key: match(r, memories.get(r.key), found, mapping) for r in records})


def _merged_away(caller: Caller, mapping: ObjectMapping, gone: Sequence[str], fields: Sequence[str]) -> dict[str, Live]:
    """What records that are gone became, by the id they had: the records they were merged into (D8)."""
    became, asked = {each: each for each in gone}, list(gone)
    for _ in range(MERGES if gone else 0):
        survivors = _successors(caller, mapping, asked)
        became = {old: survivors.get(now, now) for old, now in became.items()}
        if not (asked := sorted({*survivors.values()})):
            break
    wanted = sorted({now for old, now in became.items() if now != old})
    lives = {live.record_id: live for live in fetch_all(caller, mapping, By.ID, "", wanted, fields)}
    return {old: lives[now] for old, now in became.items() if now in lives}


def _successors(caller: Caller, mapping: ObjectMapping, record_ids: Sequence[str]) -> dict[str, str]:
    crm, found = caller.destination, dict[str, str]()
    jobs = (
        partial(caller, partial(crm.successors, mapping.object, some))
        for some in batched(record_ids, crm.capacity.by_id)
    )
    for answer in caller.all(jobs):
        found |= answer
    return found


def fetch_all(
    caller: Caller, mapping: ObjectMapping, by: By, field: str, values: Sequence[str], fields: Sequence[str]
) -> list[Live]:
    """Live records of any number of values, in as few calls as the CRM allows. `field` and the rest as in `fetch`."""
    crm = caller.destination
    jobs = (
        partial(caller, partial(crm.fetch, mapping.object, by, field, some, fields))
        for some in batched(values, crm.capacity.lookup(by))
    )
    return [live for found in caller.all(jobs) for live in found]


def _hosts(records: Sequence[Record], personal: Collection[str]) -> list[str]:
    """Company hosts worth asking for: personal e-mail domains never match (D5)."""
    hosts = {host_of(r.values.get("domain")) for r in records}
    return sorted(host for host in hosts if host and host not in personal)
