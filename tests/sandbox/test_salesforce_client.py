"""The Salesforce stand-in driven by simple-salesforce: how to sign in to it, and the paging it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.bulk2 import SFBulk2Handler
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from tests.sandbox.salesforce_house import (
    ALPHA,
    BETA,
    DATA,
    INTEGRATION,
    House,
    open_house,
    row,
)

USERNAME = "integration@workspace.example"
MY_DOMAIN = "sandbox.my"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("tls")) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    running.reset()
    return running


class ToSandbox(HTTPAdapter):
    """simple-salesforce signs in at https://{domain}.salesforce.com only; this carries that host to the stand-in."""

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url).netloc
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = urlunsplit(("https", self.target, parts.path, parts.query, ""))
        return super().send(request, *args, **more)


def trusting(house: House) -> requests.Session:
    """A session that trusts the stand-in alone: REQUESTS_CA_BUNDLE would win over `verify` (D50)."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(house.tls.ca_file)
    return session


@pytest.fixture
def session(house: House) -> Iterator[requests.Session]:
    with trusting(house) as session:
        session.mount(f"https://{MY_DOMAIN}.salesforce.com", ToSandbox(house.served.url))
        yield session


def test_simple_salesforce_signs_in_with_a_jwt_and_reads(house: House, session: requests.Session) -> None:
    """JWT bearer: sign-in at the mounted My Domain, then calls at the instance_url the org answered."""
    client = Salesforce(
        username=USERNAME,
        consumer_key=house.org.consumer_key,
        privatekey=house.org.private_key_pem,
        domain=MY_DOMAIN,
        session=session,
        version="64.0",
    )

    assert f"https://{client.sf_instance}" == house.served.url
    assert client.query("SELECT Id, IsSandbox FROM Organization")["records"][0]["Id"] == house.org.org_id
    assert client.is_sandbox() is True
    assert house.log()["counts"] == {"auth": 1, "directory": 2}


def test_simple_salesforce_signs_in_with_client_credentials(house: House, session: requests.Session) -> None:
    """Client credentials need a My Domain (A7); the library's own re-login after a 401 works too."""
    client = Salesforce(
        consumer_key=house.org.consumer_key,
        consumer_secret=house.org.consumer_secret,
        domain=MY_DOMAIN,
        session=session,
        version="64.0",
    )
    house.org.expire_tokens()

    assert client.limits()["DailyApiRequests"]["Max"] == 100_000
    assert house.log()["counts"] == {"auth": 2, "refused": 1, "limits": 1}


def test_simple_salesforce_works_on_a_session_id_without_any_mounting(house: House, session: requests.Session) -> None:
    """A client that signs in itself gives session_id and instance_url; an expired token then reaches the caller."""
    token = house.headers["Authorization"].removeprefix("Bearer ")
    client = Salesforce(session_id=token, instance_url=house.served.url, session=session, version="64.0")

    fields = client.restful("sobjects/Account/describe")["fields"]
    assert {"PLS_Account_Key__c", "Name"} <= {each["name"] for each in fields}
    upserted = {"records": [row(PLS_Account_Key__c="key-a", PLS_Score__c=92)]}
    path = "composite/sobjects/Account/PLS_Account_Key__c"
    assert client.restful(path, method="PATCH", json=upserted)[0]["created"] is False
    house.client.post("/_sandbox/expire-tokens")
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account")


def test_a_wrong_key_or_secret_gets_no_token(house: House, session: requests.Session) -> None:
    """A bad secret is invalid_client, an assertion signed for another app or user is refused."""
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client"):
        Salesforce(consumer_key=house.org.consumer_key, consumer_secret="wrong", domain=MY_DOMAIN, session=session)
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client_id"):
        Salesforce(
            username=USERNAME,
            consumer_key="somebody-else",
            privatekey=house.org.private_key_pem,
            domain=MY_DOMAIN,
            session=session,
        )


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": None}, "aud"),
        ({"exp": 1}, "expired"),
        ({"sub": "former@workspace.example"}, "no active user"),
    ],
)
def test_an_assertion_needs_audience_expiry_and_an_active_user(house: House, claims: dict[str, Any], why: str) -> None:
    """Each missing or stale claim is invalid_grant with its reason."""
    base = {"iss": house.org.consumer_key, "sub": USERNAME, "aud": "https://login.salesforce.com", "exp": 4102444800}
    payload = {name: value for name, value in {**base, **claims}.items() if value is not None}
    assertion = jwt.encode(payload, house.org.private_key_pem, algorithm="RS256")
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

    answer = house.client.post("/services/oauth2/token", data=form)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert why in answer.json()["error_description"]


