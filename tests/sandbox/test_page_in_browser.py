"""The demo page in headless Chromium, against the Slack stand-in and a real Bolt app."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import alert_is_present
from selenium.webdriver.support.ui import Select, WebDriverWait
from slack_sdk import WebClient

from sandbox.page import page_app
from sandbox.serving import serve
from sandbox.slack import SlackTeam, acts, slack_app
from tests.sandbox.page_demo import (
    AE,
    HOSTILE,
    HOT,
    HUBSPOT,
    SDR,
    FakeWorld,
    account,
    alert,
    bolt_app,
    mrkdwn,
    plain,
    quiet_team,
    salesforce,
)
from tests.sandbox.socket_app import connected

Found = TypeVar("Found")
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
        self.on(css, containing, _click)

    def text(self, css: str, containing: str = "") -> str:
        """What an element says."""
        return self.on(css, containing, lambda element: element.text)

    def choose(self, css: str, label: str) -> None:
        """Pick an option of a select."""

        def choose(element: WebElement) -> bool:
            Select(element).select_by_visible_text(label)
            return True

        self.on(css, label, choose)

    def on(self, css: str, containing: str, act: Callable[[WebElement], Found]) -> Found:
        """Do something with an element, found again when a redraw took it away in between."""

        def attempt(driver: Chrome) -> Found | None:
            found = driver.find_elements(By.CSS_SELECTOR, css)
            wanted = next((each for each in found if containing in each.text), None)
            return None if wanted is None else act(wanted)

        done = WebDriverWait(self.browser, 10, ignored_exceptions=[StaleElementReferenceException]).until(attempt)
        assert done is not None
        return done


def _click(element: WebElement) -> bool:
    element.click()
    return True


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
    demo.press("dialog .b-button", "Dismiss")
    assert demo.text("dialog .wrong") == "Choose a reason"
    demo.choose("dialog select", "Too small")
    demo.choose("dialog [data-kind=users_select]", "SDR 1")
    demo.find("dialog textarea").send_keys("two people")
    demo.press("dialog .b-button", "Dismiss")
    WebDriverWait(demo.browser, 10).until(lambda driver: not driver.find_element(By.ID, "modal").is_displayed())
    values = demo.heard[0]["view"]["state"]["values"]
    assert values["code"]["code"]["selected_option"]["value"] == "too_small"
    assert values["note"]["note"]["value"] == "two people"
    assert values["until"]["until"] == {"type": "datetimepicker", "selected_date_time": 1768208400}
    assert values["to"]["to"]["selected_user"] == SDR


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
