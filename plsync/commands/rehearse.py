"""`plsync plan` with other files: who would change if they took the place of the folder's. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connector.errors import ConfigError
from connector.model import ACCOUNTS
from connector.rehearse import Change, Rehearsal, everybody, rehearse
from connector.rules.definitions import Definitions
from plsync import exits
from plsync.folder import read_folder
from plsync.relations import account_columns, declared_sources
from plsync.running import require_ready
from plsync.terminal import progress, say, say_json, table
from plsync.wiring import Plsync

LISTED = 50  # changes shown on a terminal; --json has all


def run(plsync: Plsync, as_json: bool, instead: Mapping[str, Path], limit: int | None, offline: bool) -> int:
    """Decide every account by the other files, with the CRMs read now, and list who would change."""
    _require_whole(limit, offline)
    other = _definitions(plsync, instead)
    require_ready(plsync)
    with everybody(plsync.warehouse) as accounts:
        house = plsync.house().of(ACCOUNTS)
        with progress("rehearsing", accounts.count, "accounts", as_json, plsync.clock) as step:
            found = rehearse(house, accounts, other, plsync.clock, step)
    files = [str(path) for path in instead.values()]
    if as_json:
        say_json({"files": files, **found.as_json()})
    else:
        show(found, ", ".join(files))
    return exits.DONE


def _require_whole(limit: int | None, offline: bool) -> None:
    """What a rehearsal cannot do, and why."""
    problems = []
    if offline:
        problems.append(
            "--offline: decisions depend on what the CRMs say, which is not kept in full from the last time; "
            "leave --offline out, the CRMs are only read"
        )
    if limit is not None:
        problems.append("--limit: a rehearsal looks at every account, changed or not; leave --limit out")
    if problems:
        raise ConfigError(problems)


def _definitions(plsync: Plsync, instead: Mapping[str, Path]) -> Definitions:
    """The folder's definitions with other files in place of its own. Raises ConfigError with every problem."""
    config = plsync.config
    other = read_folder(config.mappings.folder, account_columns(config), declared_sources(config), instead).definitions
    if not plsync.basis.decides:
        raise ConfigError([f"{config.mappings.folder} has no rule yet, so there is no decision to compare with"])
    if not other.decides:
        raise ConfigError([f"{instead['rules']} has no [[rule]]: nobody would be decided"])
    return other


def show(found: Rehearsal, files: str) -> None:
    """The rehearsal for people."""
    changed = len(found.changes)
    if not changed:
        say(f"{files}: nobody of {found.accounts:,} accounts would change route, owner or tier", "bold")
    else:
        say(f"{files}: {changed:,} of {found.accounts:,} accounts would change route, owner or tier", "bold")
    if found.anyway:
        say(f"{found.anyway:,} of them change with the present files too (*): product or CRM moved since", "dim")
    moved = [one for one in found.rules() if one[1] != one[2]]
    if moved:
        say()
        table(["rule", "before", "after"], moved)
    if changed:
        say()
        table(["account", "route", "owner", "tier", "rule"], [_row(one) for one in found.changes[:LISTED]])
        if (more := changed - LISTED) > 0:
            say(f"and {more:,} more; --json lists them all", "dim")
    say()
    say("nothing was written", "dim")


def _row(one: Change) -> list[str]:
    before, after = one.before, one.after
    return [
        f"{one.account}{' *' if one.anyway else ''}",
        _moved(before.route, after.route),
        _moved(before.owner, after.owner),
        _moved(before.tier, after.tier),
        _moved(before.rule, after.rule),
    ]


def _moved(before: str | None, after: str | None) -> str:
    """What stays alone, what changes with an arrow."""
    return f"{before or '—'}" if before == after else f"{before or '—'} → {after or '—'}"
