"""The demo as a person meets it: its page in headless Chromium, the real bot behind it, one alert taken by a click.

With PLSYNC_SCREENSHOTS set to a folder, each step leaves a picture there.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from unittest import mock

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from plsync import demo as plsync_demo
from plsync.demo import Demo
from sandbox.world import ANY_PORTS
from tests.sandbox.test_page_in_browser import CHROMIUM, DRIVER, QUIET, in_browser

Found = TypeVar("Found")
pytestmark = in_browser
OWNER = "Enterprise AE 1"
ACCOUNT = "Hot no sql"


@dataclass(frozen=True)
class Visit:
    """The page of a running demo, open in a browser. Elements are found again when a redraw took them away."""

    browser: Chrome
    demo: Demo

    def on(self, css: str, containing: str, act: Callable[[WebElement], Found]) -> Found:
        """Do something with the first element that matches and contains the text, waited for."""

        def attempt(driver: Chrome) -> Found | None:
            found = driver.find_elements(By.CSS_SELECTOR, css)
            wanted = next((each for each in found if containing in each.text), None)
            return None if wanted is None else act(wanted)

        done = WebDriverWait(self.browser, 10, ignored_exceptions=[StaleElementReferenceException]).until(attempt)
        assert done is not None
        return done

    def text(self, css: str, containing: str = "") -> str:
        """What an element says."""
        return self.on(css, containing, lambda element: element.text)

    def texts(self, css: str) -> list[str]:
        """What all matching elements say, read in one go between two redraws."""
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText)"
        found: list[str] = self.browser.execute_script(script, css)
        return found

    def press(self, css: str, containing: str = "") -> None:
        """Click an element."""
        self.on(css, containing, _click)

    def act_as(self, name: str) -> None:
        """Choose whom the page acts as."""

        def choose(element: WebElement) -> bool:
            Select(element).select_by_visible_text(name)
            return True

        self.on("#acting", name, choose)

    def message(self, account: str) -> str:
        """The selector of the message about an account, which stays when the message is redrawn."""
        stamp = self.on(".message", account, lambda element: element.get_attribute("data-ts"))
        return f'.message[data-ts="{stamp}"]'

    def type_in(self, css: str, text: str) -> None:
        """Write into a field in place of what it holds."""
        field = self.on(css, "", lambda element: element)
        field.clear()
        field.send_keys(text)

    def shot(self, name: str, css: str = "body") -> None:
        """A picture for people, where one is wanted, with the element in view."""
        if folder := os.environ.get("PLSYNC_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.browser.execute_script(f"document.querySelector('{css}').scrollIntoView({{block: 'start'}})")
            assert self.browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def _click(element: WebElement) -> bool:
    element.click()
    return True


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo after day two, its bot connected and ticking."""
    with pytest.MonkeyPatch.context() as patch, mock.patch.dict(os.environ):
        patch.setattr(plsync_demo, "FOLDER", tmp_path_factory.mktemp("demo"))
        with plsync_demo.demo(1, ANY_PORTS) as running:
            running.baseline()
            running.next_day()
            running.connect(threading.Event().wait)
            yield running


