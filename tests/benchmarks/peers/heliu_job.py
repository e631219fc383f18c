"""Heliu's functions in one process, without Ray: canonical form, facts, ranks, decisions."""

from __future__ import annotations

import tempfile
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.flow.params import BuildParams
from tests.benchmarks.peers import task
from tests.builds import build_parameters, write_partner
from tests.corpora import documents_table, ranked_table

BATCH_CHARS = (8 << 20) // 3  # shards.batch_bytes of Han text


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
    batches = [ranked(texts, *ends) for ends in batch_ends(texts)]
    drops = find_duplicates(pa.concat_tables(batches), bands=params.bands, rank=params.rank)
    dropped = set(drops["ordinal"].to_pylist())
    return [number for number in range(len(texts)) if number not in dropped]


def ranked(texts: list[str], start: int, stop: int) -> pa.Table:
    """The facts of some of the texts."""
    ids = [str(number) for number in range(start, stop)]
    documents = documents_table(texts[start:stop], partner="甲", ids=ids)
    return ranked_table(
        documents, params=parameters().signature, partner="甲", priority=1, base=start
    )


def batch_ends(texts: list[str]) -> list[tuple[int, int]]:
    """Cuts of about as much text as normalize holds at a time by default."""
    ends, size = [0], 0
    for number, text in enumerate(texts):
        if size > BATCH_CHARS:
            ends.append(number)
            size = 0
        size += len(text)
    return list(pairwise([*ends, len(texts)]))


if __name__ == "__main__":
    task.perform(decide)
