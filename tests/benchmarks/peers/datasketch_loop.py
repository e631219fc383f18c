"""The plain loop with datasketch: what heliu's decisions are defined by."""

from __future__ import annotations

import datasketch
import xxhash

from tests.benchmarks.peers import task

_WIDTH = 4 * task.SHINGLE_CHARS


def sketch(text: str) -> datasketch.MinHash:
    data = text.encode("utf-32-le")
    made = datasketch.MinHash(
        task.NUM_PERM, seed=task.SEED, hashfunc=xxhash.xxh32_intdigest, scheme="affine32"
    )
    made.update_batch([data[i : i + _WIDTH] for i in range(0, max(4, len(data) - _WIDTH + 4), 4)])
    return made


def decide(texts: list[str]) -> list[int]:
    index = datasketch.MinHashLSH(num_perm=task.NUM_PERM, params=(task.BANDS, task.ROWS))
    kept: dict[int, datasketch.MinHash] = {}
    for number, text in enumerate(texts):
        mine = sketch(text)
        similar = (mine.jaccard(kept[other]) for other in index.query(mine))
        if not any(similarity >= task.THRESHOLD for similarity in similar):
            kept[number] = mine
            index.insert(number, mine, check_duplication=False)
    return list(kept)


if __name__ == "__main__":
    task.perform(decide)
