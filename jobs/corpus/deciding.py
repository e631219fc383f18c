"""The loop of `survivors`, as kernels: who replaces whom, documents coming in rank order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.hot_buckets import Index, added, empty_index, overlaps, piece_key, slot_of
from jobs.corpus.native import kernel, mix
from jobs.corpus.rooms import Places, Rooms
from jobs.corpus.shingles import Texts, prefix_tokens, similarity_from
from jobs.corpus.signatures import Signatures

Hashes = npt.NDArray[np.uint64]  # shape (documents, 2)
Ordinals = npt.NDArray[np.int64]

Sketches = tuple[Signatures, Hashes, Texts]
"""Signatures, ids, and the canonical texts (none, unless similarity is to be exact)."""

How = tuple[int, float, int]
"""Rows of a band, threshold, and the length of a shingle: 0 to compare signatures only."""

Hot = tuple[int, int]
"""How many kept documents make a bucket hot, and the words of a piece of a signature; 0 if nobody
has to be found by pieces."""

Search = tuple[Sketches, Ordinals, npt.NDArray[np.int32], How, Hot]
"""Everything a comparison needs: sketches, the documents in rank order, and for each rank, which
rank was compared with it last."""

Span = tuple[int, int]
"""The first rank that may be dropped (all before it are frozen), and the first that nobody is
compared with."""

Whom = tuple[int, int, int]
"""The rank of a document, the way on which it is looked at, and how many ways there are."""

Found = tuple[int, float]
"""The rank of the best match so far, and its similarity."""

_SAME_ID = -1.0
_NO_MATCH = -2.0


@kernel
def decide(
    sketches: Sketches, rooms: Rooms, order: Ordinals, span: Span, how: How, hot: Hot
) -> tuple[Ordinals, npt.NDArray[np.float64]]:
    """Two arrays of shape (n,): who replaces each document (-1: nobody), and how similar it is.

    A way is a place where documents meet: one per band, and the last for equal ids, where the
    similarity is -1. Whoever is kept enters the rooms of its buckets, in rank order, so a search
    stops at its first match and at the best rank found on another way. A bucket of more than a few
    kept documents is searched by tokens.

    Args:
        sketches: of the documents, in any order.
        rooms: theirs; filled here.
        order: shape (n,): the documents, best rank first.
        span: who may be dropped, and for whom.
        how: to compare two documents.
        hot: when a room is searched by tokens, and by which.

    Memory: 20 bytes per document, and in hot buckets 40 to 80 per document and token.
    """
    places, kept = rooms
    count, ways = places.shape
    search = (sketches, order, np.full(count, -1, np.int32), how, hot)
    keeper = np.full(count, -1, np.int64)
    similarity = np.full(count, _NO_MATCH, np.float64)
    index = empty_index(1024)
    for rank in range(count):
        doc = order[rank]
        found = (count, _NO_MATCH)
        for way in range(ways if rank >= span[0] else 0):
            place = places[doc, way]
            if place >= 0 and kept[place] > hot[0] and way < ways - 1:
                found = _by_tokens(search, (rank, way, ways), place, index, found)
            elif place >= 0:
                found = _along_room(search, (rank, way, ways), place, kept, found)
        if found[0] < count:
            keeper[doc], similarity[doc] = order[found[0]], found[1]
        elif rank < span[1]:
            for way in range(ways):
                if places[doc, way] >= 0:
                    index = _enter(search, (rank, way, ways), places[doc, way], kept, index)
    return keeper, similarity


@kernel
def _along_room(search: Search, whom: Whom, place: int, kept: Places, so_far: Found) -> Found:
    """The first match in a room, if its rank is better than the best so far."""
    for number in range(place + 1, place + 1 + kept[place]):
        other = np.int64(kept[number])
        if other >= so_far[0]:
            break
        share = _match(search, whom, other)
        if share != _NO_MATCH:
            return other, share
    return so_far


@kernel
def _by_tokens(search: Search, whom: Whom, place: int, index: Index, so_far: Found) -> Found:
    """The match of best rank among those of a hot bucket who share a token."""
    (signatures, _, texts), order, _, (rows, threshold, shingle_chars), (_, words) = search
    doc, found = order[whom[0]], so_far
    if shingle_chars > 0 and not _is_textless(texts, doc):
        for token in prefix_tokens(texts, shingle_chars, doc, threshold):
            found = _by_key(search, whom, index, mix(token ^ np.uint64(place)), found)
    # Who has left no text is found by its signature, as is everybody when those are compared.
    signature = signatures[doc]
    for piece in range(len(signature) // words if words > 0 else 0):
        if not overlaps(piece, words, whom[1], rows):
            key = piece_key(signature, piece, words, np.uint64(place))
            found = _by_key(search, whom, index, key, found)
    return found


@kernel
def _by_key(search: Search, whom: Whom, index: Index, key: np.uint64, so_far: Found) -> Found:
    best, share = so_far
    node = index[1][slot_of(index, key)]
    while node >= 0 and index[3][node] < best:
        found = _match(search, whom, np.int64(index[3][node]))
        if found != _NO_MATCH:
            return np.int64(index[3][node]), found
        node = index[4][node]
    return best, share


@kernel
def _enter(search: Search, whom: Whom, place: int, kept: Places, index: Index) -> Index:
    """Let a kept document into its room; the index, with what is now in a hot bucket."""
    rank, way, ways = whom
    kept[place] += 1
    length = kept[place]
    kept[place + length] = rank
    hot_length = search[4][0]
    if length > hot_length and way < ways - 1:
        # When it has just become hot, index everybody.
        for number in range(1 if length == hot_length + 1 else length, length + 1):
            index = _indexed(search, (np.int64(kept[place + number]), way, ways), place, index)
    return index


@kernel
def _indexed(search: Search, whom: Whom, place: int, index: Index) -> Index:
    """The index with all tokens of a document: of what any match has one, too."""
    (signatures, _, texts), order, _, (rows, threshold, shingle_chars), (_, words) = search
    rank, way, _ = whom
    doc = order[rank]
    if shingle_chars > 0 and not _is_textless(texts, doc):
        for token in prefix_tokens(texts, shingle_chars, doc, threshold):
            index = added(index, mix(token ^ np.uint64(place)), rank)
        return index
    signature = signatures[doc]
    for piece in range(len(signature) // words if words > 0 else 0):
        if not overlaps(piece, words, way, rows):
            index = added(index, piece_key(signature, piece, words, np.uint64(place)), rank)
    return index


@kernel
def _is_textless(texts: Texts, doc: int) -> bool:
    return bool(texts[1][doc + 1] == texts[1][doc])


@kernel
def _match(search: Search, whom: Whom, other_rank: int) -> float:
    """The similarity of a pair that matches here, -1 if only their ids do, -2 if nothing does."""
    (signatures, ids, texts), order, compared_by, (rows, threshold, shingle_chars), _ = search
    rank, way, ways = whom
    doc, other = order[rank], order[other_rank]
    if way == ways - 1:
        is_same = ids[doc, 0] == ids[other, 0] and ids[doc, 1] == ids[other, 1]
        return _SAME_ID if is_same else _NO_MATCH
    if compared_by[other_rank] == rank:
        return _NO_MATCH
    for word in range(way * rows, (way + 1) * rows):
        if signatures[doc, word] != signatures[other, word]:
            return _NO_MATCH
    compared_by[other_rank] = rank  # no pair is compared once per shared band
    # A document that was taken down has left no text, only its signature.
    if shingle_chars > 0 and not _is_textless(texts, other):
        return similarity_from(texts, shingle_chars, doc, other, threshold)
    words = 0
    for word in range(signatures.shape[1]):
        words += signatures[doc, word] == signatures[other, word]
    found = words / signatures.shape[1]
    return found if found >= threshold else _NO_MATCH
