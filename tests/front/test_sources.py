"""People, leads and a customer's own objects beside accounts, by commands against both stand-ins (A2, A9, A17)."""

from __future__ import annotations

import json
import re
import sqlite3
import tomllib
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from plsync import exits
from sandbox.salesforce.conversion import convert
from tests.front.door import ROOT, Door, refused

README = (ROOT / "README.md").read_text(encoding="utf-8")
ADMIN = "hot-open-sql:admin"

WORKSPACES = """[warehouse.sources.workspaces]
relation = "workspaces"
key = "workspace"

[warehouse.sources.workspaces.columns]
workspace = "text"
account = "text"
active = "boolean"
seats = "integer"
usage = "decimal"
trial_ends = "date"
last_used = "datetime"
note = "text"
plan = "text"
features = "list"

[store]"""

FIELDS: dict[str, dict[str, str | None]] = {
    "salesforce": {
        "Active__c": "active",
        "Seats__c": "seats",
        "Usage__c": "usage",
        "Trial_Ends__c": "trial_ends",
        "Last_Used__c": "last_used",
        "Note__c": "note",
        "Plan__c": "plan",
        "Features__c": "features",
    },
    "hubspot": dict.fromkeys(("active", "seats", "usage", "trial_ends", "last_used", "note", "plan", "features")),
}
HEADS = {
    "salesforce": ("PLS_Workspace__c", "PLS_Workspace_Key__c"),
    "hubspot": ("2-3456789", "workspace_key"),
}


def mapping(destination: str, name: str, source: str, key: tuple[str, str], fields: Mapping[str, str | None]) -> str:
    """A mapping file that creates what is not there."""
    head = f"""[object]
destination = "{destination}"
name = "{name}"
source = "{source}"
match = {{ from = "{key[0]}", to = "{key[1]}" }}
mode = "upsert"
"""
    rest = 'merge = "warehouse_wins"\non_null = "clear"\n'
    return head + "".join(f'\n[fields.{to}]\nfrom = "{column or to}"\n{rest}' for to, column in fields.items())


