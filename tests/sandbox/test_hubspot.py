"""The HubSpot stand-in reads, lists, limits and remembers as HubSpot does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hubspot.crm.companies.exceptions import ApiException

from sandbox.hubspot import HubSpotPortal
from sandbox.hubspot.kinds import COMPANIES
from tests.contract.hubspot_openapi import check_exchange
from tests.sandbox.hubspot_portal import SEED, START, World, call, fresh, reading, row, running

READ = "/crm/v3/objects/companies/batch/read"
UPDATE = "/crm/v3/objects/companies/batch/update"
SEARCH = "/crm/v3/objects/companies/search"


@pytest.fixture(scope="module")
def standing() -> Iterator[World]:
    with running() as world:
        yield world


@pytest.fixture
def world(standing: World) -> Iterator[World]:
    with fresh(standing) as world:
        yield world


def test_batch_read_by_id_and_by_unique_key(world: World) -> None:
    """The vendor's client reads companies by record id and by a property that is unique."""
    batch = world.api(lambda crm: crm.companies.batch_api)
    status, found = call(batch.read, reading("102", "101", properties=["pls_account_key", "no_such_property"]))
    assert (status, [one["id"] for one in found["results"]]) == (200, ["101", "102"])
    assert found["results"][0]["properties"]["pls_account_key"] == "k1"
    assert "no_such_property" not in found["results"][0]["properties"]
    status, found = call(batch.read, reading("k2", idProperty="pls_account_key"))
    assert (status, found["results"][0]["id"]) == (200, "102")


def test_missing_records_are_named_beside_the_found(world: World) -> None:
    """A read with unknown ids answers 207: the found in results, the missing in one OBJECT_NOT_FOUND error."""
    answer = world.post(READ, reading("101", "999", "998"))
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json()["results"]] == ["101"]
    [error] = answer.json()["errors"]
    assert (error["category"], error["context"]["ids"]) == ("OBJECT_NOT_FOUND", ["999", "998"])


def test_dated_batches_answer_200_with_errors_inside(world: World) -> None:
    """Under /crm/objects/2026-09 there is no 207: the errors ride in the 200."""
    answer = world.post("/crm/objects/2026-09/companies/batch/read", reading("101", "999"))
    assert (answer.status_code, answer.json()["numErrors"], len(answer.json()["results"])) == (200, 1, 1)
    answer = world.post("/crm/objects/2026-09/0-3/batch/read", reading("201"))
    assert answer.json()["results"][0]["properties"]["dealname"] == "Expansion"


def test_never_set_is_null_and_cleared_is_empty(world: World) -> None:
    """A property that never had a value is null; one that was cleared is the empty text."""
    world.post(UPDATE, {"inputs": [row("101", domain="")]})
    seen = world.post(READ, reading("101", properties=["domain", "pls_tier"])).json()["results"][0]["properties"]
    assert (seen["domain"], seen["pls_tier"]) == ("", None)


@pytest.mark.parametrize("id_property", ["hs_object_id", "domain"])
def test_only_unique_properties_identify(world: World, id_property: str) -> None:
    """hs_object_id and ordinary properties are refused as idProperty, in HubSpot's own words."""
    answer = world.post(READ, reading("101", idProperty=id_property))
    assert answer.status_code == 400
    expected = f"Unable to perform update/upsert by non-unique 0-2 property {id_property} in portal ID 20260001"
    assert answer.json()["message"] == expected


@pytest.mark.parametrize(("count", "history", "status"), [(100, [], 207), (101, [], 400), (51, ["name"], 400)])
def test_batch_sizes(world: World, count: int, history: list[str], status: int) -> None:
    """A read takes at most 100 inputs, and 50 when histories are asked for."""
    ids = [str(number) for number in range(1000, 1000 + count)]
    assert world.post(READ, reading(*ids, propertiesWithHistory=history)).status_code == status


