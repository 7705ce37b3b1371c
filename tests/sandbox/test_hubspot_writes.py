"""The HubSpot stand-in accepts, normalises and refuses writes and definitions as HubSpot does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hubspot.crm.companies.exceptions import ApiException

from tests.sandbox.hubspot_portal import World, call, fresh, reading, row, running

UPDATE = "/crm/v3/objects/companies/batch/update"
UPSERT = "/crm/v3/objects/companies/batch/upsert"
CREATE = "/crm/v3/objects/companies/batch/create"
PROPERTIES = "/crm/v3/properties/companies"


@pytest.fixture(scope="module")
def standing() -> Iterator[World]:
    with running() as world:
        yield world


@pytest.fixture
def world(standing: World) -> Iterator[World]:
    with fresh(standing) as world:
        yield world


def values(world: World, record_id: str) -> dict[str, str]:
    return next(one["properties"] for one in world.portal.records("companies") if one["id"] == record_id)


def test_update_through_the_client(world: World) -> None:
    """An update by record id answers with the kept values and bumps hs_lastmodifieddate."""
    world.clock.pass_(60)
    batch = world.api(lambda crm: crm.companies.batch_api)
    status, done = call(batch.update, {"inputs": [row("101", "t0", pls_score=" 87.50 ", name=" Hot ")]})
    [result] = done["results"]
    assert (status, result["properties"]["pls_score"], result["properties"]["name"]) == (200, "87.5", "Hot")
    assert (result["updatedAt"], result["objectWriteTraceId"]) == ("2026-03-02T09:01:00Z", "t0")
    assert values(world, "101")["hs_lastmodifieddate"] == "2026-03-02T09:01:00Z"


def test_upsert_updates_and_creates(world: World) -> None:
    """An upsert by a unique key says which records are new, and gives a new one its key."""
    batch = world.api(lambda crm: crm.companies.batch_api)
    inputs = [
        row("k9", id_property="pls_account_key", name="New"),
        row("k1", id_property="pls_account_key", name="Old"),
    ]
    status, done = call(batch.upsert, {"inputs": inputs})
    assert (status, [(one["id"], one["new"]) for one in done["results"]]) == (200, [("101", False), ("104", True)])
    assert values(world, "104")["pls_account_key"] == "k9"


def test_upsert_requires_a_unique_property(world: World) -> None:
    """An upsert without idProperty, or by hs_object_id, fails as a whole."""
    assert world.post(UPSERT, {"inputs": [row("k1", "t0", name="x")]}).status_code == 400
    answer = world.post(UPSERT, {"inputs": [row("101", "t0", id_property="hs_object_id", name="x")]})
    assert (answer.status_code, "non-unique 0-2 property hs_object_id" in answer.json()["message"]) == (400, True)


def test_create_links_and_dates(world: World) -> None:
    """A create answers 201, and links the new record as asked."""
    link = {"to": {"id": "201"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 342}]}
    answer = world.post(CREATE, {"inputs": [{"properties": {"name": "Made"}, "associations": [link]}]})
    assert (answer.status_code, answer.json()["results"][0]["createdAt"]) == (201, "2026-03-02T09:00:00Z")
    linked = world.post("/crm/v4/associations/companies/deals/batch/read", {"inputs": [{"id": "104"}]}).json()
    assert linked["results"][0]["to"][0]["toObjectId"] == "201"


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("pls_score", "87.0", "87"),
        ("pls_score", "1E+2", "100"),
        ("pls_pql_date", "1772409600000", "2026-03-02"),
        ("pls_pql_date", "2026-03-02", "2026-03-02"),
        ("pls_scored_at", "1772442000500", "2026-03-02T09:00:00.500Z"),
        ("pls_scored_at", "2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
        ("pls_tier", "hot", "hot"),
    ],
)
def test_values_are_normalised(world: World, name: str, sent: str, kept: str) -> None:
    """Numbers, dates and moments are kept in one spelling, whatever was sent."""
    assert world.post(UPDATE, {"inputs": [row("101", **{name: sent})]}).status_code == 200
    assert values(world, "101")[name] == kept


@pytest.mark.parametrize(
    ("name", "sent", "code"),
    [
        ("pls_score", "many", "INVALID_LONG"),
        ("pls_score", "NaN", "INVALID_LONG"),
        ("pls_tier", "Hot", "INVALID_OPTION"),
        ("pls_pql_date", "1772409600001", "INVALID_DATE"),
        ("pls_pql_date", "02-03-2026", "INVALID_DATE"),
        ("pls_scored_at", "2026-03-02T09:00:00", "INVALID_DATE"),
        ("hubspot_owner_id", "99", "INVALID_OPTION"),
        ("hs_object_id", "1", "READ_ONLY_VALUE"),
        ("no_such_property", "x", "PROPERTY_DOESNT_EXIST"),
    ],
)
def test_a_bad_value_takes_the_batch_unless_traced(world: World, name: str, sent: str, code: str) -> None:
    """Without trace ids one bad row fails the whole batch with 400; with them it fails alone in a 207."""
    answer = world.post(UPDATE, {"inputs": [row("102", name="Kept out"), row("101", **{name: sent})]})
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["errors"][0]["code"] == code
    assert values(world, "102")["name"] == "Quiet account"
    answer = world.post(UPDATE, {"inputs": [row("102", "t0", name="Let in"), row("101", "t1", **{name: sent})]})
    [error] = answer.json()["errors"]
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    assert (error["context"]["objectWriteTraceId"], error["errors"][0]["code"]) == (["t1"], code)
    assert values(world, "102")["name"] == "Let in"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (UPDATE, {"inputs": None}),
        (UPDATE, {"inputs": [{"id": "101"}]}),
        (UPDATE, {"inputs": [{"id": 101, "properties": {}}]}),
        (CREATE, {"inputs": [{"properties": {"name": "x"}, "associations": [{"to": {}, "types": [{}]}]}]}),
        ("/crm/v3/objects/companies/batch/read", {"inputs": [], "properties": None}),
        ("/crm/v3/objects/companies/search", {"after": "not a cursor"}),
        ("/crm/v3/objects/robots/batch/read", {"inputs": []}),
    ],
)
def test_malformed_bodies_change_nothing(world: World, path: str, body: Any) -> None:
    """A body of the wrong shape is a 400, never a crash, and leaves the records alone."""
    before = world.portal.records("companies")
    assert world.post(path, body).status_code == 400
    assert world.portal.records("companies") == before


def test_booleans(world: World) -> None:
    """A bool property takes true and false and nothing else."""
    path = "/crm/v3/objects/contacts/batch/update"
    assert world.post(path, {"inputs": [row("301", hs_email_optout="true")]}).status_code == 200
    assert world.post(path, {"inputs": [row("301", hs_email_optout="yes")]}).status_code == 400


@pytest.mark.parametrize("value", [87, None, True, ["hot"]])
def test_values_must_be_strings(world: World, value: Any) -> None:
    """A value that is not a JSON string condemns the batch, trace ids or not."""
    bad = {"id": "101", "objectWriteTraceId": "t0", "properties": {"pls_score": value}}
    answer = world.post(UPDATE, {"inputs": [bad]})
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_taken_unique_value_is_a_conflict(world: World) -> None:
    """A unique value another record holds fails the whole batch with 409, or its own row when traced."""
    untraced = world.post(UPDATE, {"inputs": [row("102", name="x"), row("103", pls_account_key="k1")]})
    assert (untraced.status_code, untraced.json()["category"]) == (409, "CONFLICT")
    assert values(world, "102")["name"] == "Quiet account"
    traced = world.post(UPDATE, {"inputs": [row("103", "t0", pls_account_key="k1")]})
    assert (traced.status_code, traced.json()["errors"][0]["category"]) == (207, "CONFLICT")
    twice = world.post(CREATE, {"inputs": [{"properties": {"pls_account_key": "k7"}, "associations": []}] * 2})
    assert twice.status_code == 409


def test_a_freed_unique_value_may_be_taken(world: World) -> None:
    """A key cleared from one record, or left by a deleted one, is free for another."""
    world.post(UPDATE, {"inputs": [row("101", pls_account_key="")]})
    assert world.post(UPDATE, {"inputs": [row("103", pls_account_key="k1")]}).status_code == 200
    world.http.delete("/crm/v3/objects/companies/102")
    assert world.post(UPDATE, {"inputs": [row("101", pls_account_key="k2")]}).status_code == 200


def test_repeated_ids_condemn_the_batch(world: World) -> None:
    """Two inputs for one record are refused with 400, trace ids or not, even when named differently."""
    same = world.post(UPDATE, {"inputs": [row("101", "t0", name="a"), row("101", "t1", name="b")]})
    assert same.json()["message"] == "Duplicate IDs found in batch input: [101]. IDs must be unique"
    keyed = row("k1", "t1", id_property="pls_account_key", name="b")
    assert world.post(UPDATE, {"inputs": [row("101", "t0", name="a"), keyed]}).status_code == 400


def test_batches_hold_a_hundred(world: World) -> None:
    """101 inputs are refused."""
    rows = [row(f"n{number}", id_property="pls_account_key", name="x") for number in range(101)]
    assert world.post(UPSERT, {"inputs": rows}).status_code == 400
    assert world.post(UPSERT, {"inputs": rows[1:]}).status_code == 200


def test_update_of_a_missing_record(world: World) -> None:
    """An unknown id is 404 for the whole batch, or an OBJECT_NOT_FOUND row when traced."""
    batch = world.api(lambda crm: crm.companies.batch_api)
    with pytest.raises(ApiException) as gone:
        call(batch.update, {"inputs": [row("101", name="x"), row("999", name="x")]})
    assert (gone.value.status, json.loads(gone.value.body)["category"]) == (404, "OBJECT_NOT_FOUND")
    status, done = call(batch.update, {"inputs": [row("101", "t0", name="x"), row("999", "t1", name="x")]})
    assert (status, done["errors"][0]["category"]) == (207, "OBJECT_NOT_FOUND")
    assert done["errors"][0]["context"]["objectWriteTraceId"] == ["t1"]


def test_a_body_without_inputs_is_a_silent_no_op(world: World) -> None:
    """A wrong envelope succeeds and does nothing; only counting results and errors reveals it."""
    answer = world.post(UPDATE, [row("101", name="x")])
    assert (answer.status_code, answer.json()["status"], answer.json()["results"]) == (200, "COMPLETE", [])
    world.recorded.exchanges.clear()  # the request is off specification, and meant to be


def test_lifecycle_stage_moves_only_forward(world: World) -> None:
    """A backward stage is ignored without a word; after clearing, any stage may be set."""
    for stage, kept in [("lead", "opportunity"), ("customer", "customer"), ("lead", "customer")]:
        assert world.post(UPDATE, {"inputs": [row("101", "t0", lifecyclestage=stage)]}).status_code == 200
        assert values(world, "101")["lifecyclestage"] == kept
    world.post(UPDATE, {"inputs": [row("101", lifecyclestage="")]})
    world.post(UPDATE, {"inputs": [row("101", lifecyclestage="lead")]})
    assert values(world, "101")["lifecyclestage"] == "lead"


def test_ordered_refusals_hit_one_record(world: World) -> None:
    """The control side can poison one record: its row when traced, its batch when not, as often as ordered."""
    order = {"object": "companies", "id": "101", "category": "VALIDATION_ERROR", "message": "Admin rule", "times": 2}
    world.http.post("/_sandbox/reject", json=order)
    traced = world.post(UPDATE, {"inputs": [row("101", "t0", name="x"), row("102", "t1", name="y")]})
    assert (traced.status_code, traced.json()["errors"][0]["message"]) == (207, "Admin rule")
    untraced = world.post(UPDATE, {"inputs": [row("101", name="x"), row("102", name="z")]})
    assert (untraced.status_code, values(world, "102")["name"]) == (400, "y")
    assert world.post(UPDATE, {"inputs": [row("101", name="x")]}).status_code == 200


def test_deals_and_contacts_take_the_same_batches(world: World) -> None:
    """The client's deals and contacts endpoints behave like those of companies."""
    deals, contacts = world.api(lambda crm: crm.deals.batch_api), world.api(lambda crm: crm.contacts.batch_api)
    assert (
        call(deals.update, {"inputs": [row("201", amount="12.50")]})[1]["results"][0]["properties"]["amount"] == "12.5"
    )
    status, done = call(contacts.upsert, {"inputs": [row("admin@hot.example", id_property="email", firstname="Admin")]})
    assert (status, done["results"][0]["id"], done["results"][0]["new"]) == (200, "301", False)
    assert call(deals.read, reading("202"))[1]["results"][0]["properties"]["dealstage"] == "renewal-open"


