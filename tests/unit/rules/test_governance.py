"""Definitions change as agreed, or somebody hears of it (C33, I13 to I17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connector.errors import ConfigError
from connector.model import InForce
from connector.rules import definitions, parts
from connector.rules.governance import Defined, judge, next_quarter
from connector.rules.parts import NAMES, versions
from connector.rules.reading import Problems
from connector.rules.terms import Agreed, read
from tests.unit.rules.shipped import DECLARED, documents, shipped

TODAY = date(2026, 5, 20)
OLD, NEW = "0ld000000000", "new000000000"


def agreed(**terms: Any) -> Agreed:
    """What is written of the tiers; `fiscal_year_start` beside it."""
    head = {"fiscal_year_start": terms.pop("fiscal_year_start")} if "fiscal_year_start" in terms else {}
    problems = Problems()
    found = read({**head, "tiers": terms} if terms else head, problems)
    assert problems.found == []
    return found


def stood(version: str, since: date, **terms: object) -> InForce:
    """What was recorded of the tiers."""
    return InForce("tiers", datetime(since.year, since.month, since.day, 8, tzinfo=UTC), version, terms)


def tiers(version: str, written: Agreed, *past: InForce) -> Defined:
    """The tiers as they stand."""
    (found,) = judge({"tiers": version}, written, past, TODAY)
    return found


APPROVED: dict[str, Any] = {"version": NEW, "approved_by": ["VP Product", "VP Sales"]}
BEFORE = stood(OLD, date(2025, 12, 1))


# --- documented or not -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "past"),
    [
        pytest.param(agreed(), [], id="before the first sync"),
        pytest.param(agreed(), [stood(NEW, TODAY)], id="the first version needs no word"),
        pytest.param(agreed(**APPROVED), [stood(NEW, TODAY)], id="but may have one"),
        pytest.param(
            agreed(**APPROVED, effective_from=date(2026, 4, 1)), [BEFORE, stood(NEW, date(2026, 4, 1))], id="agreed"
        ),
        pytest.param(agreed(**APPROVED, effective_from=date(2026, 7, 1)), [BEFORE], id="agreed ahead"),
        pytest.param(
            agreed(**APPROVED, effective_from=date(2026, 4, 1)),
            [BEFORE, stood(OLD, date(2026, 1, 5)), stood(NEW, date(2026, 4, 1))],
            id="recorded twice by two replicas",
        ),
    ],
)
def test_what_is_agreed_has_no_finding(written: Agreed, past: list[InForce]) -> None:
    """A first version, or a documented change at the start of a quarter."""
    found = tiers(NEW, written, *past)

    assert (found.undocumented, found.findings) == (False, ())


@pytest.mark.parametrize(
    ("written", "past", "said"),
    [
        pytest.param(agreed(), [BEFORE, stood(NEW, date(2026, 4, 1))], "tiers changed on 2026-04-01", id="no word"),
        pytest.param(agreed(), [BEFORE], "tiers changes with the next sync", id="before it takes effect"),
        pytest.param(agreed(version=OLD), [], f"documented is {OLD}", id="another was agreed on"),
        pytest.param(agreed(version=OLD), [BEFORE, stood(NEW, TODAY)], f"its version is {NEW}", id="and another came"),
    ],
)
def test_a_change_without_a_word_is_undocumented(written: Agreed, past: list[InForce], said: str) -> None:
    """It names the version in force, to be pasted where it belongs."""
    found = tiers(NEW, written, *past)

    assert found.undocumented
    (finding,) = found.findings
    assert said in finding
    assert f'write version = "{NEW}" into mappings/definitions.toml [tiers]' in finding


def test_terms_of_another_version_say_nothing_of_this_one() -> None:
    """Who approved the old one did not approve the new."""
    found = tiers(NEW, agreed(version=OLD, approved_by=["VP Sales"], validated=date(2026, 1, 1)))

    assert found.terms.approved_by == ()
    assert found.validated == "unvalidated"


def test_upkeep_needs_no_word_unless_it_was_given_one() -> None:
    """People and lists change day by day; who documents them is held to it."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    past = [InForce("people", at, OLD, {})]
    (free,) = judge({"people": NEW}, Agreed({}), past, TODAY)
    (bound,) = judge({"people": NEW}, read({"people": {"version": OLD}}, Problems()), past, TODAY)

    assert (free.undocumented, bound.undocumented) == (False, True)


