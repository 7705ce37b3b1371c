"""Digests: messages that list alerts which have none of their own there (D18, D37).

A digest is posted as a delivery of its first alert, under a purpose of its own, by the same recipe as every message.
Alerts may join it also when it is posted: it is rewritten then, as when one of them moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from connector.store import tables
from connector.store.alerts import Alert
from connector.store.deliveries import DIGEST
from connector.store.statements import insert_new

_ALERTS, _DIGESTS, _LINES = tables.alerts, tables.digests, tables.digest_lines


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest: what it is a digest of, its date where its reader is, and the alert whose delivery carries it."""

    id: int
    name: str
    kind: str
    day: str
    alert_id: int

    @property
    def purpose(self) -> str:
        """What its delivery is for. Opaque: it is seen by every app of the workspace."""
        return f"{DIGEST}{self.id}"


def join(conn: Connection, name: str, kind: str, day: str, alert_id: int) -> Digest:
    """List an alert in the digest of this name, which begins with it where there is none yet."""
    insert_new(conn, _DIGESTS, [{"name": name, "kind": kind, "day": day, "alert_id": alert_id}])
    digest = Digest(*conn.execute(select(_DIGESTS).where(_DIGESTS.c.name == name)).one())
    insert_new(conn, _LINES, [{"digest_id": digest.id, "alert_id": alert_id}])
    return digest


def of_purpose(conn: Connection, purpose: str) -> Digest | None:
    """The digest a delivery is for; None where it is for something else."""
    if not purpose.startswith(DIGEST):
        return None
    row = conn.execute(select(_DIGESTS).where(_DIGESTS.c.id == int(purpose.removeprefix(DIGEST)))).one_or_none()
    return None if row is None else Digest(*row)


def first_listed(conn: Connection, digest: Digest, limit: int) -> Sequence[Alert]:
    """The alerts a digest lists, oldest first, at most so many."""
    listed = select(_ALERTS).join(_LINES, _LINES.c.alert_id == _ALERTS.c.id).where(_LINES.c.digest_id == digest.id)
    return [Alert(**row._mapping) for row in conn.execute(listed.order_by(_ALERTS.c.id).limit(limit))]


def size_and_version(conn: Connection, digest: Digest) -> tuple[int, int]:
    """How many alerts it lists, and the sum of their versions: that grows whatever of it changes."""
    listed = select(func.count(), func.sum(_ALERTS.c.version)).join(_LINES, _LINES.c.alert_id == _ALERTS.c.id)
    count, version = conn.execute(listed.where(_LINES.c.digest_id == digest.id)).one()
    return int(count), int(version or 0)
