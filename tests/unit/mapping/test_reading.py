"""Mapping files: what a sound one means, and every way a wrong one says so (D23)."""

from __future__ import annotations

from typing import Any

import pytest

from connector.errors import ConfigError
from connector.mapping.fields import Declared, Mode, OnNull
from connector.mapping.reading import build
from connector.model import MergePolicy
from tests.unit.mapping.files import COLUMNS, document

PLACE = "mappings/account.toml"


def problems(parsed: dict[str, Any]) -> tuple[str, ...]:
    """What is wrong with a file named account.toml."""
    with pytest.raises(ConfigError) as caught:
        build("account", parsed, COLUMNS)
    return caught.value.problems


PEOPLE = {
    "people": Declared("person_key", {"person_key", "title", "seen_at", "email"}),
    "seats": Declared("person_key", {"person_key", "title"}),
}
TITLE = {"Title": {"from": "title", "merge": "warehouse_wins"}}
CONTACT = {"name": "Contact", "source": "people", "match": {"from": "person_key", "to": "K"}, "domain": None}


def contact(fields: dict[str, Any] = TITLE, **head: Any) -> dict[str, Any]:
    """A sound mapping of people."""
    parsed = document(fields, **{**CONTACT, **head})
    return {**parsed, "object": {key: value for key, value in parsed["object"].items() if value is not None}}


def test_any_declared_relation_can_be_mapped() -> None:
    """A mapping names its source and is matched by that source's own key; its columns are that source's."""
    fields = {**TITLE, "Seen__c": {"from": "match.method", "merge": "latest", "as_of": "seen_at"}}
    mapping = build("contact", contact(fields), COLUMNS, PEOPLE)

    assert (mapping.source, mapping.match_from, mapping.match_to) == ("people", "person_key", "K")
    assert mapping.columns == {"title", "seen_at"}


@pytest.mark.parametrize(
    ("parsed", "said"),
    [
        (
            contact(source="poeple"),
            "source is 'poeple'; relations to map: accounts, people, seats; did you mean \"people\"?",
        ),
        (contact(source="orders"), "declare it as [warehouse.sources.NAME]"),
        (contact(source=3), "source is 3"),
        (
            contact(match={"from": "key", "to": "K"}),
            'rows of people are matched by their key; write from = "person_key"',
        ),
        (contact(match={"to": "K"}), 'write match = { from = "person_key", to = "…" }'),
        (contact(domain="Website"), "domain: only accounts are matched by their company's domain"),
        (
            contact({"F": {"from": "decision.route", "merge": "warehouse_wins"}}),
            '[fields.F]: from = "decision.route", but decisions are made for accounts only',
        ),
        (contact(email="Email", source="seats"), 'only rows of a source of people, with a column "email"'),
        (
            contact(email="email", destination="hubspot", read=False),
            "nobody can be found where nothing is read",
        ),
        (contact(email=3), "[object] email is 3"),
        (document(email="Email"), 'only rows of a source of people, with a column "email"'),
        (contact({"F": {"from": "score", "merge": "warehouse_wins"}}), "[warehouse.people.columns]"),
        (contact({"F": {"from": "titel", "merge": "warehouse_wins"}}), 'did you mean "title"?'),
        (contact({"F": {"from": "title", "merge": "latest", "as_of": "scored_at"}}), "needs as_of"),
    ],
)
def test_what_another_source_cannot_do_is_named(parsed: dict[str, Any], said: str) -> None:
    """An unknown relation, another key than its own, and what only accounts have, are problems by file and key."""
    with pytest.raises(ConfigError) as caught:
        build("account", parsed, COLUMNS, PEOPLE)

    assert any(PLACE in problem and said in problem for problem in caught.value.problems), caught.value.problems


def test_sound_file_becomes_values() -> None:
    """A file says where it goes, how records are matched, and how each field meets the CRM."""
    mapping = build("account", document(), COLUMNS)
    score, motion = mapping.fields

    assert (mapping.destination, mapping.object, mapping.match_to) == ("salesforce", "Account", "PLS_Account_Key__c")
    assert (mapping.domain_to, mapping.source) == ("Website", "accounts")
    assert (score.to, score.source, score.merge, score.on_null) == (
        "PLS_Score__c",
        "score",
        MergePolicy.WAREHOUSE_WINS,
        OnNull.CLEAR,
    )
    assert (motion.merge, motion.on_null) == (MergePolicy.CRM_WINS_IF_EDITED, OnNull.SKIP)


def test_nothing_is_created_unless_asked() -> None:
    """The mode of a file that names none is update_only (invariant 6)."""
    assert build("account", document(), COLUMNS).mode is Mode.UPDATE_ONLY
    assert build("account", document(mode="upsert"), COLUMNS).mode is Mode.UPSERT


def test_columns_read_are_those_of_fields_and_dates() -> None:
    """A mapping reads the columns its fields name and those that date them; decisions and matches are no columns."""
    fields = {
        "A": {"from": "stage", "merge": "latest", "as_of": "scored_at"},
        "B": {"from": "decision.tier", "merge": "warehouse_wins"},
        "C": {"from": "match.method", "merge": "warehouse_wins"},
    }
    mapping = build("account", document(fields), COLUMNS)

    assert mapping.columns == {"stage", "scored_at"}
    assert mapping.uses_decision
    assert not build("account", document(), COLUMNS).uses_decision


def test_version_moves_with_meaning_only() -> None:
    """The order of a file's lines means nothing; everything else does (D13)."""
    parsed = document()
    turned = {"fields": dict(reversed(parsed["fields"].items())), "object": dict(reversed(parsed["object"].items()))}
    version = build("account", parsed, COLUMNS).version

    assert build("account", turned, COLUMNS).version == version
    assert build("account", document(mode="upsert"), COLUMNS).version != version
    assert build("account", document(domain="Other_Website__c"), COLUMNS).version != version


