"""What CRM records say about an account beside its own fields (D2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from connector.model.values import Canonical


class FactKind(StrEnum):
    """What `mappings/crm_state.toml` declares about an account's life in a CRM (D2)."""

    SQL = "sql"
    MQL = "mql"
    OPEN_OPPORTUNITY = "open_opportunity"
    WON_OPPORTUNITY = "won_opportunity"
    LOST_OPPORTUNITY = "lost_opportunity"
    CUSTOMER = "customer"
    OWNER = "owner"
    DISQUALIFIED = "disqualified"


@dataclass(frozen=True, slots=True)
class FactSource:
    """Where one kind of fact is read in one CRM: a row of `mappings/crm_state.toml`.

    A record counts when every field of `where` holds one of its values (compared as text, case-insensitively;
    truths are "true"/"false") and no field of `unless` does. It belongs to an account by `link_id` (a field holding
    the account's record id; "" means the account record itself, or HubSpot's association), by `link_key` (a field
    holding our account key) or by `link_email` (an e-mail whose domain is the account's, where that is unique).
    `owner` is a relationship or owner-id field.
    """

    crm: str
    kind: FactKind
    object: str
    where: Mapping[str, tuple[str, ...]]
    unless: Mapping[str, tuple[str, ...]]
    label: str
    link_id: str | None = None
    link_key: str | None = None
    link_email: str | None = None
    at: str | None = None
    owner: str | None = None
    active_at: str | None = None
    due: str | None = None


@dataclass(frozen=True, slots=True)
class CrmFact:
    """One thing one CRM record says about an account. `at` is the stage date, UTC, where known.

    `active_at` is the last activity and `due` the close date, where the object has them (D3).
    """

    kind: FactKind
    crm: str
    object: str
    record_id: str
    label: str
    at: datetime | None = None
    owner_email: str | None = None
    owner_name: str | None = None
    owner_active: bool = True
    active_at: datetime | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account as a CRM's fact reader needs it."""

    key: str
    record_id: str | None
    domain: str | None
    values: Mapping[str, Canonical] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountFields:
    """By which fields of its own a CRM record of an account is known: one with our key, one with the company domain."""

    key: str
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """A CRM record that was changed, and whose it may be: what it names accounts by.

    `ids` are the CRM's ids of the accounts' own records, `keys` our account keys, `hosts` company domains. `own` says
    that it is the record of an account itself.
    """

    record_id: str
    at: datetime | None
    ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class CrmState:
    """What the CRMs together say of one account at decision time.

    `known` is False when one of them could not be read: then nobody is assigned (D11).
    """

    known: bool
    read_at: datetime
    facts: tuple[CrmFact, ...] = ()
    sql_active: bool | None = None
    open_opportunity: bool | None = None
    stale_opportunity: bool | None = None
    customer: bool | None = None
    disqualified: bool | None = None
    stage: str | None = None
    stage_at: datetime | None = None
    stage_owner_email: str | None = None
    stage_owner_name: str | None = None
    stage_owner_active: bool | None = None
    stage_source: str | None = None  # "salesforce Lead 00Q…"
    owner_email: str | None = None
    owner_name: str | None = None
