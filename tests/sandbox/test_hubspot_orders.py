"""Merges, deletions and ordered refusals of the HubSpot stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.hubspot_portal import World, call, fresh, reading, row, running

COMPANIES = "/crm/v3/objects/companies"
UPDATE = f"{COMPANIES}/batch/update"
DATED = "/crm/objects/2026-09/companies"


@pytest.fixture(scope="module")
def served() -> Iterator[World]:
    with running() as world:
        yield world


@pytest.fixture
def world(served: World) -> Iterator[World]:
    with fresh(served) as world:
        yield world


def merge(world: World, primary: str, other: str, prefix: str = COMPANIES) -> dict[str, Any]:
    answer = world.post(f"{prefix}/merge", {"primaryObjectId": primary, "objectIdToMerge": other})
    assert answer.status_code == 200
    return dict(answer.json())


def get(world: World, record_id: str, *properties: str) -> dict[str, Any]:
    return dict(world.http.get(f"{COMPANIES}/{record_id}", params={"properties": ",".join(properties)}).json())


@pytest.mark.parametrize("prefix", [COMPANIES, DATED])
def test_a_merge_makes_a_new_record_that_both_ids_lead_to(world: World, prefix: str) -> None:
    """The result has an id of its own; reading or writing under an old id answers with the new one."""
    merged = merge(world, "101", "102", prefix)["id"]
    assert merged not in ("101", "102", "103")
    assert {get(world, old)["id"] for old in ("101", "102", merged)} == {merged}

    batch = world.api(lambda crm: crm.companies.batch_api)
    _, read = call(batch.read, reading("102", "103"))
    assert [one["id"] for one in read["results"]] == ["103", merged]
    _, done = call(batch.update, {"inputs": [row("101", "t0", name="Renamed")]})
    assert (done["results"][0]["id"], done["results"][0]["objectWriteTraceId"]) == (merged, "t0")
    assert get(world, merged, "hs_merged_object_ids")["properties"]["hs_merged_object_ids"] == "101;102"


def test_a_merge_keeps_the_primarys_values_and_fills_from_the_other(world: World) -> None:
    """Where both have a value the primary's stands; the oldest create date and the furthest stage win."""
    world.post(UPDATE, {"inputs": [row("102", lifecyclestage="lead", pls_score="50", pls_tier="hot")]})
    world.post(UPDATE, {"inputs": [row("101", pls_score="87")]})
    merged = merge(world, "102", "101")["id"]
    names = ("name", "pls_score", "pls_tier", "numberofemployees", "lifecyclestage", "createdate", "hs_object_id")
    values = get(world, merged, *names)["properties"]

    assert (values["name"], values["pls_score"], values["pls_tier"]) == ("Quiet account", "50", "hot")
    assert (values["numberofemployees"], values["lifecyclestage"]) == ("80", "opportunity")
    assert (values["createdate"], values["hs_object_id"]) == ("2025-06-01T08:00:00Z", merged)


def test_a_merge_keeps_one_key_and_both_histories(world: World) -> None:
    """The primary's unique value finds the result, the other's is free; every earlier value is still told."""
    world.post(UPDATE, {"inputs": [row("102", pls_score="50")]})
    world.clock.pass_(60)
    world.post(UPDATE, {"inputs": [row("101", pls_score="87")]})
    merged = merge(world, "102", "101")["id"]

    [found] = world.post(
        f"{COMPANIES}/batch/read", reading("k2", idProperty="pls_account_key", propertiesWithHistory=["pls_score"])
    ).json()["results"]
    assert (found["id"], [one["value"] for one in found["propertiesWithHistory"]["pls_score"]]) == (
        merged,
        ["50", "87"],
    )
    taken = world.post(UPDATE, {"inputs": [row("103", pls_account_key="k1")]})
    assert taken.status_code == 200


def test_a_merge_moves_deals_and_contacts(world: World) -> None:
    """What belonged to either belongs to the result, seen from both sides."""
    merged = merge(world, "102", "101")["id"]
    linked = world.http.get(f"{COMPANIES}/{merged}", params={"associations": "deals,contacts"}).json()["associations"]
    back = world.http.get("/crm/v3/objects/deals/201", params={"associations": "companies"}).json()["associations"]

    assert [linked[kind]["results"][0]["id"] for kind in ("deals", "contacts")] == ["201", "301"]
    assert [one["id"] for one in back["companies"]["results"]] == [merged]


def test_merges_can_follow_each_other(world: World) -> None:
    """Three records end in one, and every id leads there; a person's merge is told as theirs."""
    first = merge(world, "101", "102")["id"]
    order = {"object": "companies", "primary": first, "merged": "103", "by": "ae1@workspace.example"}
    second = world.http.post("/_sandbox/merge", json=order).json()
    ids = second["properties"]["hs_merged_object_ids"]

    assert ids == f"101;102;{first};103"
    assert {get(world, old)["id"] for old in ids.split(";")} == {second["id"]}
    assert second["_changed"]["hs_merged_object_ids"]["by"] == "ae1@workspace.example"
    assert [one["id"] for one in world.portal.records("companies")] == [second["id"]]


def test_a_merge_that_cannot_be(world: World) -> None:
    """With itself, under another of its ids, with nobody, or without ids: refused, and nothing changes."""
    merged = merge(world, "101", "102")["id"]
    bodies: list[dict[str, Any]] = [
        {"primaryObjectId": merged, "objectIdToMerge": "101"},
        {"primaryObjectId": "103", "objectIdToMerge": "999"},
        {"primaryObjectId": 103, "objectIdToMerge": 101},
    ]

    assert [world.post(f"{COMPANIES}/merge", body).status_code for body in bodies] == [400, 404, 400]
    assert len(world.portal.records("companies")) == 2


