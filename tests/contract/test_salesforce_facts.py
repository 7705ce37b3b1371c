"""How Salesforce records find their accounts: by id, by key, by an e-mail's domain (D2), in one call (P2b)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.destinations.salesforce import SalesforceClient, SalesforceFacts, SalesforceSettings
from connector.errors import ConfigError
from connector.model import AccountRef, CrmFact, FactKind, FactSource
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
FIRST, SECOND = "001000000000001AAA", "001000000000002AAA"
QUEUE = "00G000000000001AAA"


def _lead(number: int, **fields: Any) -> dict[str, Any]:
    standard = {"LastName": f"Prospect {number}", "Company": "Account", "Status": "Sales Qualified", "OwnerId": QUEUE}
    return {"Id": f"00Q{number:012d}AAA", **standard, **fields}


def _user(number: int, *, active: bool) -> dict[str, Any]:
    name = f"SDR {number}"
    email = f"sdr.{number}@workspace.example"
    return {
        "Id": f"005{number:012d}AAA",
        "Name": name,
        "LastName": name,
        "Username": email,
        "Email": email,
        "IsActive": active,
    }


SEED = {
    "User": [_user(1, active=True), _user(2, active=False)],
    "Group": [{"Id": QUEUE, "Name": "Inbound queue", "Type": "Queue"}],
    "Account": [{"Id": FIRST, "Name": "Account 1"}, {"Id": SECOND, "Name": "Account 2"}],
    "Lead": [
        _lead(1, PLS_Account_Key__c="a-1"),
        _lead(2, Email="buyer@Quiet.Example", OwnerId="005000000000002AAA"),
        _lead(3, Email="buyer@twice.example"),
        _lead(4, ConvertedAccountId=FIRST, IsConverted=True, Status="Closed - Converted"),
        _lead(5, Email="buyer@not-quiet.example"),
        _lead(6, PLS_Account_Key__c="a-1", Email="buyer@hot-open-sql.example"),
        _lead(7, PLS_Account_Key__c="A-1"),
    ],
}


def _sql(**changed: Any) -> FactSource:
    plain: dict[str, Any] = {
        "crm": "salesforce",
        "kind": FactKind.SQL,
        "object": "Lead",
        "where": {"Status": ("sales qualified",)},
        "unless": {"IsConverted": ("true",)},
        "label": "SQL",
        "link_key": "PLS_Account_Key__c",
        "link_email": "Email",
        "owner": "OwnerId",
    }
    return FactSource(**{**plain, **changed})


CONVERTED = _sql(
    kind=FactKind.MQL,
    where={"IsConverted": ("true",)},
    unless={},
    label="Converted",
    link_id="ConvertedAccountId",
    link_key=None,
    link_email=None,
)
ACCOUNTS = (
    AccountRef("a-1", FIRST, "hot-open-sql.example"),
    AccountRef("a-2", SECOND, "quiet.example"),
    AccountRef("a-3", None, "twice.example"),
    AccountRef("a-4", None, "twice.example"),
)


@pytest.fixture
def org() -> SalesforceOrg:
    return SalesforceOrg(SEED, clock=lambda: NOW)


@pytest.fixture
def client(org: SalesforceOrg, tmp_path: Path) -> Iterator[SalesforceClient]:
    tls = Tls.create(tmp_path)
    with serve(salesforce_app(org)[0], tls=tls) as served:
        settings = SalesforceSettings(
            instance_url=served.url,
            consumer_key=org.consumer_key,
            consumer_secret=org.consumer_secret,
            ca_bundle=str(tls.ca_file),
        )
        made = SalesforceClient(settings, clock=lambda: datetime.now(UTC))
        yield made
        made.close()


def _state(client: SalesforceClient, *sources: FactSource, accounts: Sequence[AccountRef] = ACCOUNTS) -> Any:
    state = SalesforceFacts(client, sources).state(accounts)
    return {key: [fact.record_id[3:15].lstrip("0") for fact in facts] for key, facts in state.items()}


def test_leads_attach_by_key_and_by_unshared_domain(client: SalesforceClient) -> None:
    """Keys compare bytewise; a domain two accounts share attaches nobody; a lead linked twice counts once (D2, D28)."""
    assert _state(client, _sql()) == {"a-1": ["1", "6"], "a-2": ["2"], "a-3": [], "a-4": []}


def test_converted_leads_attach_by_what_they_became(client: SalesforceClient) -> None:
    """A lookup to the account is a link too, and each source judges for itself."""
    assert _state(client, _sql(), CONVERTED)["a-1"] == ["1", "4", "6"]


def test_two_accounts_on_one_record_share_its_facts(client: SalesforceClient) -> None:
    """Fifteen and eighteen characters are the same id (D7)."""
    accounts = [AccountRef("a-8", FIRST, None), AccountRef("a-9", FIRST[:15], None)]

    assert _state(client, CONVERTED, accounts=accounts) == {"a-8": ["4"], "a-9": ["4"]}


def test_owners_may_be_people_who_left_or_queues(client: SalesforceClient) -> None:
    """An inactive owner is marked; a queue has a name, no address, and is not inactive (D3)."""
    state = SalesforceFacts(client, [_sql()]).state(ACCOUNTS)

    def owner(fact: CrmFact) -> tuple[str | None, str | None, bool]:
        return fact.owner_name, fact.owner_email, fact.owner_active

    assert owner(state["a-1"][0]) == ("Inbound queue", None, True)
    assert owner(state["a-2"][0]) == ("SDR 2", "sdr.2@workspace.example", False)


def test_all_objects_are_read_in_one_call(client: SalesforceClient, org: SalesforceOrg) -> None:
    """Two hundred accounts, three objects, one API call (P2b)."""
    sources = [
        _sql(),
        _sql(kind=FactKind.OWNER, object="Account", where={}, unless={}, link_id="", link_key=None, link_email=None),
        _sql(object="Opportunity", where={}, unless={}, link_id="AccountId", link_key=None, link_email=None),
    ]
    facts = SalesforceFacts(client, sources)
    accounts = [AccountRef(f"k-{each}", f"001{each:012d}AAA", f"d{each}.example") for each in range(200)]

    state = facts.state(accounts)

    assert len(accounts) == facts.capacity.facts
    assert sum(len(found) for found in state.values()) == 2
    assert org.usage.used(NOW) == 1


def test_sources_of_other_crms_are_ignored(client: SalesforceClient, org: SalesforceOrg) -> None:
    """A reader without sources of its own asks nothing."""
    assert _state(client, _sql(crm="hubspot"))["a-1"] == []
    assert org.usage.used(NOW) == 0


def test_an_unknown_field_is_a_configuration_problem(client: SalesforceClient) -> None:
    """Facts that cannot be read as declared are never taken for absent (D11)."""
    with pytest.raises(ConfigError, match="Nonesuch__c"):
        _state(client, _sql(where={"Nonesuch__c": ("x",)}))


def test_custom_owners_are_followed(client: SalesforceClient) -> None:
    """A custom lookup's relationship ends in __r; the org's refusal shows the path that was asked for."""
    with pytest.raises(ConfigError, match="CSM__r"):
        _state(client, _sql(owner="CSM__c"))
