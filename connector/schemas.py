"""What a CRM's object looks like, remembered for a day so that a small sync spends no call on it (P3).

Whenever the description is fetched, the organisation's identity is checked too, so the store's binding (D9) and the
fields a mapping needs are as fresh as each other.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.calling import Caller
from connector.errors import ConfigError
from connector.mapping.fields import ObjectMapping
from connector.model import FieldSpec, ObjectSpec, Purpose
from connector.ports import Ledger

FRESH = timedelta(days=1)


def specs(ledger: Ledger, caller: Caller, mapping: ObjectMapping, stamp: str, now: datetime) -> Mapping[str, FieldSpec]:
    """The fields `mapping` writes and matches on.

    `stamp` tells one connection from another. Raises ConfigError naming every mapped field the CRM lacks, and when
    the store is bound to another organisation.
    """
    crm = caller.destination
    spec = ledger.schema(crm.name, mapping.object, stamp, now - FRESH)
    if spec is not None:
        crm.learn(spec)
    if spec is None or missing_fields(mapping, spec):
        ledger.bind(crm.name, caller(crm.identity, purpose=Purpose.SETUP), now)
        spec = caller(lambda: crm.describe(mapping.object), purpose=Purpose.SETUP)
        ledger.remember_schema(crm.name, stamp, spec, now)
    if problems := missing_fields(mapping, spec):
        raise ConfigError(problems)
    ledger.notice_schema(mapping.name, digest(mapping, spec))
    return spec.fields


def digest(mapping: ObjectMapping, spec: ObjectSpec) -> str:
    """Moves when a field the mapping writes or matches on changes in the CRM: its type, length, options, rights."""
    names = sorted({f.to for f in mapping.fields} | {mapping.match_to})
    return hashlib.blake2b(repr([spec.fields[name] for name in names]).encode(), digest_size=12).hexdigest()


def missing_fields(mapping: ObjectMapping, spec: ObjectSpec) -> list[str]:
    """A sentence for every field the mapping names and the CRM lacks, with the nearest one it has."""
    named = [(f"[fields.{f.to}]", f.to) for f in mapping.fields] + [("[object] match.to", mapping.match_to)]
    return [
        f"mappings/{mapping.name}.toml {place}: {mapping.destination} {mapping.object} has no field {name}"
        f"{_nearest(name, list(spec.fields))}"
        for place, name in named
        if name not in spec.fields
    ]


def unsuitable_fields(mapping: ObjectMapping, spec: ObjectSpec) -> list[str]:
    """What is wrong with fields that do exist: a match field that is not unique, fields we may not write."""
    where = f"mappings/{mapping.name}.toml"
    problems = []
    match = spec.fields.get(mapping.match_to)
    if match is not None and not match.unique:
        problems.append(
            f"{where} [object] match.to: {mapping.match_to} is not unique in {mapping.destination}, so two records may "
            "carry one key; make it unique (Salesforce: External ID and Unique; HubSpot: hasUniqueValue)"
        )
    problems += [
        f"{where} [fields.{f.to}]: {mapping.destination} does not let this user write {f.to}; "
        "grant field access or drop it from the mapping"
        for f in mapping.fields
        if f.to in spec.fields and not spec.fields[f.to].writable
    ]
    return problems


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else "; create it in the CRM or correct the mapping"
