"""What the HubSpot adapter says on the wire, and what it makes of answers a portal gives on bad days (B2, B3, B4)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.destinations.hubspot import HubSpotClient, HubSpotDestination, HubSpotFacts, HubSpotSettings
from connector.destinations.hubspot.owners import Owners
from connector.errors import (
    AccessError,
    BatchRejectedError,
    ConfigError,
    ForbiddenError,
    PlsyncError,
    QuotaError,
    RateLimitedError,
    TransientError,
)
from connector.model import (
    AccountRef,
    Allowance,
    Author,
    By,
    FactKind,
    FactSource,
    FieldKind,
    FieldSpec,
    ObjectSpec,
    OutcomeKind,
    Window,
    Write,
)
from sandbox.serving import Tls, serve

TOKEN = "pat-not-to-be-shown"
KEY = "pls_account_key"
SPEC = ObjectSpec(
    "companies",
    {
        KEY: FieldSpec(KEY, FieldKind.TEXT, unique=True),
        "score": FieldSpec("score", FieldKind.NUMBER),
        "on": FieldSpec("on", FieldKind.DATE),
        "at": FieldSpec("at", FieldKind.DATETIME),
        "customer": FieldSpec("customer", FieldKind.BOOLEAN),
    },
)


@dataclass
class Portal:
    """Answers in the order given, the last one for ever; keeps what it was asked."""

    answers: list[Response] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)
    authorizations: set[str] = field(default_factory=set)

    def say(self, status: int, body: Any, **headers: str) -> None:
        """Queue an answer; text goes out as it is, anything else as JSON."""
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        self.answers.append(Response(content, status, headers))

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.asked.append((f"{request.method} {path}", json.loads(body) if body else None))
        self.ports.add(request.scope["client"][1])
        self.authorizations.add(request.headers["authorization"])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Portal, str]]:
    portal = Portal()
    with serve(portal.app()) as running:
        yield portal, running.url


@pytest.fixture
def portal(served: tuple[Portal, str]) -> Portal:
    found = served[0]
    for each in (found.answers, found.asked, found.ports, found.authorizations):
        each.clear()
    return found


@pytest.fixture
def client(served: tuple[Portal, str]) -> Iterator[HubSpotClient]:
    with _client(served[1]) as made:
        yield made


@contextmanager
def _client(url: str, **changed: Any) -> Iterator[HubSpotClient]:
    made = HubSpotClient(HubSpotSettings(TOKEN, base_url=url, **changed))
    yield made
    made.close()


@pytest.fixture
def destination(client: HubSpotClient) -> HubSpotDestination:
    destination = HubSpotDestination(client)
    destination.learn(SPEC)
    return destination


def _update(key: str = "a-1", record_id: str | None = "101", **fields: Any) -> Write:
    return Write(key, record_id, fields or {"score": 92})


def _done(*ids: str) -> dict[str, Any]:
    return {"status": "COMPLETE", "results": [{"id": each, "properties": {}} for each in ids]}


def _row_error(*traces: str, category: str = "VALIDATION_ERROR", **more: Any) -> dict[str, Any]:
    context = {"objectWriteTraceId": list(traces)}
    return {"status": "error", "category": category, "message": "its words", "context": context, **more}


# --- what is sent ------------------------------------------------------------------------------------


def test_every_value_is_text(portal: Portal, destination: HubSpotDestination) -> None:
    """Numbers, truths and nulls travel as strings; "" clears (trap 9)."""
    portal.say(200, _done("101"))

    destination.send(
        "companies", KEY, [_update(score=92, ratio=0.1, big=1e21, customer=True, tier=None, on="2026-11-20")]
    )

    (row,) = portal.asked[0][1]["inputs"]
    assert row["properties"] == {
        "score": "92",
        "ratio": "0.1",
        "big": "1000000000000000000000",
        "customer": "true",
        "tier": "",
        "on": "2026-11-20",
    }


def test_updates_go_by_id_and_creates_by_key(portal: Portal, destination: HubSpotDestination) -> None:
    """By id without idProperty; by key with it; each traced by its account's key (B1, B3)."""
    portal.say(200, _done("101"))
    portal.say(200, {"results": [{"id": "7", "properties": {KEY: "new"}, "new": True}]})

    outcomes = destination.send("companies", KEY, [_update("new", None), _update("a-1")])

    assert portal.asked == [
        (
            "POST /crm/v3/objects/companies/batch/update",
            {"inputs": [{"id": "101", "objectWriteTraceId": "a-1", "properties": {"score": "92"}}]},
        ),
        (
            "POST /crm/v3/objects/companies/batch/upsert",
            {
                "inputs": [
                    {
                        "id": "new",
                        "idProperty": KEY,
                        "objectWriteTraceId": "new",
                        "properties": {"score": "92", KEY: "new"},
                    }
                ]
            },
        ),
    ]
    assert {each.key: (each.kind, each.record_id) for each in outcomes} == {
        "a-1": (OutcomeKind.UPDATED, "101"),
        "new": (OutcomeKind.CREATED, "7"),
    }


