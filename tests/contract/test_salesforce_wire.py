"""What the Salesforce adapter says on the wire, and what it makes of answers an org gives on bad days (A3, A7)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt
import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.destinations.salesforce import SalesforceClient, SalesforceDestination, SalesforceSettings
from connector.errors import (
    AccessError,
    BatchRejectedError,
    ConfigError,
    PlsyncError,
    QuotaError,
    RateLimitedError,
    TransientError,
)
from connector.model import Allowance, Author, By, OutcomeKind, Write
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve

ORG = "https://workspace.my.salesforce.com"
ROOT = f"{ORG}/services/data/v64.0"
TOKEN_URL = f"{ORG}/services/oauth2/token"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
KEY = "PLS_Account_Key__c"
EXPIRED = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
FIRST = "001000000000001AAA"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """The network, with a token endpoint that counts its tokens."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        issued = iter(range(1, 1_000))
        body = {"id": f"{ORG}/id/00D000000000001EAA/005000000000INTAAA", "instance_url": ORG}
        mock.add_callback(
            "POST",
            TOKEN_URL,
            lambda _: (200, {}, json.dumps({**body, "access_token": f"token-{next(issued)}"})),
        )
        yield mock


def _settings(**changed: Any) -> SalesforceSettings:
    plain: dict[str, Any] = {"instance_url": ORG, "consumer_key": "app", "consumer_secret": "s3cret"}
    return SalesforceSettings(**{**plain, **changed})


