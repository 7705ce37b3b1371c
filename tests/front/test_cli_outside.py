"""Store, CRMs and Slack as a user meets them when they are missing, foreign, busy or down."""

from __future__ import annotations

import itertools
import os
import re
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.errors import StoreError
from connector.store import Store, bindings
from plsync import exits
from plsync.lease import alone, now_and_then
from plsync.wiring import now
from sandbox.faults import Fault
from sandbox.world import Ports
from tests.front.door import CRMS, Door, free_port, refused, run

NOBODY = "http://127.0.0.1:1"  # nothing listens on port 1


# --- the store -------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["plan"], ["sync"], ["explain", "hot-open-sql"]])
def test_a_store_that_was_never_made_is_named(door: Door, words: list[str]) -> None:
    """Without a store the advice is `plsync migrate`, and none is made on the way."""
    refused(door.run(*words), exits.UNAVAILABLE, str(door.store), "plsync migrate")
    assert not door.store.exists()


def test_an_unreachable_store_is_named_without_its_password(door: Door) -> None:
    """A PostgreSQL store that refuses the connection is unavailable (4)."""
    changes = {f"sqlite:///{door.store}": "postgresql+psycopg://plsync:open-sesame@127.0.0.1:1/plsync"}
    for command in ("migrate", "plan"):
        ran = door.run(command, changes=changes)
        refused(ran, exits.UNAVAILABLE, "store", "127.0.0.1:1/plsync")
        assert "open-sesame" not in ran.err


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_a_store_of_another_organisation_is_refused(door: Door, system: str) -> None:
    """A store bound elsewhere is refused (2) with both identities and how to go on (D9); nothing is written."""
    store = Store.open(f"sqlite:///{door.migrated().store}")
    with store.write() as conn:
        bindings.bind(conn, system, "another-organisation", now())
    store.close()
    for command in ("plan", "sync"):
        refused(door.run(command), exits.CONFIGURATION, system, "another-organisation", "store")
    assert door.writes() == 0


@pytest.mark.parametrize("system", ["salesforce", "hubspot", "slack"])
def test_a_person_may_rebind_the_store(door: Door, system: str) -> None:
    """To the organisation the credentials lead to, and to no other; then everything goes on (D9)."""
    store = Store.open(f"sqlite:///{door.migrated().store}")
    with store.write() as conn:
        bindings.bind(conn, system, "another-organisation", now())
    store.close()
    refused(door.run("rebind", system, "a-third-one"), exits.CONFIGURATION, system, "nothing was changed")
    identity = {
        "salesforce": door.sandbox.org.org_id,
        "hubspot": str(door.sandbox.portal.portal_id),
        "slack": door.sandbox.team.info["id"],
    }[system]

    ran = door.run("rebind", system, identity)

    assert (ran.code, identity in ran.out) == (exits.DONE, True)
    assert door.run("plan").code == exits.DONE


def test_a_system_that_is_not_configured_cannot_be_rebound(door: Door) -> None:
    """The advice names those that are."""
    refused(door.migrated().run("rebind", "sales", "1"), exits.CONFIGURATION, '"sales"', "salesforce, hubspot, slack")


