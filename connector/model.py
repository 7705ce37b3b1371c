"""The values every floor speaks in. Frozen, without behaviour that touches the world.

Three kinds of value occur:
- a *warehouse value* is what SQL gave us, in Python's own types;
- a *canonical value* is JSON-like (text, number, truth, null; dates YYYY-MM-DD, datetimes
  YYYY-MM-DDTHH:MM:SSZ in UTC), the same for every CRM; memories, comparisons and audit hold these;
- a *wire value* is what one CRM's API wants, and never leaves its adapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

WarehouseValue = str | int | float | Decimal | bool | date | datetime | tuple[str, ...] | None
Canonical = str | int | float | bool | None

NOTHING: Mapping[str, Canonical] = {}


# --- the warehouse ---------------------------------------------------------------------------------


class ColumnType(StrEnum):
    """What a declared warehouse column holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Signal:
    """Something an account did, with a canonical kind (D16). `occurred_at` is UTC."""

    kind: str
    occurred_at: datetime
    detail: str | None = None
    person_key: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at an account who may be called (D39)."""

    key: str
    name: str | None
    title: str | None
    email: str | None = None
    is_admin: bool = False
    last_seen: datetime | None = None
    opt_out: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One warehouse account: its declared columns, its signals (newest first) and its people."""

    key: str
    values: Mapping[str, WarehouseValue]
    signals: tuple[Signal, ...] = ()
    people: tuple[Person, ...] = ()


# --- a CRM as it is now ----------------------------------------------------------------------------


class FieldKind(StrEnum):
    """What a CRM field stores, as far as coercion needs to know."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    PICKLIST = "picklist"
    MULTI_PICKLIST = "multi_picklist"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One CRM field. `length` in characters, `scale` in decimal places; None means unlimited."""

    name: str
    kind: FieldKind
    length: int | None = None
    scale: int | None = None
    options: tuple[str, ...] = ()  # the only values a restricted picklist takes; () means any
    unique: bool = False
    writable: bool = True


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """What one CRM object offers, by field name."""

    name: str
    fields: Mapping[str, FieldSpec]


class By(StrEnum):
    """How records are looked up, in the order of D5."""

    ID = "id"
    KEY = "key"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Live:
    """One CRM record at the live read. `values` are canonical and hold every field asked for."""

    record_id: str
    values: Mapping[str, Canonical]
    modified_at: datetime | None = None
    modified_by: str | None = None


class MatchMethod(StrEnum):
    """How an account found its CRM record (D5), or why it has none."""

    REMEMBERED = "remembered"
    KEY = "key"
    DOMAIN = "domain"
    LINKED = "linked"  # a person said so
    NONE = "none"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Match:
    """The CRM record of one account, or none. `candidates` are record ids when ambiguous."""

    method: MatchMethod
    live: Live | None = None
    candidates: tuple[str, ...] = ()


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


# --- deciding --------------------------------------------------------------------------------------


class Tier(StrEnum):
    """Routing urgency by score (C10)."""

    HOT = "hot"
    WARM = "warm"
    WATCHING = "watching"
    NONE = "none"


class Route(StrEnum):
    """What is to happen with an account."""

    ASSIGN_AE = "assign_ae"
    ASSIGN_SDR = "assign_sdr"
    NURTURE = "nurture"
    SELF_SERVE = "self_serve"
    FYI_OWNER = "fyi_owner"
    EXPANSION = "expansion"
    HOLD = "hold"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Layers:
    """The three layers of a PQL (C18). None means: cannot be told from what was given."""

    behavioural: bool | None
    organisational: bool | None
    intent: bool | None


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What would have been decided without the SQL or the open opportunity."""

    route: Route
    rule: str
    reason: str
    routed_to: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who should do what about one account, and why. One per account and run (D4)."""

    account_key: str
    route: Route
    rule: str
    reason: str
    evidence: Mapping[str, Canonical]
    tier: Tier
    segment: str
    layers: Layers
    motion: str
    why_now: str
    top_signals: tuple[str, ...]
    plg_stage: str | None
    crm_stage: str | None
    routed_to: str | None
    routed_at: datetime
    crm_read_at: datetime | None
    crm_known: bool
    counterfactual: Counterfactual | None = None
    flags: tuple[str, ...] = ()


class AlertKind(StrEnum):
    """What the bot posts for an account."""

    HOT_PQL = "hot_pql"
    FYI = "fyi"


@dataclass(frozen=True, slots=True)
class Handoff:
    """A decision that becomes an alert. `episode` is its uniqueness: one alert per episode."""

    account_key: str
    kind: AlertKind
    trigger: str
    episode: str
    occurred_at: datetime


# --- merging and delivering ------------------------------------------------------------------------


class MergePolicy(StrEnum):
    """How a mapped field meets what is already in the CRM."""

    WAREHOUSE_WINS = "warehouse_wins"
    CRM_WINS_IF_EDITED = "crm_wins_if_edited"
    FILL_BLANK = "fill_blank"
    FURTHEST = "furthest"
    HIGHEST = "highest"
    LATEST = "latest"
    NEVER_CLEAR = "never_clear"


