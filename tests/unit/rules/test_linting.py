"""What `check` warns of in a definition that works (C25, K18, K19, J20), and what points are worth."""

from __future__ import annotations

from typing import Any

import pytest

from connector.errors import ConfigError
from connector.rules import definitions
from connector.rules.linting import lint
from tests.unit.rules.shipped import DECLARED, POINTS, account, decided, documents, scored, shipped


def warned(points: dict[str, Any], **tiers: int) -> list[str]:
    """The warnings about a rubric and its thresholds."""
    files = documents()
    files["rules"]["points"] = points
    files["rules"]["tiers"] |= tiers
    return lint(definitions.build(files, DECLARED))


SOUND = {"behavioural": {"core_workflow": 60}, "intent": {"pricing": 25}}


def test_a_sound_definition_has_no_warning() -> None:
    """Few components that count, and no way to Hot without using the product."""
    assert warned(SOUND) == []


def test_the_shipped_rubric_is_warned_of() -> None:
    """Its nine components, its days of use, and 85 points without any usage (J20)."""
    first, second, third = lint(shipped())

    assert '"distinct_days" gives points for coming by' in first
    assert "9 components are scored" in second
    assert "Hot begins at 80, and 85 points can be had without using the product" in third


@pytest.mark.parametrize("name", ["logins", "log_in", "weekly_logins", "page_views", "active_days", "signed_in_today"])
def test_points_for_coming_by_are_told(name: str) -> None:
    """A name that speaks of logging in, looking at pages or being there is superficial (C25)."""
    assert any(f'"{name}"' in line for line in warned({"behavioural": {name: 60}, "intent": {"pricing": 25}}))


@pytest.mark.parametrize("name", ["pricing_views", "blogins", "days_to_value", "core_workflow"])
def test_points_for_use_are_not(name: str) -> None:
    """Other names only look alike."""
    assert warned({"behavioural": {name: 60}, "intent": {"pricing": 25}}) == []


def test_five_components_are_enough() -> None:
    """The sixth is one too many."""
    five = {"behavioural": {f"c{place}": 20 for place in range(5)}}

    assert warned(five) == []
    assert any("6 components" in line for line in warned({**five, "intent": {"pricing": 5}}))


@pytest.mark.parametrize(
    ("points", "tiers", "said"),
    [
        ({**SOUND, "other": {"invites": 55}}, {}, "Hot begins at 80, and 80 points can be had without"),
        ({"other": {"invites": 85}, "behavioural": ["core_workflow"]}, {}, "85 points can be had without"),
        (SOUND, {"hot": 86}, "hot begins at 86, and all components together are worth 85"),
        (SOUND, {"hot": 100, "warm": 90}, "warm begins at 90"),
    ],
)
def test_thresholds_are_held_against_worths(points: dict[str, Any], tiers: dict[str, int], said: str) -> None:
    """Hot without a behavioural point, and a tier that no account can reach."""
    assert any(said in line for line in warned(points, **tiers))


def test_without_worths_nothing_is_said_of_thresholds() -> None:
    """A list of names is a rubric too; a total with a part unknown is none."""
    assert warned({"behavioural": ["core_workflow"], "intent": ["pricing"]}) == []
    assert warned({"behavioural": {"core_workflow": 20}, "intent": ["pricing"]}) == []


def test_shadowed_rules_are_among_the_warnings() -> None:
    """With their place and what shadows them."""
    files = documents()
    files["rules"]["points"] = SOUND
    files["rules"]["rule"].append({"id": "late", "when": "tier == 'hot' and named", "route": "none", "because": "x"})
    (warning,) = lint(definitions.build(files, DECLARED))

    assert warning.startswith('mappings/rules.toml rule "late": never gets its turn')


def test_a_folder_without_rules_is_not_linted() -> None:
    """Nothing is decided there."""
    assert lint(definitions.build({}, DECLARED)) == []


# --- worths ----------------------------------------------------------------------------------------


def test_the_shipped_worths_are_the_rubric() -> None:
    """C9: nine components, 150 points."""
    assert {name: int(worth) for name, worth in shipped().worths.items()} == POINTS
    assert sum(shipped().worths.values()) == 150


def test_both_forms_mean_the_same_components() -> None:
    """Worths change neither the components nor their layers."""
    files = documents()
    files["rules"]["points"] = {layer: list(table) for layer, table in files["rules"]["points"].items()}
    listed = definitions.build(files, DECLARED)

    assert (listed.points, listed.layer_points) == (shipped().points, shipped().layer_points)
    assert listed.worths == {}


def test_a_component_above_its_worth_is_a_flag() -> None:
    """Each is told by name; what is exactly worth it, or missing, is not."""
    values = scored(core_workflow=31, quota=15, pricing=12)
    flags = decided(account(**values)).flags

    assert [flag for flag in flags if flag.startswith("points_above_worth")] == [
        "points_above_worth:core_workflow",
        "points_above_worth:pricing",
    ]
    assert not [flag for flag in decided(account(**scored(**POINTS))).flags if flag.startswith("points_above")]
    assert not [flag for flag in decided(account(points_icp=None)).flags if flag.startswith("points_above")]


@pytest.mark.parametrize("worth", [0, -5, True, "30", [30]])
def test_a_worth_is_a_number_above_zero(worth: object) -> None:
    """Anything else is named by component."""
    files = documents()
    files["rules"]["points"]["behavioural"]["core_workflow"] = worth
    with pytest.raises(ConfigError, match='"core_workflow" must be what it can earn, a number above 0'):
        definitions.build(files, DECLARED)
