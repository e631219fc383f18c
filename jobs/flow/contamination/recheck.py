"""Rechecking: a published release is searched for evaluation sets it was not built against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.contamination.findings import HITS, PASSAGE, QUESTION, QUOTATION, Benchmarks, hits
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.whole_objects import whole_file

_THREADS = 8
_COLUMNS = ["id", "partner", "source_id", "url", "content"]
_PLACES = ("row", "start", "end")

FOUND = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("partner", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("url", pa.string()),
        *(field for field in HITS if field.name not in _PLACES),
    ]
)
"""A hit in a release: HITS with the document it is in."""


def recheck(
    release: OpenedRelease, benchmarks: Benchmarks, *, progress: Callable[[str, int, int], None]
) -> pa.Table:
    """Return FOUND: each place in a release's documents that holds an item, in their order.

    Shards are searched in threads, a row group at a time; kernels run in parallel.

    Args:
        release: to search.
        benchmarks: evaluation sets, with their index.
        progress: called with a label, the number of shards searched, and of all.
    """
    keys = [file["key"] for file in release.entries("shards")]
    tables = [FOUND.empty_table()]
    progress("searched", 0, len(keys))
    with ThreadPoolExecutor(_THREADS) as pool:
        for done, table in enumerate(pool.map(partial(_searched, release, benchmarks), keys), 1):
            tables.append(table)
            progress("searched", done, len(keys))
    return pa.concat_tables(tables)


def condemned(found: pa.Table) -> list[str]:
    """Return the ids of documents with hits of policy `drop`, each once, in order."""
    return list(dict.fromkeys(found.filter(pc.equal(found["policy"], "drop"))["id"].to_pylist()))


def table_of(found: pa.Table) -> list[dict[str, Any]]:
    """Count items found and documents that hold them, by benchmark, partner and kind."""
    items: dict[tuple[str, str], set[str]] = {}
    documents: Counter[tuple[str, str, str]] = Counter()
    seen = set()
    for hit in found.to_pylist():
        key = hit["benchmark"], hit["partner"]
        if hit["found"] != QUOTATION:
            items.setdefault(key, set()).add(hit["item"])
        if (hit["id"], *key, hit["found"]) not in seen:
            seen.add((hit["id"], *key, hit["found"]))
            documents[*key, hit["found"]] += 1
    return [
        {
            "benchmark": benchmark,
            "partner": partner,
            "items found": len(items.get((benchmark, partner), ())),
            **{
                f"documents with {name}s": documents[benchmark, partner, what]
                for name, what in (("question", QUESTION), ("passage", PASSAGE), (QUOTATION,) * 2)
            },
        }
        for benchmark, partner in sorted({key[:2] for key in documents})
    ]


def excerpts(release: OpenedRelease, found: pa.Table, most: int) -> Iterator[dict[str, Any]]:
    """Yield the first hits of questions or passages, each with the text at its place.

    Args:
        release: that was searched.
        found: FOUND of it.
        most: number of hits to show.
    """
    shown = found.filter(pc.not_equal(found["found"], QUOTATION)).slice(0, most)
    for hit in shown.to_pylist():
        for file in release.entries("shards"):
            if file["first_id"] <= hit["id"] <= file["last_id"]:
                with whole_file(release.store, file["key"]) as stream:
                    wanted = pc.field("id") == hit["id"]
                    rows = pq.read_table(stream, columns=["content"], filters=wanted)
                for text in rows["content"].to_pylist():
                    yield {**hit, "excerpt": text[hit["offset"] :][: hit["chars"]]}


def _searched(release: OpenedRelease, benchmarks: Benchmarks, key: str) -> pa.Table:
    tables = [FOUND.empty_table()]
    with whole_file(release.store, key) as stream:
        reader = pq.ParquetFile(stream)
        for group in range(reader.num_row_groups):
            rows = reader.read_row_group(group, columns=_COLUMNS)
            hit = hits(rows["content"].combine_chunks(), benchmarks)
            of_rows = rows.select(_COLUMNS[:-1]).take(hit["row"])
            columns = {name: of_rows[name] for name in of_rows.column_names}
            columns |= {name: hit[name] for name in hit.column_names}
            tables.append(pa.table([columns[name] for name in FOUND.names], schema=FOUND))
    return pa.concat_tables(tables)
