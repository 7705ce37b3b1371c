"""`plsync funnel`: the same numbers as `/funnel`, with period, segment, owner, grade and change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.views.funnel import funnel_message
from connector.funnel.metrics import Scope
from connector.funnel.periods import period
from plsync import exits
from plsync.config import load
from plsync.measuring import measured
from plsync.wiring import opened
from tests.front.door import Door, refused


@pytest.fixture
def counted(door: Door) -> Door:
    """A warehouse of a hundred sign-ups today and fifty forty days ago, forty of these hundred activated."""
    now, before = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) - timedelta(days=40)
    columns = "account_key, name, domain, employees, owner_email, signup_at, activated_at, scored_at"
    rows = []
    for number in range(150):
        at = now if number < 100 else before
        activated = f"'{at.isoformat()}'" if number < 40 or number >= 140 else "NULL"
        owner = "AE@workspace.example" if number < 10 else "other@workspace.example"
        named = f"'k{number:03}', 'Name {number}', 'd{number}.example', {20 if number < 30 else 200}"
        rows.append(f"({named}, '{owner}', '{at.isoformat()}', {activated}, '{now.isoformat()}')")
    emptied = ["DELETE FROM signals", "DELETE FROM people", "CREATE TABLE one AS SELECT * FROM accounts WHERE 0"]
    door.sql(*emptied, "DROP TABLE accounts", "ALTER TABLE one RENAME TO accounts")  # without its constraints
    door.sql(f"INSERT INTO accounts ({columns}) VALUES {', '.join(rows)}")
    return door.migrated()


def steps(door: Door, *words: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(door.run("funnel", "plg", "--json", *words).out)["plg"]["steps"]
    return told


def test_numbers_come_with_target_grade_and_what_they_were(counted: Door) -> None:
    """40 of 100 activated, after 10 of 50: good by 001, above the target of 000."""
    signup, activated, pql, _ = steps(counted)
    assert (signup["count"], signup["before"]["count"]) == (100, 50)
    assert activated["conversion"] == pytest.approx(0.4)
    assert activated["before"] == {"count": 10, "conversion": pytest.approx(0.2)}
    assert (activated["target"], activated["grade"]["light"], activated["grade"]["profile"]) == (
        0.3,
        "good",
        "methodology_001",
    )
    assert pql["count"] == 0
    out = counted.run("funnel", "plg").out
    assert "+100.0 %" in out
    assert "good (methodology_001)" in out
    assert "funnel definition" in out


def test_another_profile_grades_otherwise(counted: Door) -> None:
    """40 % is healthy by 000, whose word and name stand in the answer (K8)."""
    ran = counted.run("funnel", "plg", changes={'"methodology_001"': '"measurement_000"'})
    assert "good: healthy (measurement_000)" in ran.out


def test_period_segment_and_owner_narrow_it(counted: Door) -> None:
    """Each alone and together; an owner whatever the case."""
    assert [one["count"] for one in steps(counted, "--period", "90d")][:2] == [150, 50]
    assert [one["count"] for one in steps(counted, "--segment", "self_serve")][:2] == [30, 30]
    assert [one["count"] for one in steps(counted, "--owner", "ae@WORKSPACE.example")][:2] == [10, 10]
    both = steps(counted, "--segment", "mid_market", "--owner", "ae@workspace.example")
    assert both[0]["count"] == 0


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("--period", "soon"), ('"soon" is no period', "last quarter")),
        (("--period", "2099-01"), ("has not begun",)),
        (("--segment", "huge"), ('no segment "huge"', "unknown_size")),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(
    counted: Door, words: tuple[str, str], parts: tuple[str, ...]
) -> None:
    """Exit 2, and the choices."""
    refused(counted.run("funnel", *words), exits.CONFIGURATION, *parts)


def test_slack_and_the_command_line_say_the_same(counted: Door) -> None:
    """One function counts for both."""
    told = steps(counted, "--period", "60d", "--segment", "mid_market")
    with opened(load(counted.configured())) as plsync:
        over = period("60d", plsync.clock())
        assert over is not None
        text = funnel_message(measured(plsync, "plg", over, Scope("mid_market"))).text
    assert f"*Signup*  {told[0]['count']}" in text
    assert f"({told[1]['count']} of {told[1]['denominator']})" in text


def test_a_warehouse_that_names_no_owner_counts_nobody(counted: Door) -> None:
    """Not configured is not 0 (D45)."""
    ran = counted.run("funnel", "plg", "--owner", "ae@workspace.example", changes={'owner_email = "text"\n': ""})
    assert ran.out.count("not configured") == 4
