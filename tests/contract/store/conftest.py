"""Fixtures of the store's contract: see `tests.contract.store_fixture`."""

from __future__ import annotations

from tests.contract.store_fixture import conn, empty_url, store, store_url

__all__ = ["conn", "empty_url", "store", "store_url"]
