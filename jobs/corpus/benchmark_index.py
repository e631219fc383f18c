"""The index of benchmark items: where in which item each run of five tokens occurs.

Long parts are sampled by the hash of their runs (as winnowing does: Schleimer, Wilkerson and Aiken
2003), short ones are indexed whole. Runs that many parts have lead nowhere and are left out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from jobs.corpus.benchmark_items import Benchmark, BenchmarkItem
from jobs.corpus.benchmark_rarity import asking, is_left_open, rarity_of
from jobs.corpus.benchmark_seeds import Keys, bucket_of, filter_mask, keys_of
from jobs.corpus.benchmark_tokens import Tokens, tokens_of
from jobs.corpus.native import kernel
from jobs.corpus.text_buffers import Offsets

QUESTION, OPTION, PASSAGE = 0, 1, 2
"""Kinds of parts; an answer that is no letter counts as an option."""

WITH_OPTIONS, EXACT, EDITED = 0, 1, 2
"""How a question is believed: beside its options only, alone word for word, alone if edited."""

INDEX_VERSION = 1

_MOST_PARTS = 8  # a run that more parts have leads nowhere
_SHORTEST, _SHORTEST_BESIDE = 8, 3  # tokens of a question found alone, or beside its options
_LONG = 16  # tokens of a question that is found although it was edited
_LONG_SENTENCE = 24  # tokens of a sentence that asks by no word and is found word for word
_RARE_RUNS, _LONG_RARE_RUNS = 2.5, 6.0  # runs of one question alone that it must have, about
_FILTER_BITS = 16  # per key


class ItemIndex(NamedTuple):
    """Items as arrays, for kernels. Parts of one item stand together, its question first.

    Attributes:
        tokens: uint32, of all parts.
        weights: uint8, what each token counts for.
        asks: uint8, 1 for each token by which a question asks.
        starts: int64 (parts + 1,), into these three.
        kinds: uint8 (parts,): QUESTION, OPTION or PASSAGE.
        items: int32 (parts,), whose they are.
        needs: int32 (parts,): runs found, without which nothing is compared.
        firsts: int64 (items + 1,), into parts.
        trusts: uint8 (items,): WITH_OPTIONS, EXACT or EDITED.
        keys: uint64, the hash of each indexed run, ascending.
        key_parts: int32, in which part.
        key_offsets: int32, where in it.
        buckets: int32 (2**n + 1,): where the keys of each beginning start.
        filter: uint64 (2**m,): two bits for each key; most texts are done with one look at it.
    """

    tokens: Tokens
    weights: npt.NDArray[np.uint8]
    asks: npt.NDArray[np.uint8]
    starts: Offsets
    kinds: npt.NDArray[np.uint8]
    items: npt.NDArray[np.int32]
    needs: npt.NDArray[np.int32]
    firsts: Offsets
    trusts: npt.NDArray[np.uint8]
    keys: npt.NDArray[np.uint64]
    key_parts: npt.NDArray[np.int32]
    key_offsets: npt.NDArray[np.int32]
    buckets: npt.NDArray[np.int32]
    filter: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class ItemNames:
    """What items are called, and what a match of them does.

    Attributes:
        benchmarks: The name of each benchmark.
        policies: The policies of each, by part.
        of_item: The number of the benchmark of each item.
        ids: Of each item.
    """

    benchmarks: list[str]
    policies: list[dict[str, str]]
    of_item: list[int]
    ids: list[str]


@dataclass(frozen=True)
class Searchable:
    """How many items of one benchmark can be found, and how many cannot, and why.

    Attributes:
        alone: By the question itself.
        with_options: By question and options together only.
        passage_only: By the passage only.
        too_short: Not at all: fewer than eight tokens, and no options that tell.
        too_common: Not at all: what they say is in too many others.
    """

    alone: int
    with_options: int
    passage_only: int
    too_short: int
    too_common: int


def built_index(benchmarks: Sequence[Benchmark]) -> tuple[ItemIndex, ItemNames, list[Searchable]]:
    """The index of all items of some benchmarks, and how many of each can be found.

    Memory: about 100 bytes per character of the items.
    """
    items = [item for benchmark in benchmarks for item in benchmark.items]
    of_item = [n for n, benchmark in enumerate(benchmarks) for _ in benchmark.items]
    kinds, owners, texts = _parts(items)
    tokens, starts = tokens_of(pa.array(texts, pa.large_string()))
    sizes = np.diff(starts)
    firsts = np.searchsorted(owners, np.arange(len(items) + 1))
    rarity = rarity_of(tokens, starts, firsts[:-1])
    asks = asking(
        tokens, starts, firsts[:-1], np.array([is_left_open(i.question) for i in items], np.bool_)
    )
    trusts = _trusts(_sums(asks, starts)[firsts[:-1]], sizes[firsts[:-1]], rarity.information)
    keys, key_parts, key_offsets = _indexed(tokens, starts, kinds, trusts[owners])
    index = ItemIndex(
        tokens=tokens,
        weights=rarity.weights,
        asks=asks,
        starts=starts,
        kinds=kinds,
        items=owners,
        needs=_needs(kinds, sizes, np.bincount(key_parts, minlength=len(kinds))),
        firsts=firsts,
        trusts=trusts,
        keys=keys,
        key_parts=key_parts,
        key_offsets=key_offsets,
        buckets=_buckets(keys),
        filter=_filter(keys),
    )
    names = ItemNames(
        [benchmark.name for benchmark in benchmarks],
        [dict(benchmark.policy) for benchmark in benchmarks],
        of_item,
        [item.id for item in items],
    )
    return index, names, _searchable(index, np.array(of_item, np.int64), len(benchmarks))


def index_bytes(index: ItemIndex, names: ItemNames) -> bytes:
    """An index as one file."""
    out = io.BytesIO()
    about = np.frombuffer(orjson.dumps(names), np.uint8)
    np.savez(out, about=about, **index._asdict())
    return out.getvalue()


def read_index(body: bytes) -> tuple[ItemIndex, ItemNames]:
    """The index that a file of `index_bytes` holds."""
    with np.load(io.BytesIO(body)) as stored:
        names = ItemNames(**orjson.loads(stored["about"].tobytes()))
        return ItemIndex(**{name: stored[name] for name in ItemIndex._fields}), names


def _parts(
    items: Sequence[BenchmarkItem],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], list[str]]:
    """The kind, item and text of each part; a passage that several items share stands once."""
    parts: list[tuple[int, int, str]] = []
    passages: set[str] = set()
    for number, item in enumerate(items):
        parts.append((QUESTION, number, item.question))
        options = item.options or ((item.answer,) if item.answer else ())
        parts += [(OPTION, number, option) for option in options]
        if item.passage and item.passage not in passages:
            passages.add(item.passage)
            parts.append((PASSAGE, number, item.passage))
    kinds = np.array([part[0] for part in parts], np.uint8)
    return kinds, np.array([part[1] for part in parts], np.int32), [part[2] for part in parts]


def _sums(values: npt.NDArray[np.uint8], starts: Offsets) -> npt.NDArray[np.int64]:
    """The sum of the values of each part."""
    sums = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    return sums[starts[1:]] - sums[starts[:-1]]


def _trusts(
    asks: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    information: npt.NDArray[np.float64],
) -> npt.NDArray[np.uint8]:
    # What asks by no word may be a sentence of a statute: if it is long, nothing of it may differ.
    may_be = (asks > 0) | (sizes >= _LONG_SENTENCE)
    is_exact = (sizes >= _SHORTEST) & (information >= _RARE_RUNS) & may_be
    is_edited = (sizes >= _LONG) & (information >= _LONG_RARE_RUNS) & (asks > 0)
    return np.where(is_edited, EDITED, np.where(is_exact, EXACT, WITH_OPTIONS)).astype(np.uint8)


def _indexed(
    tokens: Tokens,
    starts: Offsets,
    kinds: npt.NDArray[np.uint8],
    trusts: npt.NDArray[np.uint8],
) -> tuple[Keys, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The keys worth looking up, ascending, with part and place; rare ones only."""
    sizes = np.diff(starts)
    masks = np.select([sizes < 32, kinds == PASSAGE, sizes < 128], [0, 7, 1], 3).astype(np.uint64)
    # Options lead to a question that is too short or too common to be found by itself.
    is_sought = (kinds != OPTION) | (trusts != EDITED) | (_question_sizes(sizes, kinds) < 32)
    found, parts, offsets = _sampled(tokens, starts, masks, is_sought)
    order = np.argsort(found, kind="stable")
    found, parts, offsets = found[order], parts[order], offsets[order]
    bounds = np.flatnonzero(np.concatenate(([True], found[1:] != found[:-1], [True])))
    counts = np.diff(bounds) if len(found) else np.zeros(0, np.int64)
    is_rare = np.repeat(counts <= _MOST_PARTS, counts)
    return found[is_rare], parts[is_rare], offsets[is_rare]