def test_many_calls_share_one_connection(portal: Portal, destination: HubSpotDestination) -> None:
    """Reads, writes and searches go over one kept connection, with the token (trap 12)."""
    portal.say(200, _done())

    for _ in range(5):
        destination.fetch("companies", By.ID, "", ["101"], [KEY])
        destination.fetch("companies", By.DOMAIN, KEY, ["quiet.example"], [KEY])
        destination.send("companies", KEY, [_update()])

    assert len(portal.asked) == 15
    assert len(portal.ports) == 1
    assert portal.authorizations == {f"Bearer {TOKEN}"}


def test_reads_ask_for_each_record_once(portal: Portal, destination: HubSpotDestination) -> None:
    """A repeated id would fail its batch; the strict schema wants an empty history list (B1, B3)."""
    portal.say(200, _done())

    destination.fetch("companies", By.KEY, KEY, ["a-1", "a-2", "a-1", " "], ["score"])

    assert portal.asked[0][1] == {
        "inputs": [{"id": "a-1"}, {"id": "a-2"}],
        "properties": ["score", KEY],
        "propertiesWithHistory": [],
        "idProperty": KEY,
    }


def test_a_known_description_saves_its_call(portal: Portal, client: HubSpotClient) -> None:
    """Without one, the object is described at the first read and remembered."""
    portal.say(200, {"results": [{"name": KEY, "type": "string", "fieldType": "text"}]})
    portal.say(200, _done())
    destination = HubSpotDestination(client)

    for _ in range(2):
        destination.fetch("companies", By.ID, "", ["101"], [KEY])

    assert [asked for asked, _ in portal.asked] == [
        "GET /crm/v3/properties/companies",
        *["POST /crm/v3/objects/companies/batch/read"] * 2,
    ]


# --- what comes back ---------------------------------------------------------------------------------


def test_each_input_is_looked_for_in_results_and_errors(portal: Portal, destination: HubSpotDestination) -> None:
    """A 207 in any order: written, refused, refused together, and forgotten (trap 10)."""
    errors = [
        _row_error("a-2", errors=[{"message": "no", "code": "INVALID_OPTION"}]),
        _row_error("a-3", "a-4", category="CONFLICT"),
    ]
    portal.say(207, {**_done("106", "101"), "numErrors": 2, "errors": errors})

    outcomes = destination.send("companies", KEY, [_update(f"a-{number}", f"10{number}") for number in range(1, 7)])

    assert [(each.key, each.kind, each.code) for each in outcomes] == [
        ("a-1", OutcomeKind.UPDATED, None),
        ("a-2", OutcomeKind.REJECTED, "INVALID_OPTION"),
        ("a-3", OutcomeKind.REJECTED, "CONFLICT"),
        ("a-4", OutcomeKind.REJECTED, "CONFLICT"),
        ("a-5", OutcomeKind.DEFERRED, "NO_ANSWER"),
        ("a-6", OutcomeKind.UPDATED, None),
    ]
    assert all(each.advice for each in outcomes if each.kind is not OutcomeKind.UPDATED)
    assert outcomes[1].message == "its words"


