"""The same loop with rensa, in three ways; the second argument chooses.

loop          query, compare with each candidate, insert
deduplicator  RMinHashDeduplicator.add_pairs, which does the same inside Rust
rho           the bulk way rensa publishes its speed for: it samples shingles, compares nothing and
              flags every member of a bucket, so it is another task; here for its speed alone
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH

from tests.benchmarks.peers import task


def shingles(text: str) -> list[str]:
    last = max(1, len(text) - task.SHINGLE_CHARS + 1)
    return [text[i : i + task.SHINGLE_CHARS] for i in range(last)]


def sketches(texts: list[str]) -> Iterator[RMinHash]:
    for text in texts:
        made = RMinHash(num_perm=task.NUM_PERM, seed=task.SEED)
        made.update(shingles(text))
        yield made


def loop(texts: list[str]) -> list[int]:
    index = RMinHashLSH(threshold=task.THRESHOLD, num_perm=task.NUM_PERM, num_bands=task.BANDS)
    kept: dict[int, RMinHash] = {}
    for number, mine in enumerate(sketches(texts)):
        similar = (mine.jaccard(kept[other]) for other in index.query(mine))
        if not any(similarity >= task.THRESHOLD for similarity in similar):
            kept[number] = mine
            index.insert(number, mine)
    return list(kept)


def deduplicator(texts: list[str]) -> list[int]:
    keeper = RMinHashDeduplicator(
        threshold=task.THRESHOLD,
        num_perm=task.NUM_PERM,
        use_lsh=True,
        num_bands=task.BANDS,
        seed=task.SEED,
    )
    pairs = ((str(number), shingles(text)) for number, text in enumerate(texts))
    return [number for number, is_kept in enumerate(keeper.add_pairs(pairs)) if is_kept]


def rho(texts: list[str]) -> list[int]:
    matrix = RMinHash.digest_matrix_from_token_sets_rho(
        (shingles(text) for text in texts), task.NUM_PERM, task.SEED
    )
    index = RMinHashLSH(threshold=task.THRESHOLD, num_perm=task.NUM_PERM, num_bands=task.BANDS)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    return [number for number, is_flagged in enumerate(flags) if not is_flagged]


if __name__ == "__main__":
    task.perform({"loop": loop, "deduplicator": deduplicator, "rho": rho}[sys.argv[2]])
