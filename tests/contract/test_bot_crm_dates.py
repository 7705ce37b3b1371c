"""Dates of the CRM in Slack: `/funnel sla` counts them, and managers hear of MQLs that nobody reviewed, once (D41)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import Bot
from bot.crm_source import CrmSource, Rows
from bot.sla.crm_attainment import DATES, REJECT_REASON, Milestones
from bot.sla.crm_dates import CRM_CLOCKS
from bot.sla.hours import Hours
from bot.sla.policy import DEFAULTS
from bot.sla.roster import Member, Roster
from connector.errors import WarehouseError
from connector.funnel.metrics import Scope
from tests.contract.bot_house import AE, FYI, HOT, OPS, SDR_DIRECT, SETTINGS, START, House, furnished, measure
from tests.unit.bot.told import OWNER, SQL_OWNER, payload

UTC_HOURS = Hours(ZoneInfo("UTC"))
LATE_HOURS = Hours(ZoneInfo("America/New_York"))
STRANGER = "manager-9@workspace.example"  # whom Slack does not know
OTHER = "ae-9@workspace.example"
ROSTER = Roster(
    members={
        OWNER: Member(OWNER, UTC_HOURS, manager=SQL_OWNER),
        SQL_OWNER: Member(SQL_OWNER, UTC_HOURS),
        OTHER: Member(OTHER, UTC_HOURS, manager=STRANGER),
    }
)  # the SDR is the AE's manager
WITH_ROSTER = replace(SETTINGS, roster=ROSTER, policies=DEFAULTS)
MONDAY = START  # nine o'clock, UTC
FRIDAY = datetime(2026, 1, 9, 16, 30, tzinfo=UTC)  # its MQLs are due on Monday at half past twelve
EIGHT_HOURS = 7.5  # until eight business hours since then are over
ALL = frozenset({*DATES, REJECT_REASON})


@dataclass
class Warehouse:
    """Accounts with dates of the CRM; `down` is what a read of it raises."""

    rows: list[Milestones] = field(default_factory=list)
    columns: frozenset[str] = ALL
    down: WarehouseError | None = None
    owned: bool = True
    asked: list[tuple[datetime, datetime, Scope]] = field(default_factory=list)
    looked: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def read(self, since: datetime, until: datetime, scope: Scope) -> Iterator[Rows]:
        self.asked.append((since, until, scope))
        if self.down:
            raise self.down
        if scope.owner and not self.owned:
            yield None
            return
        yield iter([one for one in self.rows if scope.owner in (None, one.owner)])
        self.looked.set()

    def mql(
        self, key: str = "golden-sentence", owner: str | None = OWNER, at: datetime = FRIDAY, **more: datetime
    ) -> None:
        """An account that became an MQL."""
        self.rows.append(Milestones(key, key.capitalize(), owner, {"mql_at": at, **more}))

    @property
    def source(self) -> CrmSource:
        return CrmSource(self.columns, self.read)


@pytest.fixture
def warehouse() -> Warehouse:
    return Warehouse()


@pytest.fixture
def house(tmp_path: Path, warehouse: Warehouse) -> Iterator[House]:
    with furnished(tmp_path, WITH_ROSTER, burst=1_000) as built:
        built.settings = WITH_ROSTER
        built.bot = another(built, warehouse)
        yield built


def another(house: House, warehouse: Warehouse, **changes: object) -> Bot:
    """A bot on the same store: a replica, or the same one after a restart."""
    settings = replace(house.settings, **changes)  # type: ignore[arg-type]  # names of settings
    return Bot(house.client, house.store, replace(measure, crm=warehouse.source), house.clock, settings)


def chase(house: House, hours: float = EIGHT_HOURS) -> None:
    """Let time pass, then look and say what is to be said."""
    house.clock.move(hours * 3600)
    house.bot.chase()
    for _ in range(3):
        house.tick(seconds=2)


def texts(house: House, channel: str = SDR_DIRECT) -> list[str]:
    return [str(one["text"]) for one in house.messages(channel)]


# ------------------------------------------------------------------------------------------------------- the manager


def test_the_manager_is_told_at_eight_business_hours_and_not_before(house: House, warehouse: Warehouse) -> None:
    """In person: which MQL, whose it is, and since when it is due (E7)."""
    warehouse.mql()
    chase(house, hours=7.4)
    assert texts(house) == []
    chase(house, hours=0.1)
    (told,) = texts(house)
    assert "1 should have been reviewed within 4 business hours, and nobody had at <!date^" in told
    assert f"*Golden-sentence* – {OWNER}, due <!date^" in told
    assert texts(house, OPS) == []


def test_two_bots_and_a_restart_tell_it_once(house: House, warehouse: Warehouse) -> None:
    """Both look at the same moment, a third begins later, and days go by."""
    warehouse.mql()
    second = another(house, warehouse)
    house.clock.move(EIGHT_HOURS * 3600)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(bot.chase) for bot in (house.bot, second)]:
            done.result()
    for _ in range(3):
        house.tick(seconds=2)
        second.tick()
    house.bot = another(house, warehouse)
    for _ in range(3):
        chase(house, hours=24)
    assert len(texts(house)) == 1


def test_an_account_that_becomes_an_mql_again_is_told_again(house: House, warehouse: Warehouse) -> None:
    """Another date is another MQL."""
    warehouse.mql()
    chase(house)
    warehouse.rows.clear()
    warehouse.mql(at=FRIDAY + timedelta(minutes=1))
    chase(house, hours=0.1)
    assert len(texts(house)) == 2


@pytest.mark.parametrize("date", ["mql_reviewed_at", "mql_accepted_at", "mql_rejected_at", "sql_at"])
def test_what_somebody_reviewed_is_not_chased(house: House, warehouse: Warehouse, date: str) -> None:
    """Late or not."""
    dates = {"mql_at": FRIDAY, date: MONDAY + timedelta(hours=7)}
    warehouse.rows.append(Milestones("golden-sentence", "Golden sentence", OWNER, dates))
    chase(house)
    assert texts(house) == texts(house, OPS) == []


def test_a_backlog_is_one_message_per_manager(house: House, warehouse: Warehouse) -> None:
    """Two hundred MQLs of the first look are a list of ten and a number; older than thirty days are history."""
    for number in range(200):
        warehouse.mql(f"account-{number:03d}", at=FRIDAY - timedelta(minutes=number))
    chase(house)
    (told,) = texts(house)
    assert "200 should have been reviewed" in told
    assert told.count("• ") == 10
    assert "… and 190 more" in told
    assert "*Account-199*" in told  # it has waited longest
    since, until, _ = warehouse.asked[-1]
    assert until - since == timedelta(days=30)


@pytest.mark.parametrize("owner", [None, "nobody@workspace.example", SQL_OWNER, OTHER])
def test_without_a_manager_in_slack_revops_is_told(house: House, warehouse: Warehouse, owner: str | None) -> None:
    """No owner, one nobody lists, one without a manager, and one whose manager Slack does not know: once as well."""
    warehouse.mql(owner=owner)
    chase(house)
    chase(house)
    (told,) = texts(house, OPS)
    assert f"*Golden-sentence* – {owner or 'no owner'}" in told
    assert texts(house) == []


def test_a_manager_is_told_in_their_hours(house: House, warehouse: Warehouse) -> None:
    """At opening; the look was while they were not at work (D37)."""
    members = {**ROSTER.members, SQL_OWNER: Member(SQL_OWNER, LATE_HOURS)}
    house.bot = another(house, warehouse, roster=Roster(members=members))
    warehouse.mql(at=FRIDAY - timedelta(hours=7))  # eight hours were over on Monday at half past nine, UTC
    chase(house, hours=1)
    assert texts(house) == []
    chase(house, hours=4)  # nine o'clock for the manager
    assert len(texts(house)) == 1


def test_a_message_whose_answer_is_lost_is_found_and_not_repeated(house: House, warehouse: Warehouse) -> None:
    """As every notice is (slack B9)."""
    warehouse.mql()
    house.clock.move(EIGHT_HOURS * 3600)
    house.bot.chase()
    house.gate.drop = "/api/chat.postMessage"
    for _ in range(8):
        house.tick(seconds=60)
    assert len(texts(house)) == 1


def test_a_warehouse_that_cannot_be_read_keeps_no_alert_from_being_posted(
    house: House, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, without a name, and looked at again the next time."""
    warehouse.mql()
    warehouse.down = WarehouseError("the warehouse cannot be reached")
    house.bot = another(house, warehouse, policies=())  # an alert without rungs: it alone is posted
    house.tell(payload())
    with caplog.at_level(logging.ERROR):
        chase(house)
    assert "nobody can say which MQLs are not reviewed: the warehouse cannot be reached" in caplog.text
    assert len(house.messages(HOT)) == 1
    warehouse.down = None
    chase(house, hours=0.1)
    assert len([one for one in texts(house) if "MQL" in one]) == 1


