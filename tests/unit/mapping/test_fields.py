"""What a mapping wants each field of one record to hold."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connector.errors import InvalidValueError
from connector.mapping.fields import DECISION_FIELDS, ObjectMapping, wanted
from connector.mapping.reading import build
from connector.model import Decision, FieldKind, FieldSpec, Layers, Record, Route, Tier, WarehouseValue
from tests.unit.mapping.files import COLUMNS, document

NOW = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
DECIDED = Decision(
    account_key="acme",
    route=Route.ASSIGN_AE,
    rule="hot-enterprise-size",
    reason="Hot at 92 with 400 employees, which is far more than fifty",
    evidence={},
    tier=Tier.HOT,
    segment="mid_market",
    layers=Layers(True, True, True),
    motion="hybrid_escalation",
    why_now="8 active users.",
    top_signals=("limit_hit", "pricing_view"),
    plg_stage="PQL",
    crm_stage=None,
    routed_to="enterprise-ae-1@workspace.example",
    routed_at=NOW,
    crm_read_at=NOW,
    crm_known=True,
)


def mapping(**sources: str) -> ObjectMapping:
    """One field per source, each won by the warehouse."""
    fields = {to: {"from": source, "merge": "warehouse_wins"} for to, source in sources.items()}
    return build("account", document(fields), COLUMNS)


def text(length: int | None = None) -> FieldSpec:
    return FieldSpec("F", FieldKind.TEXT, length=length)


def one(source: str, spec: FieldSpec, decision: Decision | None = DECIDED, **values: WarehouseValue) -> object:
    """What the single field from `source` is to hold."""
    record = Record("acme", values)
    return wanted(mapping(F=source), record, decision, "domain", {"F": spec})["F"]


def test_columns_come_from_the_record() -> None:
    """A column's value is coerced to the field it goes into."""
    assert one("score", FieldSpec("F", FieldKind.NUMBER, scale=0), score=Decimal("86.5")) == 87


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("decision.route", "assign_ae"),
        ("decision.tier", "hot"),
        ("decision.top_signals", "limit_hit, pricing_view"),
        ("decision.crm_stage", None),
        ("decision.routed_at", "2026-03-18T15:00:00Z"),
        ("match.method", "domain"),
    ],
)
def test_decisions_and_matches_are_text(source: str, held: object) -> None:
    """What was decided, and how the record was found, go to the CRM in words."""
    assert one(source, text(255)) == held


@pytest.mark.parametrize("name", DECISION_FIELDS)
def test_every_offered_decision_field_exists(name: str) -> None:
    """Whatever a mapping may name as decision.<name> is there to be written."""
    one(f"decision.{name}", text())


def test_without_a_decision_its_fields_are_null() -> None:
    """An account nobody decided about has no route to write."""
    assert one("decision.route", text(), decision=None) is None


def test_our_own_sentences_are_cut_to_the_field() -> None:
    """A reason longer than the field ends at a word instead of costing the record its write."""
    assert one("decision.reason", text(25)) == "Hot at 92 with 400…"


def test_a_column_too_long_names_field_and_source() -> None:
    """A warehouse text is never cut: the record is invalid, and the message says where to look."""
    with pytest.raises(InvalidValueError, match=r"F from name: 30 characters, the field takes 25"):
        one("name", text(25), name="x" * 30)


@pytest.mark.parametrize(
    ("merge", "on_null", "wanted_then"),
    [
        ("warehouse_wins", "clear", False),
        ("crm_wins_if_edited", "clear", False),
        ("warehouse_wins", "skip", None),
        ("never_clear", "clear", None),
        ("fill_blank", "clear", None),
    ],
)
def test_a_cleared_field_holds_its_blank(merge: str, on_null: str, wanted_then: bool | None) -> None:
    """Where a CRM knows no null, a null that clears becomes what a blank field holds; one that does not, stays null."""
    fields = {"F": {"from": "motion", "merge": merge, "on_null": on_null}}
    specs = {"F": FieldSpec("F", FieldKind.BOOLEAN, blank=False)}
    values = {**dict.fromkeys(COLUMNS), "motion": None}

    assert wanted(build("a", document(fields), COLUMNS), Record("acme", values), None, None, specs) == {
        "F": wanted_then
    }


@pytest.mark.parametrize(
    ("merge", "edited"), [("crm_wins_if_edited", True), ("latest", True), ("warehouse_wins", False)]
)
def test_policies_that_keep_edits_need_the_live_read(merge: str, edited: bool) -> None:
    """Where a person's value can hold ours back, a load that reads long before it writes must be allowed first."""
    more = {"as_of": "scored_at"} if merge == "latest" else {}

    assert build("a", document({"F": {"from": "motion", "merge": merge, **more}}), COLUMNS).edited is edited
