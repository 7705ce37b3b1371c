"""Rules out of reach: a contradiction is refused at load, a shadow is told, and nothing that can match is reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connector.errors import ConfigError
from connector.rules import definitions
from connector.rules.book import Rule
from connector.rules.lines import headers
from connector.rules.reach import shadowed
from tests.unit.rules.shipped import DECLARED, MAPPINGS, documents, shipped

SHIPPED = (MAPPINGS / "rules.toml").read_text("utf-8")


def book(*conditions: str, **more: Any) -> tuple[Rule, ...]:
    """Rules with these conditions, named a, b, c …; `more` goes into the last."""
    rows = [
        {"id": chr(ord("a") + place), "when": when, "route": "none", "because": "x"}
        for place, when in enumerate(conditions)
    ]
    rows[-1] |= more
    files = documents()
    files["rules"]["rule"] = rows
    return definitions.build(files, DECLARED).book


def told(rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """Each shadowed rule with those that shadow it."""
    return [(one.rule.id, "".join(rule.id for rule in one.by)) for one in shadowed(rules)]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("tier == 'hot' and tier == 'warm'", "nothing fits all it asks of tier"),
        ("tier in ['hot', 'warm'] and segment == 'enterprise' and tier == 'none'", "asks of tier"),
        ("tier != 'hot' and tier != 'warm' and tier != 'watching' and tier != 'none'", "asks of tier"),
        ("employees >= 100 and employees < 50", "asks of employees"),
        ("employees > 50 and 50 > employees", "asks of employees"),
        ("score > 80 and score <= 80", "asks of score"),
        ("score == 80 and score != 80", "asks of score"),
        ("activated and not activated", "asks of activated"),
        ("crm.sql_active == false and crm.sql_active", "asks of crm.sql_active"),
        ("not (activated or pql) and activated", "asks of activated"),
        ("'hand_raise' in signals and not ('hand_raise' in signals)", "asks of ('hand_raise' in signals)"),
        ("pql_at < d'2026-01-01' and pql_at >= d'2026-01-01'", "asks of pql_at"),
        ("score == null and score > 3", "asks of score"),
        ("(tier == 'hot' or tier == 'warm') and tier == 'watching'", "asks of tier"),
        ("domain =~ 'a' and not (domain =~ 'a')", "asks of (domain"),
        ("1 > 2", '"1 > 2" is never true'),
    ],
)
def test_a_rule_that_can_never_match_is_refused(when: str, said: str) -> None:
    """A condition that contradicts itself is a mistake, told with the name it is about."""
    with pytest.raises(ConfigError) as refused:
        book("score > 1", when)
    (problem,) = refused.value.problems

    assert problem.startswith('mappings/rules.toml rule "b" when: can never match: ')
    assert said in problem


@pytest.mark.parametrize(
    "when",
    [
        "tier == 'hot' or tier == 'warm'",
        "employees >= 50 and employees < 51",
        "score == null or score > 3",
        "score == null and employees > 3",
        "domain =~ 'a' and domain =~ 'b'",
        "seats_used > seats_purchased and seats_used < seats_purchased + 1",
        "country != 'DE' and country != 'FR'",
        "'hand_raise' in signals and 'limit_hit' in signals",
    ],
)
def test_a_rule_that_can_match_is_taken(when: str) -> None:
    """Where a contradiction is not certain, the rule stands."""
    assert len(book(when)) == 1


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param(["tier == 'hot'", "tier == 'hot' and employees > 5"], [("b", "a")], id="narrower"),
        pytest.param(["tier in ['hot', 'warm']", "tier == 'warm'"], [("b", "a")], id="one of"),
        pytest.param(["tier == 'hot'", "tier == 'warm'", "tier in ['hot', 'warm']"], [("c", "ab")], id="together"),
        pytest.param(["employees >= 50", "employees > 50"], [("b", "a")], id="range"),
        pytest.param(["employees < 50", "employees >= 50", "employees == 7"], [("c", "a")], id="point"),
        pytest.param(
            ["score < 10", "score >= 10 and score < 20", "score < 20 and activated"], [("c", "ab")], id="two ranges"
        ),
        pytest.param(["activated", "not activated", "activated and tier == 'hot'"], [("c", "a")], id="truth"),
        pytest.param(["tier != null", "tier == 'hot'"], [("b", "a")], id="not null"),
        pytest.param(["tier == null", "tier == 'none'", "tier != 'none'", "tier == 'hot'"], [("d", "c")], id="null"),
        pytest.param(["true", "tier == 'hot'"], [("b", "a")], id="always"),
        pytest.param(["'limit_hit' in signals", "'limit_hit' in signals and pql"], [("b", "a")], id="word"),
        pytest.param(["domain =~ 'x'", "domain =~ 'x' and pql"], [("b", "a")], id="same pattern"),
        pytest.param(["not (pql and activated)", "not pql and activated == false"], [("b", "a")], id="not both"),
        pytest.param(
            ["tier == 'hot' or segment == 'enterprise'", "segment == 'enterprise' and tier == 'warm'"],
            [("b", "a")],
            id="or",
        ),
    ],
)
def test_a_rule_whose_turn_never_comes_is_told(conditions: list[str], expected: list[tuple[str, str]]) -> None:
    """Whatever it matches, rules before it match: one of them, or several together."""
    assert told(book(*conditions)) == expected


@pytest.mark.parametrize(
    "conditions",
    [
        pytest.param(["tier == 'hot' and employees > 5", "tier == 'hot'"], id="wider"),
        pytest.param(["employees > 50", "employees >= 50"], id="edge"),
        pytest.param(["employees > 5 or tier == 'hot'", "tier == 'hot'"], id="null in the rule before"),
        pytest.param(["tier == 'hot' and employees != null", "tier == 'hot'"], id="null asked for"),
        pytest.param(["domain =~ 'x'", "domain =~ 'xy'"], id="patterns are not understood"),
        pytest.param(["activated", "not activated"], id="the rest"),
        pytest.param(["score > 10", "tier == 'hot'"], id="a tier follows from a score, which is not known here"),
        pytest.param(["country == 'DE'", "country != 'DE'", "country == null"], id="null"),
    ],
)
def test_a_rule_that_can_be_reached_is_not_told(conditions: list[str]) -> None:
    """A null keeps the rule before undecided, so the next has its turn; and what is not sure is not said."""
    assert told(book(*conditions)) == []


def test_a_rule_that_holds_back_takes_nulls_too() -> None:
    """Where an earlier rule holds an account for a null, no later one is asked; and holding is an effect of its own."""
    files = documents()
    narrow = {"id": "b", "when": "tier == 'hot'", "route": "none", "because": "x"}
    wide = {"id": "a", "when": "employees > 5 or tier == 'hot'", "route": "none", "because": "x"}
    files["rules"]["rule"] = [{**wide, "on_undecided": "hold"}, narrow]
    assert told(definitions.build(files, DECLARED).book) == [("b", "a")]

    assert told(book("tier == 'hot'", "tier == 'hot' and employees > 5", on_undecided="hold")) == []


def test_no_shipped_rule_is_out_of_reach() -> None:
    """The shipped book has no rule too many."""
    assert shadowed(shipped().book) == []


def test_conditions_with_too_many_alternatives_are_left_alone() -> None:
    """Nothing is said about what takes too long to look at."""
    many = " and ".join(f"(points_icp > {n} or points_quota > {n} or score > {n})" for n in range(12))
    rules = book(many, "tier == 'hot'", many)

    assert rules[0].when.region is None
    assert shadowed(rules) == []


def test_problems_name_the_line_of_their_rule() -> None:
    """With the lines known, every problem of a rule says where it begins in its file; so does a shadow."""
    files = documents()
    lines = headers(SHIPPED, "rule")
    files["rules"]["rule"][3]["when"] = "employes > 'x'"
    files["rules"]["rule"][4]["because"] = "{nam}"
    files["rules"]["rule"][5]["id"] = files["rules"]["rule"][6]["id"]
    with pytest.raises(ConfigError) as refused:
        definitions.build(files, DECLARED, lines)
    places = [problem.partition(" ")[0] for problem in refused.value.problems]

    assert sorted(places) == sorted(f"mappings/rules.toml:{lines[place]}" for place in (3, 4, 6))


def test_every_rule_is_found_where_it_begins() -> None:
    """One line per shipped rule, each a [[rule]] header."""
    lines = headers(SHIPPED, "rule")

    assert len(lines) == len(documents()["rules"]["rule"])
    assert {SHIPPED.splitlines()[line - 1] for line in lines} == {"[[rule]]"}


def test_what_only_looks_like_a_header_is_none() -> None:
    """Texts and comments may hold anything."""
    text = "\n".join(
        [
            "# [[rule]]",
            "[[ rule ]] # [[rule]]",
            'a = """',
            "[[rule]]",
            '\\"""',
            "[[rule]]",
            '"""',
            "b = '''",
            "[[rule]]",
            "'''",
            "c = \"#\" # '''",
            "[[ruler]]",
            "  [[rule]]",
        ]
    )

    assert headers(text, "rule") == (2, 13)