def test_history_tells_a_person_from_the_integration(world: World) -> None:
    """Histories name app and user, newest first, which is how a merge knows whose value stands there."""
    world.post(UPDATE, {"inputs": [row("101", pls_tier="hot")]})
    world.clock.pass_(60)
    edit = {"object": "companies", "id": "101", "fields": {"pls_tier": "warm"}, "by": "ae1@workspace.example"}
    world.http.post("/_sandbox/edit", json=edit)
    answer = world.post(READ, reading("101", propertiesWithHistory=["pls_tier"]))
    person, app = answer.json()["results"][0]["propertiesWithHistory"]["pls_tier"]
    assert (person["value"], person["sourceType"], person["sourceId"]) == ("warm", "CRM_UI", "userId:9001")
    assert person["updatedByUserId"] == 9001
    assert person["timestamp"] == "2026-03-02T09:01:00Z"
    assert (app["value"], app["sourceType"], app["sourceId"]) == ("hot", "INTEGRATION", "20260042")
    assert "updatedByUserId" not in app


def test_a_seed_may_say_what_a_person_typed() -> None:
    """Seeded values are imported at creation, but for those the seed says a person typed later."""
    typed = {
        "id": "1",
        "properties": {"name": "a", "pls_motion": "plg", "hs_lastmodifieddate": "2026-03-01T00:00:00Z"},
        "edited_by": {"pls_motion": "sdr1@workspace.example"},
    }
    portal = HubSpotPortal({"companies": [typed], "owners": SEED["owners"]}, lambda: START)
    record = portal.record(COMPANIES, "1")
    assert record is not None
    shown = record.shown([], ["name", "pls_motion"])["propertiesWithHistory"]
    assert shown["name"][0]["sourceType"] == "IMPORT"
    assert (shown["pls_motion"][0]["sourceId"], shown["pls_motion"][0]["timestamp"]) == (
        "userId:9002",
        "2026-03-01T00:00:00Z",
    )


def test_records_tell_who_changed_what(world: World) -> None:
    """The control side lists records with the last editor of each property changed since the seed."""
    world.portal.edit("companies", "102", {"pls_score": 42.5}, "integration:77")
    [changed] = [one for one in world.http.get("/_sandbox/records/companies").json() if one["_changed"]]
    assert changed["_changed"] == {"pls_score": {"by": "integration:77", "at": "2026-03-02T09:00:00Z"}}
    assert changed["properties"]["pls_score"] == "42.5"


def test_single_reads_and_pages(world: World) -> None:
    """One record comes with its associations; lists come page by page until nothing follows."""
    one = world.http.get("/crm/v3/objects/companies/101", params={"properties": "name,domain", "associations": "deals"})
    assert one.json()["associations"]["deals"]["results"] == [{"id": "201", "type": "company_to_deal"}]
    assert world.http.get("/crm/v3/objects/companies/999").status_code == 404
    first = world.http.get("/crm/v3/objects/companies", params={"limit": 2}).json()
    after = first["paging"]["next"]["after"]
    rest = world.http.get("/crm/v3/objects/companies", params={"limit": 2, "after": after}).json()
    assert ([r["id"] for r in first["results"] + rest["results"]], "paging" in rest) == (["101", "102", "103"], False)


def test_deleted_records_are_gone_from_live_reads(world: World) -> None:
    """A deleted record is missing to a read and listed among the archived."""
    assert world.http.delete("/crm/v3/objects/companies/103").status_code == 204
    assert world.post(READ, reading("103")).status_code == 207
    archived = world.post(f"{READ}?archived=true", reading("103")).json()["results"]
    assert [one["archivedAt"] for one in archived] == ["2026-03-02T09:00:00Z"]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ([{"propertyName": "domain", "operator": "EQ", "value": "HOT.example"}], ["101"]),
        ([{"propertyName": "domain", "operator": "IN", "values": ["quiet.example", "free.example"]}], ["102", "103"]),
        ([{"propertyName": "numberofemployees", "operator": "GTE", "value": "9"}], ["101"]),
        ([{"propertyName": "createdate", "operator": "LT", "value": "1767225600000"}], ["101"]),
        ([{"propertyName": "pls_account_key", "operator": "NOT_HAS_PROPERTY"}], ["103"]),
    ],
)
def test_search_filters(world: World, filters: list[dict[str, Any]], ids: list[str]) -> None:
    """Searches compare numbers as numbers, moments as moments, and text without regard to case."""
    body = {"filterGroups": [{"filters": filters}], "sorts": ["name"], "properties": [], "limit": 10, "after": "0"}
    found = world.post(SEARCH, body).json()
    assert (found["total"], sorted(one["id"] for one in found["results"])) == (len(ids), ids)


