"""A CRM we ask for the facts of `crm_state.toml` (D2, D29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from connector.model import AccountFields, AccountRef, Activities, CrmFact, Touched
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

    def polled(self) -> tuple[str, ...]:
        """The objects of the declared facts; their changes may say something new of an account (D30)."""

    def changed(
        self, object_name: str, since: datetime, until: datetime, after: str, named: AccountFields | None
    ) -> list[Touched]:
        """Records of an object that anybody changed at since <= moment < until, in the order of their ids.

        At most `capacity.changed`, those after the record id `after`, "" for the first. `named` are the fields that an
        account's own record is known by, where the object is one of `account_objects`.
        """

    def outreach(self, records: Sequence[str], since: datetime, until: datetime) -> Activities:
        """Outreach since <= moment < until on these accounts' records, and their people and opportunities (D40).

        At most `capacity.facts` records. What is bulk, of a sequence, marketing or inbound is left out. A kind that the
        CRM lacks, or that we may not read, is `unreadable`: that is an answer, not an error.
        """
