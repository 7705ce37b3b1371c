"""How commands speak: tables and progress on a terminal, plain lines elsewhere, JSON alone when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

Step = Callable[[int], None]


def out() -> Console:
    """Standard output, made when used so that tests can capture it."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def say(text: str = "") -> None:
    """One line, markup off: account names are not ours to interpret."""
    out().print(text, markup=False)


def note(text: str) -> None:
    """One line on standard error, for what is not the answer itself."""
    Console(file=sys.stderr, highlight=False, soft_wrap=True).print(text, markup=False)


def say_json(value: Any) -> None:
    """The one JSON object of `--json`. Times in ISO 8601."""
    print(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))  # noqa: T201


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; on something that is no terminal, tab-separated lines."""
    if not sys.stdout.isatty():
        say(title)
        for row in [columns, *rows]:
            say("  " + "\t".join(str(cell) for cell in row))
        return
    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        drawn.add_column(column, justify="left" if number == 0 or not _numeric(rows, number) else "right")
    for row in rows:
        drawn.add_row(*(Text(str(cell)) for cell in row))
    out().print(drawn)


def _numeric(rows: Sequence[Sequence[object]], column: int) -> bool:
    return all(isinstance(row[column], int) for row in rows)


@contextmanager
def progress(title: str, total: int, quiet: bool) -> Iterator[Step]:
    """A bar with count and time left on a terminal, a line per chunk elsewhere, nothing when `quiet`."""
    if quiet or total == 0:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        yield _lines(title, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)


def _lines(title: str, total: int) -> Step:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        note(f"{title}: {done:,} of {total:,}")

    return step


def shown(value: object, width: int = 48) -> str:
    """A value in a cell: blanks visible, long ones cut."""
    text = "—" if value is None else str(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def pairs(values: Mapping[str, int]) -> str:
    """`a 1, b 2` of what is not zero."""
    return ", ".join(f"{name} {value:,}" for name, value in values.items() if value)