def test_errors_inside_a_200_are_seen(portal: Portal, destination: HubSpotDestination) -> None:
    """The dated API knows no 207 (trap 11)."""
    portal.say(200, {**_done(), "numErrors": 1, "errors": [_row_error("a-1")]})

    (outcome,) = destination.send("companies", KEY, [_update()])

    assert outcome.kind is OutcomeKind.REJECTED


def test_success_that_mentions_nobody_delivers_nothing(portal: Portal, destination: HubSpotDestination) -> None:
    """COMPLETE with no results is not success (B3)."""
    portal.say(200, _done())

    (outcome,) = destination.send("companies", KEY, [_update()])

    assert (outcome.kind, outcome.code) == (OutcomeKind.DEFERRED, "NO_ANSWER")


def test_a_merged_company_is_known_by_its_trace(portal: Portal, destination: HubSpotDestination) -> None:
    """A result under another id still answers its input, and tells the new id (D8)."""
    portal.say(200, {"results": [{"id": "900", "properties": {}, "objectWriteTraceId": "a-1"}]})

    (outcome,) = destination.send("companies", KEY, [_update()])

    assert (outcome.kind, outcome.record_id) == (OutcomeKind.UPDATED, "900")


def test_a_merged_company_without_a_trace_is_the_last_one_left(portal: Portal, destination: HubSpotDestination) -> None:
    """One write and one row that nothing else claims belong together; two of each could be either's (D8)."""
    portal.say(200, _done("102", "900"))
    portal.say(200, _done("900", "901"))

    one = destination.send("companies", KEY, [_update("a-1", "101"), _update("a-2", "102")])
    two = destination.send("companies", KEY, [_update("a-1", "101"), _update("a-2", "102")])

    assert [(each.kind, each.record_id) for each in one] == [(OutcomeKind.UPDATED, "900"), (OutcomeKind.UPDATED, "102")]
    assert {(each.kind, each.code) for each in two} == {(OutcomeKind.DEFERRED, "NO_ANSWER")}


def test_errors_that_name_only_ids_find_their_writes(portal: Portal, destination: HubSpotDestination) -> None:
    """Some refusals carry ids in place of traces (B3)."""
    error = {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["101"]}}
    portal.say(207, {**_done("102"), "numErrors": 1, "errors": [error]})

    gone, done = destination.send("companies", KEY, [_update("a-1", "101"), _update("a-2", "102")])

    assert (gone.kind, gone.code) == (OutcomeKind.REJECTED, "OBJECT_NOT_FOUND")
    assert done.kind is OutcomeKind.UPDATED


def _kept(**properties: str | None) -> dict[str, Any]:
    return {"status": "COMPLETE", "results": [{"id": "101", "properties": properties}]}


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ("  text ", "text"),
        ("Quiet.Example", "quiet.example"),
        (87.5, "87.50"),
        (1e21, "1E+21"),
        (None, None),
        (None, ""),
        ("2026-11-20", "1795132800000"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000Z"),
        ("b;a", "a;b"),
        (True, "true"),
    ],
)
def test_hubspots_own_spelling_is_no_refusal(
    portal: Portal, destination: HubSpotDestination, sent: Any, held: str | None
) -> None:
    """Trimmed, in lower case, numbers and dates rewritten, choices reordered: the value was taken."""
    portal.say(200, _kept(x=held))

    (outcome,) = destination.send("companies", KEY, [_update(x=sent)])

    assert outcome.kind is OutcomeKind.UPDATED


@pytest.mark.parametrize(
    ("sent", "held"), [("hot", "warm"), (92, "87"), (None, "warm"), ("hot", None), ("2026-11-20", "3")]
)
def test_success_that_changed_nothing_is_no_success(
    portal: Portal, destination: HubSpotDestination, sent: Any, held: str | None
) -> None:
    """A row that answers with another value was not written; the property and both values are named."""
    portal.say(200, _kept(x=held, score="92"))

    (outcome,) = destination.send("companies", KEY, [_update(x=sent, score=92)])

    assert (outcome.kind, outcome.code, outcome.record_id) == (OutcomeKind.REJECTED, "NOT_TAKEN", "101")
    assert "x is" in str(outcome.message)
    assert "score" not in str(outcome.message)
    assert outcome.advice