def test_search_limits_and_order(world: World) -> None:
    """A page holds at most 200, a search reaches at most 10,000, and sorts are obeyed."""
    body: dict[str, Any] = {"filterGroups": [], "sorts": ["-name"], "properties": [], "limit": 2, "after": "0"}
    found = world.post(SEARCH, body).json()
    assert ([one["id"] for one in found["results"]], found["paging"]["next"]["after"]) == (["103", "102"], "2")
    assert world.post(SEARCH, {**body, "limit": 201}).status_code == 400
    assert world.post(SEARCH, {**body, "after": "9999"}).status_code == 400


def test_owners_through_the_client(world: World) -> None:
    """The client's trailing slash, paging, e-mail filter and the archived owners all work."""
    owners = world.api(lambda crm: crm.owners.owners_api)
    status, first = call(owners.get_page, limit=1, archived=False)
    assert (status, first["results"][0]["userId"], first["paging"]["next"]["after"]) == (200, 9001, "1")
    _, one = call(owners.get_page, email="SDR1@workspace.example")
    assert [owner["id"] for owner in one["results"]] == ["52"]
    _, gone = call(owners.get_page, archived=True)
    assert [(o["id"], "userId" in o, o["userIdIncludingInactive"]) for o in gone["results"]] == [("53", False, 9)]
    assert call(owners.get_by_id, "9002", id_property="userId")[1]["id"] == "52"


def test_associations_through_the_client(world: World) -> None:
    """Linked records come as results; one without links is an error beside them, with 207."""
    links = world.api(lambda crm: crm.associations.v4.batch_api)
    status, found = call(links.get_page, "deals", "companies", {"inputs": [{"id": "201"}, {"id": "202"}]})
    assert status == 207
    assert [(one["from"]["id"], one["to"][0]["toObjectId"]) for one in found["results"]] == [("201", "101")]
    assert found["errors"][0]["context"]["fromObjectId"] == ["202"]
    status, found = call(links.get_page, "companies", "deals", {"inputs": [{"id": "101"}]})
    assert (status, found["results"][0]["to"][0]["associationTypes"][0]["typeId"]) == (200, 342)
    many = {"inputs": [{"id": str(number)} for number in range(1001)]}
    assert world.post("/crm/v4/associations/companies/deals/batch/read", many).status_code == 400


def test_account_details(world: World) -> None:
    """The portal tells its id, to which a store can be bound; the client has no method for it, only a way."""
    client = world.api(lambda crm: crm.owners.owners_api).api_client
    status, details = call(client.call_api, "/account-info/v3/details", "GET", auth_settings=["oauth2"])
    assert status == 200
    assert (details["portalId"], details["timeZone"]) == (20260001, "UTC")


def test_wrong_token(world: World) -> None:
    """Without the right bearer token nothing is answered but 401, and the client raises with the body."""
    world.http.headers["Authorization"] = "Bearer wrong"
    answer = world.post(READ, reading("101"))
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_rolling_window_and_daily_limit() -> None:
    """The window rolls on its own clock, says so in headers, and 429 names the policy it enforces."""
    with running(per_ten_seconds=2, daily_limit=3) as standing, fresh(standing) as world:
        headers = world.post(READ, reading("101")).headers
        assert (headers["x-hubspot-ratelimit-max"], headers["x-hubspot-ratelimit-remaining"]) == ("2", "1")
        assert headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
        assert headers["x-hubspot-ratelimit-daily-remaining"] == "2"
        world.clock.pass_(6)
        world.post(READ, reading("101"))
        batch = world.api(lambda crm: crm.companies.batch_api)
        with pytest.raises(ApiException) as refused:
            call(batch.read, reading("101"))
        assert (refused.value.status, '"policyName":"TEN_SECONDLY_ROLLING"' in refused.value.body) == (429, True)
        world.clock.pass_(4)
        assert world.post(READ, reading("101")).status_code == 200
        world.clock.pass_(10)
        assert world.post(READ, reading("101")).json()["policyName"] == "DAILY"
        world.clock.pass_(86_400)
        assert world.post(READ, reading("101")).status_code == 200


