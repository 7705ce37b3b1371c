"""The six motion rules (B2) by their worked examples (J23 to J30)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.model import Record, WarehouseValue
from connector.rules.motion import Motion, MotionPolicy, flags, motion

JAN, MAR, APR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 4))


def of(**values: WarehouseValue) -> Motion:
    return motion(Record("k", values), MotionPolicy())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"closed_won_at": APR, "opportunity_at": JAN, "pql_at": MAR}, "sales_led", id="J23"),
        pytest.param(
            {"closed_won_at": APR, "pql_at": MAR, "opportunity_at": APR, "employees": 200},
            "hybrid_escalation",
            id="J24",
        ),
        pytest.param({"self_serve_paid_at": APR, "pql_at": MAR, "employees": 200}, "plg", id="J25"),
        pytest.param({"pql_at": MAR, "employees": 50}, "hybrid_escalation", id="J26-50"),
        pytest.param({"pql_at": MAR, "employees": 49}, "plg", id="J26-49"),
        pytest.param({"mql_at": MAR}, "sales_led", id="J27-mql"),
        pytest.param({"mql_at": MAR, "pql_at": MAR, "employees": 20}, "plg", id="J27-mql-pql"),
        pytest.param({}, "unknown", id="J28-nothing"),
        pytest.param(
            {"closed_won_at": APR, "opportunity_at": MAR, "pql_at": MAR, "employees": 20}, "plg", id="J29-same-day"
        ),
        pytest.param(
            {"closed_won_at": APR, "opportunity_at": JAN, "pql_at": MAR, "self_serve_paid_at": MAR},
            "sales_led",
            id="J30",
        ),
    ],
)
def test_rules_in_order(values: dict[str, WarehouseValue], expected: str) -> None:
    """The first rule that fires names the motion, without doubt."""
    assert of(**values) == Motion(expected)


def test_same_day_compares_days_not_hours() -> None:
    """An opportunity in the morning of the day of the PQL was not before it (J29)."""
    found = of(closed_won_at=APR, opportunity_at=MAR, pql_at=MAR + timedelta(hours=9), employees=200)

    assert found.name == "hybrid_escalation"


def test_missing_size_is_plg_with_a_flag() -> None:
    """A PQL of unknown size is plg, and says that nobody counted (J26)."""
    assert of(pql_at=MAR, employees=None) == Motion("plg", ("employee_count_missing",))


@pytest.mark.parametrize("stage", ["sql_at", "opportunity_at"])
def test_sales_stage_without_mql_is_flagged(stage: str) -> None:
    """An SQL or opportunity out of nowhere stays unknown, with a flag (J28)."""
    assert of(**{stage: MAR}) == Motion("unknown", ("sql_without_mql",))


def test_won_without_any_pql_is_sales_led_with_a_flag() -> None:
    """Won with no PQL at all: rule 1 fires, doubtfully."""
    assert of(closed_won_at=APR, opportunity_at=MAR) == Motion("sales_led", ("no_pql",))


def test_tag_of_the_warehouse_is_verified() -> None:
    """A warehouse tag that the rules do not bear out is a finding; the same tag is not (B2)."""
    record = Record("k", {"pql_at": MAR, "employees": 20, "motion": "sales_led"})
    agreeing = Record("k", {"pql_at": MAR, "employees": 20, "motion": "plg"})

    assert flags(record, motion(record, MotionPolicy())) == ("motion_mismatch",)
    assert flags(agreeing, motion(agreeing, MotionPolicy())) == ()