@pytest.fixture(scope="module")
def visit(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """The page, open."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(argument)
    browser = Chrome(options=options, service=Service(DRIVER))
    browser.get(demo.sandbox.page_url)
    yield Visit(browser, demo)
    browser.quit()


def test_the_hot_alerts_are_on_the_page(visit: Visit, demo: Demo) -> None:
    """Every alert that wants somebody is drawn in #plg-hot, with the usage that triggered it and a button."""
    visit.press(".channel", "plg-hot")
    visit.text(".message", "Golden sentence")
    visit.shot("1-hot-alerts")
    drawn = visit.texts(".message")
    assert len(drawn) == len(demo.alerts("hot_pql")) + len(demo.alerts("expansion"))
    assert all("I'm on it" in each for each in drawn)
    assert "has 8 active users, hit the usage limit 3 days ago, integrated with Salesforce" in visit.text(
        ".message", "Golden sentence"
    )


def test_a_click_takes_the_alert_and_the_message_says_so(visit: Visit, demo: Demo) -> None:
    """Pressed by a person on the page: that button goes, the message names who has it, and Slack holds the same."""
    visit.press(".channel", "plg-hot")
    visit.act_as(OWNER)
    chosen = visit.message(ACCOUNT)
    visit.press(f"{chosen} .b-button", "I'm on it")
    assert f"@{OWNER} is on it" in visit.text(chosen, "is on it")
    assert visit.text(f"{chosen} .changed") == "changed 1×"
    visit.shot("2-acknowledged", chosen)
    assert "I'm on it" not in [one.text for one in visit.browser.find_elements(By.CSS_SELECTOR, f"{chosen} .b-button")]
    taken = [message["text"] for message in demo.alerts("hot_pql") if "is on it" in message["text"]]
    assert len(taken) == 1


def test_the_funnel_is_answered_in_the_channel(visit: Visit) -> None:
    """`/funnel plg` typed in the box shows 4,200 signups, to the person alone."""
    visit.type_in("#command-text", "/funnel plg")
    visit.press("#command button")
    said = visit.text(".message.whisper", "Signup")
    visit.shot("3-funnel", ".message.whisper")
    assert "Only visible to you" in said
    assert "4,200" in said
    assert "30.0 % of Signup" in said.replace("\N{NO-BREAK SPACE}", " ")


def test_an_answer_is_shared_with_the_channel(visit: Visit) -> None:
    """The button under it shows it to everybody, with who did that, and takes the private copy away."""
    visit.press(".message.whisper .b-button", "Share to channel")
    said = visit.text(".message:not(.whisper)", "Shared by")
    visit.shot("4-shared", ".message:not(.whisper)")
    assert "30.0 % of Signup" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert f"Shared by @{OWNER}" in said


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("account golden", "Golden sentence"),
        ("tier", "Accounts by tier"),
        ("sla 7d", "Promises kept"),
        ("queue", "Your queue"),
    ],
)
def test_every_question_has_its_answer(visit: Visit, asked: str, title: str) -> None:
    """An account, tiers, promises and one's own queue, each in the place it was asked."""
    visit.type_in("#command-text", f"/funnel {asked}")
    visit.press("#command button")
    assert visit.text(".message.whisper", title)
    visit.shot(f"6-{asked.partition(' ')[0]}", ".message.whisper:last-of-type")


def test_the_crm_shows_what_was_written(visit: Visit) -> None:
    """A record opens to its fields, those the sync changed highlighted with who wrote them, in either CRM."""
    for crm, field in (("salesforce", "PLS_Route_Reason__c"), ("hubspot", "pls_route_reason")):
        visit.press(f"[data-crm={crm}]")
        visit.type_in("#search", "hot-open-sql")
        visit.text("#counts", "match “hot-open-sql”")
        visit.text(f"[data-crm={crm}][aria-selected=true]")
        visit.press(".record summary", "Hot open sql")
        changed = visit.text(".record[open] .field-changed", field)
        visit.shot(f"4-{crm}-record")
        assert "SQL owned by SDR 1" in changed
        assert "ntegration" in changed


def test_the_superseded_account_went_to_its_owner_alone(visit: Visit) -> None:
    """The SQL's owner got an FYI in a direct message; the Hot channel does not mention the account."""
    visit.press(".channel", "SDR 1")
    assert "Hot open sql" in visit.text(".message", "Hot open sql")
    visit.shot("5-fyi")
    visit.press(".channel", "plg-hot")
    visit.text(".message", "Golden sentence")
    drawn = visit.texts(".message")
    assert not any("Hot open sql" in each for each in drawn)


def test_one_changed_row_is_one_read_and_one_write(demo: Demo) -> None:
    """By the stand-ins' own count of each CRM's requests, reads of facts apart (P3)."""
    demo.one_row()
    for crm in ("salesforce", "hubspot"):
        counts = Counter(demo.sandbox.counts()[crm])
        counts.pop("facts", None)
        assert counts == {"read": 1, "write": 1}