@pytest.mark.parametrize("columns", [ALL - {"mql_reviewed_at"}, ALL - {"mql_at"}, frozenset()])
def test_nobody_is_chased_by_columns_that_are_not_declared(
    house: House, warehouse: Warehouse, columns: frozenset[str]
) -> None:
    """The warehouse is not even asked."""
    warehouse.mql()
    warehouse.columns = columns
    house.bot = another(house, warehouse)
    chase(house)
    assert warehouse.asked == []
    assert texts(house) == texts(house, OPS) == []


def test_a_clock_without_a_manager_chases_nobody(house: House, warehouse: Warehouse) -> None:
    """What sla.toml promises is what is kept."""
    warehouse.mql()
    house.bot = another(house, warehouse, crm_clocks=tuple(replace(clock, manager=None) for clock in CRM_CLOCKS))
    chase(house)
    assert texts(house) == []


def test_a_started_bot_looks_by_itself(house: House, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from the ticker, which waits here for its end; and stops with the bot."""
    monkeypatch.setattr("bot.app.LOOKING", timedelta(milliseconds=1))
    warehouse.mql()
    house.clock.move(EIGHT_HOURS * 3600)
    house.connect()
    assert warehouse.looked.wait(10)
    house.hang_up()
    looks = len(warehouse.asked)
    house.bot.tick()
    assert len(texts(house)) == 1
    assert len(warehouse.asked) == looks


# ------------------------------------------------------------------------------------------------------- /funnel sla


@pytest.fixture
def ask(house: House, warehouse: Warehouse) -> Callable[[str], str]:
    """What is answered to `/funnel TEXT`."""

    def asked(text: str) -> str:
        house.bot = another(house, warehouse)
        house.connect()
        before = len(house.whispers(AE))
        assert house.command(text, AE, channel=FYI)["acknowledged"]
        house.finish()
        (whisper,) = house.whispers(AE)[before:]
        return str(whisper["text"])

    return asked


def test_crm_dates_are_told_below_the_alerts(house: House, warehouse: Warehouse, ask: Callable[[str], str]) -> None:
    """Each clock with its counts, of the time and the people that were asked for."""
    warehouse.mql("a", at=MONDAY, mql_reviewed_at=MONDAY + timedelta(hours=1))
    warehouse.mql("b", owner=OTHER, at=MONDAY, mql_reviewed_at=MONDAY + timedelta(hours=5))
    warehouse.rows.append(Milestones("c", "Brass", OTHER, {"sql_at": MONDAY - timedelta(days=9)}))
    warehouse.rows.append(Milestones("d", "Steel", OTHER, {"mql_rejected_at": MONDAY}))
    house.clock.move(10 * 3600)
    told = ask("sla 30d")
    assert told.index("*Warm*") < told.index("*MQLs and SQLs, by the dates of the CRM*")
    assert "MQL reviewed within 4 business hours: 1 kept, 1 late, 0 overdue, 0 running (50.0 % of 2 kept)" in told
    assert f"*For the pipeline review: no discovery in time*\n• *Brass* – {OTHER}, due <!date^" in told
    assert "rejects without a reason: 1 of 1 (0.0 % have one, target 100 %)" in told
    assert "1 kept, 0 late, 0 overdue" in ask(f"sla 30d mid {OWNER}")
    assert warehouse.asked[-1][2] == Scope("mid", OWNER)


def test_dates_that_cannot_be_read_leave_the_alerts_told(warehouse: Warehouse, ask: Callable[[str], str]) -> None:
    """And say so; so does a warehouse that does not say whose accounts are whose, or declares no date (D45)."""
    warehouse.down = WarehouseError("the warehouse cannot be reached")
    told = ask("sla")
    assert "acknowledge within 1 business hour" in told
    assert "The warehouse cannot be read right now" in told
    warehouse.down, warehouse.owned = None, False
    assert f"Not narrowed to owner {OWNER}" in ask("sla me")
    warehouse.columns = frozenset()
    assert "Not declared: `mql_at`, `mql_reviewed_at`" in ask("sla")
