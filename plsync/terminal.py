"""How commands speak: tables and progress on a terminal, the same without colour elsewhere, JSON alone when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

UNBOUND = 240  # columns where no terminal sets a limit

Row = Sequence[object]
Step = Callable[[int], None]


def out() -> Console:
    """Standard output, made when used so that tests can capture it."""
    on_terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, highlight=False, width=None if on_terminal else UNBOUND)


def say(text: str = "", style: str = "") -> None:
    """One line, markup off: account names are not ours to interpret."""
    out().print(Text(text, style), soft_wrap=True)


def note(text: str) -> None:
    """One line on standard error, for what is not the answer itself."""
    Console(file=sys.stderr, highlight=False, soft_wrap=True).print(text, markup=False)


def say_json(value: Any) -> None:
    """The one JSON object of `--json`. Times in ISO 8601."""
    print(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))  # noqa: T201


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def table(columns: Sequence[str], rows: Sequence[Row], *, indent: int = 0, widths: Sequence[int] = ()) -> None:
    """A table without lines; numbers stand right, the last column takes what room is left.

    `widths` are the least widths of the first columns, so that several tables stand in line.
    """
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=any(columns))
    for number, column in enumerate(columns):
        least = widths[number] if number < len(widths) else None
        last = number == len(columns) - 1
        justify: Any = "right" if _numeric(rows, number) else "left"
        drawn.add_column(column, justify=justify, min_width=least, no_wrap=not last, overflow="ellipsis")
    for row in rows:
        drawn.add_row(*(_cell(cell) for cell in row))
    out().print(Padding(drawn, (0, 0, 0, indent), expand=False))


def labelled(pairs: Sequence[tuple[str, str]], indent: int = 2) -> None:
    """Lines that each begin with a label, long texts wrapped beside it. What has no text is left out."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(style="dim", no_wrap=True)
    drawn.add_column(overflow="fold")
    for label, text in pairs:
        if text:
            drawn.add_row(label, Text(text))
    out().print(Padding(drawn, (0, 0, 0, indent), expand=False))


def _cell(cell: object) -> Text:
    return Text(f"{cell:,}" if isinstance(cell, int) else str(cell))


def _numeric(rows: Sequence[Row], column: int) -> bool:
    return any(isinstance(row[column], int) for row in rows)


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


def moment(at: datetime | None) -> str:
    """A time as people read it, UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def pairs(values: Mapping[str, int]) -> str:
    """`a 1, b 2` of what is not zero, the most first."""
    most_first = sorted(values.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {value:,}" for name, value in most_first if value)
