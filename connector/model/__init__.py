"""The values every floor speaks in. Frozen, without behaviour that touches the world.

Three kinds of value occur:
- a *warehouse value* is what SQL gave us, in Python's own types;
- a *canonical value* is JSON-like (text, number, truth, null; dates YYYY-MM-DD, datetimes
  YYYY-MM-DDTHH:MM:SSZ in UTC), the same for every CRM; memories, comparisons and audit hold these;
- a *wire value* is what one CRM's API wants, and never leaves its adapter.
"""

from __future__ import annotations

from connector.model.accounts import ACCOUNTS, Person, Record, Signal
from connector.model.calling import Allowance, Pause, Turns, Window
from connector.model.deciding import (
    ALERT_WANTED,
    ASSIGNING,
    BASELINE,
    CAN_CHANGE_HANDS,
    CONVERTED,
    HEARS_MORE,
    OWNER_CHANGED,
    SEEN_UNTIL,
    SIGNAL_SEEN,
    SQL_SEEN,
    AlertKind,
    Counterfactual,
    Decision,
    Handoff,
    Heard,
    LastAlert,
    Layers,
    NewFact,
    Route,
    Tier,
)
from connector.model.defining import InForce
from connector.model.delivering import (
    CHANGED_MEANWHILE,
    BulkJob,
    JobPhase,
    JobState,
    OpenJob,
    Outcome,
    OutcomeKind,
    Write,
)
from connector.model.facts import AccountFields, AccountRef, CrmFact, CrmState, FactKind, FactSource, Touched
from connector.model.merging import FieldMerge, FieldVerdict, MergePolicy
from connector.model.records import (
    UNASKED,
    Author,
    Authorship,
    By,
    FieldKind,
    FieldSpec,
    Live,
    Match,
    MatchMethod,
    ObjectSpec,
)
from connector.model.remembering import Change, Intent, Known, Load, Memory, Recipe, Sent, Settled
from connector.model.spending import CALLS, MOTION, PLAN, Purpose, Spent
from connector.model.values import NOTHING, Canonical, ColumnType, WarehouseValue, choices

__all__ = [
    "ACCOUNTS",
    "ALERT_WANTED",
    "ASSIGNING",
    "BASELINE",
    "CALLS",
    "CAN_CHANGE_HANDS",
    "CHANGED_MEANWHILE",
    "CONVERTED",
    "HEARS_MORE",
    "MOTION",
    "NOTHING",
    "OWNER_CHANGED",
    "PLAN",
    "SEEN_UNTIL",
    "SIGNAL_SEEN",
    "SQL_SEEN",
    "UNASKED",
    "AccountFields",
    "AccountRef",
    "AlertKind",
    "Allowance",
    "Author",
    "Authorship",
    "BulkJob",
    "By",
    "Canonical",
    "Change",
    "ColumnType",
    "Counterfactual",
    "CrmFact",
    "CrmState",
    "Decision",
    "FactKind",
    "FactSource",
    "FieldKind",
    "FieldMerge",
    "FieldSpec",
    "FieldVerdict",
    "Handoff",
    "Heard",
    "InForce",
    "Intent",
    "JobPhase",
    "JobState",
    "Known",
    "LastAlert",
    "Layers",
    "Live",
    "Load",
    "Match",
    "MatchMethod",
    "Memory",
    "MergePolicy",
    "NewFact",
    "ObjectSpec",
    "OpenJob",
    "Outcome",
    "OutcomeKind",
    "Pause",
    "Person",
    "Purpose",
    "Recipe",
    "Record",
    "Route",
    "Sent",
    "Settled",
    "Signal",
    "Spent",
    "Tier",
    "Touched",
    "Turns",
    "WarehouseValue",
    "Window",
    "Write",
    "choices",
]
