"""`plsync check`: everything in place passes, each broken thing gets its advice, and nothing is written anywhere."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.store import Store, bindings
from plsync import exits
from plsync.listening import require_free
from plsync.wiring import now
from sandbox.world import Ports, running
from tests.front.door import EXAMPLE, MAPPINGS, Door, Ran, named_company, run


def problems(ran: Ran) -> list[str]:
    """Everything `check --json` found."""
    return [problem for one in json.loads(ran.out)["checks"] for problem in one["problems"]]


def test_the_example_passes(door: Door) -> None:
    """config.example.toml, its addresses led to the sandbox, passes every check."""
    ran = door.migrated().run("check")
    assert ran.code == exits.DONE
    assert [line[0] for line in ran.out.splitlines() if not line.startswith("  ")] == ["✓"] * 10


@pytest.fixture
def default_ports() -> None:
    """The sandbox's own ports, where nobody has them."""
    try:
        require_free(astuple(Ports()))
    except OSError as taken:
        pytest.skip(f"a port of the sandbox is taken: {taken.strerror}")


@pytest.mark.usefixtures("default_ports")
def test_the_example_passes_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The literal file fits `plsync sandbox` on its default ports, folders included."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, tmp_path)
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    company = named_company(datetime.now(UTC) - timedelta(days=1))
    with running(Path(".plsync/sandbox"), lambda: datetime.now(UTC), company, Ports()) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        assert run("migrate", "--config", EXAMPLE.name).code == exits.DONE
        assert run("check", "--config", EXAMPLE.name).code == exits.DONE


def test_checking_writes_nothing(door: Door) -> None:
    """Twice in a row `check` leaves the store as it was, bound to nobody, and no CRM sees a write or a message."""
    before = door.migrated().stored("SELECT * FROM bindings")
    assert [door.run("check").code for _ in range(2)] == [exits.DONE, exits.DONE]
    assert door.stored("SELECT * FROM bindings") == before == []
    assert door.stored("SELECT * FROM runs") == []
    assert door.writes() == 0
    assert door.sandbox.counts()["slack"]["post"] == 0


def test_every_broken_thing_is_told_at_once(door: Door) -> None:
    """Three things broken in three rooms are three problems of one check, and the worst decides the exit code."""
    door.mapping("salesforce_account.toml", {"PLS_Score__c": "PLS_Scor__c"})
    changes = {'hot_channel = "plg-hot"': 'hot_channel = "plg-hto"', 'industry = "text"': 'industry = "integer"'}
    ran = door.migrated().run("check", "--json", changes=changes)
    assert ran.code == exits.CONFIGURATION
    told = "\n".join(problems(ran))
    for part in ("did you mean PLS_Score__c?", "slack.hot_channel", "#plg-hto", "'industry' is declared integer"):
        assert part in told


def test_channels_of_tiers_are_checked_too(door: Door) -> None:
    """Of a tier or segment there is none of, with the nearest name, and of a channel the bot is not in (D38)."""
    channels = 'channels = { hott = "plg-hot", "hot.enterprise" = "plg-hto" }'
    ran = door.migrated().run("check", "--json", changes={"channels = {}": channels})
    told = "\n".join(problems(ran))
    assert ran.code == exits.CONFIGURATION
    assert 'slack.channels: "hott" is no tier or segment of one; did you mean "hot"?' in told
    assert 'slack.channels."hot.enterprise": the bot cannot post to #plg-hto' in told


def test_a_missing_store_is_told(door: Door) -> None:
    """Without a store the advice is `plsync migrate`, and checking makes none."""
    ran = door.run("check", "--json")
    assert ran.code == exits.UNAVAILABLE
    (problem,) = problems(ran)
    assert "plsync migrate" in problem
    assert not door.store.exists()


@pytest.mark.parametrize("system", ["salesforce", "hubspot", "slack"])
def test_a_store_of_another_organisation_is_told(door: Door, system: str) -> None:
    """A store bound elsewhere is named with both identities (D9)."""
    store = Store.open(f"sqlite:///{door.migrated().store}")
    with store.write() as conn:
        bindings.bind(conn, system, "another-organisation", now())
    store.close()
    ran = door.run("check", "--json")
    assert ran.code == exits.CONFIGURATION
    (problem,) = problems(ran)
    assert re.search(rf"{system}.*another-organisation", problem)


def test_a_match_field_that_is_not_unique_is_told(door: Door) -> None:
    """The field accounts are matched by must be unique in the CRM."""
    door.mapping("salesforce_account.toml", {"PLS_Account_Key__c": "PLS_Tier__c"})
    told = problems(door.migrated().run("check", "--json"))
    assert any("PLS_Tier__c is not unique in salesforce" in problem for problem in told)


