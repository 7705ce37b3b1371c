"""The commands for what did not go as wanted: seeing it, trying again, a person's word, undoing, brakes."""

from __future__ import annotations

from typing import Annotated

import typer

from plsync.options import DEFAULT, ConfigOption, JsonOption, with_rooms

upkeep = typer.Typer()

AccountsArgument = Annotated[list[str] | None, typer.Argument(help="Account keys in the warehouse.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every one there is.")]
MappingOption = Annotated[str | None, typer.Option(help="The mapping's name, where there are several.")]
SystemArgument = Annotated[
    str | None,
    typer.Argument(help="A lane (full, alerts, recheck), salesforce, hubspot or slack; everything when left out."),
]


@upkeep.command()
def runs(
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many, the newest.")] = 20,
) -> None:
    """List what was done: lane, how it ended, when, how long, counts."""
    from plsync.commands import runs as command

    with_rooms(config, lambda plsync: command.run(plsync, json, limit))


@upkeep.command()
def rejects(config: ConfigOption = DEFAULT, json: JsonOption = False) -> None:
    """List refused records: the CRM's own words, since when, what to do."""
    from plsync.commands import rejects as command

    with_rooms(config, lambda plsync: command.run(plsync, json))


@upkeep.command()
def retry(
    accounts: AccountsArgument = None,
    everything: AllOption = False,
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Let the next sync try refused or held accounts again."""
    from plsync.commands import retry as command

    with_rooms(config, lambda plsync: command.run(plsync, accounts or [], everything, json))


@upkeep.command()
def held(config: ConfigOption = DEFAULT, json: JsonOption = False) -> None:
    """List accounts that are left alone until a person looks, and why."""
    from plsync.commands import held as command

    with_rooms(config, lambda plsync: command.run(plsync, json))


@upkeep.command()
def link(
    account: Annotated[str, typer.Argument(help="The account's key in the warehouse.")],
    record: Annotated[str, typer.Argument(help="The CRM record's id.")],
    mapping: MappingOption = None,
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Say which CRM record is the account's; checked now, written with the next sync."""
    from plsync.commands import link as command

    with_rooms(config, lambda plsync: command.run(plsync, account, record, mapping, json))


@upkeep.command()
def adopt(
    accounts: AccountsArgument = None,
    everything: AllOption = False,
    mapping: MappingOption = None,
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Accept held edits: what a person typed stays until the warehouse value changes."""
    from plsync.commands import adopt as command

    with_rooms(config, lambda plsync: command.run(plsync, accounts or [], everything, mapping, json))


@upkeep.command()
def reassign(
    leaver: Annotated[str, typer.Option("--from", metavar="EMAIL", help="Who is away or has left, in people.toml.")],
    heir: Annotated[str, typer.Option("--to", metavar="EMAIL", help="Who takes over.")],
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Hand over somebody's accounts and open alerts; fields follow with the next sync."""
    from plsync.commands import reassign as command

    with_rooms(config, lambda plsync: command.run(plsync, leaver, heir, json))


@upkeep.command()
def revert(
    run: Annotated[str, typer.Argument(help="The run's id, as in `plsync runs`.")],
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only show it.")] = False,
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Undo a run: old values go back where the CRM still holds what it wrote. Also while a CRM is paused."""
    from plsync.commands import revert as command

    with_rooms(config, lambda plsync: command.run(plsync, run, apply, json))


@upkeep.command()
def rebind(
    system: Annotated[str, typer.Argument(help="salesforce, hubspot or slack.")],
    identity: Annotated[str, typer.Argument(help="The organisation's id, as the refusal named it.")],
    config: ConfigOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Go on with an organisation that moved and kept its record ids, such as a refreshed sandbox."""
    from plsync.commands import rebind as command

    with_rooms(config, lambda plsync: command.run(plsync, system, identity, json))


@upkeep.command()
def pause(system: SystemArgument = None, config: ConfigOption = DEFAULT, json: JsonOption = False) -> None:
    """Stop a lane, a CRM, Slack or everything, in every process, within one chunk."""
    from plsync.commands import pause as command

    with_rooms(config, lambda plsync: command.pause(plsync, system, json))


@upkeep.command()
def resume(system: SystemArgument = None, config: ConfigOption = DEFAULT, json: JsonOption = False) -> None:
    """Let what is paused go on."""
    from plsync.commands import pause as command

    with_rooms(config, lambda plsync: command.resume(plsync, system, json))
