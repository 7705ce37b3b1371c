"""The mapping files as one checked value with a version: everything a decision depends on beside the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.model import ColumnType, FactSource, Tier
from connector.rules import book, layers, lists, parts, people, rubric, segments, sources
from connector.rules.book import FILE as RULES
from connector.rules.book import Rule
from connector.rules.handoff_policy import BASELINES, ON_CHANGE, WITHOUT_CRM, AlertPolicy
from connector.rules.language import Language
from connector.rules.layers import LayerPolicy
from connector.rules.lists import DomainLists
from connector.rules.motion import MotionPolicy
from connector.rules.names import DERIVED, IDENTITIES, PROMISED, STAGE_DATES, vocabulary
from connector.rules.people import Staff
from connector.rules.reading import Problems, Table
from connector.rules.segments import UNKNOWN_SIZE, Segments
from connector.rules.signals import KINDS
from connector.rules.sources import CrmPolicy
from connector.rules.tiers import Thresholds

# What tiers, motion, owners and alert texts read beside the rules. `scored_at` is left out on purpose: scoring an
# account again without moving it is no reason to decide it again.
_ALWAYS = frozenset(
    {
        *STAGE_DATES,
        "expanded_at",
        "name",
        "domain",
        "employees",
        "industry",
        "country",
        "plan",
        "crm_of_record",
        "owner_email",
        "score",
        "motion",
        "active_users",
        "seats_purchased",
        "seats_used",
        "limit_used",
    }
)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything declared. `version` moves with any of it, each of `versions` with one named part (see `parts`).

    `columns` are all logical columns, declared or not. `points` maps a score component to its column, `worths` to what
    it can earn where that is told, `layer_points` a layer to its components. Only accounts of `enabled` segments are
    handed to sales, of all where it is None. `columns_read` are the declared columns that decisions and alerts depend
    on, for the decide fingerprint (D13). Without a rule in the book nothing is decided: no fact of a CRM is read,
    nothing is stored of it, nobody is alerted.
    """

    version: str
    versions: Mapping[str, str]
    book: tuple[Rule, ...]
    tiers: Thresholds
    layers: LayerPolicy
    motion: MotionPolicy
    alerts: AlertPolicy
    points: Mapping[str, str]
    worths: Mapping[str, Decimal]
    layer_points: Mapping[str, tuple[str, ...]]
    segments: Segments
    enabled: frozenset[str] | None
    crm: CrmPolicy
    fact_sources: tuple[FactSource, ...]
    staff: Staff
    lists: DomainLists
    columns: Mapping[str, ColumnType]
    declared: frozenset[str]
    columns_read: frozenset[str]

    @property
    def decides(self) -> bool:
        """Whether there is any rule, so that accounts are decided at all."""
        return bool(self.book)

    @property
    def decide_version(self) -> str | None:
        """The version that decisions are made by; None where none is made."""
        return self.version if self.decides else None

    def enables(self, segment: str) -> bool:
        """Whether accounts of a segment may be handed to sales yet (staged roll-out)."""
        return self.enabled is None or segment in self.enabled

    @property
    def undecided(self) -> Definitions:
        """The same without its rules, for records that are no accounts."""
        return replace(self, book=())

    @property
    def personal_domains(self) -> frozenset[str]:
        """E-mail domains that belong to no company: they never match and never exclude (D5)."""
        return self.lists.domains.get("personal", frozenset())


