"""Mistakes in a partner's file that its delivery shows, each with what to write instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.corpus.intake.column_names import ALTERNATIVE, did_you_mean, meant_column, spelling
from jobs.corpus.intake.column_profiles import NO_TEXT, Layout
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.missing_columns import listed
from jobs.corpus.intake.rows import DeliveryParams
from jobs.errors import (
    DeliveryError,
    DeliveryUnreadable,
    HeliuError,
    LossAlarm,
    TextColumnMissing,
    TooManyRejects,
)

_TEXTS = ("text", "text-blocks")
_CERTAIN = ("jsonl", "parquet", "html", "warc", "wet")
_MOST_SHOWN = 5  # files that cannot be read


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a partner's file or delivery, or worth a look.

    Attributes:
        text: The file or key, the value, and what to do.
        exit_code: With which a build would end; 0 if it would not.
    """

    text: str
    exit_code: int = 0


@dataclass(frozen=True)
class Findings:
    """What a sample of a group shows.

    Attributes:
        owner: What messages call the group.
        reading: How it is read.
        layouts: Kinds of rows, by the key of their text; empty where the format names its columns.
        formats: How many of the files show each format.
        encodings: How many of them are in each encoding.
        errors: Of files that cannot be read.
        files: How many were looked at.
        is_skipping: Whether bad files are set aside.
        reject_share: Of rows, above which a build stops.
    """

    owner: str
    reading: DeliveryParams
    layouts: Sequence[Layout]
    formats: Counter[str]
    encodings: Counter[str]
    errors: Sequence[DeliveryError]
    files: int
    is_skipping: bool
    reject_share: float

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        fixed = format_named(self.reading.format).columns
        return [*fixed] or list(
            dict.fromkeys(name for layout in self.layouts for name in layout.columns)
        )


def of_error(error: HeliuError, *, advice: str = "") -> Mistake:
    """Return an error as a mistake."""
    return Mistake(f"{error}{advice}", error.exit_code)


def mistakes(found: Findings) -> Iterator[Mistake]:
    """Yield what is wrong with a group of files."""
    if wrong := _wrong_format(found):
        yield wrong
        return
    yield from _unreadable(found)
    yield from _encodings(found)
    if found.layouts or format_named(found.reading.format).columns:
        yield from _text_column(found)
        yield from _other_columns(found)
    yield from _pages(found)


def too_many_rejects(owner: str, rejected: int, rows: int, reject_share: float) -> Mistake:
    """Return the mistake of a delivery of which too many rows are rejected."""
    return Mistake(
        f"{owner}: {rejected:,} of {rows:,} rows looked at are rejected, more than "
        f"reject_share={reject_share:g}: correct what is listed above, ask the partner for a "
        "new delivery, or raise reject_share",
        TooManyRejects.exit_code,
    )


def _wrong_format(found: Findings) -> Mistake | None:
    declared = found.reading.format
    shown, files = (found.formats.most_common(1) or [("", 0)])[0]
    if shown in {"", declared, *_TEXTS} or 2 * files <= found.files:
        return None
    if declared in {*_TEXTS, "html"} and shown not in _CERTAIN:
        return None
    return Mistake(
        f"{found.owner}: format is {declared!r}, but {files:,} of the {found.files:,} files looked "
        f"at begin as {shown} does: write format: {shown}",
        DeliveryUnreadable.exit_code,
    )


def _unreadable(found: Findings) -> Iterator[Mistake]:
    bad = [error for error in found.errors if not isinstance(error, TextColumnMissing)]
    for error in bad[:_MOST_SHOWN]:
        yield Mistake(str(error), 0 if found.is_skipping else error.exit_code)
    if len(bad) > _MOST_SHOWN:
        yield Mistake(f"{found.owner}: {len(bad) - _MOST_SHOWN:,} more files cannot be read")


def _encodings(found: Findings) -> Iterator[Mistake]:
    declared = found.reading.encoding
    others = {name: n for name, n in found.encodings.items() if not name.startswith(declared)}
    if declared != "auto" and others:
        shown = ", ".join(f"{count:,} in {name}" for name, count in sorted(others.items()))
        yield Mistake(
            f"{found.owner}: encoding is {declared!r}, but of {found.files:,} files looked at "
            f"{shown} are: write encoding: auto"
        )


def _text_column(found: Findings) -> Iterator[Mistake]:
    wanted, names = found.reading.text_column, found.names
    if spelling(wanted, names) is None:
        texts = ALTERNATIVE.join(layout.text for layout in found.layouts if layout.text != NO_TEXT)
        meant = f": did you mean {texts!r}?" if texts else did_you_mean(wanted, names, "text")
        yield Mistake(
            f"{found.owner}: columns.text is {wanted!r}, which no row has{meant} "
            f"There are {listed(names) or 'none'}",
            TextColumnMissing.exit_code,
        )
        return
    rows = sum(layout.rows for layout in found.layouts)
    for layout in found.layouts:
        if layout.text not in {*wanted.split(ALTERNATIVE), NO_TEXT}:
            file, number = layout.first
            yield Mistake(
                f"{found.owner}: {layout.rows:,} of {rows:,} rows, the first in {file} row "
                f"{number:,}, have no {wanted!r} but {layout.text!r}: write text: "
                f"{wanted}|{layout.text} to take whichever is there",
                TooManyRejects.exit_code if layout.rows > found.reject_share * rows else 0,
            )


def _other_columns(found: Findings) -> Iterator[Mistake]:
    names, mapped = found.names, dict(found.reading.columns)
    delivered_as = format_named(found.reading.format)
    taken = {one for name in mapped.values() for one in name.split(ALTERNATIVE)}
    free = [name for name in names if name not in taken]
    wanted = [
        (f"columns.{target}", target, name) for target, name in mapped.items() if target != "text"
    ]
    wanted += [("keep", "", name) for name in found.reading.keep]
    for key, target, name in wanted:
        if spelling(name, names) is not None:
            continue
        is_certain = bool(meant_column(name, free)) or not (
            delivered_as.is_optional or delivered_as.is_page
        )
        yield Mistake(
            f"{found.owner}: {key} is {name!r}, which no row has{did_you_mean(name, free, target)} "
            f"There are {listed(free) or 'no others'}",
            LossAlarm.exit_code if is_certain else 0,
        )


def _pages(found: Findings) -> Iterator[Mistake]:
    if found.reading.html or format_named(found.reading.format).is_page:
        return
    for layout in found.layouts:
        column = layout.columns.get(spelling(found.reading.text_column, layout.columns) or "")
        if column is not None and column.kind == "page":
            yield Mistake(
                f"{found.owner}: what stands in {column.name!r} are whole web pages: write "
                "html: true to take their main text"
            )
            return
