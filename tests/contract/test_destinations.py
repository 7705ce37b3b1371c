"""What every CRM adapter promises, proved against each: Salesforce and HubSpot over HTTP, and the one in memory."""

from __future__ import annotations

import pytest

from connector.errors import ConfigError
from connector.model import By, Canonical, FieldKind, OutcomeKind, Write
from tests.contract.benches.bench import NOW, OWNER_EMAIL, TIERS, Bench

HOSTILE = ("o'hara", "back\\slash", 'double"quote', "100%_sure", "naïve-ключ-鍵", "') OR Name LIKE '%")


# --- who and what ------------------------------------------------------------------------------------


def test_identity_names_the_organisation(bench: Bench) -> None:
    """The identity is the organisation's own id, the same each time."""
    assert [bench.destination.identity(), bench.destination.identity()] == [bench.identity] * 2


def test_describe_tells_what_fields_hold(bench: Bench) -> None:
    """Kinds, options, uniqueness and writability come from the CRM's own description."""
    fields = bench.destination.describe(bench.object).fields

    kinds = {name: fields[bench.name(name)].kind for name in ("key", "score", "tier", "pql_on", "routed_at")}
    assert kinds == {
        "key": FieldKind.TEXT,
        "score": FieldKind.NUMBER,
        "tier": FieldKind.PICKLIST,
        "pql_on": FieldKind.DATE,
        "routed_at": FieldKind.DATETIME,
    }
    assert fields[bench.name("tier")].options == TIERS
    assert fields[bench.name("key")].unique
    assert not fields[bench.name("why")].unique
    assert fields[bench.name("why")].writable


def test_describe_refuses_an_unknown_object(bench: Bench) -> None:
    """An object the CRM does not have is a configuration error."""
    with pytest.raises(ConfigError):
        bench.destination.describe("Nonesuch")


def test_allowance_is_known_after_the_first_call(bench: Bench) -> None:
    """Calls used and allowed today come with the answers."""
    before, after = bench.used(), bench.used()

    allowance = bench.destination.allowance()
    assert after == before + 1
    assert allowance is not None
    assert after < allowance.limit


# --- fetching ----------------------------------------------------------------------------------------


def test_fetch_by_id_gives_canonical_values(bench: Bench) -> None:
    """Numbers are numbers, text is text, blank is None, and every field asked for is there."""
    assert bench.read(bench.first, "key", "score", "tier", "why", "pql_on") == {
        "key": "a-1",
        "score": 87.5,
        "tier": "warm",
        "why": None,
        "pql_on": None,
    }


def test_fetch_leaves_out_what_is_not_there(bench: Bench) -> None:
    """A record that does not exist is absent; its neighbours are not."""
    found = bench.destination.fetch(
        bench.object, By.ID, "", [bench.absent, bench.first, "nonsense"], [bench.name("key")]
    )

    assert [live.record_id for live in found] == [bench.first]


def test_fetch_says_when_a_record_changed(bench: Bench) -> None:
    """The modification time is an aware moment in UTC."""
    bench.send(Write("a-1", bench.first, bench.fields(score=1)))

    (live,) = bench.destination.fetch(bench.object, By.ID, "", [bench.first], [bench.name("key")])

    assert live.modified_at == NOW


def test_fetch_by_key_finds_the_bearers(bench: Bench) -> None:
    """Each record that bears one of the keys, with the key among its values."""
    key = bench.name("key")

    found = bench.destination.fetch(bench.object, By.KEY, key, ["a-2", "a-1", "a-7", "a-1"], [bench.name("score")])

    assert {live.record_id: live.values[key] for live in found} == {bench.first: "a-1", bench.second: "a-2"}
    assert len(found) == 2


def test_fetch_by_domain_finds_every_candidate(bench: Bench) -> None:
    """All records at a domain, however it was typed, and none that merely resembles it."""
    asked = ["hot-open-sql.example", "twice.example", "pen-sql.example", "nobody.example"]

    found = bench.destination.fetch(bench.object, By.DOMAIN, bench.name("domain"), asked, [bench.name("key")])

    assert len(found) == 3
    assert [live.record_id for live in found if live.values[bench.name("key")] == "a-1"] == [bench.first]


def test_fetch_by_name_finds_who_is_called_so(bench: Bench) -> None:
    """Whatever the case, and nobody whose name only begins alike."""
    label = bench.name("label")

    found = bench.destination.fetch(bench.object, By.NAME, label, ["ACCOUNT 1", "account", "It's \\nobody"], [label])

    assert [(live.record_id, live.values[label]) for live in found] == [(bench.first, "Account 1")]


