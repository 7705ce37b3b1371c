"""People and other rows beside accounts: each source with its own keys and records, applied in turn (A17)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from connector.adopt import Adoption, adopt
from connector.errors import ConfigError, RefusedPlanError
from connector.explain import Explanation, explain
from connector.guards import Guards, require_approved
from connector.link import link
from connector.mapping.fields import Declared, ObjectMapping
from connector.mapping.reading import build
from connector.model import ACCOUNTS, Canonical, FieldKind, FieldSpec, Memory, ObjectSpec, Record, WarehouseValue
from connector.plan import Basis
from connector.planning import Plan, joined, planning
from connector.prepare import House
from connector.preview import preview
from connector.revert import Verdict, rehearse
from connector.schemas import specs
from connector.sync import Run, awaken, sync
from tests.story.house import SALESFORCE, Shelf, Town
from tests.unit.rules.shipped import DECLARED

PEOPLE = "people"
KEY = "PLS_Person_Key__c"
COLUMNS = Declared("person_key", ("person_key", "score", "title", "admin", "email"))
FIELDS: dict[str, dict[str, object]] = {
    "PLS_Person_Score__c": {"from": "score", "merge": "warehouse_wins", "on_missing": "clear"},
    "Title": {"from": "title", "merge": "crm_wins_if_edited"},
    "Matched__c": {"from": "match.method", "merge": "warehouse_wins"},
    "Admin__c": {"from": "admin", "merge": "warehouse_wins", "on_null": "clear", "on_missing": "clear"},
    "Active__c": {"from": "admin", "merge": "warehouse_wins"},
}


def mapping(name: str, object_name: str, mode: str = "update_only") -> ObjectMapping:
    head = {
        "destination": SALESFORCE,
        "name": object_name,
        "source": PEOPLE,
        "match": {"from": "person_key", "to": KEY},
        "mode": mode,
    }
    return build(name, {"object": head, "fields": FIELDS}, DECLARED, {PEOPLE: COLUMNS})


def spec(object_name: str) -> ObjectSpec:
    fields = {KEY: FieldSpec(KEY, FieldKind.TEXT, 80, unique=True)}
    kinds = {"PLS_Person_Score__c": FieldKind.NUMBER, "Title": FieldKind.TEXT, "Matched__c": FieldKind.TEXT}
    boxes = {name: FieldSpec(name, FieldKind.BOOLEAN, blank=False) for name in ("Admin__c", "Active__c")}
    return ObjectSpec(object_name, {**fields, **boxes, **{name: FieldSpec(name, kind) for name, kind in kinds.items()}})


@dataclass
class Crowd:
    """A town with people in its warehouse, who are contacts of its Salesforce."""

    town: Town
    mappings: list[ObjectMapping]
    people: Shelf = field(default_factory=Shelf)

    def __post_init__(self) -> None:
        crm = self.town.crms[SALESFORCE]
        crm.specs = {**crm.specs, **{m.object: spec(m.object) for m in self.mappings}}

    def person(self, key: str, **values: WarehouseValue) -> None:
        """The warehouse says this of a person from now on."""
        usual: dict[str, WarehouseValue] = {"score": 1, "title": "CTO", "admin": True, "email": f"{key}@acme.example"}
        self.people.rows[key] = Record(key, {"key": key, "person_key": key, **usual, **values})

    def record(self, object_name: str, key: str, **values: Canonical) -> None:
        """A person keeps a record with our key."""
        self.town.crms[SALESFORCE].put(object_name, f"{object_name}-{key}", {KEY: key, **values}, by="AE 1")

    def holds(self, object_name: str, key: str) -> Mapping[str, Canonical]:
        return self.town.crms[SALESFORCE].values(object_name, f"{object_name}-{key}")

    def memory(self, mapping: str, key: str) -> Memory:
        return self.town.ledger.memories(mapping, [key]).get(key, Memory(key))

    @property
    def basis(self) -> Basis:
        return Basis(self.mappings, frozenset(), None, PEOPLE)

    @contextmanager
    def planned(self) -> Iterator[Plan]:
        ledger, now = self.town.ledger, self.town.now
        with (
            planning(self.town.warehouse, ledger, self.town.basis, now) as accounts,
            planning(self.people, ledger, self.basis, now) as people,
        ):
            yield joined([accounts, people])

    def house(self) -> House:
        house = self.town.house()
        salesforce, *others = house.crms
        described = {
            m.name: specs(self.town.ledger, salesforce.caller, m, "stamp", self.town.now) for m in self.mappings
        }
        both = replace(
            salesforce, mappings=[*salesforce.mappings, *self.mappings], specs={**salesforce.specs, **described}
        )
        return replace(house, crms=[both, *others])

    def sync(self, approved: str | None = None) -> Run:
        def admit(plan: Plan) -> None:
            require_approved(plan.hash, plan.guarded, Guards(), approved)

        awaken(self.town.ledger, self.house, lambda: self.town.now, lambda: None)
        with self.planned() as plan:
            return sync(self.town.ledger, self.house, plan, "full", lambda: self.town.now, lambda _: None, admit)

    def settled(self) -> Crowd:
        self.sync()
        self.town.forget_calls()
        return self

    def explain(self, key: str) -> Explanation:
        return explain(self.house(), self.people, self.basis, key, self.town.now)

    def sent(self) -> list[str]:
        return self.town.sent()


@pytest.fixture
def crowd(town: Town) -> Crowd:
    """A town whose people may be contacts."""
    return Crowd(town, [mapping("contact", "Contact")])


@pytest.fixture
def leads(town: Town) -> Crowd:
    """A town whose people may be leads."""
    return Crowd(town, [mapping("lead", "Lead")])


def test_accounts_come_first_and_only_they_are_decided(crowd: Crowd) -> None:
    """People get their fields; decisions, facts and alerts are of accounts alone."""
    crowd.town.accounts("acme")
    crowd.person("ann", score=7)
    crowd.record("Contact", "ann")
    run = crowd.sync()

    assert crowd.holds("Contact", "ann") == {
        KEY: "ann",
        "PLS_Person_Score__c": 7,
        "Title": "CTO",
        "Matched__c": "key",
        "Admin__c": True,
        "Active__c": True,
    }
    assert crowd.sent() == ["acme", "ann"]
    assert set(crowd.town.ledger.decisions(["acme", "ann"])) == {"acme"}
    assert crowd.town.holds("acme", "tier") == "warm"
    assert (run.compared, run.planned, run.tallies["contact"].planned) == (2, 2, 1)


def test_an_unchanged_source_costs_no_call_and_a_changed_row_two(crowd: Crowd) -> None:
    """A rerun calls nobody; one person who moved is read once and written once, and no account is looked at."""
    crowd.town.accounts("acme")
    for name in ("ann", "bob"):
        crowd.person(name)
        crowd.record("Contact", name)
    crowd.settled()

    assert crowd.sync().planned == 0
    assert crowd.town.calls() == 0
    crowd.person("bob", score=2)
    crowd.sync()
    assert crowd.town.crms[SALESFORCE].calls == {"fetch": 1, "send": 1}
    assert crowd.town.calls() == 2
    assert crowd.sent() == ["bob"]


def test_two_sources_may_have_one_key(crowd: Crowd) -> None:
    """An account and a person of the same key have their own records, memories, and absences."""
    crowd.town.accounts("same")
    crowd.person("same", score=5)
    crowd.person("other")
    crowd.record("Contact", "same")
    crowd.settled()

    assert crowd.memory(SALESFORCE, "same").record_id == "salesforce-same"
    assert crowd.memory("contact", "same").record_id == "Contact-same"
    del crowd.people.rows["same"]
    for _ in range(2):
        crowd.sync()
        crowd.town.later(days=3)
    assert crowd.holds("Contact", "same")["PLS_Person_Score__c"] is None
    assert crowd.town.holds("same", "score") == 60
    assert crowd.sync().planned == 0


def test_a_box_is_unticked_where_others_are_blank(crowd: Crowd) -> None:
    """A null that clears, and a row that vanished, untick a box; one that skips leaves it; none is sent again."""
    for name in ("ann", "bob"):
        crowd.person(name)
        crowd.record("Contact", name)
    crowd.person("cid")
    crowd.settled()
    crowd.person("ann", admin=None)
    del crowd.people.rows["bob"]
    for _ in range(2):
        crowd.sync()
        crowd.town.later(days=3)

    assert [crowd.holds("Contact", name)["Admin__c"] for name in ("ann", "bob")] == [False, False]
    assert [crowd.holds("Contact", name)["Active__c"] for name in ("ann", "bob")] == [True, True]
    crowd.town.forget_calls()
    crowd.person("ann", admin=None, score=2)
    crowd.sync()
    (write,) = crowd.town.crms[SALESFORCE].sent
    assert write.fields == {"PLS_Person_Score__c": 2}


def test_a_converted_lead_is_never_written(leads: Crowd) -> None:
    """It is held with what it became, whatever the warehouse wants later, and also when a run is undone (D8)."""
    leads.person("ann")
    leads.record("Lead", "ann")
    run = leads.settled().town.run()
    leads.town.crms[SALESFORCE].convert("Lead", "Lead-ann", "account 001A, contact 003C")
    leads.person("ann", score=9)
    tally = leads.sync().tallies["lead"]

    assert leads.sent() == []
    assert tally.reasons == {"CONVERTED": 1}
    assert "it is account 001A, contact 003C now" in (leads.memory("lead", "ann").message or "")
    assert leads.sync().planned == 0
    assert [row.verdict for row in rehearse(leads.house(), run.id).rows] == [Verdict.CONVERTED]
    del leads.people.rows["ann"]
    leads.person("bob")
    for _ in range(2):
        leads.sync()
        leads.town.later(days=3)
    assert leads.sent() == []


def test_a_converted_lead_is_not_created_again(town: Town) -> None:
    """A mapping that may create finds the lead by its key and leaves it as it is (D8)."""
    leads = Crowd(town, [mapping("lead", "Lead", "upsert")])
    leads.person("ann")
    leads.record("Lead", "ann")
    town.crms[SALESFORCE].convert("Lead", "Lead-ann", "contact 003C")
    leads.sync()

    assert leads.sent() == []
    assert leads.memory("lead", "ann").code == "CONVERTED"


def test_one_hash_covers_every_source(town: Town) -> None:
    """Guards look at each mapping; a refused plan's HASH is that of all sources together (D25, D26)."""
    crowd = Crowd(town, [mapping("contact", "Contact", "upsert")])
    town.accounts("acme")
    for number in range(60):
        crowd.person(f"p-{number:02}")

    with pytest.raises(RefusedPlanError) as refused:
        crowd.sync()
    assert "contact: up to 60 records would be created" in str(refused.value)
    assert town.calls() == 0
    with crowd.planned() as plan:
        hash_ = plan.hash
    crowd.person("p-60")
    with pytest.raises(RefusedPlanError):
        crowd.sync(approved=hash_)
    del crowd.people.rows["p-60"]
    run = crowd.sync(approved=hash_)
    assert (run.tallies["contact"].planned, run.tallies[SALESFORCE].planned) == (60, 1)


