"""Rank: the order in which documents are considered, and so which of two copies stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.errors import ConfigError

Key = npt.NDArray[np.generic]

PREFERENCES = ("longest", "newest", "oldest")


@dataclass(frozen=True)
class RankParams:
    """What decides between two documents after partner priority: preferences, first one first."""

    prefer: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse preferences nobody defined."""
        for preference in self.prefer:
            if preference not in PREFERENCES:
                raise ConfigError(
                    f"rank.prefer names {preference!r}: choose from {', '.join(PREFERENCES)}"
                )


def rank_order(ranked: pa.Table, *, params: RankParams) -> npt.NDArray[np.int64]:
    """Shape (n,), int64: row numbers of `ranked`, best rank first.

    Frozen documents first, then partner priority (lower first), then the preferences, then
    `text_hash`, `doc_id` and `record_hash`; only rows equal in all of these are ordered by where
    they were delivered. So a release does not depend on file names or on the order of rows.

    Law: whole; independent of row order but for the last tie, which no reader can see.
    """
    keys: list[Key] = [~ranked["is_frozen"].to_numpy()]
    keys.append(ranked["priority"].to_numpy())
    keys += [_preference(ranked, preference) for preference in params.prefer]
    for name in ("text_hash", "doc_id", "record_hash"):
        keys += hash_halves(ranked[name])
    keys.append(ranked["ordinal"].to_numpy())
    # A sort per key is dear, and half a hash tells nearly all rows apart.
    leading = keys[: 3 + len(params.prefer)]
    return _untied(np.lexsort(leading[::-1]), leading, keys)


def _untied(
    order: npt.NDArray[np.int64], leading: Sequence[Key], keys: Sequence[Key]
) -> npt.NDArray[np.int64]:
    """Rows in the order of all keys, given their order by the leading ones."""
    is_tied = np.ones(len(order) + 1, np.bool_)  # with the row before
    is_tied[[0, -1]] = False
    for key in leading:
        sorted_key = key[order]
        is_tied[1:-1] &= sorted_key[1:] == sorted_key[:-1]
    tied = np.flatnonzero(is_tied[:-1] | is_tied[1:])
    rows = order[tied]
    order[tied] = rows[np.lexsort([key[rows] for key in reversed(keys)])]
    return order


def hash_halves(column: pa.ChunkedArray) -> list[npt.NDArray[np.uint64]]:
    """Two arrays of shape (n,), uint64: the high and low halves of 16-byte hashes; null is 0."""
    chunk = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if chunk.null_count:
        chunk = pc.fill_null(chunk, pa.scalar(bytes(16), pa.binary(16)))
    data = chunk.buffers()[1]
    pairs = np.frombuffer(data or b"", ">u8")[2 * chunk.offset : 2 * (chunk.offset + len(chunk))]
    return [half.astype(np.uint64) for half in pairs.reshape(-1, 2).T]


def _preference(ranked: pa.Table, preference: str) -> Key:
    if preference == "longest":
        return -ranked["content_chars"].to_numpy().astype(np.int64)
    dates = ranked["published"]
    order = "descending" if preference == "newest" else "ascending"
    ranks = pc.rank(dates, sort_keys=order, tiebreaker="dense").to_numpy()
    # Undated documents come last under either preference.
    return np.where(pc.is_valid(dates).to_numpy(), ranks, len(ranks) + 1)
