"""What a user can cause ends in advice that names the place, in the right exit code, and in nothing written."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from plsync import exits
from plsync.cli import app
from tests.front.door import ROOT, Door, refused, run

COMMANDS = sorted(
    str(command.name or (command.callback and command.callback.__name__)) for command in app.registered_commands
)


# --- the command line itself -----------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """`--help` of each command says in a sentence what it does."""
    ran = run(command, "--help")
    assert ran.code == 0
    assert re.search(r"[A-Z][a-z]+ .+[.:;]", ran.out)


def test_no_arguments_show_the_help() -> None:
    """`plsync` alone lists the commands, and is no success."""
    ran = run()
    assert ran.code == exits.CONFIGURATION
    assert all(command in ran.out + ran.err for command in COMMANDS)


@pytest.mark.parametrize("words", [["plann"], ["plan", "--fast"], ["sync", "--limit", "0"], ["explain"]])
def test_a_wrong_word_is_a_usage_error(words: list[str]) -> None:
    """Unknown commands, flags and values, and missing arguments, exit 2 and point at the help."""
    ran = run(*words)
    assert ran.code == exits.CONFIGURATION
    assert "--help" in ran.err


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("sandbox", "demo")])
def test_a_wrong_config_path_is_named(command: str) -> None:
    """Every command that reads a configuration names the path that is not there."""
    needed = {
        "explain": ["hot-open-sql"],
        "link": ["hot-open-sql", "001000000000004AAA"],
        "revert": ["r-000001"],
        "rebind": ["salesforce", "00D000000000001"],
        "reassign": ["--from", "ae-1@workspace.example", "--to", "ae-2@workspace.example"],
    }
    refused(
        run(command, *needed.get(command, []), "--config", "nowhere.toml"),
        exits.CONFIGURATION,
        "nowhere.toml: no such file",
    )


def test_nothing_heavy_is_imported_for_help() -> None:
    """`plsync --help` stays quick: no client library, database or web server is imported for it."""
    heavy = ("sqlalchemy", "pydantic", "requests", "simple_salesforce", "hubspot", "slack_sdk", "starlette", "uvicorn")
    code = f"import sys, plsync.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- the warehouse ---------------------------------------------------------------------------------

READERS = (["plan"], ["sync"], ["explain", "hot-open-sql"], ["funnel"])


@pytest.mark.parametrize("words", READERS)
def test_a_missing_warehouse_file_is_named(door: Door, words: list[str]) -> None:
    """A SQLite warehouse that is not there is unavailable (4), and is not created."""
    door.migrated().warehouse.unlink()
    refused(door.run(*words), exits.UNAVAILABLE, str(door.warehouse), "no such file")
    assert not door.warehouse.exists()


@pytest.mark.parametrize("words", READERS)
def test_an_unreachable_warehouse_is_named_without_its_password(door: Door, words: list[str]) -> None:
    """A PostgreSQL that refuses the connection is unavailable (4); the password stays out of the advice."""
    changes = {f"sqlite:///{door.warehouse}": "postgresql+psycopg://reader:open-sesame@127.0.0.1:1/dwh"}
    ran = door.migrated().run(*words, changes=changes)
    refused(ran, exits.UNAVAILABLE, "127.0.0.1:1/dwh", "refused")
    assert "open-sesame" not in ran.err


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (('industry = "text"', 'industri = "text"'), ("accounts (accounts)", "'industri'", "industry")),
        (('relation = "accounts"', 'relation = "acounts"'), ("acounts", "accounts")),
        (
            ('detail = "text"', 'detail = { column = "details", type = "text" }'),
            ("signals (signals)", "'details'", "detail"),
        ),
    ],
)
@pytest.mark.parametrize("words", [["plan"], ["sync"], ["explain", "hot-open-sql"]])
def test_what_is_declared_and_missing_is_named(
    door: Door, words: list[str], change: tuple[str, str], parts: tuple[str, ...]
) -> None:
    """Columns and relations are checked before every run: table, column and the nearest name; no CRM is called."""
    refused(door.migrated().run(*words, changes=dict([change])), exits.CONFIGURATION, *parts)
    assert door.calls() == 0


@pytest.mark.parametrize("words", [["plan"], ["sync"], ["explain", "hot-open-sql"]])
def test_a_repeated_account_key_is_named(door: Door, words: list[str]) -> None:
    """More than one row per account is refused (2) in the words of `check`, and nothing is written."""
    door.migrated().sql(
        "CREATE TABLE loose AS SELECT * FROM accounts",
        "DROP TABLE accounts",
        "ALTER TABLE loose RENAME TO accounts",
        "INSERT INTO accounts SELECT * FROM accounts WHERE account_key = 'hot-open-sql'",
    )
    refused(door.run(*words), exits.CONFIGURATION, "accounts", "'hot-open-sql' (2 rows)")
    assert door.writes() == 0
    checked = door.run("check")
    assert checked.code == exits.CONFIGURATION
    said = door.run(*words).err.removeprefix("plsync: ").strip()
    assert said in checked.out


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("score", "many", "is not a number"),
        ("pql_at", "yesterday", "is not a date"),
        ("employees", "1.5", "declared integer"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(door: Door, column: str, value: str, said: str) -> None:
    """A value that is not what its column was declared as is named with table, account and column."""
    door.migrated().sql(f"UPDATE accounts SET {column} = '{value}' WHERE account_key = 'hot-open-sql'")
    refused(door.run("sync"), exits.CONFIGURATION, "accounts", "'hot-open-sql'", f"'{column}'", said)
    assert door.calls() == 0
    assert door.run("check").code == exits.CONFIGURATION


def test_an_account_nobody_knows_is_named(door: Door) -> None:
    """`explain` of a key that is not in the warehouse says so: correct the word (2)."""
    refused(door.migrated().run("explain", "Hot-Open-SQL"), exits.CONFIGURATION, '"Hot-Open-SQL"', "case sensitive")


def test_a_funnel_nobody_configured_is_named(door: Door) -> None:
    """`funnel` of an unknown name lists those there are."""
    refused(door.run("funnel", "plgg"), exits.CONFIGURATION, '"plgg"', "plg, sales")


def test_an_empty_warehouse_is_no_baseline(door: Door) -> None:
    """Syncing no account says so, calls nobody, and leaves the first real sync the one that alerts nobody (D18)."""
    door.migrated().run("sync")
    full = door.warehouse.read_bytes()
    door.store.unlink()
    door.migrated().sql("DELETE FROM accounts", "DELETE FROM signals", "DELETE FROM people")
    door.sandbox.forget_requests()
    for command in ("plan", "sync"):
        ran = door.run(command)
        assert ran.code == exits.DONE
        assert "the warehouse holds no account" in ran.out
    assert door.calls() == 0
    door.warehouse.write_bytes(full)
    assert door.run("sync").code == exits.DONE
    assert door.stored("SELECT kind FROM facts WHERE dedupe_key NOT LIKE 'alert_wanted:%:baseline'") == []


# --- mappings and rules ----------------------------------------------------------------------------


def test_a_field_the_crm_lacks_is_named(door: Door) -> None:
    """A mapping to a missing field names file, field and the nearest one; nothing is written."""
    door.migrated().mapping("salesforce_account.toml", {"PLS_Score__c": "PLS_Scor__c"})
    parts = ("mappings/salesforce_account.toml [fields.PLS_Scor__c]", "did you mean PLS_Score__c?")
    for command in ("plan", "sync"):
        refused(door.run(command), exits.CONFIGURATION, *parts)
    assert door.writes() == 0


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        (
            "rules.toml",
            ("crm.sql_active", "crm.sql_activ"),
            'unknown name "crm.sql_activ"; did you mean "crm.sql_active"?',
        ),
        ("salesforce_account.toml", ('from = "score"', 'from = "scor"'), 'did you mean "score"?'),
        ("salesforce_account.toml", ("merge = ", "merg = "), 'unknown key "merg"; did you mean "merge"?'),
        ("segments.toml", ("=", "=="), "not valid TOML"),
    ],
)
def test_a_mistake_in_the_mapping_folder_is_named(door: Door, file: str, change: tuple[str, str], said: str) -> None:
    """A rule naming an unknown column, a mapping of one, a misspelt key or broken TOML names its file."""
    door.mapping(file, dict([change]))
    refused(door.run("check"), exits.CONFIGURATION, file, said)


@pytest.mark.parametrize("content", [b"name\nuniversity.example\n", b"domain\nuniversit\xe9.example\n"])
def test_a_list_that_is_none_is_named(door: Door, content: bytes) -> None:
    """A list file without a domain column, or that is not UTF-8, is named."""
    path = door.folder / "mappings" / "lists" / "student.csv"
    path.write_bytes(content)
    refused(door.run("check"), exits.CONFIGURATION, str(path))


def test_two_mappings_may_not_write_one_field(door: Door) -> None:
    """A field that two mapping files write is refused: they would overwrite each other for ever."""
    text = (door.folder / "mappings" / "salesforce_account.toml").read_text(encoding="utf-8")
    (door.folder / "mappings" / "twin.toml").write_text(text, encoding="utf-8")
    refused(door.run("check"), exits.CONFIGURATION, "twin.toml [fields.PLS_Score__c]", "salesforce_account.toml")


def test_without_rules_there_is_nothing_to_alert_of(door: Door) -> None:
    """[slack] without a rule is a mistake of the configuration, named with file and key."""
    for path in (door.folder / "mappings").glob("*.toml"):
        path.unlink()
    for path in (ROOT / "benchmarks" / "mappings").glob("*.toml"):
        (door.folder / "mappings" / path.name).write_bytes(path.read_bytes())
    refused(
        door.run("check"), exits.CONFIGURATION, "[slack]: alerts follow from decisions", "rules.toml has no [[rule]]"
    )


def test_without_a_crm_there_is_no_plan(door: Door) -> None:
    """A configuration without any CRM the mappings go to is refused rather than called up to date."""
    config = door.migrated().configured()
    text = re.sub(r"\[salesforce\].*?(?=\[slack\])", "", config.read_text(encoding="utf-8"), flags=re.DOTALL)
    config.write_text(text, encoding="utf-8")
    for command in ("plan", "sync"):
        refused(
            run(command, "--config", str(config)), exits.CONFIGURATION, "no CRM to sync to", "[hubspot] or [salesforce]"
        )