@pytest.fixture
def workspaces(door: Door) -> Door:
    """A door whose warehouse has workspaces, to be written to a custom object of each CRM."""
    door.sql(
        "CREATE TABLE workspaces (workspace TEXT, account TEXT, active INTEGER, seats INTEGER, usage REAL,"
        " trial_ends TEXT, last_used TEXT, note TEXT, plan TEXT, features TEXT)",
        "INSERT INTO workspaces VALUES ('w-1', 'hot-open-sql', 1, 12, 86.955, '2026-03-31',"
        """ '2026-03-02T09:30:00+05:30', 'naïve 鍵', 'team', '["sso", "api"]')""",
        "INSERT INTO workspaces VALUES ('w-2', 'hot-open-sql', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    for crm, (name, key) in HEADS.items():
        text = mapping(crm, name, "workspaces", ("workspace", key), FIELDS[crm])
        (door.folder / "mappings" / f"{crm}_workspace.toml").write_text(text, encoding="utf-8")
    return door.migrated()


CONFIGURED = {"[store]": WORKSPACES}


def run(door: Door, *words: str) -> Any:
    """A command's JSON."""
    ran = door.run(*words, "--json", changes=CONFIGURED)
    assert ran.code == exits.DONE, ran
    return json.loads(ran.out)


def held(door: Door, crm: str) -> dict[str, dict[str, Any]]:
    """The workspaces a CRM holds, by key."""
    if crm == "salesforce":
        return {row["PLS_Workspace_Key__c"]: row for row in door.sandbox.org.records("PLS_Workspace__c")}
    rows = (row["properties"] for row in door.sandbox.portal.records("workspaces"))
    return {row["workspace_key"]: row for row in rows}


def test_a_custom_object_of_each_crm_is_created_and_kept(workspaces: Door) -> None:
    """By its name and by its type id: created once by its own key, every type in the CRM's own spelling, then left."""
    counted = run(workspaces, "sync")["mappings"]
    salesforce, hubspot = held(workspaces, "salesforce"), held(workspaces, "hubspot")

    assert {crm: counted[f"{crm}_workspace"]["created"] for crm in HEADS} == {"salesforce": 2, "hubspot": 2}
    assert {to: salesforce["w-1"][to] for to in FIELDS["salesforce"]} == {
        "Active__c": True,
        "Seats__c": 12,
        "Usage__c": 86.96,
        "Trial_Ends__c": "2026-03-31",
        "Last_Used__c": "2026-03-02T04:00:00.000+0000",
        "Note__c": "naïve 鍵",
        "Plan__c": "team",
        "Features__c": "sso;api",
    }
    assert {to: hubspot["w-1"][to] for to in FIELDS["hubspot"]} == {
        "active": "true",
        "seats": "12",
        "usage": "86.955",
        "trial_ends": "2026-03-31",
        "last_used": "2026-03-02T04:00:00Z",
        "note": "naïve 鍵",
        "plan": "team",
        "features": "api;sso",
    }
    assert salesforce["w-2"]["Active__c"] is False
    workspaces.sandbox.forget_requests()
    assert run(workspaces, "sync")["planned"] == 0
    assert workspaces.calls() == 0


def test_one_changed_row_is_one_read_and_one_write_in_each_crm(workspaces: Door) -> None:
    """Nothing of accounts is read, decided or written when only a workspace moved (P3)."""
    run(workspaces, "sync")
    workspaces.sql("UPDATE workspaces SET seats = 13, features = '[]' WHERE workspace = 'w-1'")
    workspaces.sandbox.forget_requests()
    counted = run(workspaces, "sync")

    assert counted["planned"] == 1
    assert workspaces.writes() == 2
    assert held(workspaces, "salesforce")["w-1"]["Seats__c"] == 13
    assert held(workspaces, "salesforce")["w-1"]["Features__c"] is None
    assert "features" not in held(workspaces, "hubspot")["w-1"]


def test_commands_know_the_rows_of_every_source(workspaces: Door) -> None:
    """check, plan, explain and revert name them by mapping; a key of another source is not there."""
    checked = run(workspaces, "check")
    assert "workspaces, columns and keys" in json.dumps(checked)
    planned = run(workspaces, "plan")
    assert planned["destinations"]["salesforce_workspace"] == {"create": 2}
    synced = run(workspaces, "sync")
    explained = run(workspaces, "explain", "w-1", "--mapping", "hubspot_workspace")
    assert explained["decision"] is None
    assert {view["mapping"] for view in explained["fields"]} == {"hubspot_workspace", "salesforce_workspace"}
    refused(
        workspaces.run("explain", "w-1", changes=CONFIGURED),
        exits.CONFIGURATION,
        'the warehouse has no account "w-1"',
    )
    refused(
        workspaces.run("explain", "w-1", "--mapping", "workspace", changes=CONFIGURED),
        exits.CONFIGURATION,
        'there is no mapping "workspace"',
    )
    assert "hubspot_workspace" in json.dumps(run(workspaces, "revert", synced["run"]))


def test_a_repeated_key_of_a_source_is_refused(workspaces: Door) -> None:
    """One row per key, in every source (A18)."""
    workspaces.sql("INSERT INTO workspaces (workspace) VALUES ('w-1')")
    for command in ("check", "sync"):
        ran = workspaces.run(command, changes=CONFIGURED)
        assert ran.code != exits.DONE
        assert "workspaces (workspaces): row keys are repeated: 'w-1' (2 rows)" in " ".join((ran.out + ran.err).split())


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE workspaces DROP COLUMN plan", "workspaces (workspaces): there is no column 'plan'"),
        ("DROP TABLE workspaces", "workspaces: cannot read workspaces"),
        ("UPDATE workspaces SET workspace = NULL", "workspaces (workspaces): 2 row(s) have no row key in 'workspace'"),
        ("UPDATE workspaces SET seats = 'x' WHERE workspace = 'w-1'", "workspaces (workspaces)"),
    ],
)
def test_what_is_wrong_with_a_source_is_told_of_that_source(workspaces: Door, statement: str, said: str) -> None:
    """A table, column, key or value that is not as declared is named with the relation it belongs to."""
    workspaces.sql(statement)
    ran = workspaces.run("check", changes=CONFIGURED)

    assert ran.code != exits.DONE
    assert said in " ".join((ran.out + ran.err).split())