def test_a_stage_that_would_go_back_is_passed_over(portal: Portal, destination: HubSpotDestination) -> None:
    """HubSpot ignores it by design, so it rejects nothing (trap 14)."""
    portal.say(200, _kept(lifecyclestage="customer"))

    (outcome,) = destination.send("companies", KEY, [_update(lifecyclestage="lead")])

    assert outcome.kind is OutcomeKind.UPDATED


def test_blind_writes_name_their_property(portal: Portal, destination: HubSpotDestination) -> None:
    """An update, which cannot create, with idProperty in each input (P2)."""
    portal.say(200, {"results": [{"id": "101", "properties": {KEY: "a-1"}}]})

    (outcome,) = destination.send_blind("companies", KEY, [_update("a-1", "ignored")])

    inputs = [{"id": "a-1", "idProperty": KEY, "objectWriteTraceId": "a-1", "properties": {"score": "92", KEY: "a-1"}}]
    assert portal.asked == [("POST /crm/v3/objects/companies/batch/update", {"inputs": inputs})]
    assert (outcome.kind, outcome.record_id) == (OutcomeKind.UPDATED, "101")


# --- versions ----------------------------------------------------------------------------------------


def test_a_dated_version_has_paths_of_its_own(portal: Portal, served: tuple[Portal, str]) -> None:
    """Objects and properties move under the date; what has no dated form stays (B1, trap 15)."""
    portal.say(200, {"portalId": 42})
    portal.say(200, {"results": [{"name": KEY, "type": "string", "fieldType": "text"}]})
    portal.say(200, _done())
    with _client(served[1], path_prefix="2026-09") as client:
        destination = HubSpotDestination(client)
        destination.identity()
        destination.describe("companies")
        destination.fetch("companies", By.ID, "", ["101"], [KEY])
        destination.fetch("companies", By.DOMAIN, KEY, ["quiet.example"], [])

    assert [asked for asked, _ in portal.asked] == [
        "GET /account-info/v3/details",
        "GET /crm/properties/2026-09/companies",
        "POST /crm/objects/2026-09/companies/batch/read",
        "POST /crm/objects/2026-09/companies/search",
    ]


@pytest.mark.parametrize("path_prefix", ["", "v2", "2026", "2026-09/", "../v3"])
def test_an_unknown_version_is_refused(path_prefix: str) -> None:
    """A version is v3 or a date; anything else would ask HubSpot for paths it does not have."""
    with pytest.raises(ConfigError, match="path_prefix"):
        HubSpotSettings(TOKEN, path_prefix=path_prefix)


# --- authors -----------------------------------------------------------------------------------------


def _version(kind: str, source: str, minute: int = 0, **more: Any) -> dict[str, Any]:
    stamp = f"2026-11-20T10:{minute:02d}:00Z"
    return {"value": "x", "timestamp": stamp, "sourceType": kind, "sourceId": source, **more}


@pytest.mark.parametrize(
    ("version", "author"),
    [
        (_version("INTEGRATION", "77", sourceLabel="Ours"), Author("77", "Ours", "77")),
        (_version("API", "78"), Author("78", None, "78")),
        (_version("CRM_UI", "userId:71", updatedByUserId=71), Author("userId:71", "sdr.1@workspace.example")),
        (_version("MOBILE_IOS", "userId:72", updatedByUserId=72), Author("userId:72", "userId:72")),
        (_version("AUTOMATION_PLATFORM", "w-1"), Author("w-1", None, "AUTOMATION_PLATFORM")),
    ],
)
def test_history_tells_people_from_programs(
    portal: Portal, client: HubSpotClient, version: dict[str, Any], author: Author
) -> None:
    """Apps go by their id, what HubSpot did by itself by its kind, people by their e-mail where they are owners."""
    owner = {"id": "1", "email": "sdr.1@workspace.example", "userId": 71}
    portal.say(200, {"results": [{"id": "101", "propertiesWithHistory": {"x": [version], "y": []}}]})
    portal.say(200, {"results": [owner]})

    found = HubSpotDestination(client).authors("companies", ["101"], ["x", "y"])

    assert found == {"101": {"x": replace(author, at=datetime(2026, 11, 20, 10, tzinfo=UTC))}}


