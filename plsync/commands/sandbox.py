"""`plsync sandbox`: the stand-ins alone, for any client, until stopped."""

from __future__ import annotations

import shlex
import threading
from datetime import timedelta
from pathlib import Path

from plsync import exits
from plsync.terminal import note, say
from plsync.wiring import now
from sandbox.demo import DemoCompany
from sandbox.world import Ports, Sandbox, running


def run(folder: Path, scale: int) -> int:
    """Start everything on the ports of config.example.toml, say where it is, and wait for Ctrl-C."""
    company = DemoCompany(now() - timedelta(days=1), scale)
    try:
        with running(folder, now, company, Ports()) as sandbox:
            (folder / "env").write_text(exports(sandbox), encoding="utf-8")
            announce(sandbox, folder)
            threading.Event().wait()
    except OSError as error:
        note(f"plsync: {error.strerror or error}; is another sandbox or demo running? Stop it first")
        return exits.UNAVAILABLE
    return exits.DONE


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