@pytest.fixture
def client() -> Iterator[SalesforceClient]:
    made = SalesforceClient(_settings(), clock=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def destination(client: SalesforceClient) -> SalesforceDestination:
    return SalesforceDestination(client)


def _composite(mock: responses.RequestsMock, *parts: tuple[int, Any]) -> None:
    """The next composite is answered with these parts."""
    said = [
        {"httpStatusCode": status, "body": body, "referenceId": f"part{number}", "httpHeaders": {}}
        for number, (status, body) in enumerate(parts)
    ]
    mock.add("POST", f"{ROOT}/composite", json={"compositeResponse": said})


def _sent(mock: responses.RequestsMock, number: int = -1) -> Any:
    body = mock.calls[number].request.body
    assert body is not None
    return json.loads(body)


def _update(key: str = "a-1", record_id: str | None = FIRST) -> Write:
    return Write(key, record_id, {"PLS_Score__c": 92})


def _data_calls(mock: responses.RequestsMock) -> list[requests.PreparedRequest]:
    return [call.request for call in mock.calls if call.request.url != TOKEN_URL]


# --- signing in --------------------------------------------------------------------------------------


def test_client_credentials_go_to_the_my_domain(wire: responses.RequestsMock, client: SalesforceClient) -> None:
    """The secret travels as basic authorization, to the instance and nowhere else (A5)."""
    token = client.identity()

    (call,) = wire.calls
    assert (token.org_id, token.user_id) == ("00D000000000001EAA", "005000000000INTAAA")
    assert call.request.headers["Authorization"].startswith("Basic ")
    assert call.request.body == "grant_type=client_credentials"


def test_jwt_is_addressed_to_the_my_domain(wire: responses.RequestsMock) -> None:
    """The assertion names the instance as its audience and lives three minutes (A5)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    settings = _settings(consumer_secret=None, private_key=pem, username="integration@workspace.example")
    client = SalesforceClient(settings, clock=lambda: NOW)

    client.identity()

    assertion = str(wire.calls[0].request.body).partition("assertion=")[2]
    claims = jwt.decode(assertion, key.public_key(), algorithms=["RS256"], audience=ORG, options={"verify_exp": False})
    assert claims["iss"] == "app"
    assert claims["sub"] == "integration@workspace.example"
    assert claims["exp"] == int(NOW.timestamp()) + 180
    client.close()


def test_a_refused_sign_in_says_what_to_check() -> None:
    """The org's own reason, and the settings it may come from; never the secret."""
    with responses.RequestsMock() as mock:
        mock.add("POST", TOKEN_URL, status=400, json={"error": "invalid_grant", "error_description": "user inactive"})
        client = SalesforceClient(_settings(), clock=lambda: NOW)
        with pytest.raises(AccessError, match="user inactive") as refused:
            client.identity()
    assert "s3cret" not in str(refused.value)
    client.close()


@pytest.mark.parametrize(("status", "body"), [(503, "{}"), (200, "<html>login</html>")])
def test_a_token_endpoint_out_of_order_is_tried_again(status: int, body: str) -> None:
    """Neither a 5xx nor a page of HTML says anything about our credentials."""
    with responses.RequestsMock() as mock:
        mock.add("POST", TOKEN_URL, status=status, body=body)
        client = SalesforceClient(_settings(), clock=lambda: NOW)
        with pytest.raises(TransientError):
            client.identity()
    client.close()


def test_a_broken_private_key_is_an_access_problem(wire: responses.RequestsMock) -> None:
    """What is not a PEM key is named as such, and not shown."""
    settings = _settings(consumer_secret=None, private_key="not a key", username="integration@workspace.example")
    client = SalesforceClient(settings, clock=lambda: NOW)

    with pytest.raises(AccessError, match="PEM") as refused:
        client.identity()

    assert "not a key" not in str(refused.value)
    client.close()


def test_secrets_are_not_shown() -> None:
    """Neither settings nor tokens print what they hold."""
    assert "s3cret" not in repr(_settings())


def test_all_problems_of_the_settings_are_told_at_once() -> None:
    """An address without TLS and no credentials are two problems."""
    with pytest.raises(ConfigError) as wrong:
        _settings(instance_url="http://workspace.example", consumer_secret=None)

    assert len(wrong.value.problems) == 2


# --- the expired token -------------------------------------------------------------------------------


def test_an_expired_token_is_replaced_and_the_same_request_repeated(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """One new token, then the request as it was: method, address, body and headers (trap 1)."""
    wire.add("POST", f"{ROOT}/composite", status=401, json=EXPIRED)
    _composite(wire, (200, [{"id": FIRST, "success": True, "errors": []}]))

    (outcome,) = destination.send("Account", KEY, [_update()])

    first, second = _data_calls(wire)
    assert outcome.kind is OutcomeKind.UPDATED
    assert (first.method, first.url, first.body) == (second.method, second.url, second.body)
    tokens = [call.headers.pop("Authorization") for call in (first, second)]
    assert tokens == ["Bearer token-1", "Bearer token-2"]
    assert dict(first.headers) == dict(second.headers)


def test_every_api_call_passes_the_gate(wire: responses.RequestsMock) -> None:
    """The repeated call counts as well; signing in is no API call."""
    wire.add("POST", f"{ROOT}/composite", status=401, json=EXPIRED)
    _composite(wire, (200, [{"id": FIRST, "success": True, "errors": []}]))
    passed: list[int] = []
    client = SalesforceClient(_settings(), clock=lambda: NOW, gate=lambda: passed.append(len(_data_calls(wire))))
    SalesforceDestination(client).send("Account", KEY, [_update()])
    client.close()

    assert passed == [0, 1]


@pytest.mark.parametrize("body", ["[]", '{"error": "expired"}', "<html>", json.dumps(EXPIRED)])
def test_a_persistent_401_ends_after_one_repetition(
    wire: responses.RequestsMock, destination: SalesforceDestination, body: str
) -> None:
    """No endless refreshing, whatever the shape of the body (trap 2)."""
    wire.add("POST", f"{ROOT}/composite", status=401, body=body)

    with pytest.raises(AccessError):
        destination.send("Account", KEY, [_update()])

    assert len(_data_calls(wire)) == 2


def test_threads_share_one_refresh(tmp_path: Path) -> None:
    """Eight threads with a stale token ask for one new token between them (A7)."""
    org = SalesforceOrg({}, clock=lambda: NOW)
    tls = Tls.create(tmp_path)
    with serve(salesforce_app(org)[0], tls=tls) as served:
        settings = _settings(
            instance_url=served.url,
            consumer_key=org.consumer_key,
            consumer_secret=org.consumer_secret,
            ca_bundle=str(tls.ca_file),
        )
        client = SalesforceClient(settings, clock=lambda: datetime.now(UTC))
        client.identity()
        org.expire_tokens()
        together = threading.Barrier(8)
        threads = [threading.Thread(target=_describe_after, args=(together, client)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()

    assert org.sign_in.issued == 2


def _describe_after(barrier: threading.Barrier, client: SalesforceClient) -> None:
    barrier.wait()
    SalesforceDestination(client).describe("Account")


# --- every call --------------------------------------------------------------------------------------


def test_every_call_has_time_outs_and_our_certificates(
    wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Five seconds to connect, sixty to read, and `ca_bundle` even where REQUESTS_CA_BUNDLE is set (D50)."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    client = SalesforceClient(_settings(ca_bundle="ours.pem"), clock=lambda: NOW)
    wire.add("POST", f"{ROOT}/composite/sobjects/Account", json=[])

    SalesforceDestination(client).fetch("Account", By.ID, "", [FIRST], ["Name"])

    kwargs = [call.request.req_kwargs for call in wire.calls]  # type: ignore[attr-defined]  # responses adds it
    assert [(each["timeout"], each["verify"]) for each in kwargs] == [((5.0, 60.0), "ours.pem")] * 2
    client.close()


def test_netrc_does_not_replace_the_token(
    wire: responses.RequestsMock, client: SalesforceClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A password for the host in ~/.netrc stays where it is."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine workspace.my.salesforce.com login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    wire.add("GET", f"{ROOT}/limits", json={})

    client.request("GET", "limits")

    assert wire.calls[-1].request.headers["Authorization"] == "Bearer token-1"


def test_usage_is_read_from_refusals_too(wire: responses.RequestsMock, client: SalesforceClient) -> None:
    """The header counts on the 403 that matters (trap 3), with bursts beside it or not."""
    headers = {"Sforce-Limit-Info": "api-usage=10018/100000; api-bursts=1/750"}
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    wire.add("GET", f"{ROOT}/limits", status=403, json=body, headers=headers)

    with pytest.raises(QuotaError):
        client.request("GET", "limits")

    assert client.allowance() == Allowance(10_018, 100_000)


def test_an_unknown_certificate_is_an_access_problem(tmp_path: Path) -> None:
    """An untrusted server is never retried; the way out is named."""
    with serve(salesforce_app(SalesforceOrg({}, clock=lambda: NOW))[0], tls=Tls.create(tmp_path)) as served:
        client = SalesforceClient(_settings(instance_url=served.url), clock=lambda: NOW)
        with pytest.raises(AccessError, match="ca_bundle"):
            client.identity()
        client.close()


# --- whole requests refused --------------------------------------------------------------------------


def _error(code: str, message: str = "because") -> str:
    return json.dumps([{"errorCode": code, "message": message}])


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, _error("JSON_PARSER_ERROR"), BatchRejectedError),
        (400, _error("UNABLE_TO_LOCK_ROW"), TransientError),
        (403, _error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaError),
        (
            403,
            _error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
            RateLimitedError,
        ),
        (403, _error("API_DISABLED_FOR_ORG"), AccessError),
        (403, "<html>blocked</html>", AccessError),
        (414, "<html>too long</html>", BatchRejectedError),
        (500, _error("UNKNOWN_EXCEPTION"), TransientError),
        (503, _error("SERVER_UNAVAILABLE"), TransientError),
        (502, "<html>bad gateway</html>", TransientError),
        (200, "<html>maintenance</html>", TransientError),
        (200, '{"compositeResponse": [', TransientError),
    ],
)
def test_whole_requests_refused(
    wire: responses.RequestsMock,
    destination: SalesforceDestination,
    status: int,
    body: str,
    expected: type[PlsyncError],
) -> None:
    """Each kind of refusal becomes the error that says what to do next (A3)."""
    wire.add("POST", f"{ROOT}/composite", status=status, body=body)

    with pytest.raises(expected) as refused:
        destination.send("Account", KEY, [_update()])

    assert type(refused.value) is expected


def test_concurrency_waits_five_seconds(wire: responses.RequestsMock, client: SalesforceClient) -> None:
    """Salesforce sends no Retry-After; five seconds is ours."""
    wire.add("GET", f"{ROOT}/limits", status=403, body=_error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit"))

    with pytest.raises(RateLimitedError) as limited:
        client.request("GET", "limits")

    assert limited.value.retry_after == 5


@pytest.mark.parametrize(
    "failure",
    [
        requests.exceptions.ReadTimeout("slow"),
        requests.exceptions.ConnectTimeout("far"),
        requests.exceptions.ConnectionError("reset by peer"),
        requests.exceptions.ChunkedEncodingError("half a body"),
    ],
)
def test_broken_connections_are_tried_again(
    wire: responses.RequestsMock, destination: SalesforceDestination, failure: Exception
) -> None:
    """Time-outs, resets and half-written bodies say nothing about the request."""
    wire.add("POST", f"{ROOT}/composite", body=failure)

    with pytest.raises(TransientError):
        destination.send("Account", KEY, [_update()])


# --- rows --------------------------------------------------------------------------------------------


def test_updates_go_by_id_and_creates_by_key(wire: responses.RequestsMock, destination: SalesforceDestination) -> None:
    """Collections of at most 200 that fail row by row; only what has no id is upserted, and without one (A1, A4)."""
    updates = [_update(f"u-{number}") for number in range(250)]
    _composite(
        wire,
        (200, [{"id": FIRST, "success": True, "errors": []}] * 200),
        (200, [{"id": FIRST, "success": True, "errors": []}] * 50),
        (200, [{"id": FIRST, "success": True, "errors": [], "created": True}]),
    )

    outcomes = destination.send("Account", KEY, [*updates, _update("new", None)])

    sent = _sent(wire)
    first, second, third = sent["compositeRequest"]
    assert sent["allOrNone"] is False
    assert [each["body"]["allOrNone"] for each in (first, second, third)] == [False, False, False]
    assert [len(each["body"]["records"]) for each in (first, second, third)] == [200, 50, 1]
    assert first["url"] == "/services/data/v64.0/composite/sobjects"
    assert third["url"] == f"/services/data/v64.0/composite/sobjects/Account/{KEY}"
    assert third["body"]["records"] == [{"attributes": {"type": "Account"}, "PLS_Score__c": 92, KEY: "new"}]
    assert [outcome.kind for outcome in outcomes].count(OutcomeKind.UPDATED) == 250
    assert outcomes[-1].kind is OutcomeKind.CREATED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UNABLE_TO_LOCK_ROW", OutcomeKind.DEFERRED),
        ("ALL_OR_NONE_OPERATION_ROLLED_BACK", OutcomeKind.DEFERRED),
        ("PROCESSING_HALTED", OutcomeKind.DEFERRED),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", OutcomeKind.REJECTED),
        ("STRING_TOO_LONG", OutcomeKind.REJECTED),
        ("DUPLICATES_DETECTED", OutcomeKind.REJECTED),
        ("ENTITY_IS_DELETED", OutcomeKind.REJECTED),
        ("A_CODE_OF_NEXT_YEAR", OutcomeKind.REJECTED),
    ],
)
def test_refused_rows(
    wire: responses.RequestsMock, destination: SalesforceDestination, code: str, kind: OutcomeKind
) -> None:
    """What passes by itself stays due, the rest is rejected; both in Salesforce's words and with advice (A3)."""
    refused = {"success": False, "errors": [{"statusCode": code, "message": "its words", "fields": []}]}
    _composite(wire, (200, [refused, {"id": FIRST, "success": True, "errors": []}]))

    first, second = destination.send("Account", KEY, [_update("a-1"), _update("a-2")])

    assert (first.kind, first.code, first.message) == (kind, code, "its words")
    assert first.advice
    assert second.kind is OutcomeKind.UPDATED


def test_rows_without_an_answer_stay_due(wire: responses.RequestsMock, destination: SalesforceDestination) -> None:
    """Fewer rows than records: those not mentioned are deferred, never taken for delivered."""
    _composite(wire, (200, [{"id": FIRST, "success": True, "errors": []}]))

    first, second = destination.send("Account", KEY, [_update("a-1"), _update("a-2")])

    assert first.kind is OutcomeKind.UPDATED
    assert (second.key, second.kind, second.code) == ("a-2", OutcomeKind.DEFERRED, "NO_ANSWER")


@pytest.mark.parametrize("body", ["{}", '{"compositeResponse": []}', "[]", '["queued"]'])
def test_an_empty_answer_delivers_nothing(
    wire: responses.RequestsMock, destination: SalesforceDestination, body: str
) -> None:
    """A composite that says nothing leaves every record due (trap 3: the library gives None for it)."""
    wire.add("POST", f"{ROOT}/composite", body=body)

    outcomes = destination.send("Account", KEY, [_update("a-1"), _update("a-2")])

    assert {(outcome.kind, outcome.code) for outcome in outcomes} == {(OutcomeKind.DEFERRED, "NO_ANSWER")}


def test_a_collection_that_could_not_be_handled_leaves_its_neighbours(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """One collection unavailable: its rows stay due, the other's are delivered."""
    _composite(
        wire,
        (200, [{"id": FIRST, "success": True, "errors": []}] * 200),
        (503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "later"}]),
    )

    outcomes = destination.send("Account", KEY, [_update(f"u-{number}") for number in range(210)])

    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.UPDATED] * 200 + [OutcomeKind.DEFERRED] * 10