def test_a_converted_lead_is_held_with_what_it_became(door: Door) -> None:
    """A lead that carries our key is written while it is one, and named with its successors after (D8)."""
    lead = door.sandbox.org.records("Lead")[0]["Id"]
    door.sandbox.org.edit("Lead", lead, {"PLS_Person_Key__c": ADMIN}, by="AE 1")
    text = mapping("salesforce", "Lead", "people", ("person_key", "PLS_Person_Key__c"), {"PLS_Is_Admin__c": "is_admin"})
    (door.folder / "mappings" / "lead.toml").write_text(text.replace("upsert", "update_only"), encoding="utf-8")
    door.migrated()
    assert door.run("sync").code == exits.DONE
    (row,) = [row for row in door.sandbox.org.records("Lead") if row["Id"] == lead]
    assert row["PLS_Is_Admin__c"] is True

    account = door.sandbox.org.records("Account")[0]["Id"]
    became = convert(door.sandbox.org, lead, by="AE 1", account=account)
    door.sql(f"UPDATE people SET is_admin = 0 WHERE person_key = '{ADMIN}'")
    assert door.run("sync").code == exits.DONE
    listed = json.loads(door.run("held", "--json").out)["held"]
    (found,) = [one for one in listed if (one["mapping"], one["account"]) == ("lead", ADMIN)]
    assert (found["reason"], found["record"]) == ("CONVERTED", lead)
    assert f"account {account}" in found["message"]
    assert f"contact {became['ConvertedContactId']}" in found["message"]
    (row,) = [row for row in door.sandbox.org.records("Lead") if row["Id"] == lead]
    assert row["PLS_Is_Admin__c"] is True


def test_readme_mappings_are_sound(door: Door) -> None:
    """The contact and the lead mapping README shows pass the check, and contacts get their key by e-mail, once (D5)."""
    shown = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    assert [tomllib.loads(text)["object"]["name"] for text in shown] == ["Contact", "Lead"]
    for number, text in enumerate(shown):
        (door.folder / "mappings" / f"shown_{number}.toml").write_text(text, encoding="utf-8")
    assert door.migrated().run("check").code == exits.DONE
    emails = {person["email"].lower(): person["person_key"] for person in people(door)}
    contacts = [row for row in door.sandbox.org.records("Contact") if row["Email"] in emails]
    counted = json.loads(door.run("sync", "--json").out)["mappings"]["shown_0"]

    assert counted["linked"] == len(contacts) > 0
    keyed = {row["Email"]: row["PLS_Person_Key__c"] for row in door.sandbox.org.records("Contact")}
    assert {email: keyed[email] for email in emails if email in keyed} == {
        row["Email"]: emails[row["Email"]] for row in contacts
    }


def test_hubspot_contacts_are_found_by_email(door: Door) -> None:
    """HubSpot's own unique property finds them; what is written then is theirs alone."""
    text = mapping("hubspot", "contacts", "people", ("person_key", "pls_person_key"), {"pls_is_admin": "is_admin"})
    text = text.replace('mode = "upsert"', 'email = "email"')
    (door.folder / "mappings" / "contact.toml").write_text(text, encoding="utf-8")
    counted = json.loads(door.migrated().run("sync", "--json").out)["mappings"]["contact"]
    admins = {person["email"]: person["is_admin"] for person in people(door)}
    linked = [
        row["properties"] for row in door.sandbox.portal.records("contacts") if "pls_person_key" in row["properties"]
    ]

    assert counted["linked"] == len(linked) > 0
    assert all(row["pls_is_admin"] == ("true" if admins[row["email"]] else "false") for row in linked)


def people(door: Door) -> list[dict[str, Any]]:
    """The warehouse's people."""
    with closing(sqlite3.connect(door.warehouse)) as warehouse:
        warehouse.row_factory = sqlite3.Row
        return [dict(row) for row in warehouse.execute("SELECT * FROM people")]