def test_answers_carry_hubspots_headers(world: World) -> None:
    """JSON names its charset; searches alone carry no rate headers."""
    answer = world.post(READ, reading("101"))
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    body = {"filterGroups": [], "sorts": [], "properties": [], "limit": 1, "after": "0"}
    assert "x-hubspot-ratelimit-max" not in world.post(SEARCH, body).headers


def test_requests_are_counted_by_what_they_were_for(world: World) -> None:
    """The log tells reads of companies, writes, facts, schema, directory and searches apart, with their rows."""
    world.post(READ, reading("101", "102"))
    world.post(UPDATE, {"inputs": [row("101", name="Renamed")]})
    world.post("/crm/v3/objects/deals/batch/read", reading("201"))
    world.post("/crm/v4/associations/companies/deals/batch/read", {"inputs": [{"id": "101"}]})
    world.http.get("/crm/v3/properties/companies")
    world.http.get("/crm/v3/owners/")
    world.http.get("/account-info/v3/details")
    world.post(SEARCH, {"filterGroups": [], "sorts": [], "properties": [], "limit": 1, "after": "0"})
    log = world.http.get("/_sandbox/requests").json()
    assert log["counts"] == {"read": 1, "write": 1, "facts": 2, "schema": 1, "directory": 2, "search": 1}
    assert log["requests"][0]["rows"] == 2


def test_faults_and_reset(world: World) -> None:
    """A fault answers in HubSpot's shape, and a reset brings back the seed and forgets the log."""
    world.http.post("/_sandbox/faults", json={"match": "batch/update", "status": 503, "times": 1})
    assert world.post(UPDATE, {"inputs": [row("101", name="Lost")]}).json()["status"] == "error"
    world.post(UPDATE, {"inputs": [row("101", name="Renamed")]})
    world.http.post("/_sandbox/reset")
    record = world.portal.records("companies")[0]
    assert (record["properties"]["name"], record["_changed"], world.control.seen) == ("Hot account", {}, [])


def test_a_seed_the_schema_refuses() -> None:
    """A seed with an unknown property is refused at once, naming record and property."""
    seed = {**SEED, "companies": [{"id": "1", "properties": {"no_such_property": "x"}}]}
    with pytest.raises(ValueError, match=r"seed company 1.*no_such_property"):
        HubSpotPortal(seed, lambda: START)


def test_the_oracle_knows_its_bounds(world: World) -> None:
    """Deals and account details are described by no document; a lenient success is still off specification."""
    assert check_exchange("GET", "/account-info/v3/details", None, 200, {}) is False
    assert check_exchange("POST", "/crm/v3/objects/deals/batch/read", {}, 200, {}) is False
    with pytest.raises(AssertionError, match="'inputs' is a required property"):
        check_exchange("POST", UPDATE, {}, 200, {})
    world.post("/crm/v3/objects/deals/batch/read", reading("201"))
    assert world.recorded.uncovered == ["POST /crm/v3/objects/deals/batch/read"]


def test_search_by_what_a_record_is_associated_with(world: World) -> None:
    """A pseudo-property names the other type in the singular; only EQ and IN ask for it."""
    search = "/crm/v3/objects/deals/search"
    asked = {"propertyName": "associations.company", "operator": "IN", "values": ["101", "102"]}
    body: dict[str, Any] = {"sorts": [], "properties": [], "limit": 10, "after": "0"}
    found = world.post(search, {**body, "filterGroups": [{"filters": [asked]}]}).json()
    assert [one["id"] for one in found["results"]] == ["201"]
    other = {**asked, "operator": "GT", "value": "101"}
    assert world.post(search, {**body, "filterGroups": [{"filters": [other]}]}).status_code == 400


def test_an_app_without_a_scope_is_refused_that_object_type_alone(world: World) -> None:
    """403 MISSING_SCOPES, until the portal is reset."""
    world.portal.hide("deals")
    answer = world.post("/crm/v3/objects/deals/batch/read", reading("201"))
    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")
    assert world.post(READ, reading("101")).status_code == 200
    world.portal.reset()
    assert world.post("/crm/v3/objects/deals/batch/read", reading("201")).status_code == 200
