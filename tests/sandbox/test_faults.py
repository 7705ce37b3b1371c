"""What every stand-in can be told to do wrong, proved on the smallest of them, over plain HTTP and TLS."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import Control
from sandbox.faults import Reply
from sandbox.serving import Tls, serve

WORDS = {"words": "x" * 1_000}
BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)


@dataclass
class Counter:
    """A world that counts the work done in it."""

    done: int = 0

    def edit(self, kind: str, record_id: str, fields: dict[str, Any], by: str) -> dict[str, Any]:
        raise KeyError(record_id)

    def records(self, kind: str) -> list[dict[str, Any]]:
        raise KeyError(kind)

    def reset(self) -> None:
        self.done = 0


@dataclass
class Stand:
    """The smallest stand-in, served, and a client of it."""

    world: Counter
    control: Control
    client: httpx.Client

    def fault(self, **wanted: Any) -> httpx.Response:
        return self.client.post("/_sandbox/faults", json=wanted)

    def work(self, said: str = "") -> httpx.Response:
        return self.client.post("/work", content=said)

    def seen(self) -> list[tuple[Any, ...]]:
        """Status, kind and fault of each request of the log."""
        rows = self.client.get("/_sandbox/requests").json()["requests"]
        return [(row["status"], row["kind"], row.get("fault")) for row in rows]


def app_of(world: Counter) -> tuple[Any, Control]:
    """One endpoint that works on two rows, watched."""

    async def work(request: Request) -> Response:
        await request.body()
        world.done += 1
        request.state.detail = {"rows": 2}
        return JSONResponse(WORDS)

    named = {"busy": lambda: Reply(409, {"busy": True}, {"Retry-After": "7"})}
    control = Control(world, lambda method, path: "work", lambda status: {"fault": status}, named_faults=named)
    return control.middleware(Starlette(routes=[Route("/work", work, methods=["POST"]), *control.routes()])), control


@pytest.fixture(scope="module", params=["http", "https"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    world = Counter()
    app, control = app_of(world)
    tls = Tls.create(tmp_path_factory.mktemp("tls")) if request.param == "https" else None
    verify = ssl.create_default_context(cafile=str(tls.ca_file)) if tls else False
    with serve(app, tls=tls) as served, httpx.Client(base_url=served.url, verify=verify) as client:
        yield Stand(world, control, client)


@pytest.fixture
def stand(running: Stand) -> Stand:
    running.client.post("/_sandbox/reset")
    return running


def test_a_dropped_request_was_worked_on(stand: Stand) -> None:
    """drop_after_accept: the work is done and counted under its own kind, the caller gets no answer."""
    stand.fault(match="POST /work", action="drop_after_accept")

    with pytest.raises(BROKEN):
        stand.work()
    assert (stand.world.done, stand.seen()) == (1, [(200, "work", "drop_after_accept")])
    assert stand.work().json() == WORDS


def test_a_reset_comes_before_the_work(stand: Stand) -> None:
    """reset: nothing was done, and the log has the request as a fault without a status."""
    stand.fault(match="POST /work", action="reset")

    with pytest.raises(BROKEN):
        stand.work()
    assert (stand.world.done, stand.seen()) == (0, [(0, "fault", "reset")])


def test_half_a_body_breaks_off(stand: Stand) -> None:
    """half_body: status and full Content-Length arrive, then half of the bytes, then the end."""
    stand.fault(match="POST /work", action="half_body")

    with stand.client.stream("POST", "/work") as answer:
        whole, got = int(answer.headers["Content-Length"]), bytearray()
        with pytest.raises(BROKEN):
            _read_into(got, answer)
    assert (answer.status_code, len(got), stand.world.done) == (200, whole // 2, 1)


def _read_into(got: bytearray, answer: httpx.Response) -> None:
    for chunk in answer.iter_bytes():
        got.extend(chunk)


@pytest.mark.parametrize(("action", "done"), [("html", 0), ("html_after", 1)])
def test_a_page_instead_of_an_answer(stand: Stand, action: str, done: int) -> None:
    """html and html_after: a page under 200, without and with the work."""
    stand.fault(action=action)
    answer = stand.work()

    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert answer.text.startswith("<!doctype html>")
    assert stand.world.done == done
    assert stand.seen() == [(200, "work" if done else "fault", action)]


def test_a_slow_answer_is_an_answer(stand: Stand) -> None:
    """slow: a caller with less patience times out, one with more is served."""
    stand.fault(action="slow", seconds=0.1, times=2)

    with pytest.raises(httpx.ReadTimeout):
        stand.client.post("/work", timeout=0.02)
    assert stand.work().json() == WORDS


@pytest.mark.parametrize(("when", "done"), [("before_work", 0), ("before_reply", 1), ("mid_body", 1)])
def test_a_process_is_killed_at_a_chosen_moment(stand: Stand, when: str, done: int) -> None:
    """kill: SIGKILL to the process named, at its n-th request; the connection breaks in the same breath."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        stand.fault(action="kill", pid=victim.pid, when=when, at=2)
        assert stand.work().is_success
        assert victim.poll() is None
        with pytest.raises(BROKEN):
            stand.work()
        assert victim.wait(timeout=10) == -9
    assert stand.world.done == 1 + done
    stand.fault(action="kill", pid=victim.pid, when=when)
    with pytest.raises(BROKEN):  # the process is gone already: the connection breaks all the same
        stand.work()


