"""Seeds: runs of five tokens as 64-bit keys, and a filter of the runs that items have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.contamination.tokens import Tokens
from jobs.corpus.text.kernels import kernel

Keys = npt.NDArray[np.uint64]

SEED = 5
"""Tokens of a run that is looked up."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_BASE_4 = np.uint64(pow(0x9E3779B97F4A7C15, SEED - 1, 1 << 64))
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_ONE, _SIX, _LOW = np.uint64(1), np.uint64(6), np.uint64(63)


@kernel
def bucket_of(key: np.uint64, bits: np.uint64) -> np.uint64:
    """Return the bucket of a key: its uppermost bits."""
    return key >> (np.uint64(64) - bits)


@kernel
def filter_mask(key: np.uint64) -> np.uint64:
    """Return the two bits that a key sets in its 64 bits of the filter."""
    return (np.uint64(1) << (key & _LOW)) | (np.uint64(1) << ((key >> _SIX) & _LOW))


@kernel
def passes(key: np.uint64, filter_word: np.uint64) -> np.uint64:
    """Return 1 if both bits of a key are set in its 64 bits of the filter, else 0."""
    return (filter_word >> (key & _LOW)) & (filter_word >> ((key >> _SIX) & _LOW)) & _ONE


@kernel
def next_key(rolling: np.uint64, first: np.uint32, last: np.uint32) -> np.uint64:
    """Return the rolling hash of the next run.

    Args:
        rolling: the hash of the run before.
        first: the token that leaves.
        last: the token that enters.
    """
    return (rolling - np.uint64(first) * _BASE_4) * _BASE + np.uint64(last)


@kernel
def spread(rolling: np.uint64) -> np.uint64:
    """Mix a rolling hash into a key of which all bits are random."""
    mixed = (rolling ^ (rolling >> np.uint64(32))) * _SPREAD
    return mixed ^ (mixed >> np.uint64(29))


@kernel
def keys_of(tokens: Tokens) -> npt.NDArray[np.uint64]:
    """Return the key of each run of some tokens, shape (max(0, n - SEED + 1),)."""
    count = max(0, len(tokens) - SEED + 1)
    out = np.empty(count, np.uint64)
    rolling = np.uint64(0)
    for t in range(len(tokens)):
        leaving = tokens[t - SEED] if t >= SEED else np.uint32(0)
        rolling = (
            next_key(rolling, leaving, tokens[t])
            if t >= SEED
            else rolling * _BASE + np.uint64(tokens[t])
        )
        if t >= SEED - 1:
            out[t - SEED + 1] = spread(rolling)
    return out
