"""How fast repair is on one core, on clean and on dirty text, and what each rule costs.

    python -m tests.benchmarks.repair [MEGABYTES]

Clean is the sampled text after repair, dirty is the text as it was delivered; signals are measured
with both. One line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from jobs.corpus.repair.normalization import EVERY, repaired
from jobs.corpus.repair.repairs import NAMES, repair_names
from jobs.corpus.signals.signals import signals
from tests.benchmarks.machine import circumstances, least_seconds
from tests.benchmarks.signals import PARAMS
from tests.benchmarks.texts import sample

_RUNS = 3


def main(megabytes: int) -> dict[str, Any]:
    """Measure texts of about `megabytes` of UTF-8."""
    kind, texts = sample(megabytes << 20)
    dirty = pa.array(texts, pa.large_string())
    clean = repaired(dirty).texts
    actions: dict[str, Callable[[], object]] = {
        "clean": lambda: repaired(clean),
        "dirty": lambda: repaired(dirty),
        "clean_with_signals": lambda: signals(repaired(clean).texts, params=PARAMS),
        "dirty_with_signals": lambda: signals(repaired(dirty).texts, params=PARAMS),
    }
    for name, rule in NAMES.items():
        actions[f"without_{name}"] = lambda rule=rule: repaired(dirty, EVERY & ~rule)
    seconds = least_seconds(actions, _RUNS)
    size = {"clean": clean.nbytes / 1e6, "dirty": dirty.nbytes / 1e6}
    whole = ("clean", "dirty", "clean_with_signals", "dirty_with_signals")
    changed = [name for bits in repaired(dirty).repairs.tolist() for name in repair_names(bits)]
    return {
        "benchmark": "repair",
        "text": kind,
        "megabytes": round(size["dirty"], 1),
        "megabytes_per_second": {name: round(size[name[:5]] / seconds[name], 1) for name in whole},
        "cost_of_rule_in_share_of_time": {
            name: round(1 - seconds[f"without_{name}"] / seconds["dirty"], 3) for name in NAMES
        },
        "texts_changed": {name: changed.count(name) for name in NAMES},
        "texts": len(texts),
        **circumstances("numba", "opencc", "pyarrow"),
    }


if __name__ == "__main__":
    given = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    sys.stdout.write(json.dumps(main(given), ensure_ascii=False) + "\n")