@dataclass(frozen=True, slots=True)
class Memory:
    """What we remember of one account in one mapping (D19): three memories and how it ended.

    `wanted` feeds the plan, `written` is the merge base, `intended` is set while a send is in flight.
    `wanted_fp` is "" until an outcome was recorded.

    `overruled` are wanted values a person set aside, by `adopt` or `revert`: while the warehouse wants the same, they
    are not written. `tries` counts how often in a row the record ended as it did last, where that was trouble.
    """

    key: str
    record_id: str | None = None
    matched_by: str | None = None
    wanted_fp: str = ""
    wanted: Mapping[str, Canonical] = field(default_factory=dict)
    written: Mapping[str, Canonical] = field(default_factory=dict)
    intended: Mapping[str, Canonical] | None = None
    outcome: str | None = None
    code: str | None = None
    message: str | None = None
    overruled: Mapping[str, Canonical] = field(default_factory=dict)
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one fingerprint covers: account columns, an account's signals, and a version that is part of it as it is."""

    version: str
    columns: tuple[str, ...]
    signals: bool


class Known(NamedTuple):
    """What a plan compares one account with: the fingerprint of its last decision, then one per mapping as settled.

    None where nothing is known. `linked` tells, mapping by mapping, whether a CRM record is; `missing_since` is when
    the warehouse was first seen without the account. A tuple, because a plan makes one for every account.
    """

    fingerprints: tuple[str | None, ...]
    linked: tuple[bool, ...] = ()
    missing_since: datetime | None = None


class FieldVerdict(StrEnum):
    """What the merge decided for one field."""

    WRITE = "write"
    SAME = "same"  # the CRM holds what we want
    KEEP = "keep"  # the policy prefers what the CRM holds
    HOLD = "hold"  # somebody else's value is in the way: a person should know


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """What happens to one field of one record, and why. All three values are canonical."""

    name: str
    live: Canonical
    wanted: Canonical
    written: Canonical  # the value after the merge: what the CRM will hold
    verdict: FieldVerdict
    policy: MergePolicy
    reason: str

    @property
    def writes(self) -> bool:
        """Whether the field is sent."""
        return self.verdict is FieldVerdict.WRITE


@dataclass(frozen=True, slots=True)
class Write:
    """One record to send. `record_id` None means create by key. `fields` are canonical."""

    key: str
    record_id: str | None
    fields: Mapping[str, Canonical]


class OutcomeKind(StrEnum):
    """What became of one planned record."""

    UPDATED = "updated"
    CREATED = "created"
    LINKED = "linked"
    UNCHANGED = "unchanged"
    HELD = "held"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: always one per planned record, in the CRM's own words where it spoke."""

    key: str
    kind: OutcomeKind
    record_id: str | None = None
    code: str | None = None
    message: str | None = None
    advice: str | None = None
    candidates: tuple[str, ...] = ()  # record ids, where there was more than one


@dataclass(frozen=True, slots=True)
class Author:
    """Who last set a field (D20): a person by `name`, or a program, whose id or kind is `integration`.

    `id` is the CRM's own for either. `at` is when, UTC, where known.
    """

    id: str
    name: str | None = None
    integration: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BulkJob:
    """A load a CRM takes as a job. Its records are named by record id, or by `match_field` where it may create."""

    id: str
    object: str
    match_field: str | None = None


class JobPhase(StrEnum):
    """How far a bulk job has come."""

    OPEN = "open"  # waits for its upload
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"  # what was processed stays written, the rest was not touched
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class JobState:
    """What a CRM says of a bulk job. `processed` and `failed` count records, the failed ones among the processed."""

    id: str
    state: JobPhase
    processed: int = 0
    failed: int = 0
    message: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it, so that its outcomes can be read."""
        return self.state in (JobPhase.DONE, JobPhase.FAILED, JobPhase.ABORTED)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Calls an organisation may make today, as it last told us."""

    used: int
    limit: int


# --- remembering -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be sent for one record, committed before the send (D19).

    `written` is the merge base as the live read corrected it: values found in the CRM that proved to be ours.
    """

    key: str
    record_id: str | None
    matched_by: str | None
    fields: Mapping[str, Canonical]
    written: Mapping[str, Canonical]


@dataclass(frozen=True, slots=True)
class Settled:
    """How one planned record ended, ready to be remembered.

    `wanted_fp` is "" when the record stays due: then what was intended stays remembered too, because the CRM
    may have accepted it. `changes` are (before, after) of the fields that were written. `not_before` is when a
    deferred record is tried again; None is the next run. `overruled` is as in `Memory`.
    """

    outcome: Outcome
    wanted_fp: str
    wanted: Mapping[str, Canonical]
    written: Mapping[str, Canonical]
    matched_by: str | None = None
    changes: Mapping[str, tuple[Canonical, Canonical]] = field(default_factory=dict)
    not_before: datetime | None = None
    overruled: Mapping[str, Canonical] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What a run wrote into one record: (before, after) by field."""

    key: str
    record_id: str
    created: bool
    fields: Mapping[str, tuple[Canonical, Canonical]]


@dataclass(frozen=True, slots=True)
class Pause:
    """A brake somebody put on: a lane, a CRM, Slack, or everything (D31)."""

    system: str
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class NewFact:
    """A row for the outbox (D34). `dedupe_key` makes appending it again harmless."""

    kind: str
    account_key: str
    dedupe_key: str
    at: datetime
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LastAlert:
    """The newest alert of an account, as far as the next decision needs it."""

    kind: str
    episode: str
    state: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` in any interval of `seconds`, wherever it begins: a limit, not an average (B2)."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Turns:
    """Permission for `calls` calls at any time from `start` to `end`, both in seconds since the epoch."""

    start: float
    end: float
    calls: int
