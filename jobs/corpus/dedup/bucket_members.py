"""Rooms: where documents that share a bucket meet, laid out before anybody is decided.

A bucket of n documents gets a room of n + 2 places: how many are kept there, n, and then who is
kept, in rank order. Most buckets have one document: who is alone somewhere has no room there, and
whoever decides passes by. Words of a key's low bits above the document's number are sorted, one
way at a time, and buckets are the runs. Two keys may agree in those bits (45 for 500,000
documents): that makes a room larger and matches nobody, because the signatures are looked at.

Memory: 4 bytes per document and way for the places and at most 8 for the rooms (a bucket of two has
four places), twice while they are joined.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.banding import BandKeys
from jobs.corpus.text.kernels import kernel

Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Rooms = tuple[Places, Places, Flags]
"""Shape (documents, ways): where the document's room begins, -1 where it is alone; the rooms, in
which nobody is kept yet; and shape (documents,): who is in a large one."""


def rooms(keys: BandKeys, first_way: npt.NDArray[np.int64], *, large: int) -> Rooms:
    """The rooms of all buckets of two documents or more.

    Args:
        keys: shape (n, ways), as `meeting_keys` makes them; at most 60 million documents of 17.
        first_way: shape (n,): the ways before it are not the document's.
        large: a room of more documents is large.
    """
    count, ways = keys.shape
    places = np.full((count, ways), -1, np.int32)
    bits = np.uint64(max(count - 1, 1).bit_length())
    words, is_large = np.empty(count, np.uint64), np.zeros(count, np.bool_)
    let: list[Places] = []
    begin = 0
    for way in range(ways):
        some = words[: _pack(keys, first_way, way, bits, words)]
        some.sort()
        let.append(_let(some, bits, begin, (places[:, way], is_large, large)))
        begin += len(let[-1])
    return places, np.concatenate(let), is_large


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
def _let(
    words: npt.NDArray[np.uint64], bits: np.uint64, begin: int, to: tuple[Places, Flags, int]
) -> Places:
    """Rooms for all runs of two or more, the first of which begins at `begin`."""
    places, is_large, large = to
    mask = (np.uint64(1) << bits) - np.uint64(1)
    rooms = np.zeros(2 * len(words), np.int32)  # enough where all runs are pairs
    used = 0
    start = 0
    for stop in range(1, len(words) + 1):
        if stop < len(words) and (words[stop] ^ words[start]) >> bits == 0:
            continue
        if stop - start > 1:
            for row in range(start, stop):
                places[words[row] & mask] = begin + used
                if stop - start > large:
                    is_large[words[row] & mask] = True
            rooms[used + 1] = stop - start
            used += stop - start + 2
        start = stop
    return rooms[:used].copy()
