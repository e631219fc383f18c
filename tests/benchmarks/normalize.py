"""The whole normalize job on one core, a whole build, a bare copy and datatrove's nearest pipeline.

    python -m tests.benchmarks.normalize --megabytes 1000

All read one jsonl.zst file. Heliu decodes, parses, repairs, measures, signs and writes documents
and facts, and in a build goes on to the release; pyarrow parses and writes the same columns as
Parquet; datatrove, on the small file only, runs its reader of JSON lines, ftfy and Gopher's filters
and writes Parquet. The text is the demo's as delivered, dirt included; with --real it is that of
HELIU_REAL_DATA.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa

from jobs.command.terminal import say
from jobs.corpus.intake.deliveries import read_rows
from jobs.flow.intake.plan import plan
from jobs.storage.source_bytes import open_random, open_stream
from jobs.synthesis import write_demo
from tests.benchmarks.contest import CACHE, Contestant, compare, peer_pythons, show
from tests.benchmarks.machine import circumstances
from tests.benchmarks.texts import sample
from tests.builds import build_parameters

CONTESTANTS = (
    Contestant("heliu, normalize", None, "heliu_normalize", is_large=True),
    Contestant("heliu, whole build", None, "heliu_build", is_large=True),
    Contestant("pyarrow, bare copy", None, "pyarrow_copy", is_large=True),
    Contestant("datatrove", "datatrove", "datatrove_quality", is_large=False, is_slow=True),
)
FIELDS = ("source_id", "title", "text", "url", "published")
KEYS = ("id", "title", "text", "url", "published")
Row = dict[str, str | None]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cache", default=CACHE, type=Path)
    options.add_argument("--megabytes", type=int, default=1000)
    options.add_argument("--small-megabytes", type=int, default=8)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--real", action="store_true")
    options.add_argument("--alone", action="store_true", help="without datatrove")
    given = options.parse_args()
    contestants = [c for c in CONTESTANTS if not (given.alone and c.environment)]
    pythons = peer_pythons(given.cache, contestants)
    before = circumstances("numba", "numpy", "pyarrow")
    rows = []
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        file = Path(name) / "delivered" / "rows.jsonl.zst"
        for megabytes, is_small in ((given.small_megabytes, True), (given.megabytes, False)):
            delivered = real_rows(megabytes) if given.real else demo_rows(Path(name), megabytes)
            size = write_rows(file, delivered)
            entrants = [entrant for entrant in contestants if entrant.is_large or is_small]
            rows += compare(file, size, pythons, given.runs, entrants)
    show(rows)
    result = {"rows": rows, "before": before, "load_average_after": os.getloadavg()}
    say(orjson.dumps({"normalize": result}).decode())


def write_rows(file: Path, rows: Iterator[Row]) -> int:
    """Write rows as jsonl.zst; the UTF-8 bytes of their texts."""
    file.parent.mkdir(exist_ok=True)
    size = 0
    with pa.CompressedOutputStream(str(file), "zstd") as stream:
        for row in rows:
            size += len((row["text"] or "").encode())
            stream.write(orjson.dumps(row) + b"\n")
    return size


def real_rows(megabytes: int) -> Iterator[Row]:
    for number, text in enumerate(sample(megabytes * 10**6)[1]):
        yield {"id": str(number), "title": None, "text": text, "url": None, "published": None}


def demo_rows(folder: Path, megabytes: int) -> Iterator[Row]:
    """The demo's rows as delivered; those that intake rejects are left out."""
    demo = folder / f"demo-{megabytes}"
    write_demo(demo, size_bytes=megabytes * 10**6, seed=1, report=lambda _done: None)
    for shard in plan(build_parameters(demo / "conf", folder / "releases")):
        reading = shard.group.reading
        opened = open_random if reading.format == "parquet" else open_stream
        for file in shard.files:
            with opened(file.source.uri, endpoint_url=None) as stream:
                for table in read_rows(stream, source_file=file.source.name, params=reading):
                    columns = [table[name].to_pylist() for name in FIELDS]
                    for values in zip(*columns, strict=True):
                        if values[2] is not None:
                            yield dict(zip(KEYS, values, strict=True))


if __name__ == "__main__":
    main()