def test_a_preview_tells_every_source(crowd: Crowd) -> None:
    """What a sync would do, mapping by mapping, with the same HASH."""
    crowd.town.accounts("acme")
    crowd.person("ann")
    crowd.record("Contact", "ann")
    with crowd.planned() as plan:
        seen = preview(crowd.house(), plan, lambda: crowd.town.now, lambda _: None)

    assert (seen.kinds["contact"], seen.kinds[SALESFORCE]) == ({"update": 1}, {"update": 1})
    assert sum(seen.routes.values()) == 1


def test_a_persons_edit_is_kept_and_can_be_adopted(crowd: Crowd) -> None:
    """The merge of a contact is that of an account (D20)."""
    crowd.person("ann")
    crowd.record("Contact", "ann")
    crowd.settled()
    crowd.record("Contact", "ann", Title="Chief Engineer")
    crowd.person("ann", title="VP")
    crowd.sync()

    assert crowd.holds("Contact", "ann")["Title"] == "Chief Engineer"
    assert crowd.memory("contact", "ann").code == "EDITED"
    (one,) = adopt(crowd.house(), ["ann"], None, lambda: crowd.town.now)
    assert (one.mapping, one.became) == ("contact", Adoption.ADOPTED)


def by_email(town: Town) -> Crowd:
    """People who may be found by their e-mail."""
    crowd = Crowd(town, [replace(mapping("contact", "Contact"), email_to="Email")])
    crm = town.crms[SALESFORCE]
    fields = {**crm.specs["Contact"].fields, "Email": FieldSpec("Email", FieldKind.TEXT)}
    crm.specs = {**crm.specs, "Contact": ObjectSpec("Contact", fields)}
    return crowd