def test_a_fact_field_the_crm_lacks_is_told(door: Door) -> None:
    """A field of crm_state.toml that the CRM lacks is named with its object and fact."""
    door.mapping("crm_state.toml", {'"LastModifiedDate"': '"LastModified"'})
    (problem,) = problems(door.migrated().run("check", "--json"))
    assert problem.startswith("mappings/crm_state.toml: salesforce Lead has no field LastModified (fact sql)")


def test_a_funnel_of_an_undeclared_column_is_told(door: Door) -> None:
    """A stage dated by a column nobody declared would show nothing: it is named."""
    changes = {'signup = { column = "signup_at"': 'signup = { column = "signed_up_at"'}
    (problem,) = problems(door.migrated().run("check", "--json", changes=changes))
    assert problem.startswith('funnel.plg.signup: column "signed_up_at" is not declared')


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ("PLSYNC_SALESFORCE_CONSUMER_SECRET", "salesforce refused the sign-in"),
        ("PLSYNC_HUBSPOT_TOKEN", "hubspot.access_token"),
        ("PLSYNC_SLACK_BOT_TOKEN", "slack.bot_token"),
        ("PLSYNC_SLACK_APP_TOKEN", "slack.app_token"),
    ],
)
def test_a_refused_credential_is_told(door: Door, monkeypatch: pytest.MonkeyPatch, secret: str, part: str) -> None:
    """Every credential is tried, the app token included, and a refused one is named."""
    monkeypatch.setenv(secret, "not-the-right-one")
    ran = door.migrated().run("check", "--json")
    assert ran.code == exits.UNAVAILABLE
    (problem,) = problems(ran)
    assert part in problem


def test_a_channel_that_others_read_is_told(door: Door) -> None:
    """Alerts are account data, which another organisation does not get (D42)."""
    team = door.sandbox.team
    hot = next(one["id"] for one in team.records("channels") if one["name"] == "plg-hot")
    team.edit("channels", hot, {"is_ext_shared": True}, "admin")
    (problem,) = problems(door.migrated().run("check", "--json"))
    assert problem.startswith("slack.hot_channel: #plg-hot is shared with another organisation")


def test_whom_the_command_is_for_must_be_somebody(door: Door) -> None:
    """A group Slack does not have and a role nobody has would keep everybody out without a word."""
    changes = {"funnel_for = []": 'funnel_for = ["@leaders", "vp", "enterprise_ae", "someone@workspace.example"]'}
    told = problems(door.migrated().run("check", "--json", changes=changes))
    assert [problem.partition(";")[0] for problem in told] == [
        'slack.funnel_for: Slack has no user group "leaders"',
        'slack.funnel_for: nobody in people.toml has the role "vp"',
    ]


def test_http_needs_no_app_token(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Slack sends requests, no socket is tried."""
    monkeypatch.setenv("PLSYNC_SLACK_APP_TOKEN", "not-the-right-one")
    changes = {'mode = "socket"': 'mode = "http"', "# signing_secret": "signing_secret"}
    assert door.migrated().run("check", changes=changes).code == exits.DONE


@pytest.mark.parametrize("system", ["salesforce", "hubspot", "slack"])
def test_a_system_that_does_not_answer_is_told(door: Door, system: str) -> None:
    """A system nobody listens for is named; the others are checked all the same."""
    urls = {
        "salesforce": (door.sandbox.salesforce_url, "https://127.0.0.1:1"),
        "hubspot": (door.sandbox.hubspot_url, "http://127.0.0.1:1"),
        "slack": (door.sandbox.slack_url, "http://127.0.0.1:1/api/"),
    }
    ran = door.migrated().run("check", changes=dict([urls[system]]))
    assert ran.code == exits.UNAVAILABLE
    failed = [line for line in ran.out.splitlines() if line.startswith("✗")]
    assert len(failed) == 1
    assert failed[0].startswith(f"✗ {system}")
    assert "its address in the configuration" in ran.out


def test_a_shipped_mapping_without_its_crm_is_only_noted(door: Door) -> None:
    """Who has Salesforce alone may leave the HubSpot mapping where it is: it is noted, and the check passes."""
    config = door.migrated().configured()
    text = re.sub(r"\[hubspot\].*?(?=\[slack\])", "", config.read_text(encoding="utf-8"), flags=re.DOTALL)
    config.write_text(text, encoding="utf-8")
    ran = run("check", "--config", str(config))
    assert ran.code == exits.DONE
    assert "mappings/hubspot_company.toml is not used: the configuration has no [hubspot]" in ran.out
    assert run("sync", "--config", str(config)).code == exits.DONE
