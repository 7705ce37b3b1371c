"""`plsync sandbox`: the stand-ins alone, for any client, until stopped."""

from __future__ import annotations

import shlex
import sys
import threading
from contextlib import suppress
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path

from plsync import exits
from plsync.listening import require_free
from plsync.terminal import note, say
from plsync.wiring import now
from sandbox.demo import DemoCompany
from sandbox.world import Ports, Sandbox, running

PORTS = Ports()  # those of config.example.toml


def run(folder: Path, scale: int) -> int:
    """Start everything on the ports of config.example.toml, say where it is, and stay until Ctrl-C."""
    company = DemoCompany(now() - timedelta(days=1), scale)
    try:
        require_free(astuple(PORTS))
        with running(folder, now, company, PORTS) as sandbox, suppress(KeyboardInterrupt):
            (folder / "env").write_text(exports(sandbox), encoding="utf-8")
            announce(sandbox, folder)
            _stay(sandbox)
    except OSError as error:
        note(f"plsync: {error.strerror or error}; is another sandbox or demo running? Stop it first")
        return exits.UNAVAILABLE
    return exits.DONE


def _stay(sandbox: Sandbox) -> None:
    """Wait for Ctrl-C; on a terminal, Enter moves the warehouse on."""
    if sys.stdin.isatty():
        with suppress(EOFError):
            input("Enter moves the warehouse one day on; Ctrl-C ends it. ")
            sandbox.company.advance(sandbox.warehouse)
            say("the warehouse is one day on: plan and sync again. Ctrl-C ends it.")
    threading.Event().wait()


def announce(sandbox: Sandbox, folder: Path) -> None:
    """Addresses, credentials and files, and the next command."""
    say(f"page        {sandbox.page_url}")
    say(f"Salesforce  {sandbox.salesforce_url}  (certificate authority: {sandbox.ca_file})")
    say(f"HubSpot     {sandbox.hubspot_url}")
    say(f"Slack       {sandbox.slack_url}")
    say(f"warehouse   {sandbox.warehouse}")
    say()
    say(exports(sandbox).rstrip())
    say()
    say(f"in another shell: source {folder / 'env'}")
    say("then, each with --config config.example.toml: plsync migrate, check, plan, sync")


def exports(sandbox: Sandbox) -> str:
    """The credentials as lines a shell can source."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sandbox.environment().items())
