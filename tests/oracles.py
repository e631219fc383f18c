"""Plain loops that give the right answer, with the similarity computed by datasketch itself."""

from __future__ import annotations

import datasketch
import pyarrow as pa
import xxhash

from jobs.corpus.dedup.params import BandParams, SignatureParams
from jobs.corpus.text.canonical import canonical_texts
from jobs.flow.params import BuildParams

Documents = dict[str, tuple[int, str]]
"""The priority of each document's partner, and its text, by its id."""

Decision = tuple[str, float] | None
"""None if kept, else the kept document that replaces it, and the similarity."""


def shingles(canonical: str, k: int) -> list[bytes]:
    if not canonical:
        return []
    return [canonical[i : i + k].encode("utf-32-le") for i in range(max(1, len(canonical) - k + 1))]


def minhash(canonical: str, params: SignatureParams) -> datasketch.MinHash:
    sketch = datasketch.MinHash(
        params.num_perm, seed=params.seed, hashfunc=xxhash.xxh32_intdigest, scheme="affine32"
    )
    if canonical:
        sketch.update_batch(shingles(canonical, params.shingle_chars))
    return sketch


def loop_decisions(
    canonical: list[str],
    *,
    signature: SignatureParams,
    bands: BandParams,
    ids: list[bytes] | None = None,
    frozen: int = 0,
) -> list[tuple[int, float] | None]:
    """For each text in rank order: None if kept, else (the kept one of best rank, similarity).

    The similarity is datasketch's estimate, or that of Python's own sets with `verify=exact`, or -1
    where nothing but the id is equal. The first `frozen` texts are kept whatever they are.
    """
    index = datasketch.MinHashLSH(
        threshold=bands.threshold, num_perm=bands.num_perm, params=(bands.bands, bands.rows)
    )
    sketches = [minhash(text, signature) for text in canonical]
    sets = [set(shingles(text, signature.shingle_chars)) for text in canonical]

    def similarity(one: int, other: int) -> float:
        if bands.is_exact:
            return len(sets[one] & sets[other]) / len(sets[one] | sets[other])
        return float(sketches[one].jaccard(sketches[other]))

    answers: list[tuple[int, float] | None] = []
    for number, sketch in enumerate(sketches):
        similar = [
            (other, similarity(number, other))
            for other in (index.query(sketch) if canonical[number] else [])
            if similarity(number, other) >= bands.threshold
        ]
        same = [other for other in range(number) if ids and ids[other] == ids[number]]
        kept = [(other, -1.0) for other in same if answers[other] is None]
        best = min([*similar, *kept], key=lambda pair: (pair[0], -pair[1]), default=None)
        answers.append(best if number >= frozen else None)
        if answers[-1] is None and canonical[number]:
            index.insert(number, sketch)
    return answers


def expected_decisions(
    new: Documents, *, frozen: Documents, params: BuildParams
) -> dict[str, Decision]:
    """The decisions about new documents where the frozen ones are kept, by the loop."""

    def ranked(documents: Documents) -> list[str]:
        def rank(identity: str) -> tuple[int, int, bytes, str]:
            priority, text = documents[identity]
            return priority, -len(text), xxhash.xxh3_128_digest(text.encode()), identity

        return sorted(documents, key=rank)

    order, known = [*ranked(frozen), *ranked(new)], {**frozen, **new}
    texts = pa.array([known[identity][1] for identity in order], pa.large_string())
    answers = loop_decisions(
        canonical_texts(texts).to_pylist(),
        signature=params.signature,
        bands=params.bands,
        frozen=len(frozen),
    )
    decided = list(zip(order, answers, strict=True))[len(frozen) :]
    return {identity: answer and (order[answer[0]], answer[1]) for identity, answer in decided}
