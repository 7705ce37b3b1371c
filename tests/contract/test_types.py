"""Every warehouse type in every kind of field: what each CRM then holds, and what it gives back (A2, B1, D20).

A value is made to fit by the field's own description, sent, and read again. What is read must be what was sent, or the
next merge would take it for somebody's edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from connector.errors import InvalidValueError
from connector.mapping.coercion import coerce
from connector.model import By, Canonical, FieldKind, FieldSpec, OutcomeKind, WarehouseValue, Write
from tests.contract.benches.bench import Bench

EAST, WEST = timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))
OBJECTS = {"salesforce": "PLS_Workspace__c", "hubspot": "workspaces"}
KEYS = {"salesforce": "PLS_Workspace_Key__c", "hubspot": "workspace_key"}
KINDS = {
    "key": FieldKind.TEXT,
    "active": FieldKind.BOOLEAN,
    "seats": FieldKind.NUMBER,
    "usage": FieldKind.NUMBER,
    "credits": FieldKind.NUMBER,
    "trial_ends": FieldKind.DATE,
    "last_used": FieldKind.DATETIME,
    "note": FieldKind.TEXT,
    "plan": FieldKind.PICKLIST,
    "features": FieldKind.MULTI_PICKLIST,
}
Way = Callable[[Bench, Write], OutcomeKind]


@dataclass(frozen=True)
class Both:
    """What Salesforce and HubSpot hold where they differ: Salesforce rounds to a field's scale."""

    salesforce: Canonical
    hubspot: Canonical


FITTING: list[tuple[str, WarehouseValue, Canonical | Both]] = [
    ("active", True, True),
    ("active", False, False),
    ("active", 1, True),
    ("active", 0, False),
    ("seats", 12, 12),
    ("seats", 0, 0),
    ("seats", -3, -3),
    ("seats", Decimal("12.00"), 12),
    ("seats", "12", 12),
    ("usage", 86.955, Both(86.96, 86.955)),
    ("usage", 87.0, 87),
    ("usage", Decimal("0.1"), 0.1),
    ("usage", 0.1 + 0.2, Both(0.3, 0.30000000000000004)),
    ("usage", Decimal("-0.005"), Both(-0.01, -0.005)),
    ("credits", Decimal("12345678.1234"), 12345678.1234),
    ("credits", 1e-5, Both(0, 0.00001)),
    ("credits", True, 1),
    ("trial_ends", date(2026, 2, 28), "2026-02-28"),
    ("trial_ends", date(9999, 12, 31), "9999-12-31"),
    ("trial_ends", datetime(2026, 3, 2, 20, 0, tzinfo=WEST), "2026-03-03"),
    ("last_used", datetime(2026, 3, 2, 9, 30, tzinfo=EAST), "2026-03-02T04:00:00Z"),
    ("last_used", datetime(2026, 3, 2, 9, 30, 15, 999_999, tzinfo=UTC), "2026-03-02T09:30:15Z"),
    ("last_used", date(2026, 3, 2), "2026-03-02T00:00:00Z"),
    ("note", "naïve 鍵 🔑 'o' \"q\" \\ ; =1+1", "naïve 鍵 🔑 'o' \"q\" \\ ; =1+1"),
    ("note", "  spaced  ", "spaced"),
    ("note", 87.5, "87.5"),
    ("note", True, "true"),
    ("note", ("b", "a"), "b;a"),
    ("note", datetime(2026, 3, 2, 9, 30, tzinfo=EAST), "2026-03-02T04:00:00Z"),
    ("plan", "team", "team"),
    ("features", "sso; api", "api;sso"),
    ("features", ("sso", "exports", "api"), "api;exports;sso"),
    ("features", ("sso", "sso"), "sso"),
    ("features", "exports", "exports"),
    *[(name, None, Both(False, None) if name == "active" else None) for name in KINDS if name != "key"],
    ("note", "", None),
    ("features", (), None),
]
UNFIT: list[tuple[str, WarehouseValue]] = [
    ("active", "yes"),
    ("active", 2),
    ("seats", "many"),
    ("seats", float("nan")),
    ("usage", float("inf")),
    ("credits", Decimal("1e18")),
    ("trial_ends", "2026-02-28"),
    ("last_used", 1_772_444_415),
    ("last_used", datetime(9999, 12, 31, 23, 59, tzinfo=WEST)),
    ("plan", "enterprise"),
    ("features", ("sso", "telepathy")),
    ("features", "sso;Api"),
]