def test_a_fault_may_wait_for_what_a_request_says(stand: Stand) -> None:
    """`says` is looked for in the body; requests that say something else do not count, and are heard all the same."""
    stand.fault(match="POST /work", says='"PATCH"', status=500, at=2)

    said = ['{"method": "PATCH"}', '{"method": "GET"}', '{"method": "PATCH"}', '{"method": "PATCH"}']
    assert [stand.work(each).status_code for each in said] == [200, 200, 500, 200]


def test_only_the_nth_match_fails(stand: Stand) -> None:
    """`at` counts the matching requests from the order on; `times` says how many fail from there."""
    stand.fault(match="POST /work", status=500, at=3)
    stand.fault(match="POST /work", status=502, at=3, times=2)

    assert [stand.work().status_code for _ in range(6)] == [200, 200, 500, 502, 502, 200]


def test_a_fault_may_be_the_stand_ins_own_refusal(stand: Stand) -> None:
    """`name` takes status, body and headers from the stand-in; a body given is sent as it is, text as text."""
    stand.fault(name="busy")
    stand.fault(status=418, body="short and stout")
    named, plain = stand.work(), stand.work()

    assert (named.status_code, named.json(), named.headers["Retry-After"]) == (409, {"busy": True}, "7")
    assert (plain.status_code, plain.text) == (418, "short and stout")


def test_orders_can_be_taken_back_and_given_in_process(stand: Stand) -> None:
    """DELETE /_sandbox/faults forgets what was ordered; Control.order takes the same members."""
    stand.fault(status=500, times=9)
    stand.client.delete("/_sandbox/faults")
    assert stand.work().is_success
    stand.control.order({"status": 503})
    assert stand.work().json() == {"fault": 503}


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"action": "explode"}, "action 'explode' is not one of status, slow"),
        ({"action": "kill"}, "needs the pid"),
        ({"action": "kill", "pid": 1, "when": "later"}, "when 'later'"),
        ({}, "needs a status or a name"),
        ({"name": "idle"}, "name 'idle' is not one of busy"),
        ({"match": "(", "status": 500}, "not a regular expression"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(stand: Stand, order: dict[str, Any], words: str) -> None:
    """400, saying which member is wrong; nothing is ordered."""
    answer = stand.fault(**order)

    assert (answer.status_code, stand.control.faults) == (400, [])
    assert words in answer.json()["error"]


def test_latency_grows_with_the_rows(stand: Stand) -> None:
    """`seconds` once, `per_row` for each row the request was about; reset takes both back."""
    stand.client.post("/_sandbox/latency", json={"seconds": 0.02, "per_row": 0.02})
    begun = time.monotonic()
    stand.work()
    took = time.monotonic() - begun
    stand.client.post("/_sandbox/reset")

    assert took >= 0.02 + 2 * 0.02
    assert (stand.control.latency, stand.control.per_row) == (0.0, 0.0)


def test_without_a_server_the_caller_sees_the_break() -> None:
    """Called as an ASGI app, a stand-in that hangs up raises ConnectionResetError."""
    app, control = app_of(Counter())
    control.order({"action": "reset"})

    async def once() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://stand.example") as client:
            await client.post("/work")

    with pytest.raises(ConnectionResetError):
        asyncio.run(once())
