"""Funnels against the worked examples of the domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from connector.funnel.benchmarks import Grade, grade
from connector.funnel.metrics import Funnel, FunnelReport, Stage, Step, conversion, default_funnels, percent, report
from connector.funnel.periods import Period
from connector.measure import measure
from connector.model import Record, WarehouseValue
from connector.ports import Only, Reached

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)

PLG = {"signup": 4_200, "activated": 1_260, "pql": 189, "self_serve_paid": 34}
SALES = {"mql": 85, "sql": 28, "opportunity": 19, "won": 6}


def reported(name: str, counts: Mapping[str, int]) -> FunnelReport:
    """One of the shipped funnels over June."""
    return report(default_funnels()[name], counts, JUNE, JULY)


def funnel(*names: str) -> Funnel:
    """A funnel as configuration alone would make it."""
    return Funnel("own", tuple(Stage(name, name.title(), f"{name}_at") for name in names))


def shares(of: FunnelReport) -> list[str]:
    """The printed conversion of every step after the first."""
    return [percent(step.conversion) for step in of.steps[1:]]


@pytest.mark.parametrize(
    ("name", "counts", "expected"),
    [
        ("plg", PLG, ["30.0 %", "15.0 %", "18.0 %"]),  # J1
        ("sales", SALES, ["32.9 %", "67.9 %", "31.6 %"]),  # J3
    ],
)
def test_shipped_funnels(name: str, counts: Mapping[str, int], expected: list[str]) -> None:
    """Each stage is a share of the one before it."""
    assert shares(reported(name, counts)) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"visit": 28_000, "trial": 11_200, "active": 2_240, "paid": 1_680}, ["40.0 %", "20.0 %", "75.0 %"]),  # J6
        ({"lead": 12, "meeting": 4, "won": 1}, ["33.3 %", "25.0 %"]),  # J7
        ({"signup": 5_000, "activated": 1_750}, ["35.0 %"]),  # J9
        ({"pql": 300, "paid": 75}, ["25.0 %"]),  # J10
    ],
)
def test_a_funnel_is_configuration_alone(counts: Mapping[str, int], expected: list[str]) -> None:
    """Any stages make a funnel; none of ours need be among them."""
    assert shares(report(funnel(*counts), counts, JUNE, JULY)) == expected


def test_every_share_names_its_denominator() -> None:
    """A step says of which stage and of how many accounts it is a share; the first is a share of nothing."""
    first, second, *_ = reported("plg", PLG).steps

    assert first == Step("signup", "Signup", 4_200, None, None, None)
    assert second == Step("activated", "Activated", 1_260, "signup", 4_200, 0.3, target=0.3)


def test_the_same_words_over_another_denominator() -> None:
    """Won is 31.6 % of opportunities and 21.4 % of SQLs (J4)."""
    sales = reported("sales", SALES)

    assert percent(conversion(sales, "won", of="opportunity")) == "31.6 %"
    assert percent(conversion(sales, "won", of="sql")) == "21.4 %"


def test_a_share_of_none_is_no_share() -> None:
    """An empty stage converts to nothing, not to 0 %."""
    assert shares(reported("sales", {**SALES, "sql": 0})) == ["0.0 %", "–", "31.6 %"]


def test_not_configured_is_not_zero() -> None:
    """A stage that was not counted has no count, and neither it nor its successor has a share (D45)."""
    steps = reported("sales", {"mql": 85, "opportunity": 19, "won": 6}).steps

    assert [step.count for step in steps] == [85, None, 19, 6]
    assert [percent(step.conversion) for step in steps] == ["–", "–", "–", "31.6 %"]


@pytest.mark.parametrize(
    ("of", "denominator", "stage", "count", "profile", "word"),
    [
        ("signup", 4_200, "activated", 1_260, "methodology_001", "warning"),  # J2
        ("signup", 4_200, "activated", 1_260, "measurement_000", "healthy"),  # J2
        ("activated", 1_260, "pql", 189, "measurement_000", "healthy"),  # J2
        ("activated", 1_260, "pql", 189, "article_003", "below median"),  # J2
        ("pql", 189, "paid", 34, "methodology_001", "in range"),  # J2
        ("signup", 5_000, "activated", 1_750, "methodology_001", "warning"),  # J9: exactly 35 %
        ("signup", 5_000, "activated", 1_751, "methodology_001", "good"),
        ("signup", 5_000, "activated", 1_000, "methodology_001", "warning"),
        ("signup", 5_000, "activated", 999, "methodology_001", "red"),
        ("pql", 300, "opportunity", 75, "methodology_001", "warning"),  # J10: exactly 25 %
        ("pql", 300, "opportunity", 45, "methodology_001", "warning"),  # exactly 15 %
    ],
)
def test_a_grade_names_whose_band_it_is(
    of: str, denominator: int, stage: str, count: int, profile: str, word: str
) -> None:
    """The same share is judged differently by different sources, and edges belong to the middle."""
    step = report(funnel(of, stage), {of: denominator, stage: count}, JUNE, JULY).steps[1]

    assert grade(step, profile) == Grade(word, profile)


def test_too_few_to_grade() -> None:
    """Under 30 accounts the counts are shown and the grade withheld (J7, D46)."""
    few, enough = (
        report(funnel("signup", "activated"), {"signup": number, "activated": 9}, JUNE, JULY).steps[1]
        for number in (29, 30)
    )

    assert grade(few, "methodology_001") is None
    assert grade(enough, "methodology_001") == Grade("warning", "methodology_001")


def test_without_a_band_there_is_no_grade() -> None:
    """A profile that says nothing of a step does not grade it; nor does any grade a missing share."""
    won = reported("sales", {"opportunity": 190, "won": 60}).steps[3]
    missing = reported("sales", {}).steps[1]

    assert grade(won, "methodology_001") is None
    assert grade(missing, "measurement_000") is None


class CountedWarehouse:
    """A warehouse of which only the counts are known."""

    mirror = None
    cursor = None

    def __init__(self, by_column: Mapping[str, int]) -> None:
        self.by_column = by_column

    def check(self) -> list[str]:
        """Nothing to object to."""
        return []

    @contextmanager
    def reading(self) -> Iterator[CountedWarehouse]:
        """Itself."""
        yield self

    def records(self, keys: object = None) -> Iterator[Record]:
        """No accounts."""
        return iter(())

    def fingerprints(self, recipes: object, keys: object = None) -> None:
        """None are computed here."""

    def moved(self, recipes: object, stamp: str) -> None:
        """It has no mirror."""

    def newer(self, column: str, since: datetime) -> CountedWarehouse:
        """It has no cursor."""
        return self

    def newest(self, column: str) -> None:
        """It has no cursor."""

    def column(self, name: str) -> Iterator[tuple[str, WarehouseValue]]:
        """It has no rows."""
        return iter(())

    def called(self, column: str, prefix: str, most: int) -> list[tuple[str, str]]:
        """Nobody is called anything."""
        return []

    def counts(
        self, stages: Mapping[str, str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> dict[str, int]:
        """The counts of every month, of columns that are known."""
        assert (since, until) in [(JUNE, JULY), (MAY, JUNE)]
        return {stage: self.by_column[column] for stage, column in stages.items() if column in self.by_column}

    def dated(
        self, columns: Sequence[str], dates: Sequence[str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> None:
        """No date is declared."""

    def reached(self, groups: Mapping[str, Sequence[str]]) -> Reached:
        """Nobody reached anything."""
        return Reached(0, {})


def test_measure_counts_stages_by_their_columns() -> None:
    """A measured funnel is the report over the warehouse's counts of each stage's date column."""
    warehouse = CountedWarehouse({"signup_at": 4_200, "activated_at": 1_260, "pql_at": 189})

    measured = measure(warehouse, default_funnels()["plg"], Period(JUNE, JULY, MAY, JUNE))

    assert shares(measured) == ["30.0 %", "15.0 %", "–"]
    assert (measured.name, measured.since, measured.until) == ("plg", JUNE, JULY)
