"""The files in mappings/ against config.example.toml, and the folder's own rule: one writer per field."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.model import ColumnType
from plsync.config import Warehouse
from plsync.folder import Folder, read_folder

HOUSE = Path(__file__).parents[3]
PER_CRM = 14  # fields of D24 without the account key, which the match writes


def columns() -> dict[str, ColumnType]:
    """The account columns config.example.toml declares; its secrets stay unread."""
    section = tomllib.loads((HOUSE / "config.example.toml").read_text("utf-8"))["warehouse"]
    return {name: column.type for name, column in Warehouse.model_validate(section).accounts.columns.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped folder, to spoil."""
    return shutil.copytree(HOUSE / "mappings", tmp_path / "mappings")


def shipped() -> Folder:
    return read_folder(HOUSE / "mappings", columns())


def test_shipped_mappings_load() -> None:
    """Both shipped mappings fit the columns of the example configuration (D24)."""
    assert [(m.name, m.object) for m in shipped().mappings] == [
        ("hubspot_company", "companies"),
        ("salesforce_account", "Account"),
    ]


def test_shipped_mappings_write_the_same() -> None:
    """Salesforce and HubSpot get the same fields by the same rules (D24)."""
    hubspot, salesforce = shipped().mappings
    rules = [[(f.source, f.merge, f.on_null, f.order) for f in m.fields] for m in (hubspot, salesforce)]

    assert rules[0] == rules[1]
    assert len(rules[0]) == PER_CRM


def test_shipped_mappings_create_nothing() -> None:
    """Out of the box no record is ever created (invariant 6)."""
    assert {str(m.mode) for m in shipped().mappings} == {"update_only"}


def test_two_mappings_may_not_write_one_field(folder: Path) -> None:
    """A copied mapping file would fight the original: every field both write is named."""
    shutil.copy(folder / "salesforce_account.toml", folder / "salesforce_more.toml")

    with pytest.raises(ConfigError) as caught:
        read_folder(folder, columns())

    assert len(caught.value.problems) == PER_CRM
    assert caught.value.problems[0] == (
        "mappings/salesforce_more.toml [fields.PLS_Score__c]: salesforce_account.toml writes the same field; "
        "keep it in one of the two"
    )


def test_without_rules_a_decision_field_is_named(folder: Path) -> None:
    """A folder without a rule has no decision to carry: every field that wants one is named with file and key."""
    (folder / "rules.toml").unlink()

    with pytest.raises(ConfigError) as caught:
        read_folder(folder, columns())

    decided = [f"mappings/{m.name}.toml [fields.{f.to}]" for m in shipped().mappings for f in m.decided_fields]
    assert [problem.partition(": ")[0] for problem in caught.value.problems] == decided
    assert all("mappings/rules.toml has no [[rule]]" in problem for problem in caught.value.problems)


def test_a_folder_of_mappings_alone_decides_nothing() -> None:
    """Mappings without any other file are a folder: that of the benchmarks, which measure delivery alone."""
    folder = read_folder(HOUSE / "benchmarks" / "mappings", columns())

    assert [m.name for m in folder.mappings] == ["hubspot_company", "salesforce_account"]
    assert not folder.definitions.decides


def test_problems_of_all_files_come_together(folder: Path) -> None:
    """A typo in a mapping, one in the rules and a broken file are told in one go."""
    for name, old, new in [
        ("salesforce_account.toml", 'from = "score"', 'from = "scroe"'),
        ("rules.toml", "hot = 80", 'hot = "eighty"'),
        ("hubspot_company.toml", "[object]", "[object"),
    ]:
        path = folder / name
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")

    with pytest.raises(ConfigError) as caught:
        read_folder(folder, columns())
    told = "\n".join(caught.value.problems)

    assert 'mappings/salesforce_account.toml [fields.PLS_Score__c]: from = "scroe"' in told
    assert "mappings/rules.toml [tiers]" in told
    assert "hubspot_company.toml: not valid TOML" in told


def test_missing_folder_is_advice() -> None:
    """A folder that is not there is said by name."""
    with pytest.raises(ConfigError, match=r"there is no folder elsewhere"):
        read_folder(Path("elsewhere"), columns())