def test_the_newest_version_has_the_author(portal: Portal, client: HubSpotClient) -> None:
    """Whatever order the history comes in; fifty records to a call (B1)."""
    new = _version("INTEGRATION", "new") | {"timestamp": "2026-11-20T10:05:00.5Z"}
    versions = [_version("API", "old", 5), new, _version("API", "older", 0)]
    portal.say(200, {"results": [{"id": "101", "propertiesWithHistory": {"x": versions}}]})

    found = HubSpotDestination(client).authors("companies", [str(each) for each in range(101, 201)], ["x"])

    assert found["101"]["x"].id == "new"
    assert [(len(body["inputs"]), body["propertiesWithHistory"]) for _, body in portal.asked] == [(50, ["x"])] * 2


def test_without_its_id_no_app_is_ours(client: HubSpotClient) -> None:
    """A value is not taken for ours on a guess (D20)."""
    assert not HubSpotDestination(client).is_us(Author("77", None, "77"))


def _refusal(category: str, **more: Any) -> dict[str, Any]:
    return {"status": "error", "message": "its words", "category": category, **more}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, _refusal("VALIDATION_ERROR"), BatchRejectedError),
        (409, _refusal("CONFLICT"), BatchRejectedError),
        (401, _refusal("INVALID_AUTHENTICATION"), AccessError),
        (403, _refusal("MISSING_SCOPES"), ForbiddenError),
        (423, _refusal("LOCKED"), RateLimitedError),
        (477, _refusal("MIGRATION_IN_PROGRESS"), RateLimitedError),
        (429, {"errorType": "RATE_LIMIT", "policyName": "DAILY", "message": "daily limit"}, QuotaError),
        (500, _refusal("INTERNAL_ERROR"), TransientError),
        (502, "<html>bad gateway</html>", TransientError),
        (524, b"\xff\xfe", TransientError),
        (200, "<html>maintenance</html>", TransientError),
        (200, "[]", TransientError),
        (200, b"\xff\xfe", TransientError),
    ],
)
def test_whole_batches_refused(
    portal: Portal, destination: HubSpotDestination, status: int, body: Any, expected: type[PlsyncError]
) -> None:
    """Each kind of refusal becomes the error that says what to do next; none shows the token (B2, B3)."""
    portal.say(status, body)

    with pytest.raises(expected) as refused:
        destination.send("companies", KEY, [_update()])

    assert type(refused.value) is expected
    assert TOKEN not in str(refused.value)
    assert len(portal.asked) == 1


def test_a_refused_batch_carries_its_category(portal: Portal, destination: HubSpotDestination) -> None:
    """What isolates the culprit knows what it is looking for."""
    portal.say(409, _refusal("CONFLICT"))

    with pytest.raises(BatchRejectedError) as refused:
        destination.send("companies", KEY, [_update()])

    assert refused.value.code == "CONFLICT"


@pytest.mark.parametrize(
    ("status", "message", "headers", "seconds"),
    [
        (429, "You have reached your ten_secondly_rolling limit.", {}, 10),
        (429, "You have reached your ten_secondly_rolling limit.", {"Retry-After": "3"}, 3),
        (429, "You have reached your ten_secondly_rolling limit.", {"Retry-After": "soon"}, 10),
        (429, "You have reached your secondly limit.", {}, 1),
        (423, "locked", {}, 2),
        (477, "migrating", {"Retry-After": "60"}, 60),
    ],
)
def test_limits_say_how_long_to_wait(
    portal: Portal,
    destination: HubSpotDestination,
    status: int,
    message: str,
    headers: dict[str, str],
    seconds: float,
) -> None:
    """What HubSpot asks for, else the length of the window that is full (B2)."""
    portal.say(status, {"message": message, "policyName": "SECONDLY"}, **headers)

    with pytest.raises(RateLimitedError) as limited:
        destination.send("companies", KEY, [_update()])

    assert limited.value.retry_after == seconds


