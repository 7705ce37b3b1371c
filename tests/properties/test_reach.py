"""A rule that is said to be out of reach never decides anything, whatever rules and accounts there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import ConfigError
from connector.model import ColumnType
from connector.rules import book as reading
from connector.rules.book import Rule, judge
from connector.rules.expression import compile_condition
from connector.rules.language import Language, Situation
from connector.rules.names import Value
from connector.rules.people import Staff
from connector.rules.ranges import LINE, NULL, Values, points
from connector.rules.reach import shadowed
from connector.rules.reading import Problems

law = settings(max_examples=400, deadline=None)
WORDS = ("hot", "warm", "none")
START = datetime(2026, 1, 1, tzinfo=UTC)
LANGUAGE = Language(
    {
        "tier": ColumnType.TEXT,
        "country": ColumnType.TEXT,
        "size": ColumnType.INTEGER,
        "score": ColumnType.DECIMAL,
        "crm.active": ColumnType.BOOLEAN,
        "pql": ColumnType.BOOLEAN,
        "at": ColumnType.DATETIME,
        "signals": ColumnType.LIST,
    },
    {"tier": WORDS, "signals": ("a", "b")},
)
NOBODY = Staff({}, {}, (), frozenset())

numbers = st.sampled_from(["1", "2", "2.5", "-1"])
compares = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
equals = st.sampled_from(["==", "!="])
dates = st.sampled_from(["d'2026-01-01'", "d'2026-01-02'"])
atoms = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(["size", "score"]), compares, numbers),
    st.builds("{} {} {}".format, numbers, compares, st.sampled_from(["size", "score"])),
    st.builds("tier {} '{}'".format, equals, st.sampled_from(WORDS)),
    st.builds("country {} '{}'".format, compares, st.sampled_from("xy")),
    st.builds("tier in ['{}', '{}']".format, st.sampled_from(WORDS), st.sampled_from(WORDS)),
    st.builds("size in [{}, {}]".format, numbers, numbers),
    st.builds("'{}' in signals".format, st.sampled_from("ab")),
    st.builds("at {} {}".format, compares, dates),
    st.builds("{} {} null".format, st.sampled_from(["tier", "size", "score", "pql", "crm.active", "at"]), equals),
    st.builds("pql {} {}".format, equals, st.sampled_from(["true", "false"])),
    st.sampled_from(
        ["pql", "crm.active", "size < score", "size + 1 > score", "country =~ 'x'", "true", "pql == crm.active"]
    ),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)
situations = st.fixed_dictionaries(
    {
        "tier": st.none() | st.sampled_from(WORDS),
        "country": st.none() | st.sampled_from(["x", "y", "z", "xy"]),
        "size": st.none() | st.sampled_from([-1, 0, 1, 2, 3]).map(Decimal),
        "score": st.none() | st.sampled_from(["-1", "1", "1.5", "2", "2.5", "3"]).map(Decimal),
        "crm.active": st.none() | st.booleans(),
        "pql": st.none() | st.booleans(),
        "at": st.none() | st.integers(-1, 2).map(lambda days: START + timedelta(days=days)),
        "signals": st.none() | st.lists(st.sampled_from("ab"), unique=True).map(tuple),
    }
)
rows = st.lists(st.tuples(conditions, st.booleans()), min_size=2, max_size=6)


def rules(drawn: list[tuple[str, bool]]) -> tuple[tuple[Rule, ...], set[str]]:
    """The rules as loaded, and those that were refused for being impossible."""
    problems = Problems()
    listed = [
        {"id": f"r{place}", "when": when, "route": "none", "because": "x", "on_undecided": "hold" if holds else "next"}
        for place, (when, holds) in enumerate(drawn)
    ]
    book = reading.read({"rule": listed}, LANGUAGE, NOBODY, problems)
    assert all("can never match" in problem for problem in problems.found), problems.found
    return book, {rule.id for rule in book if any(f'"{rule.id}"' in problem for problem in problems.found)}


@law
@given(rows, st.lists(situations, min_size=20, max_size=60))
def test_a_rule_out_of_reach_never_decides(drawn: list[tuple[str, bool]], seen: list[dict[str, Value]]) -> None:
    """In no situation is a shadowed rule the one that decides, and never does a refused one hold."""
    book, never = rules(drawn)
    out_of_reach = {one.rule.id for one in shadowed(book)}
    for values in seen:
        situation = Situation(values)
        assert judge(book, situation).rule_id not in out_of_reach
        assert not any(rule.when.holds(situation) for rule in book if rule.id in never)


@law
@given(conditions, situations)
def test_a_region_holds_every_situation_its_condition_does(when: str, values: dict[str, Value]) -> None:
    """Where a condition holds it is inside one of its boxes, where it does not, in none that only asks for values."""
    try:
        condition = compile_condition(when, LANGUAGE)
    except ConfigError:  # a constant part the library refuses
        return
    if condition.region is None:
        return
    plain = [box for box in condition.region.boxes if set(box) <= LANGUAGE.names.keys()]
    inside = [all(_one(values[name]) & asked for name, asked in box.items()) for box in plain]
    holds = condition.holds(Situation(values))
    if len(plain) == len(condition.region.boxes):
        assert any(inside) == bool(holds)
    assert not any(inside) or holds


def _one(value: Value) -> Values:
    """A value as a set; of a list it is only asked whether there is one."""
    if value is None:
        return NULL
    return LINE if isinstance(value, tuple) else points([value])
