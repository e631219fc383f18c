"""Heliu's functions in one process, without Ray: canonical form, facts, ranks, decisions."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from jobs.corpus.survivors import survivors
from jobs.flow.params import BuildParams
from tests.benchmarks.peers import task
from tests.builds import build_parameters, write_partner
from tests.corpora import documents_table, ranked_table


@cache
def parameters() -> BuildParams:
    """What a build would be told, with the task's geometry."""
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        write_partner(
            Path(name),
            "甲",
            "priority: 1\ndeliveries: none\nformat: jsonl\ncolumns: {text: text}\nlicence: CC0",
        )
        geometry = {
            "num_perm": task.NUM_PERM,
            "seed": task.SEED,
            "shingle_chars": task.SHINGLE_CHARS,
            "bands": task.BANDS,
            "rows": task.ROWS,
            "threshold": task.THRESHOLD,
        }
        given = [f"minhash.{key}={value}" for key, value in geometry.items()]
        return build_parameters(Path(name), name, "partners=[甲]", "rank.prefer=[longest]", *given)


def decide(texts: list[str]) -> list[int]:
    params = parameters()
    documents = documents_table(texts, partner="甲")
    ranked = ranked_table(documents, params=params.signature, partner="甲", priority=1, base=0)
    drops = survivors(ranked, bands=params.bands, rank=params.rank)
    dropped = set(drops["ordinal"].to_pylist())
    return [number for number in range(len(texts)) if number not in dropped]


if __name__ == "__main__":
    task.perform(decide)