@pytest.fixture(params=["salesforce", "hubspot", "hubspot_dated"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each CRM with an object of the customer's own, nothing in it."""
    found: Bench = request.getfixturevalue(request.param)
    found.reset()
    return found


def place(bench: Bench, name: str) -> str:
    """A field's name as the CRM spells it."""
    crm = bench.destination.name
    if name == "key":
        return KEYS[crm]
    return f"{name.title()}__c" if crm == "salesforce" else name


def described(bench: Bench) -> Mapping[str, FieldSpec]:
    return bench.destination.describe(OBJECTS[bench.destination.name]).fields


def sent(bench: Bench, write: Write) -> OutcomeKind:
    """One record, the usual way."""
    crm = bench.destination.name
    (outcome,) = bench.destination.send(OBJECTS[crm], KEYS[crm], [write])
    return outcome.kind


def loaded(bench: Bench, write: Write) -> OutcomeKind:
    """One record as a job."""
    crm = bench.destination.name
    assert bench.bulk is not None
    job = bench.bulk.open_job(OBJECTS[crm], KEYS[crm], creates=write.record_id is None)
    bench.bulk.upload(job, iter([write]), list(write.fields))
    while not (state := bench.bulk.job(job)).ended:
        pass  # the stand-in goes on each time it is asked
    found = bench.bulk.outcomes(job, state, {write.record_id or write.key: write.key})
    return next(outcome.kind for batch in found for outcome in batch)


def read(bench: Bench, name: str) -> tuple[str, Canonical]:
    """The record's id, and what one field of it holds."""
    crm = bench.destination.name
    (live,) = bench.destination.fetch(OBJECTS[crm], By.KEY, KEYS[crm], ["w-1"], [place(bench, name)])
    return live.record_id, live.values[place(bench, name)]


def expected(bench: Bench, value: Canonical | Both) -> Canonical:
    if not isinstance(value, Both):
        return value
    return value.salesforce if bench.destination.name == "salesforce" else value.hubspot


def test_kinds_are_described(bench: Bench) -> None:
    """Every kind of field is told from the others by its description, on any object."""
    fields = described(bench)

    assert {name: fields[place(bench, name)].kind for name in KINDS} == KINDS
    assert fields[place(bench, "features")].options == ("sso", "api", "exports")
    assert fields[KEYS[bench.destination.name]].unique


@pytest.mark.parametrize(("name", "value", "stored"), FITTING)
def test_what_fits_is_held_and_read_as_it_was_sent(
    bench: Bench, name: str, value: WarehouseValue, stored: Canonical | Both
) -> None:
    """Created with it, filled before and set to it, the field gives back one canonical value, of the same type."""
    spec = described(bench)[place(bench, name)]
    canonical = coerce(value, spec)
    sending = spec.blank if canonical is None else canonical
    assert sent(bench, Write("w-1", None, {place(bench, name): sending})) is OutcomeKind.CREATED
    record_id, created = read(bench, name)
    filled = coerce(OTHER[spec.kind], spec)
    assert sent(bench, Write("w-1", record_id, {place(bench, name): filled})) is OutcomeKind.UPDATED
    assert read(bench, name)[1] == filled
    assert sent(bench, Write("w-1", record_id, {place(bench, name): sending})) is OutcomeKind.UPDATED
    _, updated = read(bench, name)

    assert [created, updated] == [sending] * 2 == [expected(bench, stored)] * 2
    assert type(updated) is type(sending)


OTHER: Mapping[FieldKind, WarehouseValue] = {
    FieldKind.BOOLEAN: True,
    FieldKind.NUMBER: 1,
    FieldKind.DATE: date(2026, 1, 1),
    FieldKind.DATETIME: datetime(2026, 1, 1, tzinfo=UTC),
    FieldKind.TEXT: "something",
    FieldKind.PICKLIST: "free",
    FieldKind.MULTI_PICKLIST: "exports;sso",
}


@pytest.mark.parametrize(("name", "value", "stored"), FITTING)
def test_a_job_says_the_same(salesforce: Bench, name: str, value: WarehouseValue, stored: Canonical | Both) -> None:
    """The file of a bulk load means what a request does, a clear included (A2)."""
    salesforce.reset()
    spec = described(salesforce)[place(salesforce, name)]
    canonical = coerce(value, spec)
    sending = spec.blank if canonical is None else canonical
    filled = coerce(OTHER[spec.kind], spec)
    assert sent(salesforce, Write("w-1", None, {place(salesforce, name): filled})) is OutcomeKind.CREATED
    record_id, _ = read(salesforce, name)
    assert loaded(salesforce, Write("w-1", record_id, {place(salesforce, name): sending})) is OutcomeKind.UPDATED

    assert read(salesforce, name)[1] == expected(salesforce, stored)


@pytest.mark.parametrize(("name", "value"), UNFIT)
def test_what_does_not_fit_is_refused_before_it_is_sent(bench: Bench, name: str, value: WarehouseValue) -> None:
    """The reason is a sentence for the record's outcome; its neighbours go on."""
    with pytest.raises(InvalidValueError):
        coerce(value, described(bench)[place(bench, name)])


def test_length_is_that_of_the_field(salesforce: Bench, hubspot: Bench) -> None:
    """A text that is too long for a field is refused here, where a CRM would refuse or cut it."""
    spec = described(salesforce)[place(salesforce, "note")]

    assert coerce("x" * 40, spec) == "x" * 40
    with pytest.raises(InvalidValueError, match="41 characters, the field takes 40"):
        coerce("x" * 41, spec)
    assert coerce("x" * 41, described(hubspot)["note"]) == "x" * 41
