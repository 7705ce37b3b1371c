"""`plsync demo`: the main job from end to end, against a sandbox of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple

from connector.sync import Run
from plsync import exits
from plsync.commands import sync
from plsync.demo import Demo, demo
from plsync.demo import once as once_through
from plsync.listening import require_free
from plsync.terminal import note, say, say_json
from sandbox.world import ANY_PORTS, Ports

PAGE = Ports(page=8787, salesforce=0, hubspot=0, slack=0)


def run(once: bool, as_json: bool, scale: int, speed: int = 1) -> int:
    """Tell the story once, or tell it and keep the page open until Ctrl-C. Only then may time pass faster."""
    if once and speed > 1:
        note("plsync: demo --once tells its story and ends, so no time passes: leave out --speed, or --once")
        return exits.CONFIGURATION
    ports = ANY_PORTS if once else PAGE
    try:
        require_free(astuple(ports))
        with demo(scale, ports, speed) as show:
            if once:
                _once(show, as_json)
            else:
                _stay(show)
    except OSError as error:
        note(f"plsync: {error.strerror or error}; is another demo or sandbox running? Stop it first")
        return exits.UNAVAILABLE
    return exits.DONE


def _once(show: Demo, as_json: bool) -> None:
    told = once_through(show)
    if as_json:
        say_json(told)
        return
    for entry in told["runs"]:
        say(
            f"{entry['phase']} {entry['destination']}: {entry['planned']:,} planned, {entry['updated']:,} updated, "
            f"{entry['held']:,} held, {entry['rejected']:,} rejected in {entry['calls']} calls"
        )
    alerts, rerun = told["alerts"], told["rerun"]
    say(f"the first sync: {alerts['baseline_posted']} alerts, {alerts['baseline_digests']} digests of who was Hot")
    say(f"alerts: {alerts['posted']} posted, {alerts['fyi']} FYI, {alerts['acknowledged']} acknowledged by a click")
    calls = rerun["salesforce_calls"] + rerun["hubspot_calls"]
    say(f"rerun: {rerun['rows_compared']:,} rows compared, {calls} CRM calls")
    for name, stages in told["funnel"].items():
        say(f"funnel {name}: " + " → ".join(f"{stage} {count:,}" for stage, count in stages.items()))


def _stay(show: Demo) -> None:
    steps: tuple[tuple[str, Callable[[], Run]], ...] = (
        ("1. the first sync: every account is written, who is Hot already is in a digest", show.baseline),
        ("2. a day later: the warehouse moved on", show.next_day),
        ("3. again, unchanged", show.again),
    )
    for title, step in steps:
        say(title)
        sync.show(step())
        say()
    forever = threading.Event()
    show.connect(forever.wait)
    say(f"open {show.sandbox.page_url}: press I'm on it, type /funnel plg, watch the CRM records. Ctrl-C ends it.")
    if show.speed > 1:
        say(
            f"An hour passes in {3_600 / show.speed:,.0f} seconds: take an alert, leave another alone, and watch "
            "#plg-hot and the direct messages of its owner and their manager."
        )
    with suppress(KeyboardInterrupt):
        forever.wait()