def test_properties_through_the_client(world: World) -> None:
    """Definitions are listed, read, created and archived; a name taken is 409, an unknown one 404."""
    schema = world.api(lambda crm: crm.properties.core_api)
    listed = call(schema.get_all, "companies")[1]["results"]
    [key] = [one for one in listed if one["name"] == "pls_account_key"]
    assert (key["hasUniqueValue"], key["type"], key["fieldType"]) == (True, "string", "text")
    wanted = {"name": "fit", "label": "Fit", "groupName": "product_signals", "type": "number", "fieldType": "number"}
    assert call(schema.create, "companies", wanted)[0] == 201
    assert call(schema.get_by_name, "companies", "fit")[1]["label"] == "Fit"
    assert world.post(PROPERTIES, wanted).status_code == 409
    assert world.http.delete(f"{PROPERTIES}/fit").status_code == 204
    assert world.http.get(f"{PROPERTIES}/fit").status_code == 404
    assert world.http.delete(f"{PROPERTIES}/name").status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"fieldType": "date"},
        {"groupName": "no_such_group"},
        {"name": "Upper Case"},
        {"type": "enumeration", "fieldType": "select"},
        {"type": "date", "fieldType": "date", "hasUniqueValue": True},
        {"label": ""},
    ],
)
def test_definitions_are_checked(world: World, wrong: dict[str, Any]) -> None:
    """Mismatched types, unknown groups, bad names and impossible uniqueness are refused."""
    good = {"name": "fit", "label": "Fit", "groupName": "product_signals", "type": "number", "fieldType": "number"}
    assert world.post(PROPERTIES, {**good, **wrong}).status_code == 400


def test_batch_create_of_properties_and_groups(world: World) -> None:
    """A batch makes the good definitions and lists the others; at most ten properties may be unique."""
    text = {"label": "K", "groupName": "scores", "type": "string", "fieldType": "text", "hasUniqueValue": True}
    inputs = {"inputs": [{"name": f"key_{number}", **text} for number in range(10)]}
    assert world.post(f"{PROPERTIES}/groups", {"name": "scores", "label": "Scores"}).status_code == 201
    assert world.post(f"{PROPERTIES}/groups", {"name": "scores", "label": "Scores"}).status_code == 409
    made = world.post(f"{PROPERTIES}/batch/create", inputs)
    assert (made.status_code, len(made.json()["results"])) == (207, 9)
    assert made.json()["errors"][0]["context"]["name"] == ["key_9"]
    names = [group["name"] for group in world.http.get(f"{PROPERTIES}/groups").json()["results"]]
    assert names == ["companyinformation", "product_signals", "scores"]
    dated = world.http.get("/crm/properties/2026-09/companies/key_0")
    assert dated.json()["hasUniqueValue"] is True
