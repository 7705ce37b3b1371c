"""Promises over CRM dates as `/funnel sla` tells them, and what a manager reads; Slack takes the widest of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sla.crm_attainment import DATES, REJECT_REASON, CrmAttained, CrmKept, Open, Rejects, crm_attained
from bot.sla.crm_dates import CRM_CLOCKS
from bot.sla.hours import Hours
from bot.sla.roster import Roster
from bot.views import crm_dates as views
from bot.views.attainment import attainment_message
from bot.views.blocks import Block, Message, message
from bot.views.operations import notice_message
from connector.funnel.metrics import EVERYBODY, Scope
from connector.funnel.periods import recent
from connector.store.notices import MQL, Notice
from tests.unit.bot.test_views_fit import fits
from tests.unit.bot.told import HOSTILE, OWNER

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
COUNTS = (12_000_000, 3_000_000, 1_000_000, 2_000_000, 5_000_000)


def shown(blocks: list[Block], scope: Scope = EVERYBODY) -> str:
    """The text of `/funnel sla` with these blocks below the widest of promises on alerts; Slack would take it."""
    alerted = attainment_message([], 1, recent(NOW), scope, HOSTILE)
    below = message([*alerted.blocks, *blocks])
    fits(below)
    return "\n".join(line for block in blocks for line in message([block]).text.splitlines())


def attained(**columns: bool) -> CrmAttained:
    """What an empty warehouse tells that declares some columns."""

    def hours(_owner: str | None) -> Hours:
        return Roster().company

    return crm_attained([], CRM_CLOCKS, [name for name, known in columns.items() if known], NOW, NOW, hours, NOW)


def one(name: str = "Golden sentence", owner: str | None = OWNER) -> Open:
    return Open("golden-sentence", name, owner, NOW - timedelta(days=9), NOW - timedelta(days=2))


def test_every_clock_is_told_with_its_counts_and_share() -> None:
    """In the words of the promise, by which time it is measured."""
    review, verdict, discovery = CRM_CLOCKS
    told = CrmAttained(
        (
            CrmKept(review, 12, 3, 1, 2, 0, ()),
            CrmKept(verdict, 0, 0, 0, 0, 4, ()),
            CrmKept(discovery, 1, 0, 1, 0, 0, (one(),)),
        ),
        (),
        Rejects(8, 2, (one("Brass", None),)),
    )
    text = shown(views.crm_blocks(told))
    assert (
        "MQL reviewed within 4 business hours: 12 kept, 3 late, 1 overdue, 2 running (75.0 % of 16 kept)"
        in text.splitlines()[1]
    )
    assert "MQL accepted or rejected within 48 hours: 0 kept, 0 late, 0 overdue, 0 running, 4 contradictory" in text
    assert "discovery within 5 business days of the SQL: 1 kept, 0 late, 1 overdue" in text
    assert f"*For the pipeline review: no discovery in time*\n• *Golden sentence* – {OWNER}, due <!date^" in text
    assert "rejects without a reason: 2 of 8 (75.0 % have one, target 100 %)" in text
    assert "*Rejected without a reason*\n• *Brass* – no owner, rejected <!date^" in text
    assert "… and 1 more" in text


def test_the_widest_promises_are_accepted() -> None:
    """Millions, ten hostile and endless names on each list, and owners alike."""
    listed = tuple(one(HOSTILE, HOSTILE) for _ in range(10))
    told = CrmAttained(
        tuple(CrmKept(clock, *COUNTS, listed) for clock in CRM_CLOCKS), (), Rejects(10**9, 10**8, listed)
    )
    text = shown(views.crm_blocks(told), Scope(HOSTILE, HOSTILE))
    assert "… and 999,990 more" in text
    shown([*views.heading(), views.unscoped(Scope(HOSTILE, HOSTILE))])


def test_what_is_not_declared_says_what_to_declare() -> None:
    """One line where nothing is, a line per clock where something is; never zero (D45)."""
    nothing = views.crm_blocks(attained())
    assert [block["type"] for block in nothing] == ["section", "section"]
    line = shown(nothing).splitlines()[-1]
    assert line.startswith("Not declared: `mql_at`, `mql_reviewed_at`, ")
    assert line.endswith("`mql_reject_reason` in `[warehouse.accounts.columns]`.")
    assert all(f"`{name}`" in line for name in (*DATES, REJECT_REASON))
    some = shown(views.crm_blocks(attained(mql_at=True, mql_reviewed_at=True)))
    assert "MQL reviewed within 4 business hours: 0 kept" in some
    assert "discovery within 5 business days of the SQL: not declared (`sql_at`, `discovery_at`)" in some
    assert "rejects without a reason: not declared (`mql_rejected_at`, `mql_reject_reason`)" in some


def notice(told: Mapping[str, Any]) -> Message:
    """The message of a notice."""
    row = Notice(1, MQL, "x", told, NOW, None, None, 1, "sending", None, None, 1, NOW, None, None)
    posted = notice_message(row, HOSTILE)
    fits(posted)
    return posted


def test_a_manager_reads_which_mqls_wait_and_whose_they_are() -> None:
    """Names, owners, since when each is due; how many more there are."""
    listed = [{"name": "Golden sentence", "owner": OWNER, "since": NOW.isoformat(), "due": NOW.isoformat()}]
    text = notice({"within": "4bh", "count": 12, "listed": listed}).text
    assert "12 should have been reviewed within 4 business hours, and nobody had at <!date^" in text
    assert f"• *Golden sentence* – {OWNER}, due <!date^" in text
    assert "… and 11 more" in text


def test_the_widest_notice_is_accepted_and_the_emptiest() -> None:
    """Whatever the store may hold."""
    wide = [{"name": HOSTILE, "owner": HOSTILE, "due": NOW.isoformat()}] * 40
    assert notice({"within": "4bh", "count": 10**9, "listed": wide}).text.count("• ") == 10
    notice({})
