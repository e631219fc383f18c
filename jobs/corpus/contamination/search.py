"""Where in texts benchmark items are: one look at a filter per token, and few comparisons.

Runs of five tokens that an item has too lead to it. Where enough of an item's runs are close
together, the stretch is aligned with it, and `verdicts` says what that means. Matching is
a matter of one text: neither other texts nor the order of items change what is found.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.contamination.item_index import ItemIndex
from jobs.corpus.contamination.lookup import OPTION, PASSAGE
from jobs.corpus.contamination.seeds import SEED, Keys, bucket_of, filter_mask, next_key, spread
from jobs.corpus.contamination.tokens import Tokens, next_tokens
from jobs.corpus.contamination.verdicts import FIELDS, judge_item, judge_passage, within
from jobs.corpus.text.canonical import folding_table
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes

Rows = npt.NDArray[np.int64]

_BLOCK = 1 << 16  # tokens whose runs are counted together
_COUNTERS = 1 << 16
_PART_BITS = np.int64(32)
_ORIGIN = np.int64(1 << 31)
_SLACK = 24  # tokens
_SHORT = 32  # tokens of a part that is compared at once where a run of it is
_SHIFT = 3  # tokens by which edits may have moved what follows them


def matches(texts: pa.Array, index: ItemIndex) -> Rows:
    """Shape (matches, 1 + FIELDS), int64: the row of a text, and what `judge_item` says.

    One item may be found several times at one place. Memory: 16 bytes per byte of the longest
    text, of which a third is touched where it is Han.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(texts)
    if not len(index.keys):
        return np.empty((0, 1 + FIELDS), np.int64)
    return _matches(data, offsets, folding_table(), index)


@kernel
def _matches(data: Bytes, offsets: Offsets, folding: Tokens, index: ItemIndex) -> Rows:
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    text = np.empty(longest, np.uint32)
    places, keys = np.empty(longest, np.int64), np.empty(longest, np.uint64)
    counters = np.zeros(_COUNTERS, np.uint16)
    out, found = np.empty((64, 1 + FIELDS), np.int64), 0
    for row in range(len(offsets) - 1):
        start, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        size = next_tokens(data, start, end, folding, text)
        count = _passed(text[:size], index.filter, places, keys)
        if count:
            leads = _leads(places[:count], keys[:count], text[:size], index, counters)
            out, found = _followed(leads, text[:size], index, row, out, found)
    return out[:found]


@kernel
def _bits(length: int) -> np.uint64:
    bits = np.uint64(0)
    while (1 << bits) < length:
        bits += np.uint64(1)
    return bits


@kernel
def _passed(text: Tokens, words: Keys, places: Rows, keys: Keys) -> int:
    """Write place and key of each run that the filter knows; how many there are."""
    bits = _bits(len(words))
    rolling = np.uint64(0)
    count = 0
    for t in range(min(SEED - 1, len(text))):
        rolling = next_key(rolling, np.uint32(0), text[t])
    gone = np.uint32(0)
    for t in range(SEED - 1, len(text)):
        rolling = next_key(rolling, gone, text[t])
        gone = text[t - SEED + 1]
        key = spread(rolling)
        mask = filter_mask(key)
        # What does not pass is written over: no branch to guess.
        places[count], keys[count] = t - SEED + 1, key
        count += words[bucket_of(key, bits)] & mask == mask
    return count


@kernel
def _leads(
    places: Rows, keys: Keys, text: Tokens, index: ItemIndex, counters: npt.NDArray[np.uint16]
) -> Rows:
    """Parts and where they would begin, packed, ascending: those of which enough is in a block."""
    out, kept = np.empty(64, np.int64), 0
    begin = 0
    while begin < len(places):
        end = begin
        while end < len(places) and places[end] - places[begin] < _BLOCK:
            end += 1
        pairs = _looked_up(places[begin:end], keys[begin:end], index)
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
    """Whether a text is like a short part where it would begin; longer ones are not looked at.

    Of a short part one run of five may be left, and such a run alone is in many texts.
    """
    part = pair >> _PART_BITS
    start = (pair & np.int64(0xFFFFFFFF)) - _ORIGIN
    first, last = index.starts[part], index.starts[part + 1]
    if last - first >= _SHORT:
        return True
    same = 0
    for t in range(first, last):
        place = start + t - first
        for near in range(max(0, place - _SHIFT), min(len(text), place + _SHIFT + 1)):
            if text[near] == index.tokens[t]:
                same += 1
                break
    return 2 * same >= last - first


@kernel
def _looked_up(places: Rows, keys: Keys, index: ItemIndex) -> Rows:
    bits = _bits(len(index.buckets) - 1)
    out, count = np.empty(max(16, len(places)), np.int64), 0
    for p in range(len(places)):
        bucket = bucket_of(keys[p], bits)
        for k in range(index.buckets[bucket], index.buckets[bucket + np.uint64(1)]):
            if index.keys[k] == keys[p]:
                if count == len(out):
                    out = np.append(out, np.empty(count, np.int64))
                start = places[p] - index.key_offsets[k] + _ORIGIN
                out[count] = (np.int64(index.key_parts[k]) << _PART_BITS) | start
                count += 1
    return out[:count]


@kernel
def _followed(
    leads: Rows, text: Tokens, index: ItemIndex, row: int, out: Rows, found: int
) -> tuple[Rows, int]:
    """Judge each place where enough of a part is close together."""
    i = 0
    while i < len(leads):
        part = leads[i] >> _PART_BITS
        size = index.starts[part + 1] - index.starts[part]
        j = i
        while (
            j + 1 < len(leads)
            and leads[j + 1] >> _PART_BITS == part
            and leads[j + 1] - leads[j] <= _SLACK + size // 2
            and leads[j + 1] - leads[i] <= _SLACK + size
        ):
            j += 1
        if j - i + 1 >= index.needs[part]:
            first = (leads[i] & np.int64(0xFFFFFFFF)) - _ORIGIN
            last = (leads[j] & np.int64(0xFFFFFFFF)) - _ORIGIN
            if found == len(out):
                out = np.concatenate((out, np.empty_like(out)))
            out[found, 0] = row
            if _judged(part, first, last, text, index, out[found, 1:]):
                found += 1
        i = j + 1
    return out, found


@kernel
def _judged(part: int, first: int, last: int, text: Tokens, index: ItemIndex, out: Rows) -> bool:
    """Write what the stretch says where a part would begin from `first` to `last`."""
    size = index.starts[part + 1] - index.starts[part]
    low, high = first - _SLACK // 2 - size // 8, last + size + _SLACK + size // 4
    if index.kinds[part] == PASSAGE:
        return judge_passage(part, within(text, low, high), index, out)
    item = index.items[part]
    if index.kinds[part] == OPTION:
        question = index.starts[index.firsts[item] + 1] - index.starts[index.firsts[item]]
        others = index.starts[index.firsts[item + 1]] - index.starts[index.firsts[item]]
        low -= question + 2 * others
    return judge_item(item, within(text, low, high), index, out)
