"""The task every contestant is given, and how its time is taken. Standard library alone."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

NUM_PERM, SEED, SHINGLE_CHARS = 128, 1, 5
BANDS, ROWS, THRESHOLD = 16, 8, 0.8

Decide = Callable[[list[str]], list[int]]


def perform(decide: Decide) -> None:
    """Time `decide` on the texts of the file named on the command line; one line of JSON.

    The clock starts with the texts as Python strings in rank order, best first, and stops when it
    is decided which of them stay. Imports, and what deciding on three texts loads or compiles, are
    not in it.
    """
    with Path(sys.argv[1]).open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    decide(texts[:3])
    wall, used = time.perf_counter(), time.process_time()
    kept = decide(texts)
    wall, used = time.perf_counter() - wall, time.process_time() - used
    report(
        seconds=wall,
        cpu_seconds=used,
        documents=len(texts),
        kept=len(kept),
        digest=digest(texts, kept),
    )


def report(**result: object) -> None:
    """The result as the last line of the output."""
    sys.stdout.write(json.dumps(result) + "\n")


def digest(texts: list[str], kept: list[int]) -> str:
    """Equal for equal decisions; which of several equal texts stays makes no difference."""
    state = hashlib.sha256()
    for number in kept:
        state.update(texts[number].encode() + b"\n")
    return state.hexdigest()[:16]
