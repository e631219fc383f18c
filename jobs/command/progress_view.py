"""A build on a terminal: one view that is kept up to date, once a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from jobs.command.escapes import visible, visible_line
from jobs.command.progress_state import Rows, Snapshot
from jobs.quantities import Share, Size, approximate, count, duration, rate

_REFRESHES_PER_SECOND = 1
_PARTNERS = 12
_PARTNER_COLUMNS = 20


class LiveView:
    """Shows a build until it is closed; what is printed meanwhile stands above it.

    Args:
        title: the corpus and version.
        take: returns the state of the build; called by another thread.
    """

    def __init__(self, title: str, take: Callable[[], Snapshot]) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._live = Live(
            get_renderable=lambda: rendered(title, take()),
            console=self._console,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
            redirect_stdout=False,
        )
        self._live.start()

    def update(self, _take: Callable[[], Snapshot], *, is_new: bool, is_due: bool) -> None:
        """Do nothing: the view refreshes itself."""

    def warn(self, text: str) -> None:
        """Print a warning above the view."""
        self._console.print(visible(text), soft_wrap=True)

    def emit(self, event: dict[str, Any]) -> None:
        """Do nothing: events are for programs."""

    def pause(self) -> None:
        """Take the view off the screen."""
        self._live.stop()

    def close(self, _event: dict[str, Any], text: str) -> None:
        """Remove the view and print how the build ended."""
        self._live.stop()
        self.warn(text)


def rendered(title: str, snapshot: Snapshot) -> Group:
    """Return the view of a build.

    Args:
        title: the corpus and version.
        snapshot: the state of the build.
    """
    seconds = snapshot.seconds_left
    left = "" if seconds is None else f", about {approximate(seconds)} left"
    head = Table.grid(expand=True)
    head.add_column(ratio=1, no_wrap=True)
    head.add_column(justify="right", no_wrap=True)
    head.add_row(Text(visible_line(title), style="bold"), f"{duration(snapshot.seconds)}{left}")
    bar = Table.grid(expand=True, padding=(0, 1, 0, 0))
    bar.add_column(ratio=1)
    bar.add_column(justify="right", width=7, no_wrap=True)
    bar.add_row(ProgressBar(total=1.0, completed=snapshot.share), str(Share(snapshot.share)))
    parts: list[RenderableType] = [head, bar, _stages(snapshot)]
    if snapshot.partners:
        parts += [Text(), _partners(snapshot)]
    return Group(*parts)


def _stages(snapshot: Snapshot) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, seconds in snapshot.stages:
        table.add_row(name, f"done in {duration(seconds)}", style="dim")
    if snapshot.label:
        table.add_row(snapshot.label, ", ".join(work_done(snapshot)))
    else:
        table.add_row("deliveries", "listing files")
    return table


def work_done(snapshot: Snapshot) -> list[str]:
    """Return what is known of the work that goes on: tasks, and rates if it counts rows."""
    said = [f"{count(snapshot.done)} of {count(snapshot.total)} tasks"]
    if snapshot.rows_per_second is not None:
        said.append(f"{count(snapshot.rows_per_second)} rows/s")
    if snapshot.bytes_per_second is not None:
        said.append(rate(snapshot.bytes_per_second))
    return said


def _partners(snapshot: Snapshot) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    table.add_column("partner", max_width=_PARTNER_COLUMNS, no_wrap=True, overflow="ellipsis")
    for name in ("rows", "text", "kept", "dropped", "rejected"):
        table.add_column(name, justify="right", no_wrap=True)
    names = list(snapshot.partners)
    for name in names[:_PARTNERS]:
        table.add_row(visible_line(name), *_cells(snapshot.partners[name]))
    if len(names) > _PARTNERS:
        table.add_row(f"and {len(names) - _PARTNERS} more")
    if len(names) > 1:
        table.add_row("all", *_cells(snapshot.rows))
    return table


def _cells(rows: Rows) -> list[str]:
    counts = (rows.kept, rows.dropped, rows.rejected)
    known = ["–" if number is None else count(number) for number in counts]
    return [count(rows.rows), str(Size(rows.text_bytes)), *known]
