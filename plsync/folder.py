"""The folder RevOps edits: every mapping, rule and list file read, and all their problems reported together."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from connector.errors import ConfigError
from connector.mapping.fields import Declared, ObjectMapping
from connector.mapping.reading import ACCOUNTS_ALONE
from connector.mapping.reading import build as build_mapping
from connector.model import ColumnType
from connector.rules import terms
from connector.rules.definitions import Definitions
from connector.rules.definitions import build as build_definitions
from connector.rules.lines import headers
from connector.rules.reading import Problems, Table
from connector.rules.terms import NOTHING_AGREED, Agreed
from plsync import clocks
from plsync.clocks import Clocks, read_clocks
from plsync.config import read_toml

RULES, AGREED = "rules", "definitions"
DOCUMENTS = (RULES, "segments", "crm_state", "people", "territories")


@dataclass(frozen=True)
class Folder:
    """What the mapping folder says. `agreed` is what was documented of the definitions, which decides nothing."""

    mappings: tuple[ObjectMapping, ...]
    definitions: Definitions
    clocks: Clocks
    agreed: Agreed = NOTHING_AGREED


def read_folder(
    folder: Path,
    columns: Mapping[str, ColumnType],
    others: Mapping[str, Declared] = ACCOUNTS_ALONE,
    instead: Mapping[str, Path] = MappingProxyType({}),
) -> Folder:
    """Read the folder. Files that are not rules are object mappings. Raises ConfigError with every problem.

    `columns` are those of accounts, `others` the further relations of the warehouse that can be mapped. `instead` are
    files to be read in place of those the folder has, by their names there without the ending.
    """
    if not folder.is_dir():
        raise ConfigError([f"mappings.folder: there is no folder {folder}; name the one that holds your mapping files"])
    problems: list[str] = []
    documents: dict[str, Any] = {"lists": _lists(folder / "lists", problems)}
    mappings: list[ObjectMapping] = []
    sla: dict[str, Any] | None = None
    files = {path.stem: path for path in sorted(folder.glob("*.toml"))} | dict(instead)
    for name, path in files.items():
        try:
            document = read_toml(path)
            if name in (*DOCUMENTS, AGREED):
                documents[name] = document
            elif name == clocks.FILE:
                sla = document
            else:
                mappings.append(build_mapping(name, document, columns, others))
        except ConfigError as error:
            problems += error.problems
    problems += _two_writers(mappings)
    timed, mistakes = read_clocks(sla, documents)
    problems += mistakes
    agreed = _agreed(documents.pop(AGREED, {}), problems)
    try:
        definitions = build_definitions(documents, columns, _lines(files, documents))
    except ConfigError as error:
        raise ConfigError([*problems, *(_placed(problem, instead) for problem in error.problems)]) from None
    problems += _undecided(mappings, definitions)
    problems += _unread(mappings, definitions)
    if problems:
        raise ConfigError(problems)
    return Folder(tuple(mappings), definitions, timed, agreed)


def _agreed(document: Table, problems: list[str]) -> Agreed:
    noted = Problems()
    agreed = terms.read(document, noted)
    problems += noted.found
    return agreed


def _lines(files: Mapping[str, Path], documents: Mapping[str, Any]) -> tuple[int, ...]:
    """Where the rules begin in their file."""
    return headers(files[RULES].read_text(encoding="utf-8-sig"), "rule") if RULES in documents else ()


def _placed(problem: str, instead: Mapping[str, Path]) -> str:
    """A problem with the file it is in, where another was read than the folder's."""
    for name, path in instead.items():
        if problem.startswith(own := f"mappings/{name}.toml"):
            return f"{path}{problem.removeprefix(own)}"
    return problem


def _lists(folder: Path, problems: list[str]) -> dict[str, frozenset[str]]:
    """One set of lower-case domains per list file."""
    return {path.stem: _domains(path, problems) for path in sorted(folder.glob("*.csv"))}


def _domains(path: Path, problems: list[str]) -> frozenset[str]:
    try:
        rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        if "domain" not in (rows.fieldnames or ()):
            problems.append(f'{path}: the first line must name a column "domain"')
            return frozenset()
        return frozenset(row["domain"].strip().lower() for row in rows if (row["domain"] or "").strip())
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        problems.append(f"{path}: cannot be read as CSV ({error}); save it as UTF-8 text, one domain a line")
        return frozenset()


def _undecided(mappings: list[ObjectMapping], definitions: Definitions) -> list[str]:
    """Without a rule there is no decision for a field to carry."""
    return [
        f'mappings/{mapping.name}.toml [fields.{field.to}]: from = "{field.source}", but nothing is decided: '
        "mappings/rules.toml has no [[rule]]; write one, or drop the field"
        for mapping in mappings
        for field in (() if definitions.decides else mapping.decided_fields)
    ]


def _unread(mappings: list[ObjectMapping], definitions: Definitions) -> list[str]:
    """Decisions are made from what a CRM holds now: no rule may read a stale copy to save calls (P2b)."""
    asked = {source.crm for source in definitions.fact_sources} if definitions.decides else set()
    return [
        f"mappings/{mapping.name}.toml [object] read = false: decisions read facts from {mapping.destination} "
        "(crm_state.toml), which takes the live read; leave it out, or take the rules out of the folder"
        for mapping in mappings
        if mapping.blind and mapping.destination in asked
    ]


def _two_writers(mappings: list[ObjectMapping]) -> list[str]:
    """A field may have one mapping only: two would overwrite each other for ever."""
    writers: dict[tuple[str, str, str], str] = {}
    problems = []
    for mapping in mappings:
        for field in mapping.fields:
            place = (mapping.destination, mapping.object, field.to)
            if place in writers:
                problems.append(
                    f"mappings/{mapping.name}.toml [fields.{field.to}]: {writers[place]}.toml writes the same field; "
                    "keep it in one of the two"
                )
            writers[place] = mapping.name
    return problems
