"""A rule's condition: parsed, typed and checked once, then asked of account after account.

The rule-engine library parses and evaluates. Around it stands what D11 and D12 ask for: a white list of syntax (no
calls, no built-ins, no division, so an evaluation cannot read a clock or run code, and hardly fail), words checked
against their vocabulary, and null handling. A null is decided over *all* names an expression reads, not only over those
a short-circuit would reach: any of them null, and the expression is undecided (None). Names that occur solely in
`== null` or `!= null` do not count. A name inside both forms counts, so such a rule is better written as two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from rule_engine import Context, DataType, EngineError, Rule

from connector.errors import ConfigError
from connector.rules.checking import Checker
from connector.rules.language import TYPES, Language, Situation
from connector.rules.names import Value
from connector.rules.reading import nearest
from connector.rules.regions import Region, region

ANSWERS = 4_096  # remembered per rule


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression. `names` are all names in it, `reads` those whose null makes it undecided.

    `region` is where it holds, None where that is too much to say.
    """

    text: str
    names: tuple[str, ...]
    reads: tuple[str, ...]
    region: Region | None
    _holds: Callable[[tuple[Value, ...]], bool]

    def unknown(self, situation: Situation) -> list[str]:
        """The names it reads that are null here, in order."""
        return [name for name in self.reads if situation.values[name] is None]

    def holds(self, situation: Situation) -> bool | None:
        """True or false; None when a name it reads is null (D11)."""
        values = situation.values
        for name in self.reads:
            if values[name] is None:
                return None
        return self._holds(tuple(values[name] for name in self.names))


def compile_condition(text: str, language: Language) -> Condition:
    """Compile one expression. Raises ConfigError naming what is wrong and the nearest valid name."""
    try:
        rule = Rule(text, context=_context(language))
    except EngineError as error:
        raise ConfigError([_advice(error, text, language)]) from error
    except ArithmeticError as error:  # the library works out constant parts while it reads
        raise ConfigError([f'"{text}" cannot be worked out: {type(error).__name__}']) from error
    tree = rule.statement.expression
    checker = Checker(language)
    checker.check_truth(tree)
    if checker.problems:
        raise ConfigError(checker.problems)
    names, reads = tuple(sorted(checker.names)), tuple(sorted(checker.reads))
    return Condition(text, names, reads, region(tree, language, reads), _asking(rule, names))


def _asking(rule: Rule, names: tuple[str, ...]) -> Callable[[tuple[Value, ...]], bool]:
    """The rule as a function of the values of `names`, with its latest answers remembered.

    Most accounts share tier, segment and the like, and an answer depends on nothing else: this makes twenty rules
    several times as fast.
    """

    @lru_cache(maxsize=ANSWERS)
    def holds(values: tuple[Value, ...]) -> bool:
        return bool(rule.matches(Situation(dict(zip(names, values, strict=True)))))

    return holds


def _context(language: Language) -> Context:
    """A context of its own per rule: the library lets rules of one context share their symbols."""
    types: dict[str, Any] = {name: TYPES[kind] for name, kind in language.names.items() if "." not in name}
    groups = language.groups
    for group in groups:
        members = {n.partition(".")[2]: TYPES[k] for n, k in language.names.items() if n.startswith(f"{group}.")}
        types[group] = DataType.OBJECT(group, attributes=members, accessor=partial(_member, group))
    return Context(
        type_resolver=types,
        resolver=partial(_resolve, groups),
        default_timezone="utc",
        mapping_attribute_lookup=False,
    )


def _resolve(groups: frozenset[str], situation: Situation, name: str) -> object:
    return situation if name in groups else situation.values[name]


def _member(group: str, situation: Situation, name: str) -> object:
    return situation.values[f"{group}.{name}"]


def _advice(error: EngineError, text: str, language: Language) -> str:
    """The library's error as advice; unknown names get our own suggestion, which knows the dotted names."""
    name = getattr(error, "symbol_name", None) or getattr(error, "attribute_name", None)
    if name is None:
        return f'"{text}" cannot be read: {error.message}'
    owner = getattr(getattr(error, "object", None), "name", None)
    full = f"{owner}.{name}" if owner else name
    return f'unknown name "{full}"; {nearest(full, language.names)}'
