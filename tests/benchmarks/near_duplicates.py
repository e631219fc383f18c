"""The whole near-duplicate job on one core: heliu's functions and three peers on the same file.

    python -m tests.benchmarks.near_duplicates

Texts in memory to decisions; every contestant is a process of its own that is held to one thread.
The file holds canonical texts in rank order, so the peers are spared that work and heliu does it
once more. Ratios are of CPU seconds, to which others on the machine add less than to seconds. Peers
are installed from PyPI into environments of their own below --cache.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from itertools import chain
from pathlib import Path

import orjson
import pyarrow as pa
import xxhash

from jobs.command.terminal import say
from jobs.corpus.text.canonical import canonical_texts
from tests.benchmarks.contest import (
    CACHE,
    REQUIREMENTS,
    Contestant,
    compare,
    peer_pythons,
    show,
)
from tests.benchmarks.machine import circumstances
from tests.benchmarks.texts import sample, size_of

CONTESTANTS = (
    Contestant("heliu", None, "heliu_job", is_large=True),
    Contestant("rensa, loop", "rensa", "rensa_loop", is_large=True, way="loop"),
    Contestant("rensa, deduplicator", "rensa", "rensa_loop", is_large=True, way="deduplicator"),
    Contestant("rensa, rho (another task)", "rensa", "rensa_loop", is_large=True, way="rho"),
    Contestant("datasketch, loop", "datasketch", "datasketch_loop", is_large=True),
    Contestant("datatrove, 14 x 8", "datatrove", "datatrove_loop", is_large=False, is_slow=True),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cache", default=CACHE, type=Path)
    options.add_argument("--small-megabytes", type=int, default=8)
    options.add_argument("--large-megabytes", type=int, default=80)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--alone", action="store_true", help="heliu without its peers")
    given = options.parse_args()
    contestants = CONTESTANTS[:1] if given.alone else CONTESTANTS
    pythons = peer_pythons(given.cache, contestants)
    before = circumstances("numba", "numpy", "pyarrow")
    what, texts = sample(given.large_megabytes * 10**6)
    small = texts[: max(1, len(texts) * given.small_megabytes // given.large_megabytes)]
    rows = []
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        for part, is_small in ((small, True), (texts, False)):
            file = Path(folder) / "texts.jsonl"
            size = write_ranked(file, part)
            entrants = [entrant for entrant in contestants if entrant.is_large or is_small]
            rows += compare(file, size, pythons, given.runs, entrants)
    say(f"{what}; {', '.join(chain(*REQUIREMENTS.values()))}")
    show(rows)
    result = {"what": what, "rows": rows, "before": before}
    result["load_average_after"] = os.getloadavg()
    say(orjson.dumps({"near_duplicates": result}).decode())


def write_ranked(file: Path, texts: list[str]) -> int:
    """Write canonical texts, best rank first as heliu ranks them; their UTF-8 size."""
    canonical = canonical_texts(pa.array(texts, pa.large_string())).to_pylist()
    canonical.sort(key=lambda text: (-len(text), xxhash.xxh3_128_digest(text.encode())))
    with file.open("wb") as out:
        for number, text in enumerate(canonical):
            out.write(orjson.dumps({"id": str(number), "text": text}) + b"\n")
    return size_of(canonical)


if __name__ == "__main__":
    main()