def test_the_allowance_is_read_from_refusals_too(portal: Portal, client: HubSpotClient) -> None:
    """Used is what the day allows less what is left (B2)."""
    limits = {"X-HubSpot-RateLimit-Daily": "650000", "X-HubSpot-RateLimit-Daily-Remaining": "649000"}
    portal.say(429, {"message": "limit"}, **limits)

    with pytest.raises(RateLimitedError):
        client.get("/crm/v3/owners/")

    assert client.allowance() == Allowance(1_000, 650_000)


def test_the_window_is_read_from_the_headers(portal: Portal, client: HubSpotClient) -> None:
    """Before the first answer the smallest portal's, then what this one tells, in refusals too (B2)."""
    assert client.window() == Window(100, 10.0)
    told = {"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    portal.say(429, {"message": "limit"}, **told)

    with pytest.raises(RateLimitedError):
        client.get("/crm/v3/owners/")

    assert client.window() == Window(190, 10.0)


def test_every_request_passes_the_gate(portal: Portal, served: tuple[Portal, str]) -> None:
    """What is counted and paced is what goes over the wire, the refused request included."""
    passed: list[int] = []
    client = HubSpotClient(HubSpotSettings(TOKEN, base_url=served[1]), gate=lambda: passed.append(len(portal.asked)))
    portal.say(200, {"portalId": 1})
    portal.say(500, {"message": "down"})
    client.get("/account-info/v3/details")
    with pytest.raises(TransientError):
        client.get("/account-info/v3/details")
    client.close()

    assert passed == [0, 1]


@pytest.mark.parametrize(
    ("name", "text", "canonical"),
    [
        ("score", "87.0", 87),
        ("score", "87.5", 87.5),
        ("score", "12345678901234567890", 12345678901234567890),
        ("score", "NaN", "NaN"),
        ("customer", "true", True),
        ("customer", "false", False),
        ("on", "2026-11-20", "2026-11-20"),
        ("on", "1795132800000", "2026-11-20"),
        ("at", "2026-11-20T10:00:00.123Z", "2026-11-20T10:00:00Z"),
        ("at", "1795168800000", "2026-11-20T10:00:00Z"),
        (KEY, "87.0", "87.0"),
        (KEY, "", None),
        (KEY, None, None),
    ],
)
def test_wire_values_become_canonical(
    portal: Portal, destination: HubSpotDestination, name: str, text: str | None, canonical: Any
) -> None:
    """By the property's kind: a number is a number, and text that looks like one stays text."""
    portal.say(200, {"results": [{"id": "101", "properties": {name: text}, "updatedAt": "2026-11-20T10:00:00.5Z"}]})

    (live,) = destination.fetch("companies", By.ID, "", ["101"], [name])

    assert live.values == {name: canonical}
    assert type(live.values[name]) is type(canonical)


def test_searches_follow_their_pages(portal: Portal, destination: HubSpotDestination) -> None:
    """Two hundred to a page, until no page follows."""
    portal.say(200, {**_done("1"), "paging": {"next": {"after": "200"}}})
    portal.say(200, _done("2"))

    found = destination.fetch("companies", By.DOMAIN, KEY, ["Quiet.example"], [])

    assert [live.record_id for live in found] == ["1", "2"]
    assert [body["after"] for _, body in portal.asked] == ["0", "200"]
    assert portal.asked[0][1]["filterGroups"][0]["filters"][0]["values"] == ["quiet.example"]


def test_a_read_that_failed_in_part_is_not_taken_for_absence(portal: Portal, destination: HubSpotDestination) -> None:
    """Missing records are absent; records that could not be read are a reason to try again (D11)."""
    portal.say(207, {**_done(), "errors": [{"category": "OBJECT_NOT_FOUND", "message": "none"}]})
    portal.say(207, {**_done(), "errors": [{"category": "INTERNAL_ERROR", "message": "some"}]})

    assert destination.fetch("companies", By.ID, "", ["101"], [KEY]) == []
    with pytest.raises(TransientError):
        destination.fetch("companies", By.ID, "", ["101"], [KEY])


# --- connections -------------------------------------------------------------------------------------


def test_nobody_listening_is_tried_again() -> None:
    """A refused connection says nothing about the request."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with _client(f"http://127.0.0.1:{port}") as client, pytest.raises(TransientError):
        client.get("/account-info/v3/details")


def test_silence_is_tried_again() -> None:
    """A portal that accepts and never answers runs into the read time-out."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        _client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=(1.0, 0.05)) as client,
        pytest.raises(TransientError, match="ReadTimeout"),
    ):
        client.get("/account-info/v3/details")


