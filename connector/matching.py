"""Which CRM record is this row's: remembered id, our key, unique domain or e-mail, or nobody's to guess (D5, D6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connector.hosts import host_of
from connector.mapping.fields import ObjectMapping
from connector.model import Live, Match, MatchMethod, Memory, Record

UNMATCHED = Match(MatchMethod.NONE)


@dataclass(frozen=True, slots=True)
class Found:
    """What the live read brought back, indexed by how it was asked for. Hosts and e-mails may have several records."""

    by_id: Mapping[str, Live]
    by_key: Mapping[str, Sequence[Live]]
    by_host: Mapping[str, Sequence[Live]]
    by_email: Mapping[str, Sequence[Live]] = field(default_factory=dict)


def match(record: Record, memory: Memory | None, found: Found, mapping: ObjectMapping) -> Match:
    """The record's match, most certain way first. More than one candidate is ambiguous and never guessed."""
    if memory and memory.record_id and (live := found.by_id.get(memory.record_id)):
        if _is_anothers(live.values.get(mapping.match_to), record.key):  # two records were merged into one, say (D7)
            return Match(MatchMethod.AMBIGUOUS, None, (live.record_id,))
        said = memory.matched_by == MatchMethod.LINKED
        return Match(MatchMethod.LINKED if said else MatchMethod.REMEMBERED, live)
    keyed = found.by_key.get(record.key, ())
    if keyed:
        return _only(keyed, MatchMethod.KEY)
    host, email = host_of(record.values.get("domain")), email_of(record)
    named = found.by_host.get(host, ()) if host else ()
    called = found.by_email.get(email, ()) if email else ()
    for method, candidates in ((MatchMethod.DOMAIN, named), (MatchMethod.EMAIL, called)):
        # A candidate that carries another row's key is that row's record, not this one's.
        if free := [live for live in candidates if live.values.get(mapping.match_to) in (None, record.key)]:
            return _only(free, method)
    return UNMATCHED


def _is_anothers(held: object, key: str) -> bool:
    """Whether a remembered record carries another row's key by now, space and case aside."""
    return held is not None and str(held).strip().casefold() != key.strip().casefold()


def presumed(record: Record, memory: Memory | None, mapping: ObjectMapping) -> Match:
    """The match of a record that is written by key without being read: it holds what we last wrote.

    While a send is in flight, or before the first one, nobody knows what it holds.
    """
    known = memory is not None and memory.intended is None and memory.record_id is not None
    values = memory.written if memory and known else {}
    record_id = memory.record_id if memory else None
    return Match(MatchMethod.KEY, Live(record_id or "", {**values, mapping.match_to: record.key}))


def unshared(matches: Mapping[str, Match]) -> dict[str, Match]:
    """Hold every account whose record another account of the chunk also claims: never two writers (D7).

    An account that a person linked to the record keeps it.
    """
    claims = Counter(m.live.record_id for m in matches.values() if m.live)
    linked = Counter(m.live.record_id for m in matches.values() if m.live and m.method is MatchMethod.LINKED)

    def is_shared(match: Match, record_id: str) -> bool:
        return claims[record_id] > 1 and not (match.method is MatchMethod.LINKED and linked[record_id] == 1)

    return {
        key: Match(MatchMethod.AMBIGUOUS, None, (m.live.record_id,)) if m.live and is_shared(m, m.live.record_id) else m
        for key, m in matches.items()
    }


def index(lives: Iterable[Live], field: str) -> dict[str, list[Live]]:
    """Live records by the text one of their fields holds."""
    found: dict[str, list[Live]] = {}
    for live in lives:
        found.setdefault(str(live.values.get(field)), []).append(live)
    return found


def index_hosts(lives: Iterable[Live], field: str | None) -> dict[str, list[Live]]:
    """Live records by the host of the domain or web address one of their fields holds."""
    found: dict[str, list[Live]] = {}
    for live in lives:
        found.setdefault(host_of(live.values.get(field or "")), []).append(live)
    return found


def email_of(record: Record) -> str:
    """A person's e-mail as both sides spell it; "" without one."""
    return _address(record.values.get("email"))


def index_emails(lives: Iterable[Live], field: str | None) -> dict[str, list[Live]]:
    """Live records by the e-mail one of their fields holds."""
    found: dict[str, list[Live]] = {}
    for live in lives:
        found.setdefault(_address(live.values.get(field or "")), []).append(live)
    return found


def _address(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def own_hosts(records: Iterable[Record], personal: Collection[str]) -> dict[str, str]:
    """Each account's company host, where it is nobody else's and no personal e-mail domain (D2, D5)."""
    hosts = {record.key: host_of(record.values.get("domain")) for record in records}
    claims = Counter(hosts.values())
    return {key: host for key, host in hosts.items() if host and claims[host] == 1 and host not in personal}


def _only(candidates: Sequence[Live], method: MatchMethod) -> Match:
    if len(candidates) == 1:
        return Match(method, candidates[0])
    return Match(MatchMethod.AMBIGUOUS, None, tuple(sorted(live.record_id for live in candidates)))
