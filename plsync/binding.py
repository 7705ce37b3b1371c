"""Whether the store belongs to the organisation the configuration leads to, asked without binding it (D9)."""

from __future__ import annotations

from connector.errors import StoreError
from connector.store import Store, bindings


def binding_problems(store: Store, system: str, identity: str) -> list[str]:
    """D9, without binding: a store that was never migrated is bound to nobody."""
    if not _migrated(store):
        return []
    with store.read() as conn:
        bound = bindings.bound(conn, system)
    if bound in (None, identity):
        return []
    return [
        f"{system}: this store belongs to {bound}, but the configuration leads to {identity}; "
        "use that organisation's own store, or correct the address. Where it holds the same records under the same "
        f"ids, as a copy does: plsync rebind {system} {identity}"
    ]


def _migrated(store: Store) -> bool:
    try:
        store.require_current()
    except StoreError:
        return False
    return True