WRONG_HEADS: list[tuple[str, dict[str, Any], str]] = [
    ("unknown key", {"mdoe": "upsert"}, f'{PLACE} [object]: unknown key "mdoe"; did you mean "mode"?'),
    (
        "unknown key of match",
        {"match": {"from": "key", "to": "K", "form": "x"}},
        'unknown key "form"',
    ),
    ("no match", {"match": None}, f"{PLACE} [object] match is missing"),
    ("no match.to", {"match": {"from": "key"}}, f'{PLACE} [object] match: "to" is missing'),
    ("no match.from", {"match": {"to": "K"}}, f'{PLACE} [object] match: "from" is missing'),
    ("match from another column", {"match": {"from": "name", "to": "K"}}, 'from = "name"'),
    ("unknown destination", {"destination": "salesfroce"}, f"{PLACE} [object] destination is 'salesfroce'"),
    ("no object name", {"name": None}, f"{PLACE} [object] name is missing"),
    ("unknown mode", {"mode": "merge"}, f"{PLACE} [object] mode is 'merge'; it must be one of ['update_only', "),
    ("a domain that is no field", {"domain": ["Website"]}, f"{PLACE} [object] domain is ['Website']"),
    ("another source", {"source": "contacts"}, f"{PLACE} [object] source is 'contacts'"),
]


@pytest.mark.parametrize(("head", "said"), [case[1:] for case in WRONG_HEADS], ids=[case[0] for case in WRONG_HEADS])
def test_wrong_head_is_named(head: dict[str, Any], said: str) -> None:
    """Whatever is wrong with [object] is said with file and key."""
    assert any(said in problem for problem in problems(document(**head)))


WRONG_FIELDS: list[tuple[str, Any, str]] = [
    ("no source", {"merge": "warehouse_wins"}, '[fields.F]: "from" is missing'),
    (
        "unknown column",
        {"from": "scroe", "merge": "warehouse_wins"},
        'did you mean "score"?',
    ),
    (
        "unknown decision",
        {"from": "decision.teir", "merge": "warehouse_wins"},
        'did you mean "decision.tier"?',
    ),
    ("undeclared column", {"from": "zzz", "merge": "warehouse_wins"}, "declare it under [warehouse.accounts.columns]"),
    ("no policy", {"from": "score"}, f"{PLACE} [fields.F] merge is None; it must be one of ['warehouse_wins', "),
    ("unknown policy", {"from": "score", "merge": "newest"}, f"{PLACE} [fields.F] merge is 'newest'"),
    ("unknown null", {"from": "score", "merge": "warehouse_wins", "on_null": "drop"}, "[fields.F] on_null is 'drop'"),
    ("unknown key", {"from": "score", "merge": "warehouse_wins", "onnull": "clear"}, 'did you mean "on_null"?'),
    ("furthest without order", {"from": "stage", "merge": "furthest"}, "needs order = [...]"),
    ("order that is no list", {"from": "stage", "merge": "furthest", "order": "MQL"}, "needs order = [...]"),
    ("order of numbers", {"from": "stage", "merge": "furthest", "order": [1, 2]}, "needs order = [...]"),
    ("latest without date", {"from": "stage", "merge": "latest"}, "needs as_of = a declared"),
    (
        "latest by unknown date",
        {"from": "stage", "merge": "latest", "as_of": "scored"},
        "needs as_of = a declared",
    ),
    (
        "latest by a list",
        {"from": "stage", "merge": "latest", "as_of": ["scored_at"]},
        "needs as_of = a declared",
    ),
    ("an owner nobody knows", {"from": "score", "owner": "hubspot"}, "[fields.F] owner is 'hubspot'; the only owner"),
    (
        "an owner and another policy",
        {"from": "score", "owner": "crm", "merge": "warehouse_wins"},
        'owner = "crm" means merge = "fill_blank", not \'warehouse_wins\'',
    ),
    ("no table", "score", f"{PLACE} [fields.F]"),
]


@pytest.mark.parametrize(("body", "said"), [case[1:] for case in WRONG_FIELDS], ids=[case[0] for case in WRONG_FIELDS])
def test_wrong_field_is_named(body: Any, said: str) -> None:
    """Whatever is wrong with a field is said with file, key and the nearest name there is."""
    found = problems(document({"F": body}))

    assert any(said in problem for problem in found)
    assert all(problem.startswith(f"{PLACE} [fields.F]") for problem in found)


@pytest.mark.parametrize("body", [{"owner": "crm"}, {"owner": "crm", "merge": "fill_blank"}])
def test_a_field_may_be_the_crms_own(body: dict[str, str]) -> None:
    """owner = "crm" is fill_blank by another name, and takes the place of merge."""
    (field,) = build("account", document({"F": {"from": "score", **body}}), COLUMNS).fields

    assert field.merge is MergePolicy.FILL_BLANK


def test_misspelt_table_is_named() -> None:
    """A table nobody reads is a mistake, not a comment."""
    assert problems({**document(), "feilds": {}}) == (f'{PLACE}: unknown key "feilds"; did you mean "fields"?',)


def test_empty_file_says_what_it_needs() -> None:
    """An empty file asks for its two tables and what they must hold."""
    told = "\n".join(problems({}))

    assert f"{PLACE} [object] is missing" in told
    assert f"{PLACE} [fields] is missing" in told


def test_every_problem_is_reported_at_once() -> None:
    """One reading lists all mistakes of a file, in its head and in each field."""
    fields = {"A": {"from": "scroe", "merge": "newest"}, "B": {"from": "stage", "merge": "furthest"}}

    assert len(problems(document(fields, mdoe="x", destination="crm", match={}))) == 7
