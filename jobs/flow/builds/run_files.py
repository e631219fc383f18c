"""Files of a run: its tables, and the edges of its texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.identity import hash_halves
from jobs.corpus.model.tables import STORED_DOCUMENTS
from jobs.corpus.removal.line_keys import Keys, Mask
from jobs.flow.shards import Run
from jobs.flow.tasks.exchange import read_span, write_partitions
from jobs.flow.tasks.table_files import write_table
from jobs.storage.objects import ObjectStore

EDGE_BITS = 12
EDGE_PARTITIONS = 1 << EDGE_BITS  # of the keys to count: at most so many tasks count them
_STORED = slice(2, 14)  # of the bytes of a key and a text: all others are 0
_EDGE = np.dtype("V12")
_BY_ID = [("doc_id", "ascending"), ("position", "ascending")]
_ROW_GROUP_BYTES = 4 << 20  # small, so that merge reads little beyond the range it asks for


def write_run(
    store: ObjectStore,
    name: str,
    table: pa.Table,
    facts_of_run: pa.Table,
    removals: pa.Table,
    *,
    may_lose: Mask | None = None,
) -> Run:
    """Write the tables of one run, without its edges.

    Args:
        store: the object store.
        name: the key of each table, with {} for its kind, before it is sealed.
        table: DOCUMENTS, in any order.
        facts_of_run: their facts, in any order.
        removals: their REMOVALS, in any order.
        may_lose: bool (documents,): which may lose site boilerplate; None for none.
    """
    stays = np.ones(len(table), np.bool_) if may_lose is None else ~may_lose
    high, low = hash_halves(table["doc_id"])
    order = np.lexsort((low, high, stays))
    documents = table.select(STORED_DOCUMENTS.names).take(pa.array(order))
    losing_rows = len(table) - int(stays.sum())
    return Run(
        documents_key=write_rows(store, name, "documents", documents, second=losing_rows),
        facts_key=write_rows(store, name, "facts", facts_of_run.sort_by(_BY_ID)),
        removals_key=write_rows(store, name, "removals", removals.sort_by("doc_id")),
        losing_rows=losing_rows,
    )


def write_rows(store: ObjectStore, name: str, kind: str, rows: pa.Table, *, second: int = 0) -> str:
    """Write one table of a run in row groups of some megabytes; return its key.

    Row groups hold equal ranges of ids, so that the ranges that merge reads share none.

    Args:
        store: takes the table.
        name: the key of each table of the run, with {} for its kind, before it is sealed.
        kind: of table.
        rows: sorted by `doc_id`, or two such tables one after the other.
        second: the first row of the second one.
    """
    parts = [rows.slice(0, second), rows.slice(second)]
    starts = [
        first + at for first, part in zip((0, second), parts, strict=True) for at in _starts(part)
    ]
    size = _size(rows)
    limit = max(1, 2 * len(rows) * _ROW_GROUP_BYTES // max(1, size))
    key = f"{name.format(kind)}.parquet"
    return write_table(store, key, rows, row_group_rows=limit, starts=starts)


def _starts(rows: pa.Table) -> list[int]:
    """Return the rows with which row groups begin."""
    bits = max(1, (_size(rows) // _ROW_GROUP_BYTES).bit_length() - 1)
    starts: list[int] = np.searchsorted(hash_halves(rows["doc_id"])[0], _first_keys(bits)).tolist()
    return starts


def _size(rows: pa.Table) -> int:
    has_text = "content" in rows.column_names
    size = pc.sum(pc.binary_length(rows["content"])).as_py() if has_text else rows.nbytes
    return size or 0


def _first_keys(bits: int) -> Keys:
    """Return the smallest 64-bit key with each value of its highest bits."""
    return np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)


def write_edges(store: ObjectStore, key: str, pairs: Keys) -> str:
    """Write keys and texts of edges, partitioned by the highest bits of keys; return the key.

    Args:
        store: takes the object.
        key: of the object, before it is sealed.
        pairs: shape (n, 2), sorted, of the bits of `EDGE_KEY` and `EDGE_TEXT`.
    """
    bounds = np.append(np.searchsorted(pairs[:, 0], _first_keys(EDGE_BITS)), len(pairs))
    rows = np.ascontiguousarray(pairs, "<u8").view(np.uint8).reshape(-1, 16)
    return write_partitions(store, key, rows[:, _STORED], bounds)


def read_edges(store: ObjectStore, key: str, *, first: int, end: int) -> Keys:
    """Read successive partitions of edges: an array of shape (n, 2), of keys and texts.

    Args:
        store: that holds them.
        key: of the object.
        first: the first partition.
        end: the partition after the last one.
    """
    found = read_span(
        store, key, first=first, end=end, partitions=EDGE_PARTITIONS, dtype=_EDGE
    ).packed
    rows = np.zeros((len(found), 16), np.uint8)
    rows[:, _STORED] = found.view(np.uint8).reshape(-1, _EDGE.itemsize)
    return rows.view("<u8")
