"""One rate window for every process of a store (D33)."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

from connector.model import Turns, Window
from connector.pacing import Turnstile
from connector.ports import Returned
from connector.store import Store
from connector.store.paces import SqlPace

WINDOW = Window(50, 10.0)
START = 1_000_000.0


def test_turns_are_remembered(store: Store) -> None:
    """What one process took the next one finds taken; each CRM has a window of its own."""
    first, second = SqlPace(store), SqlPace(store)

    assert first.take("hubspot", WINDOW, START, 50, 1.0, None) == Turns(START, START + 1, 50)
    assert second.take("hubspot", WINDOW, START, 10, 1.0, None).start == START + 11.25
    assert second.take("salesforce", WINDOW, START, 10, 1.0, None).start == START


def test_turns_come_back(store: Store) -> None:
    """Turns that were not used are free for others at once."""
    pace = SqlPace(store)
    taken = pace.take("hubspot", WINDOW, START, 50, 1.0, None)
    used = Turns(START, START, 20)

    assert pace.take("hubspot", WINDOW, START, 50, 1.0, Returned(taken, used)) == Turns(START, START + 1, 30)


def test_processes_share_the_window(store_url: str) -> None:
    """Three processes that press at once together make no more calls in any ten seconds than the window allows."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=spawn) as pool:
        instants = [at for some in pool.map(_press, [store_url] * 3) for at in some]

    assert len(instants) == 3 * 70
    assert max(sum(start <= at < start + 10.0 for at in instants) for start in instants) <= 50


def test_without_a_store_a_process_paces_itself(empty_url: str) -> None:
    """Questions that need no store, such as `plsync check`, keep to the window all the same."""
    store = Store.open(empty_url)
    pace = SqlPace(store)
    pace.take("hubspot", WINDOW, START, 50, 1.0, None)

    assert pace.take("hubspot", WINDOW, START, 1, 1.0, None).start == START + 11.25
    store.close()


def _press(url: str) -> list[float]:
    """When 70 requests of a process that all want to leave at START would leave."""
    store = Store.open(url)
    waits: list[float] = []
    turnstile = Turnstile("hubspot", SqlPace(store), lambda: datetime.fromtimestamp(START, UTC), waits.append, WINDOW)
    for _ in range(70):
        turnstile()
    store.close()
    return [START] * (70 - len(waits)) + [START + seconds for seconds in waits]
