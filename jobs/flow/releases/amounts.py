"""Amounts of a release: documents and characters, by columns of its documents.

Memory: a row per combination of values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.errors import ConfigError
from jobs.flow.releases.opened_release import OpenedRelease

_YEAR = "year"
_YEAR_CHARS = 4
_KEYS = (_YEAR, "partner", "site", "licence", "source_tier", "region", "script")


def amounts(release: OpenedRelease, by: Sequence[str]) -> pa.Table:
    """Return a column per key, `documents` and `characters`, the most characters first.

    Args:
        release: to be counted.
        by: keys: the year of publication, or columns of the release.

    Raises:
        ConfigError: no such key.
    """
    columns = columns_of(release, by)
    found = []
    for entry in release.entries("shards"):
        with release.store.open(entry["key"]) as stream:
            rows = pq.read_table(stream, columns=[*columns, "content_chars"])
        characters = rows["content_chars"].cast(pa.int64())
        named = keyed(rows, by).append_column("characters", characters)
        found.append(_summed(named, by, [([], "count_all"), ("characters", "sum")]))
    if not found:
        return pa.table({key: [] for key in (*by, "documents", "characters")})
    whole = pa.concat_tables(found)
    summed = _summed(whole, by, [("documents", "sum"), ("characters", "sum")])
    order = [("characters", "descending"), *((key, "ascending") for key in by)]
    return summed.sort_by(order)


def columns_of(release: OpenedRelease, by: Sequence[str]) -> list[str]:
    """Return the columns of a release that some keys are made of, each once.

    Args:
        release: that has them.
        by: keys, as for `amounts`.

    Raises:
        ConfigError: no such key.
    """
    names = release.schema().names
    known = [key for key in _KEYS if key == _YEAR or key in names]
    unknown = [key for key in by if key not in known]
    if unknown or not by:
        raise ConfigError(f"by=[{', '.join(unknown)}]: choose some of {', '.join(known)}")
    return [*dict.fromkeys("published" if key == _YEAR else key for key in by)]


def keyed(rows: pa.Table, by: Sequence[str]) -> pa.Table:
    """Return a column per key.

    Args:
        rows: with `columns_of` these keys.
        by: the keys.
    """
    named = {key: rows["published" if key == _YEAR else key] for key in by}
    if _YEAR in named:
        named[_YEAR] = pc.utf8_slice_codeunits(named[_YEAR], 0, _YEAR_CHARS)
    return pa.table(named)


def _summed(rows: pa.Table, by: Sequence[str], sums: Sequence[tuple[Any, str]]) -> pa.Table:
    """Return the keys and two sums, of documents and of characters."""
    counted = rows.group_by(list(by)).aggregate(list(sums))
    return counted.rename_columns([*by, "documents", "characters"])