def _question_sizes(
    sizes: npt.NDArray[np.int64], kinds: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """For each part the tokens of its item's question, which is its first."""
    places = np.maximum.accumulate(np.where(kinds == QUESTION, np.arange(len(kinds)), 0))
    return sizes[places]


def _needs(
    kinds: npt.NDArray[np.uint8], sizes: npt.NDArray[np.int64], seeds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    """Runs of a part that a text must have: all of a short one, few of one that may be edited."""
    some = np.select(
        [kinds == OPTION, kinds == PASSAGE, sizes < 24], [seeds // 2, seeds // 4, 1], seeds // 6
    )
    is_whole = (sizes < _LONG) & (kinds == QUESTION) | (sizes < 12)
    needs = np.where(is_whole, seeds, np.maximum(np.where(sizes < 24, 1, 2), some))
    return np.maximum(needs, 1).astype(np.int32)


def _buckets(keys: Keys) -> npt.NDArray[np.int32]:
    bits = max(1, len(keys).bit_length())
    beginnings = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    return np.append(np.searchsorted(keys, beginnings), len(keys)).astype(np.int32)


def _filter(keys: Keys) -> Keys:
    bits = max(1, (len(keys) * _FILTER_BITS // 64).bit_length())
    words = np.zeros(1 << bits, np.uint64)
    _set_bits(keys, np.uint64(bits), words)
    return words


@kernel
def _set_bits(keys: Keys, bits: np.uint64, words: Keys) -> None:
    for k in range(len(keys)):
        words[bucket_of(keys[k], bits)] |= filter_mask(keys[k])


@kernel
def _sampled(
    tokens: Tokens, starts: Offsets, masks: Keys, is_sought: npt.NDArray[np.bool_]
) -> tuple[Keys, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The runs of each part sought whose key ends in as many zeros as its mask has ones."""
    found = np.empty(len(tokens), np.uint64)
    parts, offsets = np.empty(len(tokens), np.int32), np.empty(len(tokens), np.int32)
    count = 0
    for part in range(len(starts) - 1):
        if is_sought[part]:
            keys = keys_of(tokens[starts[part] : starts[part + 1]])
            for k in range(len(keys)):
                if keys[k] & masks[part] == 0:
                    found[count], parts[count], offsets[count] = keys[k], part, k
                    count += 1
    return found[:count], parts[:count], offsets[:count]


def _searchable(
    index: ItemIndex, of_item: npt.NDArray[np.int64], benchmarks: int
) -> list[Searchable]:
    """How each item can be found, counted by benchmark."""
    parts = np.arange(len(index.kinds))
    has_seeds = np.zeros(len(parts), np.bool_)
    has_seeds[index.key_parts] = True
    sizes = np.diff(index.starts)

    def any_of(kind: int, is_so: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(of_item), np.bool_)
        found[index.items[(index.kinds == kind) & is_so]] = True
        return found

    question = any_of(QUESTION, has_seeds)
    alone = question & (index.trusts != WITH_OPTIONS)
    beside = any_of(OPTION, sizes > 0) & (question | any_of(OPTION, has_seeds))
    beside &= any_of(QUESTION, sizes >= _SHORTEST_BESIDE)
    passage = any_of(PASSAGE, has_seeds)
    short = ~any_of(QUESTION, sizes >= _SHORTEST)
    kind = np.select([alone, beside, passage, short], [0, 1, 2, 3], 4)
    counts = np.zeros((benchmarks, 5), np.int64)
    np.add.at(counts, (of_item, kind), 1)
    return [Searchable(*map(int, row)) for row in counts]
