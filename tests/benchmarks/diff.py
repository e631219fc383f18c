"""How long `heliu diff` takes for two releases of many rows: ids, content hashes and URLs, no text.

usage: python -m tests.benchmarks.diff [--rows 10_000_000] [--share 1.0] > result.json

`--share` of the shards differ between the releases; in those, one document in ten is removed, one
added and one changed.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.flow.releases.difference import diff
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.tasks.blobs import write_blob
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import blob_key
from jobs.storage.log import Head
from jobs.storage.objects import ObjectStore
from tests.benchmarks.machine import circumstances

SHARD_ROWS = 100_000


def synthesize(store: ObjectStore, rows: int, share: float) -> tuple[OpenedRelease, OpenedRelease]:
    """Two releases of one partner, with facts and with shards of ids and URLs alone."""
    shards = -(-rows // SHARD_ROWS)
    files: dict[str, dict[str, list[Any]]] = {
        side: {"shards": [], "facts": [], "decisions": []} for side in "ab"
    }
    for shard in range(shards):
        count = min(SHARD_ROWS, rows - shard * SHARD_ROWS)
        tables = {"a": _rows(shard, shards, count)}
        tables["b"] = tables["a"] if shard >= share * shards else _changed(tables["a"], shard)
        for side, table in tables.items():
            for kind, columns in (("facts", ["id", "text_hash"]), ("shards", ["id", "url"])):
                files[side][kind].append(_file(store, table.select(columns)))
        del tables["a"]
        files["b"]["decisions"].append(_file(store, _decisions(tables["b"])))
    before, after = (_release(store, side, files[side]) for side in "ab")
    return before, after


def _rows(shard: int, shards: int, count: int) -> pa.Table:
    random = np.random.default_rng(shard)
    low = shard * 2**64 // shards
    high = np.sort(random.integers(low, (shard + 1) * 2**64 // shards, count, np.uint64))
    words = np.stack([high, random.integers(0, 2**64, count, np.uint64)], axis=1)
    digits = words.astype(">u8").tobytes().hex()
    urls = [f"https://{n % 500}.example.cn/article/{n}.html" for n in range(count)]
    return pa.table(
        {
            "id": [digits[at : at + 32] for at in range(0, 32 * count, 32)],
            "text_hash": _hashes(random, count),
            "url": urls,
        }
    )


def _hashes(random: np.random.Generator, count: int) -> pa.Array:
    body = pa.py_buffer(random.bytes(16 * count))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, body])


def _changed(table: pa.Table, shard: int) -> pa.Table:
    random = np.random.default_rng(2**32 + shard)
    kept = table.filter(pa.array(np.arange(len(table)) % 10 != 0))
    is_changed = pa.array(np.arange(len(kept)) % 10 == 0)
    hashes = pc.if_else(is_changed, _hashes(random, len(kept)), kept["text_hash"].combine_chunks())
    ends = [int(table["id"][at].as_py()[:16], 16) for at in (0, len(table) - 1)]
    high = random.integers(*ends, len(table) // 10, np.uint64)
    new = pa.table(
        {
            "id": [f"{word:016x}{number:016x}" for number, word in enumerate(high.tolist())],
            "text_hash": _hashes(random, len(high)),
            "url": [f"https://new.example.cn/{number}" for number in range(len(high))],
        }
    )
    kept = kept.set_column(1, "text_hash", hashes)
    return pa.concat_tables([kept, new]).sort_by("id")


def _decisions(table: pa.Table) -> pa.Table:
    names = {"verdict": "kept", "stage": "merge"}
    columns = {name: pa.repeat(value, len(table)) for name, value in names.items()}
    reasons = pa.nulls(len(table), pa.string())
    return pa.table({"doc_id": table["id"], **columns, "reason": reasons})


def _file(store: ObjectStore, table: pa.Table) -> dict[str, Any]:
    file = write_blob(store, "bench", None, table)
    return {"key": blob_key("bench", file["sha256"]), "partner": "gov", **file}


def _release(store: ObjectStore, version: str, files: dict[str, list[Any]]) -> OpenedRelease:
    kept = sum(file["rows"] for file in files["shards"])
    manifest = {"partners": {"gov": {"kept": kept}}, "schema": {}, **files}
    return OpenedRelease(store, "bench", version, version * 64, "", manifest, Head())


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--share", type=float, default=1.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="heliu-diff-") as folder:
        releases = synthesize(DirectoryStore(Path(folder)), given.rows, given.share)
        empty = DirectoryStore(Path(folder) / "warm")
        diff(*synthesize(empty, 1000, 1.0))  # compiles the kernels
        began, used = time.perf_counter(), time.process_time()
        found = diff(*releases)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - used
    line = {
        "rows": given.rows,
        "share": given.share,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "partners": found.partners,
        "reasons": found.reasons,
        "shards": found.shards,
        **circumstances("pyarrow", "numpy", "numba"),
    }
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