def test_a_token_response_has_the_documented_members(house: House) -> None:
    """The secret may be in the form; instance_url is the host the client called; tokens are counted."""
    form = {
        "grant_type": "client_credentials",
        "client_id": house.org.consumer_key,
        "client_secret": house.org.consumer_secret,
    }

    granted = house.client.post("/services/oauth2/token", data=form).json()

    assert granted["instance_url"] == house.served.url
    assert granted["id"].endswith(f"/id/{house.org.org_id}/{INTEGRATION}")
    assert granted["access_token"] == f"sandbox-sf-token-{house.org.sign_in.issued}"
    assert {"token_type", "issued_at", "scope"} <= granted.keys()
    garbled = {"Authorization": "Basic ?"}
    assert house.client.post("/services/oauth2/token", data=form, headers=garbled).is_success
    assert house.client.post("/services/oauth2/token", data={"grant_type": "client_credentials"}).status_code == 401
    wrong = house.client.post("/services/oauth2/token", data={"grant_type": "password"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "unsupported_grant_type")


def test_pages_of_two_thousand_rows_follow_their_address(house: House, session: requests.Session) -> None:
    """A1: 2,000 rows a page, nextRecordsUrl until done, each page one API call."""
    for number in range(4_100):
        house.org.insert(house.org.tables.of("Contact"), {"LastName": f"Person {number}", "AccountId": ALPHA})
    token = house.headers["Authorization"].removeprefix("Bearer ")
    client = Salesforce(session_id=token, instance_url=house.served.url, session=session, version="64.0")
    first = client.query("SELECT Id FROM Contact")
    everything = client.query_all("SELECT Id, Account.Name FROM Contact")
    lost = house.call("GET", f"{DATA}/query/nobody-1")

    assert (len(first["records"]), first["totalSize"], first["done"]) == (2_000, 4_100, False)
    assert len({each["Id"] for each in everything["records"]}) == 4_100
    assert [each["rows"] for each in house.log()["requests"] if each["kind"] == "facts"] == [2_000, 2_000, 2_000, 100]
    assert lost.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


@pytest.fixture
def bulk(house: House, session: requests.Session) -> SFBulk2Handler:
    token = house.headers["Authorization"].removeprefix("Bearer ")
    return SFBulk2Handler(token, f"{house.served.url}{DATA}/jobs/", session=session)


def test_simple_salesforce_loads_in_bulk(house: House, bulk: SFBulk2Handler) -> None:
    """Its Bulk 2.0 handler creates, loads, waits and counts; a refused row is in its own file."""
    house.client.post("/_sandbox/bulk", json={"polls": 0})
    rows = [{"Id": ALPHA, "PLS_Tier__c": "hot"}, {"Id": BETA, "PLS_Tier__c": "boiling"}]
    (counts,) = bulk.Account.update(records=rows, wait=0)
    failed = bulk.Account.get_failed_records(counts["job_id"])

    assert (counts["numberRecordsProcessed"], counts["numberRecordsFailed"]) == (2, 1)
    assert house.account()["PLS_Tier__c"] == "hot"
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" in failed
    assert bulk.Account.get_unprocessed_records(counts["job_id"]).splitlines()[0].count(",") == 1


def test_the_bulk_traps_of_simple_salesforce_are_there(house: House, bulk: SFBulk2Handler) -> None:
    """A7, as observed with Salesforce: names garbled for want of a charset, line breaks lost, a 204 it cannot read."""
    house.client.post("/_sandbox/bulk", json={"polls": 0})
    (counts,) = bulk.Account.upsert(
        records=[{"PLS_Account_Key__c": "key-a", "Name": "Café", "PLS_Why_Now__c": "a\nb"}],
        external_id_field="PLS_Account_Key__c",
        wait=0,
    )
    (taken,) = bulk.Account.get_all_ingest_records(counts["job_id"])["successfulRecords"]

    assert (taken["Name"], taken["PLS_Why_Now__c"]) == ("CafÃ©", "ab")
    assert (house.account()["Name"], house.account()["PLS_Why_Now__c"]) == ("Café", "a\nb")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        bulk.Account._client.delete_job(counts["job_id"], is_query=False)
    assert house.org.bulk.jobs == {}
