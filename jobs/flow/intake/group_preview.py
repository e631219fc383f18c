"""Previews of a group of files: how much was looked at, and which keys its rows have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.corpus.intake.column_names import likely_columns
from jobs.corpus.intake.column_profiles import Layout
from jobs.corpus.intake.formats import format_named
from jobs.flow.intake.delivery_samples import Sampled
from jobs.flow.params import FileGroup
from jobs.storage.source_files import SourceFile


@dataclass(frozen=True)
class ColumnPreview:
    """A key of rows that are alike.

    Attributes:
        name: The partner's.
        kind: What its values are: number, address, date, list, object, page or text.
        filled: The share of rows with a value.
        chars: Of a value, on average.
        mapped: What it is here, `keep`, or empty.
        hint: What it looks like, where that is not mapped.
    """

    name: str
    kind: str
    filled: float
    chars: int
    mapped: str
    hint: str


@dataclass(frozen=True)
class LayoutPreview:
    """Rows whose text stands under one key (`text`; empty for none), and where the first is."""

    text: str
    rows: int
    files: int
    first_file: str
    first_row: int
    columns: tuple[ColumnPreview, ...]


@dataclass(frozen=True)
class GroupPreview:
    """A group of files; `looked_at` of them were read, `is_whole` or their beginnings."""

    name: str
    format: str
    files: int
    looked_at: int
    rows: int
    is_whole: bool
    encodings: dict[str, int]
    layouts: tuple[LayoutPreview, ...]
    fixed_columns: dict[str, str]  # of formats that name their columns: what each is mapped to


def group_preview(
    group: FileGroup,
    files: Sequence[SourceFile],
    found: Sequence[Sampled],
    layouts: Sequence[Layout],
    encodings: Counter[str],
) -> GroupPreview:
    """Return what was read of a group of files.

    Args:
        group: which.
        files: all of it.
        found: what was read of some.
        layouts: kinds of their rows.
        encodings: how many of them are in each.
    """
    reading = group.reading
    mapped = {one: target for target, name in reading.columns for one in (name, *name.split("|"))}
    fixed = format_named(reading.format).columns
    return GroupPreview(
        name=group.name,
        format=reading.format,
        files=len(files),
        looked_at=len(found),
        rows=sum(len(one.rows) for one in found if one.rows is not None),
        is_whole=all(one.is_whole for one in found),
        encodings=dict(sorted(encodings.items())),
        layouts=tuple(_layout(layout, mapped, reading.keep) for layout in layouts),
        fixed_columns={name: mapped.get(name, "") for name in fixed},
    )


def _layout(layout: Layout, mapped: dict[str, str], keep: Sequence[str]) -> LayoutPreview:
    names = list(layout.columns)
    free = [name for name in names if name not in mapped]
    taken = {mapped[name] for name in names if name in mapped}
    hints = {name: target for target, name in likely_columns(free).items() if target not in taken}
    kinds = {name: column.kind for name, column in layout.columns.items()}
    columns: list[dict[str, Any]] = [
        {
            "name": name,
            "kind": kinds[name],
            "filled": column.filled / layout.rows,
            "chars": column.mean_chars,
            "mapped": mapped.get(name, "keep" if name in keep else ""),
            "hint": hints.get(name, ""),
        }
        for name, column in layout.columns.items()
        if kinds[name] != "object" or not any(one.startswith(f"{name}.") for one in names)
    ]
    file, row = layout.first
    shown = tuple(ColumnPreview(**one) for one in columns)
    return LayoutPreview(layout.text, layout.rows, len(layout.files), file, row, shown)