@pytest.mark.parametrize("by", list(By))
def test_fetch_of_nothing_is_nothing(bench: Bench, by: By) -> None:
    """No values, no records."""
    assert bench.destination.fetch(bench.object, by, bench.name("key"), [], [bench.name("key")]) == []


def test_fetch_refuses_an_unknown_field(bench: Bench) -> None:
    """A field the object does not have is a configuration error, not a blank."""
    with pytest.raises(ConfigError):
        bench.destination.fetch(bench.object, By.ID, "", [bench.first], ["nonesuch__c"])


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_mean_themselves(bench: Bench, key: str) -> None:
    """A key full of quotes, backslashes and wildcards finds its own record and no other."""
    created = bench.send(Write(key, None, bench.fields(label="Account H", score=3)))[key]

    found = bench.destination.fetch(bench.object, By.KEY, bench.name("key"), [key], [bench.name("score")])

    assert created.kind is OutcomeKind.CREATED
    assert [(live.record_id, live.values[bench.name("key")]) for live in found] == [(created.record_id, key)]


# --- sending -----------------------------------------------------------------------------------------


def test_what_was_sent_is_what_is_read(bench: Bench) -> None:
    """Every kind of canonical value survives the way there and back."""
    wanted: dict[str, Canonical] = {
        "score": 92,
        "tier": "hot",
        "why": "8 active users hit the limit; «naïve» 鍵 🔑 #N/A",
        "pql_on": "2026-11-19",
        "routed_at": "2026-11-20T09:15:30Z",
    }

    outcome = bench.send(Write("a-1", bench.first, bench.fields(**wanted)))["a-1"]

    assert (outcome.kind, outcome.record_id) == (OutcomeKind.UPDATED, bench.first)
    assert bench.read(bench.first, *wanted) == wanted


def test_null_clears(bench: Bench) -> None:
    """None empties a field, and what was not sent stays."""
    bench.send(Write("a-1", bench.first, bench.fields(tier=None)))

    assert bench.read(bench.first, "tier", "score") == {"tier": None, "score": 87.5}


def test_a_write_without_id_creates_once(bench: Bench) -> None:
    """Sending a new key twice makes one record, which carries the key."""
    write = Write("a-new", None, bench.fields(label="Account N", score=70))

    first = bench.send(write)["a-new"]
    second = bench.send(write)["a-new"]

    assert (first.kind, second.kind) == (OutcomeKind.CREATED, OutcomeKind.UPDATED)
    assert first.record_id == second.record_id
    assert bench.read(first.record_id, "key", "score") == {"key": "a-new", "score": 70}


def test_a_write_by_id_never_creates(bench: Bench) -> None:
    """A remembered record that is gone is refused by name, not made anew."""
    outcome = bench.send(Write("a-9", bench.absent, bench.fields(score=5)))["a-9"]

    found = bench.destination.fetch(bench.object, By.KEY, bench.name("key"), ["a-9"], [bench.name("key")])
    assert outcome.kind is OutcomeKind.REJECTED
    assert found == []


def test_a_refused_record_costs_no_neighbour(bench: Bench) -> None:
    """One record is refused in the CRM's own words; the others are written."""
    bench.refuse(bench.first)

    outcomes = bench.send(
        Write("a-1", bench.first, bench.fields(score=1)),
        Write("a-2", bench.second, bench.fields(score=2)),
        Write("a-3", None, bench.fields(label="Account N", score=3)),
    )

    assert [outcomes[key].kind for key in ("a-1", "a-2", "a-3")] == [
        OutcomeKind.REJECTED,
        OutcomeKind.UPDATED,
        OutcomeKind.CREATED,
    ]
    assert outcomes["a-1"].message == "no"
    assert outcomes["a-1"].code
    assert bench.read(bench.first, "score") == {"score": 87.5}
    assert bench.read(bench.second, "score") == {"score": 2}


def test_a_value_its_field_cannot_hold_is_refused_by_name(bench: Bench) -> None:
    """A picklist value the CRM does not know rejects that record with a code."""
    outcome = bench.send(Write("a-1", bench.first, bench.fields(tier="lukewarm")))["a-1"]

    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.code in ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_OPTION")


def test_a_key_belongs_to_one_record(bench: Bench) -> None:
    """Giving a record the key another one bears is refused."""
    outcome = bench.send(Write("a-1", bench.second, bench.fields(key="a-1")))["a-1"]

    assert outcome.kind is OutcomeKind.REJECTED
    assert bench.read(bench.second, "key") == {"key": "a-2"}


def test_sending_nothing_asks_nothing(bench: Bench) -> None:
    """No writes, no outcomes."""
    assert bench.send() == {}


