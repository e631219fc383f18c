"""Rank: the order in which documents are considered, and so which of two copies is kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.params import PREFERENCES, RankParams
from jobs.corpus.model.identity import hash_halves

SortKey = npt.NDArray[np.generic]

_TIE_BREAKERS = ("text_hash", "doc_id", "record_hash")

RANK_COLUMNS = (
    *("is_frozen", "priority", *dict.fromkeys(PREFERENCES.values())),
    *(*_TIE_BREAKERS, "ordinal"),
)
"""The columns that `rank_order` reads, whatever is preferred."""


def rank_order(ranked: pa.Table, *, params: RankParams) -> npt.NDArray[np.int64]:
    """Return row numbers of `ranked`, best rank first; shape (n,), int64.

    Frozen documents first, then partner priority (lower first), then the preferences, then
    `text_hash`, `doc_id` and `record_hash`; only rows equal in all of these are ordered by where
    they were delivered. So a release does not depend on file names or on the order of rows.

    Args:
        ranked: a table with RANK_COLUMNS.
        params: the preferences.

    Law: whole; independent of row order but for the last tie, which no reader can see.
    """
    keys: list[SortKey] = [~ranked["is_frozen"].to_numpy()]
    keys.append(ranked["priority"].to_numpy())
    keys += [_preference(ranked, preference) for preference in params.prefer]
    for name in _TIE_BREAKERS:
        keys += hash_halves(ranked[name])
    keys.append(ranked["ordinal"].to_numpy())
    # A sort per key is slow, and half a hash already differs between nearly all rows.
    leading = keys[: 3 + len(params.prefer)]
    return _untied(np.lexsort(leading[::-1]), leading, keys)


def _untied(
    order: npt.NDArray[np.int64], leading: Sequence[SortKey], keys: Sequence[SortKey]
) -> npt.NDArray[np.int64]:
    """Return rows in the order of all keys, given their order by the leading ones."""
    is_tied = np.ones(len(order) + 1, np.bool_)  # with the row before
    is_tied[[0, -1]] = False
    for key in leading:
        sorted_key = key[order]
        is_tied[1:-1] &= sorted_key[1:] == sorted_key[:-1]
    tied = np.flatnonzero(is_tied[:-1] | is_tied[1:])
    rows = order[tied]
    order[tied] = rows[np.lexsort([key[rows] for key in reversed(keys)])]
    return order


def _preference(ranked: pa.Table, preference: str) -> SortKey:
    column = ranked[PREFERENCES[preference]]
    if preference in {"longest", "fullest"}:
        return -pc.fill_null(column, 0).to_numpy().astype(np.int64)
    order = "descending" if preference == "newest" else "ascending"
    ranks = pc.rank(column, sort_keys=order, tiebreaker="dense").to_numpy()
    # Undated documents come last under either preference.
    return np.where(pc.is_valid(column).to_numpy(), ranks, len(ranks) + 1)