def test_a_collection_refused_as_a_whole_is_to_be_halved(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """A 400 inside the composite carries its code, so that the culprit can be isolated."""
    _composite(wire, (400, [{"errorCode": "JSON_PARSER_ERROR", "message": "a double from a text"}]))

    with pytest.raises(BatchRejectedError) as refused:
        destination.send("Account", KEY, [_update()])

    assert refused.value.code == "JSON_PARSER_ERROR"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (f"duplicate value found: {KEY} duplicates value on record with id: {FIRST}", OutcomeKind.DEFERRED),
        (f"duplicate value found: Tax_Id__c duplicates value on record with id: {FIRST}", OutcomeKind.REJECTED),
    ],
)
def test_a_lost_race_for_a_new_key_stays_due(
    wire: responses.RequestsMock, destination: SalesforceDestination, message: str, kind: OutcomeKind
) -> None:
    """Two upserts of one new key: the loser matches the winner's record next time (A3, trap 5)."""
    _composite(wire, (200, [{"success": False, "errors": [{"statusCode": "DUPLICATE_VALUE", "message": message}]}]))

    (outcome,) = destination.send("Account", KEY, [_update("a-new", None)])

    assert outcome.kind is kind


# --- reads -------------------------------------------------------------------------------------------


def test_further_pages_are_followed(wire: responses.RequestsMock, destination: SalesforceDestination) -> None:
    """A query may answer in pages of any size (A1)."""
    page = {"totalSize": 2, "done": False, "nextRecordsUrl": "/services/data/v64.0/query/01gX-1"}
    _composite(wire, (200, {**page, "records": [{"Id": FIRST, KEY: "a-1"}]}))
    rest = {"totalSize": 2, "done": True, "records": [{"Id": "001000000000002AAA", KEY: "a-2"}]}
    wire.add("GET", f"{ROOT}/query/01gX-1", json=rest)

    found = destination.fetch("Account", By.KEY, KEY, ["a-1", "a-2"], [])

    assert [live.values[KEY] for live in found] == ["a-1", "a-2"]


