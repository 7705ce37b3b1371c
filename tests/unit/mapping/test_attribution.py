"""What the product did for a deal, by the dates of its stages (A19)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from connector.errors import InvalidValueError
from connector.mapping.attribution import attribution
from connector.mapping.fields import wanted
from connector.mapping.reading import build
from connector.model import Canonical, FieldKind, FieldSpec, Record, WarehouseValue
from tests.unit.mapping.files import COLUMNS, document
from tests.unit.mapping.test_fields import DECIDED

JAN, FEB, MAR, APR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("stages", "tags"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"signup_at": JAN, "activated_at": FEB, "pql_at": MAR}, (), id="never-met-sales"),
        pytest.param({"signup_at": JAN, "mql_at": FEB}, ("plg_assisted",), id="signed-up-before-the-mql"),
        pytest.param({"signup_at": JAN, "sql_at": FEB}, ("plg_assisted",), id="signed-up-before-the-sql"),
        pytest.param({"signup_at": JAN, "opportunity_at": FEB}, ("plg_assisted",), id="signed-up-before-the-deal"),
        pytest.param({"signup_at": FEB, "mql_at": JAN, "opportunity_at": MAR}, (), id="sales-came-first"),
        pytest.param({"signup_at": FEB, "mql_at": FEB}, (), id="on-one-day"),
        pytest.param(
            {"activated_at": JAN, "closed_won_at": MAR}, ("plg_influenced", "plg_evaluated"), id="used-before-it-signed"
        ),
        pytest.param({"pql_at": JAN, "closed_won_at": MAR}, ("plg_influenced",), id="a-pql-before-it-signed"),
        pytest.param({"activated_at": APR, "pql_at": APR, "closed_won_at": MAR}, (), id="used-after-it-signed"),
        pytest.param({"activated_at": MAR, "closed_won_at": MAR}, (), id="activated-the-day-it-signed"),
        pytest.param(
            {"signup_at": JAN, "activated_at": JAN, "opportunity_at": FEB, "closed_won_at": MAR},
            ("plg_influenced", "plg_assisted", "plg_evaluated"),
            id="all-of-it",
        ),
        pytest.param({"signup_at": JAN, "self_serve_paid_at": MAR}, (), id="bought-by-itself"),
    ],
)
def test_tags(stages: dict[str, WarehouseValue], tags: tuple[str, ...]) -> None:
    """Won by sales after use, met after a sign-up, signed after an activation: each where the dates bear it out."""
    assert attribution(Record("acme", stages)) == tags


def test_days_compare_in_utc() -> None:
    """A date, a moment without a zone and one with a zone are days of one calendar."""
    late = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=2)))  # the first of March in UTC

    assert attribution(Record("acme", {"signup_at": date(2026, 2, 28), "mql_at": late})) == ("plg_assisted",)
    assert attribution(Record("acme", {"signup_at": datetime(2026, 3, 1), "mql_at": late})) == ()  # noqa: DTZ001  # meant


def test_a_date_beyond_the_calendar_is_an_invalid_value() -> None:
    """It costs its own record the write, and no other's."""
    end = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))
    with pytest.raises(InvalidValueError, match=r"closed_won_at 9999-12-31T23:59:59.*outside the calendar"):
        attribution(Record("acme", {"closed_won_at": end}))


@pytest.mark.parametrize(
    ("kind", "held"),
    [(FieldKind.TEXT, "plg_influenced, plg_evaluated"), (FieldKind.MULTI_PICKLIST, "plg_evaluated;plg_influenced")],
)
def test_tags_fit_texts_and_choices(kind: FieldKind, held: Canonical) -> None:
    """A text reads them as a list; a field of several choices takes each as one."""
    fields = {"F": {"from": "decision.attribution", "merge": "warehouse_wins"}}
    record = Record("acme", {"activated_at": JAN, "closed_won_at": MAR})
    mapping, specs = build("a", document(fields), COLUMNS), {"F": FieldSpec("F", kind)}

    assert wanted(mapping, record, DECIDED, None, specs) == {"F": held}
    assert wanted(mapping, Record("acme", {}), DECIDED, None, specs) == {"F": None}
    assert wanted(mapping, record, None, None, specs) == {"F": None}
