"""Rooms: where documents that share a bucket meet, laid out before anybody is decided.

A bucket of n documents gets a room of n + 1 places: how many are kept there, then who they are, in
rank order. Most buckets have one document: who is alone anywhere has no room there, and whoever
decides passes by. Words of a key's low bits above the document's number are sorted, one way at a
time, and buckets are the runs. Two keys may agree in those bits (45 for 500,000 documents): that
makes a room larger and matches nobody, because the signatures are looked at.

Memory: 4 bytes per document and way for the places and at most 6 in the rooms (buckets of two have
three places), and 8 per document while one way is sorted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.banding import BandKeys
from jobs.corpus.native import kernel

Places = npt.NDArray[np.int32]
Rooms = tuple[Places, Places]
"""Shape (documents, ways): where the document's room begins, -1 where it is alone; and the rooms,
in which nobody is kept yet."""


def rooms(keys: BandKeys, first_way: npt.NDArray[np.int64]) -> Rooms:
    """The rooms of all buckets of two documents or more.

    Args:
        keys: shape (n, ways), as `meeting_keys` makes them; at most 80 million documents of 17.
        first_way: shape (n,): the ways before it are not the document's.
    """
    count, ways = keys.shape
    places = np.full((count, ways), -1, np.int32)
    bits = np.uint64(max(count - 1, 1).bit_length())
    words = np.empty(count, np.uint64)
    used = 0
    for way in range(ways):
        some = words[: _pack(keys, first_way, way, bits, words)]
        some.sort()
        used = _let(some, bits, used, places[:, way])
    return places, np.zeros(used, np.int32)


@kernel
def _pack(
    keys: BandKeys,
    first_way: npt.NDArray[np.int64],
    way: int,
    bits: np.uint64,
    words: npt.NDArray[np.uint64],
) -> int:
    count = 0
    for doc in range(len(keys)):
        if way >= first_way[doc]:
            words[count] = (keys[doc, way] << bits) | np.uint64(doc)
            count += 1
    return count


@kernel
def _let(words: npt.NDArray[np.uint64], bits: np.uint64, used: int, places: Places) -> int:
    """Give each run of two or more a room behind those in use; how many places are in use then."""
    mask = (np.uint64(1) << bits) - np.uint64(1)
    start = 0
    for stop in range(1, len(words) + 1):
        if stop < len(words) and (words[stop] ^ words[start]) >> bits == 0:
            continue
        if stop - start > 1:
            for row in range(start, stop):
                places[words[row] & mask] = used
            used += stop - start + 1
        start = stop
    return used