def test_an_empty_retrieve_finds_nothing(wire: responses.RequestsMock, destination: SalesforceDestination) -> None:
    """The library turns an empty list into None; we do not (trap 3)."""
    wire.add("POST", f"{ROOT}/composite/sobjects/Account", json=[])

    assert destination.fetch("Account", By.ID, "", [FIRST], ["Name"]) == []


def test_a_malformed_id_never_spoils_its_neighbours(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """What cannot be an id is not asked for: it would fail the whole read."""
    wire.add("POST", f"{ROOT}/composite/sobjects/Account", json=[None])

    destination.fetch("Account", By.ID, "", ["x", FIRST, "001' OR Name != '"], ["Name"])

    assert _sent(wire)["ids"] == [FIRST]


@pytest.mark.parametrize(
    ("wired", "canonical"),
    [
        (87.0, 87),
        (87.5, 87.5),
        ("", None),
        (None, None),
        (True, True),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T10:00:00.000+0000", "2026-11-20T10:00:00Z"),
        ("at 2026-11-20T10:00:00.000+0000", "at 2026-11-20T10:00:00.000+0000"),
    ],
)
def test_wire_values_become_canonical(
    wire: responses.RequestsMock, destination: SalesforceDestination, wired: Any, canonical: Any
) -> None:
    """Whole floats collapse, blanks are None, datetimes end in Z."""
    wire.add("POST", f"{ROOT}/composite/sobjects/Account", json=[{"Id": FIRST, "X__c": wired}])

    (live,) = destination.fetch("Account", By.ID, "", [FIRST], ["X__c"])

    assert live.values == {"X__c": canonical}
    assert type(live.values["X__c"]) is type(canonical)


def test_large_reads_stay_within_the_limits_of_soql(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """Long keys spread over more queries, and one no literal can hold is left out (A1)."""
    nothing: Callable[[int], list[tuple[int, Any]]] = lambda parts: [(200, {"records": []})] * parts  # noqa: E731
    _composite(wire, *nothing(5))
    keys = [f"{number:03d}-" + "k" * 1_000 for number in range(200)]

    destination.fetch("Account", By.KEY, KEY, [*keys, "x" * 5_000], [])

    asked = _sent(wire)["compositeRequest"]
    assert 1 < len(asked) <= 5
    assert all(len(each["url"]) <= 100_000 for each in asked)
    assert not any("xxxxx" in each["url"] for each in asked)


# --- conditions, authors, merges ---------------------------------------------------------------------

SECOND = "001000000000002AAA"
GUARDED = {FIRST: NOW, SECOND: NOW}


def test_each_guarded_write_carries_its_own_condition(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """A header per subrequest, in HTTP's own date; the record's id in its address alone (A4)."""
    _composite(wire, (204, None), (412, [{"errorCode": "PRECONDITION_FAILED", "message": "changed"}]))

    outcomes = destination.send_guarded("Account", KEY, [_update("a-1"), _update("a-2", SECOND)], GUARDED)

    first, second = _sent(wire)["compositeRequest"]
    assert first == {
        "method": "PATCH",
        "url": f"/services/data/v64.0/sobjects/Account/{FIRST}",
        "referenceId": "part0",
        "body": {"PLS_Score__c": 92},
        "httpHeaders": {"If-Unmodified-Since": "Fri, 20 Nov 2026 10:00:00 GMT"},
    }
    assert second["url"].endswith(SECOND)
    assert [(each.kind, each.code) for each in outcomes] == [
        (OutcomeKind.UPDATED, None),
        (OutcomeKind.DEFERRED, "CHANGED_MEANWHILE"),
    ]


def test_conditions_survive_an_expired_token(wire: responses.RequestsMock, destination: SalesforceDestination) -> None:
    """What is repeated is as conditional as before (trap 1)."""
    wire.add("POST", f"{ROOT}/composite", status=401, json=EXPIRED)
    _composite(wire, (412, None))

    (outcome,) = destination.send_guarded("Account", KEY, [_update()], GUARDED)

    assert _sent(wire, -1) == _sent(wire, -3)
    assert outcome.code == "CHANGED_MEANWHILE"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "UNABLE_TO_LOCK_ROW", OutcomeKind.DEFERRED),
        (400, "STRING_TOO_LONG", OutcomeKind.REJECTED),
        (404, "ENTITY_IS_DELETED", OutcomeKind.REJECTED),
        (503, "SERVER_UNAVAILABLE", OutcomeKind.DEFERRED),
    ],
)
def test_guarded_rows_are_refused_alone(
    wire: responses.RequestsMock, destination: SalesforceDestination, status: int, code: str, kind: OutcomeKind
) -> None:
    """Each subrequest has an outcome of its own, with advice."""
    _composite(wire, (status, [{"errorCode": code, "message": "its words"}]), (204, None))

    first, second = destination.send_guarded("Account", KEY, [_update("a-1"), _update("a-2", SECOND)], GUARDED)

    assert first.kind is kind
    assert "its words" in str(first.message)
    assert first.advice
    assert second.kind is OutcomeKind.UPDATED


