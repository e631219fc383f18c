"""Amounts of a release: documents and characters, by columns of its documents.

A few narrow columns of each file are read once, and no text. Memory: a row per combination of
values, and the columns of the files that are read at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.config_errors import unknown_choice
from jobs.corpus.model.sites import sites
from jobs.errors import DamagedRelease
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.manifests import FileEntry

_YEAR = "year"
_YEAR_CHARS = 4
_KEYS = (_YEAR, "partner", "site", "licence", "source_tier", "region", "script", "language")
_CHARS = "content_chars"
_LENGTH = "length"
_SOURCES = {_YEAR: "published", _LENGTH: _CHARS}
LENGTHS = (0, 200, 1000, 5000, 20_000)
"""Classes of the key `length`, by their fewest characters."""
_THREADS = 8
_FOLDED_ROWS = 1 << 16


def amounts(release: OpenedRelease, by: Sequence[str]) -> pa.Table:
    """Return a column per key, `documents` and `characters`, the most characters first.

    Args:
        release: to be counted.
        by: keys: the year of publication, or columns of the release.

    Raises:
        ConfigError: no such key.
        DamagedRelease: a file is not what was published.
    """
    columns_of(release, by)
    (found,) = amounts_by(release, [by])
    return found


def amounts_by(release: OpenedRelease, groupings: Sequence[Sequence[str]]) -> list[pa.Table]:
    """Return the `amounts` of several groupings, for which each file is read once.

    What a release has no column for is null; its sites are then read from addresses. The key
    `length` is one of `LENGTHS`.
    """
    totals: list[list[pa.Table]] = [[_nothing(by)] for by in groupings]
    for _, tables in amounts_of_files(release, groupings):
        for total, table, by in zip(totals, tables, groupings, strict=True):
            total.append(table)
            if sum(map(len, total[1:])) > max(_FOLDED_ROWS, len(total[0])):
                total[:] = [_folded(total, by)]
    return [
        _folded(total, by).sort_by(
            [("characters", "descending"), *((key, "ascending") for key in by)]
        )
        for total, by in zip(totals, groupings, strict=True)
    ]


def amounts_of_files(
    release: OpenedRelease, groupings: Sequence[Sequence[str]]
) -> Iterator[tuple[FileEntry, list[pa.Table]]]:
    """Yield each file of documents, in order, with its `amounts` of several groupings.

    Raises:
        DamagedRelease: a file is not what was published.
    """
    entries = release.entries("shards")
    with ThreadPoolExecutor(_THREADS) as pool:
        tables = pool.map(partial(_counted, release, groupings), entries)
        yield from zip(entries, tables, strict=True)


def _counted(
    release: OpenedRelease, groupings: Sequence[Sequence[str]], entry: FileEntry
) -> list[pa.Table]:
    keys = dict.fromkeys(key for by in groupings for key in by)
    rows = _columns(release, entry, keys)
    named = {key: _key(release, entry, rows, key) for key in keys}
    table = pa.table({**named, "characters": rows[_CHARS].cast(pa.int64())})
    sums = [([], "count_all"), ("characters", "sum")]
    return [_summed(table, by, sums) for by in groupings]


def _columns(release: OpenedRelease, entry: FileEntry, keys: Iterable[str]) -> pa.Table:
    """Return the columns of a file that some keys need, of those it has."""
    wanted = [_SOURCES.get(key, key) for key in keys]
    try:
        with release.store.open(entry["key"]) as stream:
            reader = pq.ParquetFile(stream)
            names = reader.schema_arrow.names
            if "site" in wanted and "site" not in names:
                wanted.append("url")
            there = [name for name in dict.fromkeys([*wanted, _CHARS]) if name in names]
            rows = reader.read(columns=there, use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(release, entry, str(error)) from error
    if len(rows) != entry["rows"]:
        raise _damaged(release, entry, f"{len(rows)} rows, not {entry['rows']}")
    return rows


def _damaged(release: OpenedRelease, entry: FileEntry, what: str) -> DamagedRelease:
    return DamagedRelease(
        f"{release.store.location(entry['key'])} is not what was published ({what}): restore the "
        "file from a copy, then run again"
    )


def _key(release: OpenedRelease, entry: FileEntry, rows: pa.Table, key: str) -> pa.ChunkedArray:
    """Return the values of a key for the rows of a file."""
    name = _SOURCES.get(key, key)
    if name not in rows.column_names:
        is_site = key == "site" and "url" in rows.column_names
        return sites(rows["url"]) if is_site else pa.chunked_array([pa.nulls(len(rows), "string")])
    if key == _YEAR:
        return pc.utf8_slice_codeunits(rows[name], 0, _YEAR_CHARS)
    if key == _LENGTH:
        classes = np.digitize(rows[name].to_numpy(), LENGTHS[1:])
        return pa.chunked_array([pa.array(LENGTHS).take(pa.array(classes)).cast(pa.string())])
    if key == "licence":
        return pc.fill_null(rows[name], release.manifest["partners"][entry["partner"]]["licence"])
    return rows[name]


def _nothing(by: Sequence[str]) -> pa.Table:
    fields = [(key, pa.string()) for key in by]
    return pa.schema([*fields, ("documents", pa.int64()), ("characters", pa.int64())]).empty_table()


def _folded(tables: Sequence[pa.Table], by: Sequence[str]) -> pa.Table:
    """Return one table for several of the same grouping."""
    return _summed(pa.concat_tables(tables), by, [("documents", "sum"), ("characters", "sum")])


def columns_of(release: OpenedRelease, by: Sequence[str]) -> list[str]:
    """Return the columns of a release that some keys are made of, each once.

    Args:
        release: that has them.
        by: keys, as for `amounts`.

    Raises:
        UnknownChoice: no such key.
    """
    names = release.schema().names
    known = [key for key in _KEYS if _SOURCES.get(key, key) in names]
    unknown = [key for key in by if key not in known]
    if unknown or not by:
        raise unknown_choice("by", unknown[0] if unknown else "[]", known)
    return [*dict.fromkeys(_SOURCES.get(key, key) for key in by)]


def keyed(rows: pa.Table, by: Sequence[str]) -> pa.Table:
    """Return a column per key.

    Args:
        rows: with `columns_of` these keys.
        by: the keys.
    """
    named = {key: rows[_SOURCES.get(key, key)] for key in by}
    if _YEAR in named:
        named[_YEAR] = pc.utf8_slice_codeunits(named[_YEAR], 0, _YEAR_CHARS)
    return pa.table(named)


def _summed(rows: pa.Table, by: Sequence[str], sums: Sequence[tuple[Any, str]]) -> pa.Table:
    """Return the keys and two sums, of documents and of characters."""
    counted = rows.group_by(list(by)).aggregate(list(sums))
    return counted.rename_columns([*by, "documents", "characters"])
