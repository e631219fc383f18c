"""Pairs of characters packed into numbers, among which kernels look one up."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.kernels import kernel

Pairs = npt.NDArray[np.uint64]

_POINT_BITS = np.uint64(21)


def packed_pairs(pairs: Iterable[str]) -> Pairs:
    """Return the first two characters of each text, packed; distinct and sorted."""
    points = [(ord(pair[0]), ord(pair[1])) for pair in pairs]
    first, second = np.array(points, np.uint64).reshape(-1, 2).T
    return np.unique((first << _POINT_BITS) | second)


def first_points(pairs: Pairs) -> npt.NDArray[np.int64]:
    """Return the code point of the first character of each pair."""
    return (pairs >> _POINT_BITS).astype(np.int64)


@kernel
def is_among(first: np.uint64, second: np.uint64, pairs: Pairs) -> bool:
    """Whether two code points are one of `pairs`."""
    pair = (first << _POINT_BITS) | second
    at = np.searchsorted(pairs, pair)
    return bool(at < len(pairs) and pairs[at] == pair)