def test_half_a_body_is_tried_again(portal: Portal, client: HubSpotClient) -> None:
    """Fewer bytes than announced are not an answer."""
    portal.say(200, '{"results": [', **{"Content-Length": "500"})

    with pytest.raises(TransientError):
        client.get("/account-info/v3/details")


def test_certificates_are_checked(tmp_path: Path) -> None:
    """An unknown certificate is an access problem with its way out; a named authority is trusted (B4)."""
    portal = Portal()
    portal.say(200, {"portalId": 42})
    tls = Tls.create(tmp_path)
    with serve(portal.app(), tls=tls) as running:
        with _client(running.url) as client, pytest.raises(AccessError, match="ca_bundle"):
            client.get("/account-info/v3/details")
        with _client(running.url, ca_bundle=str(tls.ca_file)) as client:
            assert HubSpotDestination(client).identity() == "42"


def test_secrets_are_not_shown() -> None:
    """Settings do not print the token."""
    assert TOKEN not in repr(HubSpotSettings(TOKEN))


# --- facts -------------------------------------------------------------------------------------------


def _source(**changed: Any) -> FactSource:
    plain: dict[str, Any] = {
        "crm": "hubspot",
        "kind": FactKind.OPEN_OPPORTUNITY,
        "object": "deals",
        "where": {"hs_is_closed": ("false",)},
        "unless": {},
        "label": "Opportunity",
        "link_id": "",
        "owner": "hubspot_owner_id",
        "due": "closedate",
        "active_at": "notes_last_updated",
    }
    return FactSource(**{**plain, **changed})


def _linked(company: str, *deals: Any, after: str | None = None) -> dict[str, Any]:
    row = {"from": {"id": company}, "to": [{"toObjectId": deal, "associationTypes": []} for deal in deals]}
    return {**row, "paging": {"next": {"after": after}}} if after else row


def _deals(*ids: str, owner: str | None = None) -> dict[str, Any]:
    values = {
        "hs_is_closed": "false",
        "hubspot_owner_id": owner,
        "closedate": "2026-12-31T00:00:00Z",
        "notes_last_updated": "1795168800000",
    }
    return {"results": [{"id": each, "properties": values} for each in ids]}


def _refs(count: int) -> Sequence[AccountRef]:
    return [AccountRef(f"a-{number}", str(100 + number), None) for number in range(1, count + 1)]


def test_facts_follow_associations_page_by_page(portal: Portal, client: HubSpotClient) -> None:
    """Associations of all companies at once, their further pages, then the deals; ids may come as numbers."""
    portal.say(207, {"results": [_linked("101", 1, after="2"), _linked("102", "3")]})
    portal.say(200, {"results": [_linked("101", "2")]})
    portal.say(200, _deals("1", "2", "3"))

    state = HubSpotFacts(client, [_source()]).state(_refs(3))

    assert {key: [fact.record_id for fact in facts] for key, facts in state.items()} == {
        "a-1": ["1", "2"],
        "a-2": ["3"],
        "a-3": [],
    }
    assert portal.asked[1][1] == {"inputs": [{"id": "101", "after": "2"}]}
    (fact,) = state["a-2"]
    assert (fact.due, fact.active_at) == (date(2026, 12, 31), datetime(2026, 11, 20, 10, tzinfo=UTC))


