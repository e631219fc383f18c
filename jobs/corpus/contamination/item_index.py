"""The index of benchmark items: in which parts, and where in them, each run of five tokens occurs.

Long parts are sampled by the hash of their runs (as in winnowing: Schleimer, Wilkerson and Aiken
2003), short ones are indexed whole. Runs that many parts have are left out: they identify none.
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

from jobs.corpus.contamination.items import Benchmark, BenchmarkItem
from jobs.corpus.contamination.lookup import (
    EDITED,
    EXACT,
    LONG,
    OPTION,
    PASSAGE,
    QUESTION,
    WITH_OPTIONS,
    buckets_of,
    filter_of,
    needed_seeds,
    parts_of,
    rare_seeds,
)
from jobs.corpus.contamination.rarity import asking, open_stem, rarity_of
from jobs.corpus.contamination.tokens import Tokens, tokens_of
from jobs.corpus.text.text_buffers import Offsets

INDEX_VERSION = 2

_SHORTEST, _SHORTEST_BESIDE = 8, 3  # tokens of a question found alone, or beside its options
_LONG_SENTENCE = 24  # tokens of a sentence that asks by no word and is found word for word
_RARE_RUNS, _LONG_RARE_RUNS = 2.5, 6.0  # runs of one question alone that it must have, about


class ItemIndex(NamedTuple):
    """Items as arrays, for kernels. Parts of one item stand together, its question first.

    Attributes:
        tokens: uint32, of all parts.
        weights: uint8, what each token counts for.
        asks: uint8, 1 for each token by which a question asks.
        starts: int64 (parts + 1,), into these three.
        kinds: uint8 (parts,): QUESTION, OPTION or PASSAGE.
        items: int32 (parts,), the item of each.
        needs: int32 (parts,), the runs that must be found before a part is aligned.
        firsts: int64 (items + 1,), into parts.
        trusts: uint8 (items,): WITH_OPTIONS, EXACT or EDITED.
        runs: uint64 (runs, 2), each indexed run by its key, ascending, and where it is: the part
            in the upper half, the position in it in the lower.
        buckets: int32 (2**n + 1,): where the runs whose keys begin alike start.
        filter: uint64 (2**m,): two bits for each key, which rule out most runs of a text.
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
    runs: npt.NDArray[np.uint64]
    buckets: npt.NDArray[np.int32]
    filter: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class ItemNames:
    """Names of items, and what a match of them does.

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
    """How many items of one benchmark can be found, how many cannot, and why.

    Attributes:
        alone: By the question itself.
        with_options: By question and options together only.
        passage_only: By the passage only.
        too_short: Not at all: fewer than eight tokens, and no options that identify them.
        too_common: Not at all: all their runs are in too many others.
    """

    alone: int
    with_options: int
    passage_only: int
    too_short: int
    too_common: int


def build_index(benchmarks: Sequence[Benchmark]) -> tuple[ItemIndex, ItemNames, list[Searchable]]:
    """Index all items of some benchmarks, and count how many of each can be found.

    Memory: about 100 bytes per character of the items.
    """
    items = [item for benchmark in benchmarks for item in benchmark.items]
    of_item = [n for n, benchmark in enumerate(benchmarks) for _ in benchmark.items]
    kinds, owners, texts = _parts(items)
    tokens, starts = tokens_of(pa.array(texts, pa.large_string()))
    sizes = np.diff(starts)
    firsts = np.searchsorted(owners, np.arange(len(items) + 1))
    rarity = rarity_of(tokens, starts, firsts[:-1])
    asks = asking(tokens, starts, firsts[:-1], [open_stem(item.question) for item in items])
    trusts = _trusts(_sums(asks, starts)[firsts[:-1]], sizes[firsts[:-1]], rarity.information)
    runs = rare_seeds(tokens, starts, kinds, trusts[owners])
    seeds = np.bincount(parts_of(runs), minlength=len(kinds))
    index = ItemIndex(
        tokens=tokens,
        weights=rarity.weights,
        asks=asks,
        starts=starts,
        kinds=kinds,
        items=owners,
        needs=needed_seeds(kinds, sizes, seeds),
        firsts=firsts,
        trusts=trusts,
        runs=runs,
        buckets=buckets_of(runs[:, 0]),
        filter=filter_of(runs[:, 0]),
    )
    names = ItemNames(
        [benchmark.name for benchmark in benchmarks],
        [dict(benchmark.policy) for benchmark in benchmarks],
        of_item,
        [item.id for item in items],
    )
    return index, names, _searchable(index, np.array(of_item, np.int64), len(benchmarks))


def index_bytes(index: ItemIndex, names: ItemNames) -> bytes:
    """Serialize an index as one file."""
    out = io.BytesIO()
    described = np.frombuffer(orjson.dumps(names), np.uint8)
    np.savez(out, **{"about": described, **index._asdict()})
    return out.getvalue()


def read_index(body: bytes) -> tuple[ItemIndex, ItemNames]:
    """Parse a file of `index_bytes`."""
    with np.load(io.BytesIO(body)) as stored:
        names = ItemNames(**orjson.loads(stored["about"].tobytes()))
        return ItemIndex(**{name: stored[name] for name in ItemIndex._fields}), names


def _parts(
    items: Sequence[BenchmarkItem],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], list[str]]:
    """Return kind, item and text of each part; a passage that several items share stands once."""
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
    """Return the sum of the values of each part."""
    sums = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    return sums[starts[1:]] - sums[starts[:-1]]


def _trusts(
    asks: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    information: npt.NDArray[np.float64],
) -> npt.NDArray[np.uint8]:
    # Without a question word it may be a sentence of a statute: if long, it must match exactly.
    may_be = (asks > 0) | (sizes >= _LONG_SENTENCE)
    is_exact = (sizes >= _SHORTEST) & (information >= _RARE_RUNS) & may_be
    is_edited = (sizes >= LONG) & (information >= _LONG_RARE_RUNS) & (asks > 0)
    return np.where(is_edited, EDITED, np.where(is_exact, EXACT, WITH_OPTIONS)).astype(np.uint8)


def _searchable(
    index: ItemIndex, of_item: npt.NDArray[np.int64], benchmarks: int
) -> list[Searchable]:
    """Count how each item can be found, by benchmark."""
    has_seeds = np.zeros(len(index.kinds), np.bool_)
    has_seeds[parts_of(index.runs)] = True
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