# --- agreed badly ----------------------------------------------------------------------------------


def test_nobody_is_no_approval() -> None:
    """A version without names was not agreed on."""
    (finding,) = tiers(NEW, agreed(version=NEW), stood(NEW, TODAY)).findings

    assert "nobody approved" in finding


@pytest.mark.parametrize(
    ("effective", "before", "named"),
    [
        pytest.param(date(2026, 5, 4), date(2025, 12, 1), ["2026-05-04", "2026-07-01"], id="mid-quarter"),
        pytest.param(
            date(2026, 4, 1),
            date(2026, 2, 1),
            ["2026-04-01", "2026-02-01", "59 days, fewer than 90"],
            id="under 90 days",
        ),
        pytest.param(
            date(2026, 5, 4), date(2026, 4, 1), ["2026-05-04", "2026-07-01", "2026-04-01", "33 days"], id="both"
        ),
    ],
)
def test_a_hasty_change_needs_a_reason(effective: date, before: date, named: list[str]) -> None:
    """In the middle of a quarter, or soon after the last: the finding names both dates, and a reason settles it."""
    past = [stood(OLD, before), stood(NEW, effective)]
    (finding,) = tiers(NEW, agreed(**APPROVED, effective_from=effective), *past).findings
    settled = tiers(NEW, agreed(**APPROVED, effective_from=effective, override_reason="a pricing change"), *past)

    assert all(part in finding for part in [*named, "override_reason"])
    assert settled.findings == ()


def test_ninety_days_are_enough() -> None:
    """The ninetieth day is the first that is."""
    past = [stood(OLD, date(2026, 1, 1)), stood(NEW, date(2026, 4, 1))]

    assert tiers(NEW, agreed(**APPROVED, effective_from=date(2026, 4, 1)), *past).findings == ()


def test_the_definition_before_stood_since_it_was_agreed() -> None:
    """What was documented reaches further back than the day a sync first saw it."""
    past = [stood(OLD, date(2026, 3, 20), effective_from="2025-10-01"), stood(NEW, date(2026, 4, 1))]

    assert tiers(NEW, agreed(**APPROVED, effective_from=date(2026, 4, 1)), *past).findings == ()


def test_a_change_counts_from_when_it_took_effect() -> None:
    """A date ahead does not hide that the change is in force already."""
    found = tiers(NEW, agreed(**APPROVED, effective_from=date(2026, 7, 1)), BEFORE, stood(NEW, date(2026, 5, 4)))

    (finding,) = found.findings
    assert "in force since 2026-05-04 already, before 2026-07-01" in finding


def test_a_change_without_a_date_counts_from_the_sync() -> None:
    """Leaving effective_from out is no way around the quarter."""
    (finding,) = tiers(NEW, agreed(**APPROVED), BEFORE, stood(NEW, date(2026, 5, 4))).findings

    assert "tiers changed on 2026-05-04" in finding


@pytest.mark.parametrize(("day", "open_"), [(date(2026, 5, 19), True), (date(2026, 5, 20), False)])
def test_a_review_that_is_past_is_a_finding(day: date, open_: bool) -> None:
    """The day itself is in time; a review is due whatever version is in force."""
    assert bool(tiers(NEW, agreed(**APPROVED, next_review=day), stood(NEW, TODAY)).findings) is open_
    found = tiers(NEW, agreed(version=OLD, next_review=date(2026, 5, 1)), stood(OLD, TODAY))
    assert len(found.findings) == 2


@pytest.mark.parametrize(
    ("day", "start", "expected"),
    [
        (date(2026, 1, 1), 1, date(2026, 1, 1)),
        (date(2026, 1, 2), 1, date(2026, 4, 1)),
        (date(2026, 12, 31), 1, date(2027, 1, 1)),
        (date(2026, 2, 1), 2, date(2026, 2, 1)),
        (date(2026, 4, 1), 2, date(2026, 5, 1)),
        (date(2026, 1, 15), 12, date(2026, 3, 1)),
    ],
)
def test_quarters_begin_with_the_fiscal_year(day: date, start: int, expected: date) -> None:
    """Every three months from the month the year begins in."""
    assert next_quarter(day, start) == expected