def test_a_second_sync_waits_its_turn(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process syncs this store a second one is refused (4), says who, and calls nobody."""
    store = Store.open(f"sqlite:///{door.migrated().store}")
    holder = f"{socket.gethostname()}:{os.getppid()}"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("plsync.lease.owner", lambda: holder)
        other = alone(store, now, CRMS)
        other.__enter__()
    refused(door.run("sync"), exits.UNAVAILABLE, "another sync", holder)
    assert door.calls() == 0
    other.__exit__(None, None, None)
    assert door.run("sync").code == exits.DONE
    store.close()


def test_a_dead_process_keeps_nobody_waiting(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that was killed holds nothing: the next one on its host goes on at once (D33)."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    store = Store.open(f"sqlite:///{door.migrated().store}")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("plsync.lease.owner", lambda: f"{socket.gethostname()}:{ended.pid}")
        alone(store, now, CRMS).__enter__()
    assert door.run("sync").code == exits.DONE
    store.close()


def test_a_lease_that_was_lost_stops_the_run(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync whose right was taken over meanwhile notices before its next chunk and stops."""
    store = Store.open(f"sqlite:///{door.migrated().store}")
    with alone(store, now, CRMS) as renew:
        renew()
        monkeypatch.setattr("plsync.lease.owner", lambda: "another-host:1")
        monkeypatch.setattr("plsync.lease.is_gone", lambda _: True)
        with alone(store, now, CRMS), pytest.raises(StoreError, match="another took over"):
            renew()
    store.close()


def test_a_lease_is_renewed_while_answers_arrive() -> None:
    """However many answers arrive, the right to sync is renewed every five seconds of them."""
    seconds, renewed = itertools.count(), []
    begin = datetime(2026, 3, 4, 9, tzinfo=UTC)
    moments = (begin + timedelta(seconds=number / 10) for number in seconds)
    answered = now_and_then(lambda: renewed.append(1), lambda: next(moments))
    for _ in range(500):
        answered()
    assert len(renewed) == 10


# --- the CRMs and Slack ----------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_a_crm_that_does_not_answer_is_named(door: Door, system: str) -> None:
    """A CRM nobody listens for is unavailable (4): which one, and what to check."""
    url = door.sandbox.salesforce_url if system == "salesforce" else door.sandbox.hubspot_url
    changes = {url: NOBODY.replace("http:", "https:") if system == "salesforce" else NOBODY}
    ran = door.migrated().run("sync", changes=changes)
    refused(ran, exits.UNAVAILABLE, system, "its address in the configuration")
    assert door.stored("SELECT state FROM runs") == [("failed",)]


@pytest.mark.parametrize(
    ("secret", "system", "key"),
    [
        ("PLSYNC_SALESFORCE_CONSUMER_SECRET", "salesforce", "consumer_key"),
        ("PLSYNC_HUBSPOT_TOKEN", "hubspot", "hubspot.access_token"),
    ],
)
def test_a_refused_credential_is_named(
    door: Door, monkeypatch: pytest.MonkeyPatch, secret: str, system: str, key: str
) -> None:
    """A wrong token stops the run (4) and names the key to correct, without the token."""
    monkeypatch.setenv(secret, "not-the-right-one")
    for command in ("plan", "sync"):
        ran = door.migrated().run(command)
        refused(ran, exits.UNAVAILABLE, system, key)
        assert "not-the-right-one" not in ran.err
    assert door.writes() == 0


def test_rate_limits_are_waited_out(door: Door) -> None:
    """A CRM that says 429 twice costs patience and nothing else."""
    door.sandbox.controls["hubspot"].faults.append(
        Fault(re.compile("batch/update"), 429, 2, headers={"Retry-After": "1"})
    )
    assert door.migrated().run("sync").code == exits.DONE


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_a_crm_that_stays_down_loses_nothing(door: Door, system: str) -> None:
    """Server errors that do not pass end the run (4) marked failed; run again, everything arrives."""
    control = door.sandbox.controls[system]
    control.faults.append(Fault(re.compile("POST|PATCH"), 503, 10_000))
    refused(door.migrated().run("sync"), exits.UNAVAILABLE, system, "run again later")
    assert door.stored("SELECT state FROM runs") == [("failed",)]
    control.faults.clear()
    assert door.run("sync").code == exits.DONE
    door.sandbox.forget_requests()
    assert door.run("sync").code == exits.DONE
    assert door.calls() == 0


@pytest.mark.parametrize("secret", ["PLSYNC_SLACK_BOT_TOKEN", "PLSYNC_SLACK_APP_TOKEN"])
def test_serve_names_a_refused_slack_token(door: Door, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    """`serve` does not start half a bot: a refused token ends it (4)."""
    monkeypatch.setenv(secret, "not-the-right-one")
    changes = {"port = 8780": f"port = {free_port()}"}
    refused(door.migrated().run("serve", changes=changes), exits.UNAVAILABLE, "slack.bot_token and slack.app_token")


def test_serve_names_a_taken_port(door: Door) -> None:
    """A health port somebody else has is a matter of configuration (2)."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = door.migrated().run("serve", changes={"port = 8780": f"port = {port}"})
    refused(ran, exits.CONFIGURATION, f"127.0.0.1:{port}", "serve.port")


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_a_taken_port_ends_sandbox_and_demo(command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Sandbox and demo name the port somebody else has (4), before they touch a file of the one that runs."""
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = Ports(page=port, salesforce=0, hubspot=0, slack=0)
        monkeypatch.setattr("plsync.commands.demo.PAGE", ports)
        monkeypatch.setattr("plsync.commands.sandbox.PORTS", ports)
        refused(run(command), exits.UNAVAILABLE, f"cannot listen on 127.0.0.1:{port}", "Stop it first")
    assert list(tmp_path.iterdir()) == []


def test_a_demo_that_ends_has_no_speed() -> None:
    """`--once` waits for nobody: with `--speed` it is refused (2), and what to leave out is said."""
    refused(run("demo", "--once", "--speed", "2"), exits.CONFIGURATION, "--speed", "--once")
