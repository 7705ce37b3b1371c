"""Which organisations this store belongs to (D9), and what their objects looked like when last described."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from connector.errors import ConfigError
from connector.model import FieldKind, FieldSpec, ObjectSpec
from connector.store import tables
from connector.store.statements import insert_new, upsert

_BINDINGS = tables.bindings
_SCHEMAS = tables.schemas
_MAPPED = tables.mapped_schemas
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def bound(conn: Connection, system: str) -> str | None:
    """The organisation, portal or team this store is bound to in a system; None before first contact."""
    return conn.execute(select(_BINDINGS.c.identity).where(_BINDINGS.c.system == system)).scalar_one_or_none()


def bind(conn: Connection, system: str, identity: str, at: datetime) -> None:
    """Bind the store at first contact. Raises ConfigError when it is bound to another identity (D9)."""
    insert_new(conn, _BINDINGS, [{"system": system, "identity": identity, "bound_at": at}])
    known = bound(conn, system)
    if known == identity:
        return
    problem = (
        f"{system}: the credentials lead to {identity}, but this store is bound to {known}. If the credentials are "
        f"wrong, correct them. Otherwise give {identity} a store of its own (another store URL, then "
        f"`plsync migrate`): what this one remembers names records of {known}. Only where {identity} holds the same "
        f"records under the same ids, as a copy does: plsync rebind {system} {identity}"
    )
    raise ConfigError([problem])


def rebind(conn: Connection, system: str, identity: str, at: datetime) -> None:
    """Bind the store to another identity because a person said so: the organisation moved and kept its record ids."""
    upsert(
        conn, _BINDINGS, [{"system": system, "identity": identity, "bound_at": at}], replaced=("identity", "bound_at")
    )


def schema(conn: Connection, destination: str, object_name: str, stamp: str, not_before: datetime) -> ObjectSpec | None:
    """A remembered description, or None when there is none with this stamp read at or after `not_before`."""
    query = select(_SCHEMAS.c.fields).where(
        _SCHEMAS.c.destination == destination,
        _SCHEMAS.c.object == object_name,
        _SCHEMAS.c.stamp == stamp,
        _SCHEMAS.c.read_at >= not_before,
    )
    fields = conn.execute(query).scalar_one_or_none()
    return None if fields is None else ObjectSpec(object_name, {each["name"]: _field(each) for each in fields})


def remember_schema(conn: Connection, destination: str, stamp: str, spec: ObjectSpec, at: datetime) -> None:
    """Keep an object's description, in place of an older one."""
    row = {
        "destination": destination,
        "object": spec.name,
        "stamp": stamp,
        "read_at": at,
        "fields": [asdict(each) for each in spec.fields.values()],
    }
    upsert(conn, _SCHEMAS, [row], replaced=("stamp", "read_at", "fields"))


def doubt_schemas(conn: Connection) -> None:
    """Let the next run describe every object anew: a person may just have changed one."""
    conn.execute(update(_SCHEMAS).values(read_at=_LONG_AGO))


def mapped_schema(conn: Connection, mapping: str) -> str | None:
    """The digest of what a mapping's fields looked like when last seen."""
    return conn.execute(select(_MAPPED.c.digest).where(_MAPPED.c.mapping == mapping)).scalar_one_or_none()


def remember_mapped_schema(conn: Connection, mapping: str, digest: str) -> None:
    """Keep the digest of what a mapping's fields look like."""
    upsert(conn, _MAPPED, [{"mapping": mapping, "digest": digest}], replaced=("digest",))


def _field(document: dict[str, Any]) -> FieldSpec:
    known = {"kind": FieldKind(document["kind"]), "options": tuple(document["options"])}
    return FieldSpec(**{**document, **known})