# --- since when ------------------------------------------------------------------------------------


def test_in_force_since() -> None:
    """A change since a sync worked by it; the first version since it was agreed, if that was before; else not yet."""
    first = stood(NEW, date(2026, 5, 1))
    early = agreed(**APPROVED, effective_from=date(2026, 1, 1))

    assert tiers(NEW, agreed()).since is None
    assert tiers(NEW, agreed(), first).since == date(2026, 5, 1)
    assert tiers(NEW, early, first).since == date(2026, 1, 1)
    assert tiers(NEW, early, BEFORE, first).since == date(2026, 5, 1)
    assert tiers(NEW, agreed(**APPROVED, validated=date(2026, 5, 2)), first).validated == "2026-05-02"


# --- the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"tires": {}}, 'unknown key "tires"; did you mean "tiers"?'),
        ({"tiers": {"approved": ["x"]}}, 'unknown key "approved"; did you mean "approved_by"?'),
        ({"tiers": {"next_review": "soon"}}, '"next_review" must be a date such as'),
        ({"tiers": {"effective_from": datetime(2026, 1, 1, tzinfo=UTC)}}, '"effective_from" must be a date'),
        ({"tiers": {"approved_by": 3}}, '"approved_by" must be a list of texts'),
        ({"tiers": {"version": 3}}, '"version" must be a text'),
        ({"tiers": 3}, "must be a table"),
        ({"fiscal_year_start": 13}, '"fiscal_year_start" must be a month'),
    ],
)
def test_mistakes_in_the_file_are_named(document: dict[str, Any], said: str) -> None:
    """By table and key, with the nearest valid name."""
    problems = Problems()
    read(document, problems)

    (problem,) = problems.found
    assert problem.startswith("mappings/definitions.toml")
    assert said in problem


# --- versions --------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        pytest.param(lambda files: files["rules"]["tiers"].update(hot=81), {"tiers"}, id="threshold"),
        pytest.param(lambda files: files["rules"]["layers"].update(users=3), {"tiers"}, id="layer"),
        pytest.param(lambda files: files["rules"]["points"]["intent"].update(pricing=11), {"tiers"}, id="worth"),
        pytest.param(lambda files: files["rules"]["rule"].reverse(), {"rules"}, id="order"),
        pytest.param(lambda files: files["rules"]["alerts"].update(cooldown_days=7), {"rules"}, id="alert"),
        pytest.param(lambda files: files["rules"].update(enabled_segments=["mid_market"]), {"rules"}, id="roll-out"),
        pytest.param(lambda files: files["rules"]["motion"].update(hybrid_min_employees=60), {"motion"}, id="motion"),
        pytest.param(lambda files: files["rules"]["motion"].update(unknown_max=0.1), set(), id="what judges it"),
        pytest.param(lambda files: files["segments"]["segment"][0].update(name="small"), {"segments"}, id="segment"),
        pytest.param(
            lambda files: files["crm_state"]["policy"].update(stale_after_days=30), {"crm_state"}, id="crm state"
        ),
        pytest.param(lambda files: files["territories"]["territory"].pop(), {"territories"}, id="territory"),
        pytest.param(lambda files: files["people"]["routing"].clear(), {"people"}, id="people"),
        pytest.param(lambda files: files["lists"].update(student=frozenset()), {"lists"}, id="list"),
    ],
)
def test_a_change_moves_the_version_of_its_own_part(change: Change, moved: set[str]) -> None:
    """And of no other."""
    files = documents()
    before = versions(files)
    change(files)
    after = versions(files)

    assert {name for name in before if before[name] != after[name]} == moved


def test_a_table_that_is_none_is_refused_as_usual() -> None:
    """Versions of files with mistakes are nobody's concern: the mistake is."""
    files = documents()
    files["rules"]["motion"] = 5
    with pytest.raises(ConfigError, match="must be a table"):
        definitions.build(files, DECLARED)


def test_every_part_has_a_version() -> None:
    """Of the files; that of the funnel is the configuration's. Without rules there is nothing to agree on."""
    assert {*shipped().versions, parts.FUNNEL} == set(NAMES)
    assert all(len(version) == 12 for version in shipped().versions.values())
    assert definitions.build({}, DECLARED).versions == {}