def test_records_are_archived_in_batches(world: World) -> None:
    """204 whether or not they were there; they are gone from reads, and to be seen among the archived."""
    world.http.post("/_sandbox/delete", json={"object": "companies", "id": "103"})
    answer = world.post(f"{COMPANIES}/batch/archive", {"inputs": [{"id": "101"}, {"id": "999"}]})
    _, read = call(world.api(lambda crm: crm.companies.batch_api).read, reading("101", "102", "103"))

    assert (answer.status_code, answer.content) == (204, b"")
    assert [one["id"] for one in read["results"]] == ["102"]
    archived = world.http.get(COMPANIES, params={"archived": "true"}).json()["results"]
    assert [one["id"] for one in archived] == ["101", "103"]
    assert world.http.get("/_sandbox/requests").json()["counts"] == {"write": 1, "read": 2}
    assert world.http.post("/_sandbox/delete", json={"object": "companies", "id": "103"}).status_code == 404


@pytest.mark.parametrize(("status", "category"), [(409, "CONFLICT"), (400, "VALIDATION_ERROR")])
def test_one_record_can_cost_its_batch(world: World, status: int, category: str) -> None:
    """`whole`: the batch fails for one record in spite of trace ids; halves without it succeed (B3)."""
    poison = {"object": "companies", "id": "102", "status": status, "whole": True, "times": 2}
    world.http.post("/_sandbox/reject", json=poison)
    rows = [row("101", "t0", name="x"), row("102", "t1", name="y"), row("103", "t2", name="z")]
    failed = world.post(UPDATE, {"inputs": rows})
    half, other = world.post(UPDATE, {"inputs": rows[:1]}), world.post(UPDATE, {"inputs": rows[1:]})

    assert (failed.status_code, failed.json()["category"]) == (status, category)
    assert (half.status_code, other.status_code) == (200, status)
    assert world.post(UPDATE, {"inputs": rows[1:]}).status_code == 200


def test_one_record_can_fail_alone_with_a_conflict(world: World) -> None:
    """Without `whole` a traced row is refused alone: 207 on the v3 path, errors inside 200 on the dated one."""
    order = {"object": "companies", "id": "102", "status": 409, "times": 2}
    world.http.post("/_sandbox/reject", json=order)
    body = {"inputs": [row("101", "t0", name="x"), row("102", "t1", name="y")]}
    answers = [world.post(UPDATE, body), world.post(f"{DATED}/batch/update", body)]

    assert [answer.status_code for answer in answers] == [207, 200]
    assert [answer.json()["errors"][0]["category"] for answer in answers] == ["CONFLICT", "CONFLICT"]
    assert [answer.json()["errors"][0]["context"]["objectWriteTraceId"] for answer in answers] == [["t1"], ["t1"]]


@pytest.mark.parametrize(
    ("status", "begins"),
    [
        (423, '{"status": "error"'),
        (477, '{"status": "error"'),
        (502, "<html>"),
        (503, '{"status": "error"'),
        (504, "<html>"),
        (524, "<html>"),
    ],
)
def test_what_stands_in_front_of_the_api_has_its_own_words(world: World, status: int, begins: str) -> None:
    """Locked, moving and unavailable are told in JSON, a gateway's time-outs in HTML."""
    world.http.post("/_sandbox/faults", json={"match": "batch/update", "status": status})
    answer = world.post(UPDATE, {"inputs": [row("101", name="x")]})

    assert answer.status_code == status
    assert answer.text.startswith(begins)
    assert world.portal.records("companies")[0]["properties"]["name"] == "Hot account"


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("ten_secondly_rolling", 429, {"policyName": "TEN_SECONDLY_ROLLING", "errorType": "RATE_LIMIT"}),
        ("secondly", 429, {"policyName": "SECONDLY", "message": "You have reached your secondly limit."}),
        ("daily", 429, {"policyName": "DAILY", "message": "You have reached your daily limit."}),
        ("migrating", 477, {"category": "MIGRATION_IN_PROGRESS"}),
        ("conflict", 409, {"category": "CONFLICT"}),
        ("invalid", 400, {"category": "VALIDATION_ERROR"}),
    ],
)
def test_refusals_can_be_ordered_by_name(world: World, name: str, status: int, told: dict[str, str]) -> None:
    """Each rate limit policy, a move with its Retry-After, a batch refused whole."""
    world.http.post("/_sandbox/faults", json={"match": "batch/update", "name": name})
    answer = world.post(UPDATE, {"inputs": [row("101", name="x")]})

    assert answer.status_code == status
    assert told.items() <= answer.json().items()
    assert answer.headers.get("Retry-After") == ("10" if status == 477 else None)


def test_limits_can_be_set(world: World) -> None:
    """The ten-second window and the day refuse under their own policies; reset brings the old limits back."""
    world.http.post("/_sandbox/limits", json={"per_ten_seconds": 2, "daily": 3})
    first = [world.http.get(COMPANIES).status_code for _ in range(3)]
    world.clock.pass_(10)
    answers = [world.http.get(COMPANIES) for _ in range(2)]

    assert first == [200, 200, 429]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["policyName"] == "DAILY"
    world.http.post("/_sandbox/reset")
    assert world.http.get(COMPANIES).headers["X-HubSpot-RateLimit-Max"] == "190"
