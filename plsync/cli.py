"""The `plsync` command: options and help here, the work in `commands`, imported when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plsync.options import DEFAULT, ConfigOption, JsonOption, leave, with_rooms
from plsync.upkeep import upkeep

FASTEST = 240  # of the demo: the bot looks every second, and what it should have done five minutes ago is overdue

app = typer.Typer(
    help="Carry product signals from the warehouse to Salesforce, HubSpot and Slack, every decision explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

FileOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Rehearse with this file in place of the folder's."),
]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Take at most this many changed accounts.")]


@app.command()
def check(config: ConfigOption = DEFAULT, json: JsonOption = False) -> None:
    """Check configuration, mappings, warehouse, store, CRMs and Slack; writes nothing."""
    from plsync.commands import check as command

    with_rooms(config, lambda plsync: command.run(plsync, json))


@app.command()
def plan(
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
    limit: LimitOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no CRM: show only what is due.")] = False,
    rules: FileOption = None,
    segments: FileOption = None,
    territories: FileOption = None,
    people: FileOption = None,
) -> None:
    """Show what a sync would do; reads the CRMs, writes nothing.

    With another rules.toml, segments.toml, territories.toml or people.toml, alone or together: who would change route,
    owner or tier if it took the place of the folder's.
    """
    from plsync.commands import plan as command
    from plsync.commands import rehearse

    files = {"rules": rules, "segments": segments, "territories": territories, "people": people}
    instead = {name: path for name, path in files.items() if path}
    if instead:
        with_rooms(config, lambda plsync: rehearse.run(plsync, json, instead, limit, offline))
    else:
        with_rooms(config, lambda plsync: command.run(plsync, json, limit, offline))


@app.command()
def definitions(config: ConfigOption = DEFAULT, json: JsonOption = False) -> None:
    """List the definitions with version, since when, approved by whom, next review, and what is open; 1 if any is."""
    from plsync.commands import definitions as command

    with_rooms(config, lambda plsync: command.run(plsync, json))


@app.command()
def sync(
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
    limit: LimitOption = None,
    plan: Annotated[str | None, typer.Option(metavar="HASH", help="Apply this refused plan, unless it moved.")] = None,
    accounts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Take only these accounts: one key a line."),
    ] = None,
) -> None:
    """Bring the CRMs up to date and put alerts into the outbox."""
    from plsync.commands import sync as command

    with_rooms(config, lambda plsync: command.run(plsync, json, limit, plan, accounts))


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="The account's key in the warehouse.")],
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
    mapping: Annotated[str | None, typer.Option(help="A mapping whose source has the key, if not accounts.")] = None,
    at: Annotated[str | None, typer.Option(metavar="RUN", help="As it stood after this run, from the store.")] = None,
) -> None:
    """Say why an account is as it is: who has it, why, what to do; fields, alerts."""
    from plsync.commands import explain as command

    with_rooms(config, lambda plsync: command.run(plsync, account, json, mapping, at))


@app.command()
def funnel(
    names: Annotated[list[str] | None, typer.Argument(help="plg, sales, …; all when left out.")] = None,
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
    period: Annotated[
        str | None, typer.Option(help="7d, 12w, 2026-10, 2026-q3, 'last quarter', …; 30d when left out.")
    ] = None,
    segment: Annotated[str | None, typer.Option(help="Only accounts of this segment of segments.toml.")] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Only accounts the warehouse says are theirs.")
    ] = None,
) -> None:
    """Count accounts by stage over a period, each share with its denominator, its grade and what it was before."""
    from plsync.commands import funnel as command

    asked = command.Asked(period, segment, owner)
    with_rooms(config, lambda plsync: command.run(plsync, names or [], json, asked))


@app.command()
def migrate(config: ConfigOption = DEFAULT) -> None:
    """Create the store or bring it to this version; safe to run again."""
    from plsync.commands import migrate as command
    from plsync.config import load

    leave(lambda: command.run(load(config)))


@app.command()
def serve(config: ConfigOption = DEFAULT) -> None:
    """Run the schedule and the Slack bot until stopped."""
    from plsync.commands import serve as command

    with_rooms(config, command.run)


@app.command()
def sandbox(
    folder: Annotated[Path, typer.Option(help="Where the warehouse and the certificate go.")] = Path(".plsync/sandbox"),
    scale: Annotated[int, typer.Option(min=1, help="Multiply the demo company.")] = 1,
) -> None:
    """Run the stand-ins for Salesforce, HubSpot and Slack alone, for any client."""
    from plsync.commands import sandbox as command

    leave(lambda: command.run(folder, scale))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Run the main job once and end.")] = False,
    json: JsonOption = False,
    scale: Annotated[int, typer.Option(min=1, help="Multiply the demo company.")] = 1,
    speed: Annotated[
        int, typer.Option(min=1, max=FASTEST, help="Let time pass so many times faster once alerts are posted.")
    ] = 1,
) -> None:
    """Run the whole job against the sandbox: baseline, one day on, alerts, a click, a rerun."""
    from plsync.commands import demo as command

    leave(lambda: command.run(once=once, as_json=json, scale=scale, speed=speed))


app.registered_commands += upkeep.registered_commands


def main() -> None:
    """The console script."""
    app()
