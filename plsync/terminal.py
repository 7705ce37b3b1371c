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
from rich.table import Table
from rich.text import Text

from plsync.bars import bar, calls_left

UNBOUND = 240  # columns where no terminal sets a limit
TENTHS = 10  # lines of progress where there is no bar

Row = Sequence[object]
Step = Callable[[int], None]
Clock = Callable[[], datetime]


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
    if isinstance(cell, float):
        return Text(f"{cell:,.1f}")
    return Text(f"{cell:,}" if isinstance(cell, int) else str(cell))


def _numeric(rows: Sequence[Row], column: int) -> bool:
    return any(isinstance(row[column], int | float) for row in rows)


@contextmanager
def progress(
    title: str, total: int, unit: str, quiet: bool, clock: Clock, left: Callable[[], Mapping[str, int]] = dict
) -> Iterator[Step]:
    """How far work of `total` `unit`s has come: a bar on a terminal, a line per tenth elsewhere, nothing when `quiet`.

    `left` are the calls that may still be made, by CRM.
    """
    if quiet or total == 0:
        yield lambda _: None
    elif sys.stderr.isatty():
        with bar(title, total, unit, clock, left) as step:
            yield step
    else:
        yield _lines(title, total, unit, clock, left)


def _lines(title: str, total: int, unit: str, clock: Clock, left: Callable[[], Mapping[str, int]]) -> Step:
    began, done = clock(), 0

    def step(count: int) -> None:
        nonlocal done
        before, done = done, done + count
        if done * TENTHS // total == before * TENTHS // total:
            return
        seconds = (clock() - began).total_seconds()
        pace = f"{done / seconds:,.0f} {unit}/s" if seconds else ""
        told = [f"{done:,} of {total:,} {unit}", pace, calls_left(left())]
        note(f"{title}: {', '.join(part for part in told if part)}")

    return step


def shown(value: object, width: int = 48) -> str:
    """A value in a cell: blanks visible, long ones cut."""
    text = "—" if value is None else str(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def moment(at: datetime | None) -> str:
    """A time as people read it, UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def lasted(seconds: float) -> str:
    """A duration in the unit a person would choose."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def pairs(values: Mapping[str, int]) -> str:
    """`a 1, b 2` of what is not zero, the most first."""
    most_first = sorted(values.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {value:,}" for name, value in most_first if value)