def test_a_contact_is_found_by_its_email_once(town: Town) -> None:
    """It gets our key and is remembered; afterwards its e-mail may change (D5)."""
    crowd = by_email(town)
    crowd.person("ann", email=" Ann@Acme.example ")
    town.crms[SALESFORCE].put("Contact", "Contact-ann", {"Email": "ann@acme.example"})
    run = crowd.settled().town.run()

    assert run.counts["contact"]["linked"] == 1
    assert crowd.memory("contact", "ann").matched_by == "email"
    assert (crowd.holds("Contact", "ann")[KEY], crowd.holds("Contact", "ann")["Matched__c"]) == ("ann", "email")
    town.crms[SALESFORCE].put("Contact", "Contact-ann", {"Email": "ann@other.example"})
    crowd.person("ann", score=2)
    crowd.sync()
    assert crowd.holds("Contact", "ann")["PLS_Person_Score__c"] == 2


def test_a_shared_email_is_nobodys_to_guess(town: Town) -> None:
    """Two contacts or two people of one e-mail, and a contact with another's key: nothing is written (D6)."""
    crowd = by_email(town)
    addresses = {"ann": "two@x.example", "bob": "one@x.example", "cid": "one@x.example", "dan": "d@x.example"}
    for key, email in addresses.items():
        crowd.person(key, email=email)
    crm = town.crms[SALESFORCE]
    for number, email in enumerate(("two@x.example", "two@x.example", "one@x.example")):
        crm.put("Contact", f"Contact-{number}", {"Email": email})
    crm.put("Contact", "Contact-other", {"Email": "d@x.example", KEY: "somebody"})
    crowd.person("eve", email=None)
    crowd.sync()

    codes = {key: crowd.memory("contact", key).code for key in ("ann", "bob", "cid", "dan", "eve")}
    assert codes == dict.fromkeys(("ann", "bob", "cid"), "AMBIGUOUS") | dict.fromkeys(("dan", "eve"), "NO_RECORD")
    assert crowd.sent() == []


