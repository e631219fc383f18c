"""The two kernels that read every character, against what the machine can do: MB per CPU second.

    python -m tests.benchmarks.kernel

HELIU_REAL_DATA names a folder with real text in `bulk/*.jsonl.zst`; without it the demo's is used.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

import numpy as np
import orjson
import pyarrow as pa

from jobs.command.terminal import say, say_table
from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.dedup.signatures import signatures
from jobs.corpus.text.canonical import canonical_texts
from tests.benchmarks.machine import circumstances, least_seconds
from tests.benchmarks.texts import sample, size_of
from tests.oracles import minhash

PARAMS = SignatureParams(num_perm=128, seed=1, shingle_chars=5)
OURS = "canonical form and signatures"
DECODING = "UTF-8 decoding (bytes.decode)"
SIGNATURES = "signatures of canonical text"
DATASKETCH = "datasketch, signatures of canonical text"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=64)
    options.add_argument("--datasketch-megabytes", type=int, default=2)
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    before = circumstances("numba", "numpy", "pyarrow", "datasketch", "xxhash")
    what, texts = sample(given.megabytes * 10**6)
    few = texts[: max(1, len(texts) * given.datasketch_megabytes // given.megabytes)]
    measured = measurements(texts, few)
    seconds = least_seconds({name: action for name, (_, action) in measured.items()}, given.runs)
    speeds = {name: size / 1e6 / seconds[name] for name, (size, _) in measured.items()}
    say(f"{what}: {len(texts):,} documents, {size_of(texts) / 1e6:.1f} MB of UTF-8")
    ours = speeds[OURS]
    say_table(
        ["one core", "MB/CPU s", "   times ours"],
        [(name, f"{speed:8.1f}", f"{speed / ours:13.3f}") for name, speed in speeds.items()],
    )
    result = {
        "what": what,
        "documents": len(texts),
        "bytes": size_of(texts),
        "mb_per_cpu_s": speeds,
        "signatures_over_datasketch": speeds[SIGNATURES] / speeds[DATASKETCH],
        "ours_over_decoding": ours / speeds[DECODING],
    }
    result |= {"before": before, "load_average_after": os.getloadavg()}
    say(orjson.dumps({"kernel": result}).decode())


def measurements(texts: list[str], few: list[str]) -> dict[str, tuple[int, Callable[[], object]]]:
    """For each name: the UTF-8 bytes it goes through, and what is timed."""
    raw = pa.array(texts, pa.large_string())
    canonical = canonical_texts(raw)
    signatures(canonical[:1], params=PARAMS)  # compiled before anything is timed
    encoded = "".join(texts).encode()
    data = np.frombuffer(encoded, np.uint8)
    few_canonical = canonical_texts(pa.array(few, pa.large_string())).to_pylist()
    return {
        "copy of the bytes (numpy.copy)": (len(data), data.copy),
        DECODING: (len(encoded), encoded.decode),
        "canonical form": (len(data), lambda: canonical_texts(raw)),
        SIGNATURES: (
            size_of(canonical.to_pylist()),
            lambda: signatures(canonical, params=PARAMS),
        ),
        OURS: (
            len(data),
            lambda: signatures(canonical_texts(raw), params=PARAMS),
        ),
        DATASKETCH: (
            size_of(few_canonical),
            lambda: [minhash(text, PARAMS) for text in few_canonical],
        ),
    }


if __name__ == "__main__":
    main()
