"""The demo page: its state over fake worlds, and the page itself in headless Chromium against a real Bolt app."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import alert_is_present
from selenium.webdriver.support.ui import Select, WebDriverWait
from slack_bolt import Ack, App
from slack_sdk import WebClient

from sandbox.page import page_app
from sandbox.serving import serve
from sandbox.slack import SlackTeam, acts, slack_app
from tests.sandbox.socket_app import connected

Found = TypeVar("Found")
AE, SDR, HOT = "U0AE000001", "U0SDR00001", "C0HOT00001"
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
SLACK_SEED: dict[str, Any] = {
    "team": {"id": "T0WORK0001", "name": "Workspace"},
    "users": [
        {"id": AE, "name": "ae1", "real_name": "Enterprise AE 1", "email": "ae1@workspace.example", "tz": "UTC"},
        {"id": SDR, "name": "sdr1", "real_name": "SDR 1", "email": "sdr1@workspace.example", "tz": "UTC"},
    ],
    "channels": [
        {"id": HOT, "name": "plg-hot", "is_private": False, "bot_member": True},
        {"id": "C0OPS00001", "name": "revops", "is_private": True, "bot_member": True},
    ],
}


@dataclass
class FakeWorld:
    """Records by kind, and how often they were read."""

    kinds: dict[str, list[dict[str, Any]]]
    reads: int = 0

    def records(self, kind: str) -> list[dict[str, Any]]:
        self.reads += 1
        return self.kinds.get(kind, [])


def account(number: int, at: str | None = None, **fields: Any) -> dict[str, Any]:
    changed = {name: {"by": "005000000000INTAAA", "at": at} for name in fields} if at else {}
    record = {"Id": f"001{number:012d}AAA", "Name": f"account-{number}", "Website": f"a{number}.example"}
    return {**record, **fields, "_changed": changed}


def salesforce(accounts: list[dict[str, Any]]) -> FakeWorld:
    return FakeWorld({"Account": accounts, "User": [{"Id": "005000000000INTAAA", "Name": "Integration"}]})


HUBSPOT = FakeWorld(
    {
        "owners": [{"id": "7001", "firstName": "AE", "lastName": "1"}],
        "companies": [
            {
                "id": "9001",
                "properties": {"name": "hot-open-deal", "pls_tier": "hot", "hubspot_owner_id": "7001"},
                "_changed": {"pls_tier": {"by": "integration@workspace.example", "at": "2026-01-12T09:01:00.000Z"}},
            }
        ],
    }
)


async def nobody(kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
    raise LookupError(f"{kind} on {wanted['ts']}")


def quiet_team() -> SlackTeam:
    return SlackTeam(SLACK_SEED, lambda: datetime(2026, 1, 12, 9, 4, tzinfo=UTC))


@pytest.fixture
def state() -> Iterator[Callable[..., dict[str, Any]]]:
    accounts = [account(n) for n in range(4000)]
    accounts += [account(n, f"2026-01-12T09:{n % 60:02d}:00Z", PLS_Tier__c="hot") for n in range(4000, 4150)]
    app = page_app(salesforce(accounts), HUBSPOT, quiet_team(), nobody, title="Demo")
    with serve(app) as served, httpx.Client(base_url=served.url, trust_env=False) as browser:

        def ask(**wanted: str) -> dict[str, Any]:
            answer = browser.get("/api/state", params=wanted)
            return {
                "status": answer.status_code,
                "size": len(answer.content),
                **(answer.json() if answer.content else {}),
            }

        ask.__dict__["browser"] = browser
        yield ask


# ---------------------------------------------------------------------------------------- the joined state


def test_only_changed_records_are_sent_and_never_more_than_a_hundred(state: Callable[..., dict[str, Any]]) -> None:
    """Four thousand accounts, 150 changed: the newest hundred travel, with honest counts."""
    crm = state()["crm"]
    assert (crm["total"], crm["changed"], crm["matching"], len(crm["rows"])) == (4150, 150, 150, 100)
    moments = [row["changed_at"] for row in crm["rows"]]
    assert moments == sorted(moments, reverse=True)
    assert state()["size"] < 100_000


def test_an_unchanged_state_is_not_sent_again(state: Callable[..., dict[str, Any]]) -> None:
    """The tag of the last answer makes the next one empty."""
    assert state(seen=state()["tag"]) == {"status": 204, "size": 0}


def test_a_search_finds_unchanged_records_too(state: Callable[..., dict[str, Any]]) -> None:
    """Looking for a domain reaches every record of the CRM."""
    rows = state(q="A17.EXAMPLE")["crm"]["rows"]
    assert [(row["name"], row["changed_at"]) for row in rows] == [("account-17", "")]


def test_a_changed_field_says_who_and_when(state: Callable[..., dict[str, Any]]) -> None:
    """Ids of people are shown as their names, in both CRMs."""
    field_ = state()["crm"]["rows"][0]["fields"][0]
    assert field_ == {"name": "PLS_Tier__c", "value": "hot", "by": "Integration", "at": "2026-01-12T09:59:00Z"}
    fields = {each["name"]: each for each in state(crm="hubspot")["crm"]["rows"][0]["fields"]}
    assert fields["pls_tier"]["by"] == "integration@workspace.example"
    assert fields["hubspot_owner_id"]["value"] == "AE 1"


def test_an_act_on_something_missing_is_404(state: Callable[..., dict[str, Any]]) -> None:
    """The page is told, instead of nothing happening."""
    answer = state.__dict__["browser"].post("/api/click", json={"ts": "1"})
    assert (answer.status_code, answer.json()) == (404, {"error": "click on 1"})


def test_only_the_page_and_its_assets_are_served(state: Callable[..., dict[str, Any]]) -> None:
    """Python sources beside the assets stay private, and other host names are refused."""
    browser = state.__dict__["browser"]
    assert browser.get("/page.js").headers["content-type"].startswith("text/javascript")
    assert "default-src 'self'" in browser.get("/").headers["content-security-policy"]
    assert browser.get("/app.py").status_code == 404
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400


# ---------------------------------------------------------------------------------------- in the browser

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
in_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver")
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,950",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(argument)
    driver = Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@dataclass
class Demo:
    """The page in a browser over a Slack stand-in with a Bolt app."""

    browser: Chrome
    web: WebClient
    team: SlackTeam
    org: FakeWorld
    heard: list[dict[str, Any]] = field(default_factory=list)

    def find(self, css: str, containing: str = "") -> WebElement:
        """The first element that matches and contains the text, waited for."""
        return self.on(css, containing, lambda element: element)

    def press(self, css: str, containing: str = "") -> None:
        """Click an element."""
        self.on(css, containing, lambda element: (element.click(), True))

    def text(self, css: str, containing: str = "") -> str:
        """What an element says."""
        return self.on(css, containing, lambda element: element.text)

    def choose(self, css: str, label: str) -> None:
        """Pick an option of a select."""
        self.on(css, label, lambda element: (Select(element).select_by_visible_text(label), True))

    def on(self, css: str, containing: str, act: Callable[[WebElement], Found]) -> Found:
        """Do something with an element, found again when a redraw took it away in between."""

        def attempt(driver: Chrome) -> Found | None:
            found = driver.find_elements(By.CSS_SELECTOR, css)
            wanted = next((each for each in found if containing in each.text), None)
            return None if wanted is None else act(wanted)

        done = WebDriverWait(self.browser, 10, ignored_exceptions=[StaleElementReferenceException]).until(attempt)
        assert done is not None
        return done


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def alert(name: str = "hot-open-sql") -> list[dict[str, Any]]:
    """A Hot alert as a bot would post it."""
    snooze = [{"text": plain(f"Snooze {hours} h"), "value": f"snooze-{hours}"} for hours in (1, 4)]
    return [
        {"type": "header", "text": plain(f":fire: {name} is Hot")},
        {
            "type": "section",
            "text": mrkdwn("*8 active users*, hit the _usage limit_ 3 days ago. <https://crm.example/1|Open in CRM>"),
        },
        {"type": "section", "fields": [mrkdwn("*Score*\n92 (was 64)"), mrkdwn("*Plan*\nTeam, 87 % of limit")]},
        {
            "type": "context",
            "elements": [mrkdwn("Acknowledge within *30 min* · route `assign_ae` · R&amp;D &lt;eu&gt;")],
        },
        {"type": "divider"},
        {
            "type": "actions",
            "block_id": "alert",
            "elements": [
                {"type": "button", "action_id": "claim", "text": plain("I'm on it"), "style": "primary", "value": "a1"},
                {"type": "button", "action_id": "dismiss", "text": plain("Not a fit"), "style": "danger"},
                {"type": "overflow", "action_id": "more", "options": snooze},
            ],
        },
    ]


def funnel() -> list[dict[str, Any]]:
    """A funnel reply with a chart and a table."""
    stages = {"Signup": 4012, "Activated": 1630, "PQL": 412, "Opportunity": 96, "Won": 31}
    points = [{"label": name, "value": value} for name, value in stages.items()]
    axis = {"categories": list(stages)}
    chart = {"type": "bar", "series": [{"name": "Accounts", "data": points}], "axis_config": axis}
    rows = [
        [{"type": "raw_text", "text": name}, {"type": "raw_number", "value": value}] for name, value in stages.items()
    ]
    head = [{"type": "raw_text", "text": "Stage"}, {"type": "raw_text", "text": "Accounts"}]
    return [
        {"type": "section", "text": mrkdwn("*Funnel, last 30 days*")},
        {"type": "data_visualization", "title": "Funnel", "chart": chart},
        {"type": "table", "rows": [head, *rows], "column_settings": [{"align": "left"}, {"align": "right"}]},
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "share", "text": plain("Share to channel")}],
        },
    ]


def reason_modal() -> dict[str, Any]:
    options = [{"text": plain("Too small"), "value": "too_small"}, {"text": plain("Competitor"), "value": "competitor"}]
    return {
        "type": "modal",
        "callback_id": "dismissed",
        "title": plain("Not a fit"),
        "submit": plain("Dismiss"),
        "blocks": [
            {
                "type": "input",
                "block_id": "code",
                "label": plain("Reason"),
                "element": {"type": "static_select", "action_id": "code", "options": options},
            },
            {
                "type": "input",
                "block_id": "note",
                "optional": True,
                "label": plain("In your words"),
                "element": {"type": "plain_text_input", "action_id": "note", "multiline": True},
            },
        ],
    }


def bolt_app(web: WebClient, heard: list[dict[str, Any]], pool: ThreadPoolExecutor) -> App:
    app = App(client=web, signing_secret="unused", listener_executor=pool)

    @app.action("claim")
    def claim(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        heard.append(body)
        said = f"Claimed by <@{body['user']['id']}>"
        blocks = [*alert()[:-2], {"type": "context", "elements": [mrkdwn(f":white_check_mark: {said}")]}]
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=said, blocks=blocks)
        ack()

    @app.action("dismiss")
    def dismiss(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=reason_modal())
        ack()

    @app.view("dismissed")
    def dismissed(ack: Ack, body: dict[str, Any]) -> None:
        heard.append(body)
        ack()

    @app.action("more")
    def more(ack: Ack, body: dict[str, Any]) -> None:
        heard.append(body)
        ack()

    @app.command("/funnel")
    def command(ack: Ack) -> None:
        ack(text="Funnel", blocks=funnel())

    return app


@pytest.fixture
def demo(browser: Chrome) -> Iterator[Demo]:
    team = quiet_team()
    slack, _ = slack_app(team)
    org = salesforce(
        [
            account(
                1,
                "2026-01-12T09:03:00Z",
                PLS_Tier__c="hot",
                PLS_Score__c=92.0,
                PLS_Route__c="assign_ae",
                PLS_Why_Now__c="8 active users, hit the usage limit 3 days ago",
                PLS_Routed_To__c="Enterprise AE 1",
            ),
            account(2, "2026-01-12T08:40:00Z", PLS_Tier__c="warm", PLS_Score__c=61.5, PLS_Route__c="sdr_queue"),
            account(3, "2026-01-12T08:10:00Z", PLS_Tier__c="watching", PLS_Score__c=34.0, PLS_Why_Now__c=HOSTILE),
            account(4),
        ]
    )
    with serve(slack) as served, ThreadPoolExecutor(max_workers=4) as pool:
        web = WebClient(token="xoxb-sandbox", base_url=f"{served.url}/api/", retry_handlers=[])
        web.proxy = None
        demo = Demo(browser, web, team, org)
        page = page_app(org, HUBSPOT, team, acts(team), title="plsync demo")
        with connected(bolt_app(web, demo.heard, pool)), serve(page) as shown:
            browser.get(shown.url)
            yield demo
            browser.get("about:blank")


@in_browser
def test_a_message_is_drawn_from_its_blocks(demo: Demo) -> None:
    """Header, bold, link, fields, entities and buttons appear as Slack draws them."""
    demo.web.chat_postMessage(channel=HOT, text="hot", blocks=alert())
    assert demo.find(".message b", "8 active users").tag_name == "b"
    assert demo.find(".message a", "Open in CRM").get_attribute("href") == "https://crm.example/1"
    assert demo.text(".message .b-header") == "🔥 hot-open-sql is Hot"
    assert "R&D <eu>" in demo.text(".message .b-context")
    assert [each.text for each in demo.browser.find_elements(By.CSS_SELECTOR, ".b-fields > div")] == [
        "Score\n92 (was 64)",
        "Plan\nTeam, 87 % of limit",
    ]


@in_browser
def test_hostile_text_stays_text(demo: Demo) -> None:
    """Neither a message nor a CRM value becomes HTML."""
    link = {"type": "section", "text": mrkdwn("<javascript:alert(3)|press me>")}
    demo.web.chat_postMessage(channel=HOT, text="t", blocks=[{"type": "section", "text": plain(HOSTILE)}, link])
    assert demo.text(".message .b-text", "onerror") == HOSTILE
    demo.press(".record", "account-3")
    assert demo.text(".fields td", "onerror") == HOSTILE
    assert demo.browser.find_elements(By.CSS_SELECTOR, "main img, main script, a[href^=javascript]") == []
    assert alert_is_present()(demo.browser) is False


@in_browser
def test_a_pressed_button_reaches_the_app_and_the_message_changes(demo: Demo) -> None:
    """The chosen person presses; the Bolt app updates; the page marks the change."""
    demo.web.chat_postMessage(channel=HOT, text="hot", blocks=alert())
    demo.choose("#acting", "SDR 1")
    demo.press(".b-button", "I'm on it")
    assert "@SDR 1" in demo.text(".message .b-context", "Claimed by")
    assert demo.text(".changed") == "changed 1×"
    assert demo.heard[0]["user"]["id"] == SDR
    assert demo.text("#status").startswith("Answered in")


@in_browser
def test_an_overflow_choice_arrives(demo: Demo) -> None:
    """The menu opens and its option is what the app hears."""
    demo.web.chat_postMessage(channel=HOT, text="hot", blocks=alert())
    demo.press(".b-overflow summary")
    demo.press(".b-menu button", "Snooze 4 h")
    demo.find("#status", "Answered in")
    assert demo.heard[0]["actions"][0]["selected_option"]["value"] == "snooze-4"


@in_browser
def test_the_command_box_shows_the_reply_to_the_person_alone(demo: Demo) -> None:
    """/funnel is answered with a chart and a table, only visible to who asked."""
    demo.press("#command button")
    assert demo.text(".message.whisper .only").endswith("Only visible to you")
    assert demo.find(".chart-label", "Signup")
    assert demo.find(".grid td", "4,012")
    demo.choose("#acting", "SDR 1")
    demo.find(".messages .empty")


@in_browser
def test_a_modal_is_filled_in_and_sent(demo: Demo) -> None:
    """The modal the app opens can be cancelled, or filled in so that its values reach the app."""
    demo.web.chat_postMessage(channel=HOT, text="hot", blocks=alert())
    demo.press(".b-button", "Not a fit")
    demo.press("dialog .b-button", "Cancel")
    WebDriverWait(demo.browser, 10).until(lambda driver: not driver.find_element(By.ID, "modal").is_displayed())
    demo.press(".b-button", "Not a fit")
    demo.choose("dialog select", "Too small")
    demo.find("dialog textarea").send_keys("two people")
    demo.press("dialog .b-button", "Dismiss")
    WebDriverWait(demo.browser, 10).until(lambda driver: not driver.find_element(By.ID, "modal").is_displayed())
    values = demo.heard[0]["view"]["state"]["values"]
    assert values["code"]["code"]["selected_option"]["value"] == "too_small"
    assert values["note"]["note"]["value"] == "two people"


@in_browser
def test_a_direct_message_appears_in_the_list_and_opens(demo: Demo) -> None:
    """The conversation with a person is listed by name; threads are indented under their parent."""
    posted = demo.web.chat_postMessage(channel=AE, text="hello *you*")
    demo.web.chat_postMessage(channel=AE, text="a reply", thread_ts=posted["ts"])
    demo.press(".channel", "Enterprise AE 1")
    assert demo.find(".message.reply", "a reply")
    assert demo.find(".message b", "you")


@in_browser
def test_a_crm_record_shows_what_changed(demo: Demo, tmp_path: Path) -> None:
    """Changed fields are marked with who and when; the search finds an unchanged record."""
    demo.web.chat_postMessage(channel=AE, text="hello")
    demo.web.chat_postMessage(channel="C0OPS00001", text="hello")
    posted = demo.web.chat_postMessage(channel=HOT, text="hot", blocks=alert())
    demo.web.chat_postMessage(channel=HOT, text="New: *pricing page* seen 3×", thread_ts=posted["ts"])
    demo.find(".message.reply")
    assert demo.text("#counts") == "3 of 4 records changed"
    demo.press("#command button")
    demo.find(".grid td", "4,012")
    demo.press(".record summary", "account-1")
    line = demo.text(".record[open] .field-changed", "PLS_Why_Now__c")
    assert "Integration · Mon 12 Jan, 09:03" in line.replace("Mon, ", "Mon ")
    assert demo.browser.save_screenshot(os.environ.get("PAGE_SCREENSHOT", str(tmp_path / "page.png")))
    demo.find("#search").send_keys("a4.example")
    assert demo.find(".record", "account-4")
    demo.press("[data-crm=hubspot]")
    demo.find("#counts", "match")