def test_a_guarded_write_without_an_answer_stays_due(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """Silence is not success."""
    _composite(wire, (204, None))

    outcomes = destination.send_guarded("Account", KEY, [_update("a-1"), _update("a-2", SECOND)], GUARDED)

    assert [each.code for each in outcomes] == [None, "NO_ANSWER"]


def test_authors_take_one_call_and_one_for_names(
    wire: responses.RequestsMock, destination: SalesforceDestination
) -> None:
    """Ours need no name; two records of one stranger need one; ids come in both lengths (D20)."""
    stranger, stamp = "005000000000002AAA", "2026-11-20T10:00:00.000+0000"
    rows = [
        {"Id": FIRST, "LastModifiedById": "005000000000INTAAA", "LastModifiedDate": stamp},
        {"Id": SECOND, "LastModifiedById": stranger, "LastModifiedDate": stamp},
        None,
    ]
    wire.add("POST", f"{ROOT}/composite/sobjects/Account", json=rows)
    _composite(wire, (200, {"records": [{"Id": stranger, "Name": "SDR 1"}]}))

    found = destination.authors("Account", [FIRST[:15], SECOND, "001000000000003AAA"], ["PLS_Score__c"])

    assert found == {
        FIRST[:15]: {"PLS_Score__c": Author("005000000000INTAAA", None, "005000000000INTAAA", NOW, of_record=True)},
        SECOND: {"PLS_Score__c": Author(stranger, "SDR 1", None, NOW, of_record=True)},
    }
    assert [destination.is_us(found[each]["PLS_Score__c"]) for each in (FIRST[:15], SECOND)] == [True, False]
    assert len(_data_calls(wire)) == 2


def test_our_own_records_need_no_names(wire: responses.RequestsMock, destination: SalesforceDestination) -> None:
    """No stranger, no second call."""
    rows = [{"Id": FIRST, "LastModifiedById": "005000000000INT", "LastModifiedDate": None}]
    wire.add("POST", f"{ROOT}/composite/sobjects/Account", json=rows)

    found = destination.authors("Account", [FIRST], ["Name"])

    assert destination.is_us(found[FIRST]["Name"])
    assert len(_data_calls(wire)) == 1


def test_merges_are_read_from_the_recycle_bin(wire: responses.RequestsMock, destination: SalesforceDestination) -> None:
    """One call for up to 1,000 lost records; what cannot be an id is not asked for (D8)."""
    _composite(wire, (200, {"records": [{"Id": FIRST, "MasterRecordId": SECOND}]}))

    found = destination.successors("Account", [FIRST[:15], "nonsense"])

    (asked,) = _sent(wire)["compositeRequest"]
    assert found == {FIRST[:15]: SECOND}
    assert "/queryAll?q=" in asked["url"]
    assert unquote(asked["url"]).endswith(
        f"FROM Account WHERE Id IN ('{FIRST[:15]}') AND IsDeleted = true AND MasterRecordId != null"
    )
