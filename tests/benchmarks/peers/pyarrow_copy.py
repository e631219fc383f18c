"""The floor of any such job: pyarrow reads a jsonl.zst file and writes its rows as Parquet."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from tests.benchmarks.peers import task

SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "title", "text", "url", "published")])


def main() -> None:
    pa.set_cpu_count(1)
    how = {
        "read_options": pj.ReadOptions(use_threads=False, block_size=8 << 20),
        "parse_options": pj.ParseOptions(
            explicit_schema=SCHEMA, unexpected_field_behavior="ignore"
        ),
    }
    rows = 0
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        wall, used = time.perf_counter(), time.process_time()
        stream = pa.input_stream(sys.argv[1], compression="zstd")
        target = Path(folder) / "copy.parquet"
        with (
            stream,
            pj.open_json(stream, **how) as reader,
            pq.ParquetWriter(target, SCHEMA, compression="zstd", compression_level=1) as writer,
        ):
            for batch in reader:
                writer.write_batch(batch)
                rows += len(batch)
        wall, used = time.perf_counter() - wall, time.process_time() - used
    task.report(seconds=wall, cpu_seconds=used, documents=rows, kept=rows)


if __name__ == "__main__":
    main()
