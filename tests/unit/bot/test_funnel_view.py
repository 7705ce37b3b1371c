"""The funnel as a message, and what `/funnel` says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.lifecycle import Verdict
from bot.views.blocks import Message, without_charts
from bot.views.funnel import funnel_message
from bot.views.manual import unknown_command
from bot.views.replies import click_reply
from connector.funnel.breaks import Break
from connector.funnel.metrics import FunnelReport, Scope, Step, default_funnels, report
from sandbox.slack.blocks import parse_blocks
from tests.unit.bot.told import HOSTILE, alert, payload

BEFORE = datetime(2025, 11, 13, tzinfo=UTC)
SINCE, UNTIL = datetime(2025, 12, 13, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC)
J1 = {"signup": 4_200, "activated": 1_260, "pql": 189, "self_serve_paid": 34}


def shown(told: FunnelReport) -> Message:
    """The message, which Slack would take."""
    message = funnel_message(told)
    assert parse_blocks(list(message.blocks)) == list(message.blocks)
    return message


def test_each_stage_names_its_share_and_denominator() -> None:
    """30 / 15 / 18 % of the example numbers (J1), each with what it is a share of."""
    message = shown(report(default_funnels()["plg"], J1, SINCE, UNTIL))
    assert [line for line in message.text.splitlines()[:-1] if not line.startswith(" ")] == [
        "Product-led funnel",
        "13 Dec 2025 – 12 Jan 2026 (UTC)",
        "*Signup*  4,200",
        "*Activated*  1,260  –  30.0 % of Signup (1,260 of 4,200)",
        "*PQL*  189  –  15.0 % of Activated (189 of 1,260)",
        "*Self-serve paid*  34  –  18.0 % of PQL (34 of 189)",
    ]
    assert "from 13 Dec 2025 up to, not including, 12 Jan 2026 (UTC)" in message.text


def test_the_chart_shows_the_same_counts() -> None:
    """A native bar chart, with one point per stage; without it the message says the same."""
    message = shown(report(default_funnels()["plg"], J1, SINCE, UNTIL))
    chart = next(block for block in message.blocks if block["type"] == "data_visualization")
    assert [point["value"] for point in chart["chart"]["series"][0]["data"]] == list(J1.values())
    assert without_charts(message).text == message.text
    assert len(without_charts(message).blocks) == len(message.blocks) - 1


def test_what_is_not_configured_is_not_zero() -> None:
    """D45: no column, no number, no bar."""
    message = shown(report(default_funnels()["plg"], {"signup": 0, "pql": 3}, SINCE, UNTIL))
    assert "*Activated*  not configured" in message.text
    assert "*PQL*  3" in message.text


def test_a_share_of_nothing_is_said() -> None:
    """No signups, so no share of them."""
    message = shown(report(default_funnels()["plg"], {**J1, "signup": 0}, SINCE, UNTIL))
    assert "no Signup to take a share of" in message.text


def test_long_and_repeated_labels_break_nothing() -> None:
    """Labels that a chart could not tell apart leave the chart out, not the numbers."""
    steps = tuple(Step(f"s{i}", HOSTILE, 10**12, "s0" if i else None, 10**12, 1.0) for i in range(30))
    message = shown(FunnelReport(HOSTILE, SINCE, UNTIL, steps))
    assert "data_visualization" not in [block["type"] for block in message.blocks]
    assert "<!" not in message.text


def test_a_definition_that_changed_is_said() -> None:
    """Numbers before and after do not compare (I13); where no store tells, that is said too."""
    told = report(default_funnels()["plg"], J1, SINCE, UNTIL)
    at = datetime(2026, 1, 5, 8, tzinfo=UTC)
    changed = shown(replace(told, breaks=(Break(at, "tiers", "a"), Break(at, "crm_state", "b"))))

    said = "*Definition changed on 5 Jan 2026: crm_state, tiers.* Counts before and after do not compare."
    assert said in changed.text.splitlines()
    assert "efinition changed" not in shown(told).text
    assert "Whether a definition changed in this time is not known." in shown(replace(told, breaks=None)).text
    many = tuple(Break(at + timedelta(number), HOSTILE, "x") for number in range(40))
    assert len(shown(replace(told, breaks=many)).blocks) < 30


def test_a_grade_names_its_profile_and_the_target_stands_beside_it() -> None:
    """30 % is a warning by 001 and healthy by 000 (J2, K8); where the chosen profile has no band another is named."""
    told = report(default_funnels()["plg"], J1, SINCE, UNTIL)
    assert "🟡 warning by methodology_001  ·  target 30.0 %" in shown(told).text
    assert "🟢 good (healthy) by measurement_000  ·  target 30.0 %" in funnel_message(told, "x", "measurement_000").text
    _, pql, paid = shown(told).text.splitlines()[4:9:2]
    assert "measurement_000" in pql
    assert not paid.startswith(" ")
    few = shown(report(default_funnels()["plg"], {**J1, "signup": 29}, SINCE, UNTIL))
    assert "not graded: fewer than 30" in few.text


def test_a_number_shows_its_change_against_the_equal_time_before() -> None:
    """The count and the share before, and from when to when that is (D46)."""
    told = report(default_funnels()["plg"], J1, SINCE, UNTIL)
    then = report(default_funnels()["plg"], {**J1, "signup": 4_000, "activated": 1_000, "pql": 0}, BEFORE, SINCE)
    text = shown(replace(told, before=then)).text
    assert "before: 4,000 (+5.0 %)" in text
    assert "before: 1,000 (+26.0 %), 25.0 %" in text
    assert "before: 0, 0.0 %" in text
    assert "“Before” is the equal time from 13 Nov 2025 to 13 Dec 2025." in text


def test_an_answer_says_whose_accounts_how_fresh_and_by_which_definition() -> None:
    """Segment and owner, when the warehouse was scored, version and date of the definition."""
    told = report(default_funnels()["plg"], J1, SINCE, UNTIL)
    scope = Scope("mid", "ae@workspace.example")
    text = shown(replace(told, scope=scope, scored_at=UNTIL, version="0123456789ab", in_force=SINCE)).text
    assert "segment mid  ·  owner ae@workspace.example" in text
    assert "Scored <!date^1768176000^" in text
    assert "Funnel definition 0123456789ab, in force since 13 Dec 2025." in text
    assert "When accounts were scored is not known." in shown(told).text


def test_other_commands_are_answered() -> None:
    """A command that reaches us by mistake is told where to go."""
    assert "/funnel help" in unknown_command("/funnels")


def test_latecomers_are_told_who_has_it_or_why_it_is_over() -> None:
    """The winner and whoever clicks twice need no words: the message says it."""
    at = datetime(2026, 1, 12, 9, 4, tzinfo=UTC)
    taken = alert(payload(), state="acknowledged", acknowledged_by="U5", acknowledged_at=at)
    over = alert(payload(superseded={"reason": "SQL since Monday"}), state="superseded")
    assert str(click_reply(Verdict.TAKEN, taken)).startswith("<@U5> has it since <!date^1768208640^")
    assert "SQL since Monday" in str(click_reply(Verdict.SUPERSEDED, over))
    assert "not known" in str(click_reply(Verdict.GONE, None))
    assert click_reply(Verdict.WON, taken) is None
    assert click_reply(Verdict.YOURS, taken) is None
