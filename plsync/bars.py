"""The bar of long work on a terminal: how much is done, how fast, what calls are left, how long it will take."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Done(ProgressColumn):
    """`1,200 of 8,400`."""

    def render(self, task: Task) -> Text:
        """The count."""
        return Text(f"{task.completed:,.0f} of {task.total or 0:,.0f}")


class Rate(ProgressColumn):
    """`312 records/s`, since the work began; nothing before the first is done."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        """The rate."""
        pace = task.completed / task.elapsed if task.elapsed else 0
        return Text(f"{pace:,.0f} {self.unit}/s" if pace else "")


class Shown(Progress):
    """The bar, and below it the calls that are left, which have no room beside it."""

    left: Callable[[], Mapping[str, int]] = dict

    def get_renderables(self) -> Iterable[RenderableType]:
        """Both lines; the second only once a CRM has said."""
        yield from super().get_renderables()
        if told := calls_left(self.left()):
            yield Text(told, "dim")


def calls_left(left: Mapping[str, int]) -> str:
    """Calls that may still be made, by CRM; empty while none has said."""
    told = ", ".join(f"{crm} {calls:,}" for crm, calls in left.items())
    return f"calls left: {told}" if told else ""


@contextmanager
def bar(
    title: str, total: int, unit: str, clock: Callable[[], datetime], left: Callable[[], Mapping[str, int]]
) -> Iterator[Callable[[int], None]]:
    """A bar on standard error that is gone when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(24), Done(), Rate(unit), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    shown = Shown(*columns, console=console, transient=True, get_time=lambda: clock().timestamp())
    shown.left = left
    task = shown.add_task(title, total=total)
    with shown:
        yield lambda count: shown.advance(task, count)
