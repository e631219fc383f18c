"""Search: where texts hold benchmark items, by one filter lookup per token and few alignments.

Runs of five tokens are looked up in the index. Where enough runs of an item are close together, the
stretch is aligned with it, and `verdicts` classifies the result. Matching sees one text: neither
other texts nor the order of items change it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.contamination.item_index import ItemIndex
from jobs.corpus.contamination.lookup import OPTION, PASSAGE
from jobs.corpus.contamination.seeds import SEED, Keys, bucket_of, next_key, passes, spread
from jobs.corpus.contamination.tokens import Tokens, next_tokens
from jobs.corpus.contamination.verdicts import FIELDS, match_item, match_passage, within
from jobs.corpus.text.canonical import folding_table
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes

Rows = npt.NDArray[np.int64]

_BLOCK = 1 << 16  # tokens whose runs are counted together
_COUNTERS = 1 << 16
_PART_BITS = np.int64(32)
_LOW_HALF = np.int64(0xFFFFFFFF)
_ORIGIN = np.int64(1 << 31)
_BATCH = 2048
_SLACK = 24  # tokens
_SHORT = 32  # tokens of a part that is compared at once where a run of it is
_SHIFT = 3  # tokens by which edits may have moved what follows them


def matches(texts: pa.Array, index: ItemIndex) -> Rows:
    """Return int64 (matches, 1 + FIELDS): the row of a text, then the fields of a `Match`.

    An item may be found several times at one position. Memory: 16 bytes per byte of the longest
    text, of which a third is touched where it is Han.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(texts)
    if not len(index.runs):
        return np.empty((0, 1 + FIELDS), np.int64)
    return _matches(data, offsets, folding_table(), index)


@kernel
def _matches(data: Bytes, offsets: Offsets, folding: Tokens, index: ItemIndex) -> Rows:
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    text = np.empty(longest, np.uint32)
    positions, keys = np.empty(longest, np.int64), np.empty(longest, np.uint64)
    batch = np.empty(_BATCH, np.uint64)
    counters = np.zeros(_COUNTERS, np.uint16)
    out, found = np.empty((64, 1 + FIELDS), np.int64), 0
    for row in range(len(offsets) - 1):
        start, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        size = next_tokens(data, start, end, folding, text)
        count = _filtered_runs(text[:size], index.filter, batch, positions, keys)
        if count:
            candidates = _candidates(positions[:count], keys[:count], text[:size], index, counters)
            out, found = _matched(candidates, text[:size], index, row, out, found)
    return out[:found]


@kernel
def _bits(length: int) -> np.uint64:
    bits = np.uint64(0)
    while (1 << bits) < length:
        bits += np.uint64(1)
    return bits


@kernel
def _filtered_runs(
    text: Tokens, filter_words: Keys, batch: Keys, positions: Rows, keys: Keys
) -> int:
    """Write position and key of each run that the filter lets through; return how many.

    Keys are computed batch by batch: a loop of few instructions waits for many cache lines at once.
    """
    bits = _bits(len(filter_words))
    rolling, leaving = np.uint64(0), np.uint32(0)
    for t in range(min(SEED - 1, len(text))):
        rolling = next_key(rolling, leaving, text[np.uint64(t)])
    count = np.uint64(0)
    runs = max(0, len(text) - SEED + 1)
    for begin in range(0, runs, _BATCH):
        size = min(_BATCH, runs - begin)
        of_batch, entering = text[begin : begin + size], text[begin + SEED - 1 :]
        for t in range(np.uint64(size)):
            rolling = next_key(rolling, leaving, entering[t])
            leaving = of_batch[t]
            batch[t] = spread(rolling)
        for t in range(np.uint64(size)):
            key = batch[t]
            # A run that does not pass is overwritten: no branch to mispredict.
            positions[count], keys[count] = begin + np.int64(t), key
            count += passes(key, filter_words[bucket_of(key, bits)])
    return int(count)