def build(documents: Mapping[str, Any], columns: Mapping[str, ColumnType], lines: Sequence[int] = ()) -> Definitions:
    """Check and compile the parsed files over the declared account columns.

    `documents` holds "rules", "segments", "crm_state", "people", "territories" and "lists" (domains by list name).
    Without a [[rule]] none of them is needed; what is there is checked all the same. `lines` are where the rules begin
    in their file.
    Raises ConfigError with every problem of every file, each with its place and the nearest valid name.
    """
    problems = Problems()
    rules: Table = documents.get("rules", {})
    problems.only(RULES, rules, {"enabled_segments", "tiers", "layers", "motion", "alerts", "points", "rule"})
    _check_columns(columns, problems)
    sizes = segments.read(documents.get("segments", {}), problems) if _needed("segments", documents) else ()
    names = (*(segment.name for segment in sizes), UNKNOWN_SIZE)
    staff = _staff(documents, names, problems)
    policy, fact_sources = sources.read(documents.get("crm_state", {}), problems)
    language = _language(columns, names)
    layer_points, worths = rubric.read(rules.get("points"), problems)
    points = {name: f"points_{name}" for listed in layer_points.values() for name in listed}
    compiled = book.read(rules, language, staff, problems, lines)
    read = _columns_read(compiled, points) & frozenset(columns) if compiled else frozenset()
    definitions = Definitions(
        version=parts.version([documents, _deciding(columns, read)]),
        versions=parts.versions(documents) if compiled else {},
        book=compiled,
        tiers=_tiers(rules, problems),
        layers=_layers(rules, problems),
        motion=problems.settings(f"{RULES} [motion]", rules.get("motion"), MotionPolicy()),
        alerts=_alerts(rules, problems),
        points=points,
        worths=worths,
        layer_points=layer_points,
        segments=sizes,
        enabled=_enabled(rules, names, problems),
        crm=policy,
        fact_sources=fact_sources if compiled else (),
        staff=staff,
        lists=lists.read(documents.get("lists", {}), problems),
        columns={name: kind for name, kind in language.names.items() if name not in DERIVED},
        declared=frozenset(columns),
        columns_read=read,
    )
    problems.raise_any()
    return definitions


def _needed(name: str, documents: Mapping[str, Any]) -> bool:
    """Whether the rules want this file, or somebody wrote it and wants to know what is wrong with it."""
    return name in documents or bool(documents.get("rules", {}).get("rule"))


def _staff(documents: Mapping[str, Any], names: tuple[str, ...], problems: Problems) -> Staff:
    if not _needed("people", documents) and not _needed("territories", documents):
        return Staff({}, {}, (), frozenset())
    return people.read(documents.get("people", {}), documents.get("territories", {}), names, problems)


def _check_columns(columns: Mapping[str, ColumnType], problems: Problems) -> None:
    for name in sorted(set(columns) & {derived.partition(".")[0] for derived in DERIVED}):
        problems.add("accounts", f'the column name "{name}" is taken by a derived name; declare it under another')


def _tiers(rules: Table, problems: Problems) -> Thresholds:
    where = f"{RULES} [tiers]"
    thresholds = problems.settings(where, rules.get("tiers"), Thresholds())
    for problem in thresholds.problems:
        problems.add(where, problem)
    return thresholds


def _alerts(rules: Table, problems: Problems) -> AlertPolicy:
    where = f"{RULES} [alerts]"
    policy = problems.settings(where, rules.get("alerts"), AlertPolicy())
    problems.choice(where, "alert_without_crm", policy.alert_without_crm, WITHOUT_CRM)
    problems.choice(where, "baseline", policy.baseline, BASELINES)
    problems.choice(where, "on_definition_change", policy.on_definition_change, ON_CHANGE)
    return policy


def _layers(rules: Table, problems: Problems) -> LayerPolicy:
    where = f"{RULES} [layers]"
    policy = problems.settings(where, rules.get("layers"), LayerPolicy())
    problems.choice(where, "require", policy.require, layers.REQUIRE)
    return policy


def _language(columns: Mapping[str, ColumnType], names: tuple[str, ...]) -> Language:
    words = {
        "tier": tuple(str(tier) for tier in Tier),
        "segment": names,
        "identity": IDENTITIES,
        "excluded": lists.EXCLUDING,
        "signals": KINDS,
    }
    return Language(vocabulary(columns), words)


def _enabled(rules: Table, names: tuple[str, ...], problems: Problems) -> frozenset[str] | None:
    """The segments of a staged roll-out (D16 of the domain); all where nothing is said."""
    if "enabled_segments" not in rules:
        return None
    listed = problems.texts(RULES, rules, "enabled_segments")
    for name in listed:
        problems.choice(RULES, "enabled_segments", name, names)
    return frozenset(listed)


def _deciding(columns: Mapping[str, ColumnType], read: frozenset[str]) -> dict[str, ColumnType]:
    """The declared columns but for those of promises alone: declaring one makes nobody be decided anew."""
    return {name: kind for name, kind in columns.items() if name in read or name not in PROMISED}


def _columns_read(rules: tuple[Rule, ...], points: Mapping[str, str]) -> frozenset[str]:
    named = {name for rule in rules for name in (*rule.when.names, *rule.because.names)}
    return frozenset({*named, *_ALWAYS, *points.values()})