# --- capacity ----------------------------------------------------------------------------------------


def test_a_full_read_by_id_is_one_call(bench: Bench) -> None:
    """`capacity.by_id` records cost one call (P1, P2)."""
    most = bench.destination.capacity.by_id
    ids = [bench.first, bench.second, *_made_up(bench.absent, most - 2)]
    before = bench.used()

    found = bench.destination.fetch(bench.object, By.ID, "", ids, [bench.name("key")])

    assert len(ids) == most
    assert {live.record_id for live in found} == {bench.first, bench.second}
    assert bench.used() - before == 2  # one, and the one that asks


def test_a_full_read_by_key_is_one_call(bench: Bench) -> None:
    """`capacity.by_key` keys of common length cost one call."""
    keys = ["a-1", *(f"key-{number:06d}" for number in range(bench.destination.capacity.by_key - 1))]
    before = bench.used()

    found = bench.destination.fetch(bench.object, By.KEY, bench.name("key"), keys, [bench.name("key")])

    assert [live.record_id for live in found] == [bench.first]
    assert bench.used() - before == 2  # one, and the one that asks


def test_a_full_read_by_domain_is_one_call(bench: Bench) -> None:
    """`capacity.by_domain` domains cost one call."""
    domains = ["quiet.example", *(f"d{number}.example" for number in range(bench.destination.capacity.by_domain - 1))]
    before = bench.used()

    found = bench.destination.fetch(bench.object, By.DOMAIN, bench.name("domain"), domains, [bench.name("key")])

    assert [live.record_id for live in found] == [bench.second]
    assert bench.used() - before == 2  # one, and the one that asks


def test_a_full_send_is_one_call(bench: Bench) -> None:
    """`capacity.send` records cost one call, and each has its outcome (P1, P2)."""
    most = bench.destination.capacity.send
    writes = [Write(f"n-{number}", None, bench.fields(label="Account N", score=1)) for number in range(most)]
    before = bench.used()

    outcomes = bench.send(*writes)

    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CREATED}
    assert len({outcome.record_id for outcome in outcomes.values()}) == most
    assert bench.used() - before == 2  # one, and the one that asks


def _made_up(absent: str, number: int) -> list[str]:
    """Ids of the CRM's own shape that no record has."""
    if not absent.startswith("001"):
        return [f"9{each:06d}" for each in range(number)]
    return [f"0019{each:011d}AAA" for each in range(number)]


# --- whose edit --------------------------------------------------------------------------------------


def test_our_own_writes_are_known_as_ours(bench: Bench) -> None:
    """The author of what we wrote is us, with the moment (D20)."""
    bench.send(Write("a-1", bench.first, bench.fields(score=1)))

    author = bench.destination.authors(bench.object, [bench.first], [bench.name("score")])[bench.first]

    assert bench.destination.is_us(author[bench.name("score")])
    assert author[bench.name("score")].at == NOW
    assert author[bench.name("score")].integration


def test_a_persons_edit_has_a_name(bench: Bench) -> None:
    """A person is not us, and is told by name (D20)."""
    bench.send(Write("a-1", bench.first, bench.fields(score=1)))
    bench.edit(bench.first, bench.fields(score=2))

    author = bench.destination.authors(bench.object, [bench.first], [bench.name("score")])[bench.first]

    assert not bench.destination.is_us(author[bench.name("score")])
    assert author[bench.name("score")].name in (OWNER_EMAIL, "Enterprise AE 1")
    assert author[bench.name("score")].integration is None


def test_authors_of_what_is_not_there_are_absent(bench: Bench) -> None:
    """No record, no author; its neighbours have theirs."""
    found = bench.destination.authors(bench.object, [bench.absent, bench.first], [bench.name("score")])

    assert list(found) == [bench.first]
    assert bench.destination.authors(bench.object, [], [bench.name("score")]) == {}


# --- merges ------------------------------------------------------------------------------------------


def test_a_merged_record_leads_to_its_successor(bench: Bench) -> None:
    """What was merged away is followed to what it became; what is merely gone is not (D8)."""
    bench.merge(bench.first, bench.second)

    found = bench.destination.successors(bench.object, [bench.first, bench.absent])

    assert list(found) == [bench.first]
    successor = found[bench.first]
    assert successor != bench.first
    (live,) = bench.destination.fetch(bench.object, By.ID, "", [successor], [bench.name("label")])
    assert live.record_id == successor


def test_records_that_were_not_merged_have_no_successor(bench: Bench) -> None:
    """Nothing to follow."""
    assert bench.destination.successors(bench.object, [bench.first, bench.absent]) == {}
    assert bench.destination.successors(bench.object, []) == {}
