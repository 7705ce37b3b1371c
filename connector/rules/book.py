"""`rules.toml` read and applied: ordered rules, the first that holds decides (D10, D11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.errors import ConfigError
from connector.model import Canonical, Route
from connector.rules.expression import Condition, compile_condition
from connector.rules.language import Language, Situation
from connector.rules.names import canonical
from connector.rules.owners import Target, read_targets
from connector.rules.people import Staff
from connector.rules.reading import Problems, Table
from connector.rules.wording import Wording, compile_wording

FILE = "mappings/rules.toml"
WHERE = f"{FILE} rule"
HOLD, NEXT = "hold", "next"
TO_PEOPLE = frozenset({Route.ASSIGN_AE, Route.ASSIGN_SDR, Route.FYI_OWNER, Route.EXPANSION})
NO_RULE = "no-rule"
_KEYS = ("id", "when", "route", "because", "to", "flags", "on_undecided", "supersedes")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `holds_back`: when it cannot be decided nothing below it may be, and the account is held.

    `supersedes` marks the rules that an SQL or open opportunity makes fire; they store what would have been without.
    `where` is its place for people: file, line and id.
    """

    id: str
    when: Condition
    route: Route
    because: Wording
    to: tuple[Target, ...] = ()
    flags: tuple[str, ...] = ()
    holds_back: bool = False
    supersedes: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the book says of one situation. `rule` is None when no rule held."""

    route: Route
    rule_id: str
    reason: str
    evidence: dict[str, Canonical]
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule fared: `matched` is None when it could not be decided."""

    rule: str
    matched: bool | None
    why: str


def judge(book: Sequence[Rule], situation: Situation) -> Verdict:
    """The first rule that holds. An undecided one is passed over, unless it holds back."""
    for rule in book:
        holds = rule.when.holds(situation)
        if holds:
            return Verdict(rule.route, rule.id, rule.because.say(situation), _evidence(rule, situation), rule)
        if holds is None and rule.holds_back:
            unknown = ", ".join(rule.when.unknown(situation))
            return Verdict(Route.HOLD, rule.id, f"held: {unknown} not known", _evidence(rule, situation))
    return Verdict(Route.NONE, NO_RULE, "no rule applies", {})


def trace(book: Sequence[Rule], situation: Situation) -> list[RuleTrace]:
    """Every rule up to the one that decided, with the values it saw."""
    traces = []
    for rule in book:
        holds = rule.when.holds(situation)
        traces.append(RuleTrace(rule.id, holds, _told(rule, situation)))
        if holds or (holds is None and rule.holds_back):
            break
    return traces


def read(
    document: Table, language: Language, staff: Staff, problems: Problems, lines: Sequence[int] = ()
) -> tuple[Rule, ...]:
    """The compiled rules, in order; without any, nothing is decided. Notes everything wrong in every rule.

    `lines` are those the rules begin at in their file, where they are known.
    """
    rows = _placed(problems.rows(WHERE, document.get("rule")), lines)
    ids = [row.get("id") for _, row in rows]
    for name in sorted({str(name) for name in ids if ids.count(name) > 1}):
        second = [where for where, row in rows if str(row.get("id")) == name][1]
        problems.add(_named(second, name), "the id is used twice; give every rule its own")
    read_one = (_read(where, row, language, staff, problems) for where, row in rows)
    return tuple(rule for rule in read_one if rule)


def _placed(rows: list[tuple[str, Table]], lines: Sequence[int]) -> list[tuple[str, Table]]:
    """The rows with the line each begins at."""
    if len(lines) != len(rows):
        return rows
    return [(f"{FILE}:{line}{where.removeprefix(FILE)}", row) for (where, row), line in zip(rows, lines, strict=True)]


def _named(where: str, name: str) -> str:
    """A rule's place with its id in place of its number."""
    return f'{where.rpartition(" ")[0]} "{name}"'


def _read(where: str, row: Table, language: Language, staff: Staff, problems: Problems) -> Rule | None:
    name = problems.text(where, row, "id")
    where = _named(where, name) if name else where
    problems.only(where, row, _KEYS)
    route = problems.choice(where, "route", problems.text(where, row, "route"), [str(known) for known in Route])
    undecided = row.get("on_undecided", NEXT)
    problems.choice(where, "on_undecided", str(undecided), (HOLD, NEXT))
    to = read_targets(where, problems.texts(where, row, "to"), staff, problems)
    if route in TO_PEOPLE and not to:
        problems.add(where, f'route "{route}" needs "to", such as to = ["account_owner", "pool:ae"]')
    if to and route in set(Route) - TO_PEOPLE:
        problems.add(where, f'route "{route}" goes to nobody; leave out "to"')
    condition = _condition(where, problems.text(where, row, "when"), language, problems)
    because = _wording(where, problems.text(where, row, "because"), language, problems)
    if not condition or not because or route not in set(Route):
        return None
    return Rule(
        name,
        condition,
        Route(route),
        because,
        to,
        problems.texts(where, row, "flags"),
        undecided == HOLD,
        problems.truth(where, row, "supersedes", default=False),
        where,
    )


def _condition(where: str, text: str, language: Language, problems: Problems) -> Condition | None:
    try:
        condition = compile_condition(text, language) if text else None
    except ConfigError as error:
        for problem in error.problems:
            problems.add(f"{where} when", problem)
        return None
    if condition and condition.region and not condition.region.boxes:
        problems.add(f"{where} when", f"can never match: {_contradiction(condition)}; correct it, or drop the rule")
    return condition


def _contradiction(condition: Condition) -> str:
    clashes = condition.region.clashes if condition.region else ()
    return f"nothing fits all it asks of {', '.join(clashes)}" if clashes else f'"{condition.text}" is never true'


def _wording(where: str, text: str, language: Language, problems: Problems) -> Wording | None:
    try:
        return compile_wording(text, language.names) if text else None
    except ConfigError as error:
        for problem in error.problems:
            problems.add(f"{where} because", problem)
        return None


def _evidence(rule: Rule, situation: Situation) -> dict[str, Canonical]:
    """What the rule looked at, by name."""
    return {name: canonical(situation.values[name]) for name in rule.when.names}


def _told(rule: Rule, situation: Situation) -> str:
    seen = ((name, value) for name, value in _evidence(rule, situation).items())
    return ", ".join(f"{name} {'unknown' if value is None else value}" for name, value in seen)
