"""What every command shares: its common options, and how it opens the rooms and leaves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.errors import PlsyncError
from plsync import exits

if TYPE_CHECKING:
    from plsync.wiring import Plsync

ConfigOption = Annotated[Path, typer.Option("--config", help="The configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
DEFAULT = Path("config.toml")


def with_rooms(config: Path, work: Callable[[Plsync], int]) -> None:
    """Load the configuration, open every room, do the work, leave with its code."""

    def opened_work() -> int:
        from plsync.config import load
        from plsync.wiring import opened

        with opened(load(config)) as plsync:
            return work(plsync)

    leave(opened_work)


def leave(work: Callable[[], int]) -> None:
    """Do the work and exit with its code; what a user can cause ends in advice, not in a traceback."""
    try:
        code = work()
    except PlsyncError as error:
        code = exits.complain(error)
    except KeyboardInterrupt:
        print("plsync: stopped; nothing is lost, run it again to go on", file=sys.stderr)  # noqa: T201
        code = exits.INTERRUPTED
    raise typer.Exit(code)