def test_companies_without_deals_cost_one_call(portal: Portal, client: HubSpotClient) -> None:
    """A thousand companies, one call, when none of them has a deal (P2b)."""
    none = {"category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "message": "none"}
    portal.say(207, {**_done(), "errors": [none]})
    facts = HubSpotFacts(client, [_source()])

    state = facts.state(_refs(facts.capacity.facts))

    assert set(state.values()) == {()}
    assert len(portal.asked) == 1
    assert len(portal.asked[0][1]["inputs"]) == 1_000


def test_owners_are_read_once_and_leavers_when_needed(portal: Portal, client: HubSpotClient) -> None:
    """Active owners page by page, then those who left; remembered for the next question."""
    active = {"id": "1", "email": "sdr.1@workspace.example", "firstName": "SDR", "lastName": "1"}
    left = {"id": "2", "email": "sdr.2@workspace.example", "firstName": "SDR", "lastName": "2", "archived": True}
    portal.say(200, {"results": [_linked("101", "5")]})
    portal.say(200, _deals("5", owner="2"))
    portal.say(200, {"results": [], "paging": {"next": {"after": "1"}}})
    portal.say(200, {"results": [active]})
    portal.say(200, {"results": [left]})
    portal.say(200, {"results": [_linked("101", "5")]})
    portal.say(200, _deals("5", owner="77"))
    facts = HubSpotFacts(client, [_source()])

    (mine,) = facts.state(_refs(1))["a-1"]
    (nobodys,) = facts.state(_refs(1))["a-1"]

    assert (mine.owner_email, mine.owner_name, mine.owner_active) == ("sdr.2@workspace.example", "SDR 2", False)
    assert (nobodys.owner_email, nobodys.owner_active) == (None, True)
    assert [asked for asked, _ in portal.asked if "owners" in asked] == [
        "GET /crm/v3/owners/?limit=100&archived=false",
        "GET /crm/v3/owners/?limit=100&archived=false&after=1",
        "GET /crm/v3/owners/?limit=100&archived=true",
    ]


def test_owners_are_read_again_after_an_hour(portal: Portal, client: HubSpotClient) -> None:
    """Who left while the process ran is noticed."""
    person = {"id": "1", "email": "sdr.1@workspace.example", "firstName": "SDR", "lastName": "1"}
    now = datetime(2026, 11, 20, 10, tzinfo=UTC)
    owners = Owners(client, clock=lambda: now)
    portal.say(200, {"results": [person]})
    portal.say(200, {"results": []})
    portal.say(200, {"results": [person]})

    before = [owners.get("1"), owners.get("1")]
    now += timedelta(hours=1)
    after = owners.get("1")

    assert [owner and owner.active for owner in (*before, after)] == [True, True, False]
    assert len(portal.asked) == 3


def test_the_company_itself_needs_no_call(portal: Portal, client: HubSpotClient) -> None:
    """Its properties come with the live read, which is told which to fetch."""
    stage = _source(
        kind=FactKind.SQL,
        object="companies",
        where={"lifecyclestage": ("salesqualifiedlead",)},
        owner=None,
        due=None,
        active_at=None,
    )
    facts = HubSpotFacts(client, [stage])

    state = facts.state([AccountRef("a-1", "101", None, {"lifecyclestage": "salesqualifiedlead"})])

    assert facts.account_fields() == ("lifecyclestage",)
    assert [fact.kind for fact in state["a-1"]] == [FactKind.SQL]
    assert portal.asked == []


def test_associations_that_could_not_be_read_are_not_absence(portal: Portal, client: HubSpotClient) -> None:
    """Unknown is not "no deal" (D11)."""
    portal.say(207, {**_done(), "errors": [{"category": "INTERNAL_ERROR", "message": "some"}]})

    with pytest.raises(TransientError):
        HubSpotFacts(client, [_source()]).state(_refs(1))


def test_links_other_than_associations_are_refused(client: HubSpotClient) -> None:
    """HubSpot finds an account's records by association only; what says otherwise is named."""
    with pytest.raises(ConfigError, match="contacts"):
        HubSpotFacts(client, [_source(object="contacts", link_id=None, link_email="email")])
