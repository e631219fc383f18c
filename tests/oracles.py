"""Plain loops that give the right answer, with the similarity computed by datasketch itself."""

from __future__ import annotations

import re
from functools import partial

import datasketch
import pyarrow as pa
import xxhash

from jobs.corpus.dedup.params import BandParams, SignatureParams
from jobs.corpus.text.canonical import canonical_texts
from jobs.flow.params import BuildParams

_NUMBERS = re.compile(
    r"[0-9〇零一二三四五六七八九十百千万亿两廿卅壹贰叁肆伍陆柒捌玖拾佰仟+\-.:/*^%,~!<>=#_@&]+"
)

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


def are_siblings(one: str, other: str) -> bool:
    """Whether texts differ, and in nothing but numbers, of which they have any."""
    letters = [sorted(_NUMBERS.sub("", text)) for text in (one, other)]
    numbers = ["".join(_NUMBERS.findall(text)) for text in (one, other)]
    return letters[0] == letters[1] and "" != numbers[0] != numbers[1] != ""


def loop_decisions(
    canonical: list[str],
    *,
    signature: SignatureParams,
    bands: BandParams,
    ids: list[bytes] | None = None,
    frozen: int = 0,
    frozen_siblings: frozenset[int] = frozenset(),
    told: dict[int, tuple[int, float]] | None = None,
    thresholds: list[float] | None = None,
) -> list[tuple[int, float] | None]:
    """For each text in rank order: None if kept, else (the kept one of best rank, similarity).

    The similarity is datasketch's estimate, or that of Python's own sets with `verify=exact`, or -1
    where nothing but the id is equal. The first `frozen` texts are kept whatever they are. With
    `templates=keep` texts that differ in numbers alone are siblings: one that matches nothing but
    siblings stays, is noted in `told` with the first, and replaces equal texts alone, as those of
    `frozen_siblings` do. `thresholds` are those of each text, which it must reach to go.
    """
    from_similarity = thresholds or [bands.threshold] * len(canonical)
    equals: dict[str, int] = {}
    index = datasketch.MinHashLSH(
        threshold=bands.threshold, num_perm=bands.num_perm, params=(bands.bands, bands.rows)
    )
    sketches = [minhash(text, signature) for text in canonical]
    sets = [set(shingles(text, signature.shingle_chars)) for text in canonical]

    def similarity(one: int, other: int) -> float:
        if bands.is_exact:
            return len(sets[one] & sets[other]) / len(sets[one] | sets[other])
        return float(sketches[one].jaccard(sketches[other]))

    stay = bands.templates == "keep"
    answers: list[tuple[int, float] | None] = []
    for number, sketch in enumerate(sketches):
        matches = [
            (other, similarity(number, other))
            for other in (index.query(sketch) if canonical[number] else [])
            if similarity(number, other) >= from_similarity[number]
        ]
        is_sibling = partial(are_siblings, canonical[number]) if stay else lambda _other: False
        siblings = [pair for pair in matches if is_sibling(canonical[pair[0]])]
        equal = [(equals[text], 1.0) for text in canonical[number : number + 1] if text in equals]
        similar = [pair for pair in matches if pair not in siblings] + equal
        same = [other for other in range(number) if ids and ids[other] == ids[number]]
        kept = [(other, -1.0) for other in same if answers[other] is None]
        best = min([*similar, *kept], key=lambda pair: (pair[0], -pair[1]), default=None)
        answers.append(best if number >= frozen else None)
        if answers[-1] is not None:
            continue
        if number >= frozen and siblings and told is not None:
            told[number] = min(siblings)
        if (number >= frozen and siblings) or number in frozen_siblings:
            equals.setdefault(canonical[number], number)
        elif canonical[number]:
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
