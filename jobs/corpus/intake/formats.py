"""Delivery formats: one table of how each is read, split and recognised.

A format is a module with a reader, a row of `FORMATS` and a row of docs/partners.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import pyarrow as pa

from jobs.config_errors import unknown_choice
from jobs.corpus.intake.delimited import delimited_heads, delimited_rows
from jobs.corpus.intake.json_lines import json_heads, json_rows
from jobs.corpus.intake.open_files import OpenFile
from jobs.corpus.intake.parquet_rows import (
    parquet_heads,
    parquet_rows,
    require_text_column,
    row_group_splits,
)
from jobs.corpus.intake.rows import DeliveryParams, Head, Row
from jobs.corpus.intake.split_points import Splitter, line_splitter, record_splitter
from jobs.corpus.intake.splits import Split
from jobs.corpus.intake.text_files import FILE_COLUMNS, block_rows, file_rows
from jobs.corpus.intake.web_archives import ARCHIVE_COLUMNS, archive_rows


@dataclass(frozen=True)
class Format:
    """How files of one delivery format are read.

    Attributes:
        rows: reads the rows of a file, or of a split of it.
        columns: what there is to map where the format names its columns; else empty.
        heads: reads which columns the head of a file has, where `columns` is empty.
        require_text: raises `TextColumnMissing` by other means than reading the first rows.
        suffixes: what names of its files end in, in lower case: of a folder and of an archive these
            are read.
        growth: how many times as large as its file the text is taken to be; only balances tasks.
        is_page: whether every text is a whole web page, of which the main text is taken.
        is_optional: whether a row may lack columns that other rows of the file have.
        is_random_access: whether it is read here and there instead of from the beginning.
        splitter: a scan that finds splits of an uncompressed file while its bytes stream by; None
            as its result if files read in this way are not split.
        stored_splits: reads the splits of a file of random access from what it records.
    """

    rows: Callable[[OpenFile], Iterator[Row]]
    columns: tuple[str, ...] = ()
    heads: Callable[[OpenFile], Iterator[Head]] | None = None
    require_text: Callable[[OpenFile], None] | None = None
    suffixes: tuple[str, ...] = ()
    growth: int = 1
    is_page: bool = False
    is_optional: bool = False
    is_random_access: bool = False
    splitter: Callable[[DeliveryParams, int], Splitter | None] | None = None
    stored_splits: Callable[[pa.NativeFile, str, int], list[Split]] | None = None


_DELIMITED = Format(delimited_rows, heads=delimited_heads, splitter=record_splitter)
_TEXTS = (".txt", ".text", ".md")
FORMATS = {
    "jsonl": Format(
        json_rows,
        heads=json_heads,
        suffixes=(".jsonl", ".ndjson", ".json", ".jl"),
        is_optional=True,
        splitter=line_splitter,
    ),
    "csv": replace(_DELIMITED, suffixes=(".csv", ".txt")),
    "tsv": replace(_DELIMITED, suffixes=(".tsv", ".tab", ".txt")),
    "text": Format(file_rows, FILE_COLUMNS, suffixes=_TEXTS),
    "text-blocks": Format(block_rows, FILE_COLUMNS, suffixes=_TEXTS),
    "html": Format(
        file_rows,
        FILE_COLUMNS,
        suffixes=(".html", ".htm", ".shtml", ".xhtml"),
        is_page=True,
    ),
    "warc": Format(archive_rows, ARCHIVE_COLUMNS, suffixes=(".warc",), is_page=True),
    "wet": Format(archive_rows, ARCHIVE_COLUMNS, suffixes=(".wet",)),
    "parquet": Format(
        parquet_rows,
        heads=parquet_heads,
        require_text=require_text_column,
        suffixes=(".parquet", ".pq", ".parq"),
        growth=3,
        is_random_access=True,
        stored_splits=row_group_splits,
    ),
}
"""The formats by the name that a partner's `format` gives."""

_GROWTH = {
    suffix: one.growth for one in FORMATS.values() if one.growth > 1 for suffix in one.suffixes
}


def format_named(name: str) -> Format:
    """Return the format of a name; raise `ConfigError` if there is none."""
    if name not in FORMATS:
        raise unknown_choice("format", name, FORMATS)
    return FORMATS[name]


def growth_of(file_name: str) -> int:
    """Return how many times as large as an uncompressed file its text is taken to be, by name."""
    return _GROWTH.get(PurePosixPath(file_name).suffix.lower(), 1)
