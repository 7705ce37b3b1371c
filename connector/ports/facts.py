"""A CRM we ask for the facts of `crm_state.toml` (D2, D29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from connector.model import AccountRef, CrmFact
from connector.ports.destination import Capacity


class CrmFacts(Protocol):
    """A CRM we ask for the facts of `crm_state.toml` (D2, D29)."""

    name: str
    capacity: Capacity
    account_objects: frozenset[str]  # what the CRM calls the object whose records are accounts, in lower case

    def account_fields(self) -> tuple[str, ...]:
        """Fields of the account record itself that facts are read from; the live read fetches them along."""

    def state(self, accounts: Sequence[AccountRef]) -> Mapping[str, tuple[CrmFact, ...]]:
        """Facts by account key; at most `capacity.facts` accounts. An account without facts maps to ()."""