def test_a_row_is_explained_without_a_decision(crowd: Crowd) -> None:
    """Every field with its sides and what became of it; an account's mappings stay out, as do the rules."""
    crowd.person("ann", score=7)
    crowd.record("Contact", "ann")
    crowd.settled()
    explained = crowd.explain("ann")

    assert explained.decision is None
    assert explained.rules == ()
    assert [match["record_id"] for match in explained.matches] == ["Contact-ann"]
    assert ("PLS_Person_Score__c", 7) in [(view.name, view.live) for view in explained.fields]
    with pytest.raises(ConfigError, match='the warehouse has no row of people with the key "acme"'):
        crowd.explain("acme")


def test_a_row_can_be_linked(crowd: Crowd) -> None:
    """A person says which contact it is; the next sync gives it our key (D5)."""
    crowd.person("ann")
    crowd.town.crms[SALESFORCE].put("Contact", "Contact-ann", {"Title": "CTO"})
    assert crowd.sync().tallies["contact"].reasons == {"NO_RECORD": 1}

    link(crowd.house(), crowd.people, "contact", "ann", "Contact-ann", lambda: crowd.town.now)
    crowd.sync()
    assert crowd.holds("Contact", "ann")[KEY] == "ann"
    with pytest.raises(ConfigError, match="no row of people"):
        link(crowd.house(), crowd.people, "contact", "acme", "Contact-ann", lambda: crowd.town.now)


def test_accounts_may_go_to_leads(town: Town) -> None:
    """An account mapped to another object than accounts: facts and decisions hang on its account record alone (A17)."""
    head = {"destination": SALESFORCE, "name": "Lead", "match": {"from": "key", "to": KEY}}
    fields = {"Title": {"from": "decision.route", "merge": "warehouse_wins"}}
    crowd = Crowd(town, [build("lead", {"object": head, "fields": fields}, DECLARED)])
    town.crms[SALESFORCE].fact_fields = ("Website",)  # which a lead of this town does not have
    town.accounts("acme")
    crowd.record("Lead", "acme")
    with planning(
        town.warehouse, town.ledger, replace(town.basis, mappings=[*town.basis.mappings, *crowd.mappings]), town.now
    ) as plan:
        sync(town.ledger, crowd.house, plan, "full", lambda: town.now, lambda _: None, lambda _: None)

    decision = town.ledger.decisions(["acme"])["acme"]
    assert crowd.holds("Lead", "acme")["Title"] == str(decision.route)
    assert crowd.mappings[0].source == ACCOUNTS