@kernel
def _candidates(
    positions: Rows, keys: Keys, text: Tokens, index: ItemIndex, counters: npt.NDArray[np.uint16]
) -> Rows:
    """Return parts and where they would begin, packed, ascending, if a block has enough runs."""
    out, kept = np.empty(64, np.int64), 0
    begin = 0
    while begin < len(positions):
        end = begin
        while end < len(positions) and positions[end] - positions[begin] < _BLOCK:
            end += 1
        pairs = _indexed_parts(positions[begin:end], keys[begin:end], index)
        for pair in pairs:
            counter = (pair >> _PART_BITS) & (_COUNTERS - 1)
            counters[counter] = min(counters[counter] + 1, 65535)
        for pair in pairs:
            part = pair >> _PART_BITS
            is_enough = counters[part & (_COUNTERS - 1)] >= index.needs[part]
            if is_enough and _is_near(pair, text, index):
                if kept == len(out):
                    out = np.append(out, np.empty(kept, np.int64))
                out[kept] = pair
                kept += 1
        for pair in pairs:
            counters[(pair >> _PART_BITS) & (_COUNTERS - 1)] = 0
        begin = end
    out = out[:kept]
    out.sort()
    return out


@kernel
def _is_near(pair: int, text: Tokens, index: ItemIndex) -> bool:
    """Whether a text resembles a short part where it would begin; True for longer parts.

    A short part may have a single run in the index, which alone occurs in many texts.
    """
    part = pair >> _PART_BITS
    start = (pair & _LOW_HALF) - _ORIGIN
    first, last = index.starts[part], index.starts[part + 1]
    if last - first >= _SHORT:
        return True
    same = 0
    for t in range(first, last):
        position = start + t - first
        for near in range(max(0, position - _SHIFT), min(len(text), position + _SHIFT + 1)):
            if text[near] == index.tokens[t]:
                same += 1
                break
    return 2 * same >= last - first


@kernel
def _indexed_parts(positions: Rows, keys: Keys, index: ItemIndex) -> Rows:
    bits = _bits(len(index.buckets) - 1)
    out, count = np.empty(max(16, len(positions)), np.int64), 0
    for p in range(len(positions)):
        bucket = bucket_of(keys[p], bits)
        for k in range(index.buckets[bucket], index.buckets[bucket + np.uint64(1)]):
            if index.runs[k, 0] == keys[p]:
                if count == len(out):
                    out = np.append(out, np.empty(count, np.int64))
                place = np.int64(index.runs[k, 1])
                start = positions[p] - (place & _LOW_HALF) + _ORIGIN
                out[count] = (place & ~_LOW_HALF) | start
                count += 1
    return out[:count]


@kernel
def _matched(
    candidates: Rows, text: Tokens, index: ItemIndex, row: int, out: Rows, found: int
) -> tuple[Rows, int]:
    """Match a part wherever enough of its runs are close together."""
    i = 0
    while i < len(candidates):
        part = candidates[i] >> _PART_BITS
        size = index.starts[part + 1] - index.starts[part]
        j = i
        while (
            j + 1 < len(candidates)
            and candidates[j + 1] >> _PART_BITS == part
            and candidates[j + 1] - candidates[j] <= _SLACK + size // 2
            and candidates[j + 1] - candidates[i] <= _SLACK + size
        ):
            j += 1
        if j - i + 1 >= index.needs[part]:
            first = (candidates[i] & _LOW_HALF) - _ORIGIN
            last = (candidates[j] & _LOW_HALF) - _ORIGIN
            if found == len(out):
                out = np.concatenate((out, np.empty_like(out)))
            out[found, 0] = row
            if _match_at(part, first, last, text, index, out[found, 1:]):
                found += 1
        i = j + 1
    return out, found


@kernel
def _match_at(part: int, first: int, last: int, text: Tokens, index: ItemIndex, out: Rows) -> bool:
    """Match the text where a part would begin between `first` and `last`; write the match."""
    size = index.starts[part + 1] - index.starts[part]
    low, high = first - _SLACK // 2 - size // 8, last + size + _SLACK + size // 4
    if index.kinds[part] == PASSAGE:
        return match_passage(part, within(text, low, high), index, out)
    item = index.items[part]
    if index.kinds[part] == OPTION:
        question = index.starts[index.firsts[item] + 1] - index.starts[index.firsts[item]]
        others = index.starts[index.firsts[item + 1]] - index.starts[index.firsts[item]]
        low -= question + 2 * others
    return match_item(item, within(text, low, high), index, out)
