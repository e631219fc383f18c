"""Lookup: which runs are indexed, of short parts all, of long ones a sample, and only rare ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.contamination.seeds import Keys, bucket_of, filter_mask, keys_of
from jobs.corpus.contamination.tokens import Tokens
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets

QUESTION, OPTION, PASSAGE = 0, 1, 2
"""Kinds of parts; an answer that is no letter counts as an option."""

WITH_OPTIONS, EXACT, EDITED = 0, 1, 2
"""How a question may be matched: only beside its options, alone and exactly, alone and edited."""

LONG = 16
"""Tokens of the shortest question that is matched although it was edited."""

_MOST_PARTS, _MOST_COPIES = 8, 64  # a run that more parts have identifies none
_FILTER_BITS = 16  # per key


def rare_seeds(
    tokens: Tokens,
    starts: Offsets,
    kinds: npt.NDArray[np.uint8],
    trusts: npt.NDArray[np.uint8],
) -> Keys:
    """Return the runs to index, shape (n, 2), as `ItemIndex.runs`; rare ones only.

    Args:
        tokens: of all parts.
        starts: (parts + 1,), into them.
        kinds: of the parts.
        trusts: of the item of each part.
    """
    sizes = np.diff(starts)
    masks = np.select([sizes < 32, kinds == PASSAGE, sizes < 128], [0, 7, 1], 3).astype(np.uint64)
    # Options lead to a question that is too short or too common to be found by itself.
    is_sought = (kinds != OPTION) | (trusts != EDITED) | (_question_sizes(sizes, kinds) < 32)
    runs, signatures = _sampled(tokens, starts, masks, is_sought)
    of_runs = signatures[parts_of(runs)]
    order = np.lexsort((of_runs, runs[:, 0]))
    return runs[order][_is_rare(runs[order, 0], of_runs[order])]


def _is_rare(keys: Keys, signatures: Keys) -> npt.NDArray[np.bool_]:
    """Return which runs identify few parts; parts with the same text count once, up to a limit.

    Args:
        keys: of the runs, ascending.
        signatures: of the text of the part of each, ascending for each key.
    """
    is_first = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    is_distinct = is_first | np.append(True, signatures[1:] != signatures[:-1])[: len(keys)]
    groups = np.cumsum(is_first) - 1
    distinct = np.bincount(groups, weights=is_distinct)
    return (distinct <= _MOST_PARTS)[groups] & (np.bincount(groups) <= _MOST_COPIES)[groups]


def parts_of(runs: Keys) -> npt.NDArray[np.int64]:
    """Return the part of each run."""
    return (runs[:, 1] >> np.uint64(32)).astype(np.int64)


def _question_sizes(
    sizes: npt.NDArray[np.int64], kinds: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """Return for each part the size of its item's question, which is its first."""
    positions = np.maximum.accumulate(np.where(kinds == QUESTION, np.arange(len(kinds)), 0))
    return sizes[positions]


def needed_seeds(
    kinds: npt.NDArray[np.uint8], sizes: npt.NDArray[np.int64], seeds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    """Return the runs of each part that a text must have before it is aligned.

    All of a short part, few of one that may be edited.

    Args:
        kinds: of the parts.
        sizes: their tokens.
        seeds: their runs in the index.
    """
    some = np.select(
        [kinds == OPTION, kinds == PASSAGE, sizes < 24, sizes < 40],
        [seeds // 2, seeds // 4, 1, seeds // 6],
        seeds // 4,
    )
    is_whole = (sizes < LONG) & (kinds == QUESTION) | (sizes < 12)
    needs = np.where(is_whole, seeds, np.maximum(np.where(sizes < 24, 1, 2), some))
    return np.maximum(needs, 1).astype(np.int32)


def buckets_of(keys: Keys) -> npt.NDArray[np.int32]:
    """Return where the keys of each prefix start, among ascending keys."""
    bits = max(1, len(keys).bit_length())
    beginnings = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    return np.append(np.searchsorted(keys, beginnings), len(keys)).astype(np.int32)


def filter_of(keys: Keys) -> Keys:
    """Return a filter: two bits for each key, in the 64 bits that its uppermost bits choose."""
    bits = max(1, (len(keys) * _FILTER_BITS // 64).bit_length())
    filter_words = np.zeros(1 << bits, np.uint64)
    _set_bits(keys, np.uint64(bits), filter_words)
    return filter_words


@kernel
def _set_bits(keys: Keys, bits: np.uint64, filter_words: Keys) -> None:
    for k in range(len(keys)):
        filter_words[bucket_of(keys[k], bits)] |= filter_mask(keys[k])


@kernel
def _sampled(
    tokens: Tokens, starts: Offsets, masks: Keys, is_sought: npt.NDArray[np.bool_]
) -> tuple[Keys, Keys]:
    """Return the runs of each part sought whose key ends in as many zeros as its mask has ones.

    Then, for each part, a number that parts of the same text share.
    """
    runs = np.empty((len(tokens), 2), np.uint64)
    signatures = np.zeros(len(starts) - 1, np.uint64)
    count = 0
    for part in range(len(starts) - 1):
        if is_sought[part]:
            keys = keys_of(tokens[starts[part] : starts[part + 1]])
            for k in range(len(keys)):
                signatures[part] += keys[k]
                if keys[k] & masks[part] == 0:
                    runs[count, 0] = keys[k]
                    runs[count, 1] = (np.uint64(part) << np.uint64(32)) | np.uint64(k)
                    count += 1
    return runs[:count], signatures
