"""Rechecking: a published release is searched for evaluation sets it was not built against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.contamination.findings import HITS, PASSAGE, QUOTATION, Benchmarks, hits
from jobs.corpus.contamination.items import Benchmark
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.whole_objects import whole_file

_THREADS = 8
_COLUMNS = ["id", "partner", "source_id", "url", "content"]
_PLACES = ("row", "start", "end")
_OUTCOMES = ("drop", "cut", "report")
_QUOTED = len(_OUTCOMES)

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
    """Count items found, documents that hold them, and what the policy says of these.

    A document counts once for each benchmark, under the strictest policy of its hits.
    """
    items: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    documents: dict[tuple[str, str, str], int] = {}
    for hit in found.to_pylist():
        key = hit["benchmark"], hit["partner"]
        outcome = _QUOTED if hit["found"] == QUOTATION else _OUTCOMES.index(hit["policy"])
        if outcome != _QUOTED:
            items[key].add(hit["item"])
        document = (*key, hit["id"])
        documents[document] = min(outcome, documents.get(document, _QUOTED))
    counts = Counter((*document[:2], outcome) for document, outcome in documents.items())
    return [
        {
            "benchmark": benchmark,
            "partner": partner,
            "items found": len(items[benchmark, partner]),
            "documents hit": sum(counts[benchmark, partner, n] for n in range(_QUOTED)),
            **{f"to {name}": counts[benchmark, partner, n] for n, name in enumerate(_OUTCOMES)},
            "quoting": counts[benchmark, partner, _QUOTED],
        }
        for benchmark, partner in sorted({key[:2] for key in counts})
    ]


def excerpts(
    release: OpenedRelease, found: pa.Table, sets: Sequence[Benchmark], most: int
) -> Iterator[dict[str, Any]]:
    """Yield the first hits of questions or passages, each with the text at its place and the item.

    Args:
        release: that was searched.
        found: FOUND of it.
        sets: that it was searched for.
        most: number of hits to show.
    """
    items = {(one.name, item.id): item for one in sets for item in one.items}
    shown = found.filter(pc.not_equal(found["found"], QUOTATION)).slice(0, most)
    for hit in shown.to_pylist():
        for file in release.entries("shards"):
            if file["first_id"] <= hit["id"] <= file["last_id"]:
                with whole_file(release.store, file["key"]) as stream:
                    wanted = pc.field("id") == hit["id"]
                    rows = pq.read_table(stream, columns=["content"], filters=wanted)
                for text in rows["content"].to_pylist():
                    excerpt = text[hit["offset"] :][: hit["chars"]]
                    item = items[hit["benchmark"], hit["item"]]
                    parts = [item.question, *item.options]
                    whole = item.passage if hit["found"] == PASSAGE else "\n".join(parts)
                    yield {**hit, "excerpt": excerpt, "item_text": whole}


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
