"""The loop of `survivors`, as kernels: who replaces whom, documents coming in rank order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.bucket_members import Places, Rooms
from jobs.corpus.dedup.hot_buckets import (
    Counters,
    Index,
    Keys,
    added,
    empty_index,
    no_counters,
    piece_keys,
    prefix_pieces,
    slot_of,
    tally,
)
from jobs.corpus.dedup.shingles import Texts, prefix_tokens, similarity_from
from jobs.corpus.dedup.signatures import Signatures
from jobs.corpus.text.kernels import kernel, mix

Hashes = npt.NDArray[np.uint64]  # shape (documents, 2)
Ordinals = npt.NDArray[np.int64]

Sketches = tuple[Signatures, Hashes, Texts]
"""Signatures, ids, and the canonical texts (none, unless similarity is to be exact)."""

How = tuple[int, float, int]
"""Rows of a band, threshold, and the length of a shingle: 0 to compare signatures only."""

Hot = tuple[int, int, int]
"""How many kept documents make a bucket hot, the words of a piece of a signature (0 if nobody has
to be found by pieces), and in how many words a match may differ."""

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
    places, kept, _ = rooms
    count, ways = places.shape
    search = (sketches, order, np.full(count, -1, np.int32), how, hot)
    keeper = np.full(count, -1, np.int64)
    similarity = np.full(count, _NO_MATCH, np.float64)
    index = empty_index(1024, np.zeros(0, np.uint16))
    for rank in range(count):
        doc = order[rank]
        found = (count, _NO_MATCH)
        for way in range(ways if rank >= span[0] else 0):
            place = places[doc, way]
            # Mostly nobody is there, or nobody of better rank than found already: no call for that.
            if place >= 0 and kept[place] > 0 and kept[place + 2] < found[0]:
                found = _searched(search, (rank, way, ways), (place, kept), index, found)
        if found[0] < count:
            keeper[doc], similarity[doc] = order[found[0]], found[1]
        elif rank < span[1]:
            index = _entered(search, rank, rooms, index)
    return keeper, similarity


@kernel
def _searched(
    search: Search, whom: Whom, room: tuple[int, Places], index: Index, so_far: Found
) -> Found:
    """The match of best rank in a room, if its rank is better than the best so far."""
    place, kept = room
    _, way, ways = whom
    if kept[place] > search[4][0] and way < ways - 1:
        return _by_tokens(search, whom, place, index, so_far)
    for number in range(place + 2, place + 2 + kept[place]):
        other = int(kept[number])
        if other >= so_far[0]:
            break
        share = _match(search, whom, other)
        if share != _NO_MATCH:
            return other, share
    return so_far


@kernel
def _by_tokens(search: Search, whom: Whom, place: int, index: Index, so_far: Found) -> Found:
    """The match of best rank among those of a hot bucket who share a token."""
    (_, _, texts), order, _, (_, _, shingle_chars), (_, words, differing) = search
    rank, way, _ = whom
    found = so_far
    if shingle_chars > 0 and not _is_textless(texts, order[rank]):
        found = _by_keys(search, whom, index, _shingle_tokens(search, rank, place), found)
    # Who has left no text is found by its signature, as is everybody when those are compared.
    if words > 0:
        pieces = prefix_pieces(_pieces(search, order[rank], way, place), index[6], differing)
        found = _by_keys(search, whom, index, pieces, found)
    return found


@kernel
def _by_keys(search: Search, whom: Whom, index: Index, tokens: Keys, so_far: Found) -> Found:
    keys, first, _, ranks, follower, _, _ = index
    best, share = so_far
    for token in tokens:
        node = first[slot_of(keys, first, token)]
        while node >= 0 and ranks[node] < best:
            found = _match(search, whom, int(ranks[node]))
            if found != _NO_MATCH:
                best, share = int(ranks[node]), found
            node = follower[node]
    return best, share


@kernel
def _pieces(search: Search, doc: int, way: int, place: int) -> Keys:
    (signatures, _, _), _, _, (rows, _, _), (_, words, _) = search
    return piece_keys(signatures[doc], words, way, rows, np.uint64(place))


@kernel
def _shingle_tokens(search: Search, rank: int, place: int) -> Keys:
    (_, _, texts), order, _, (_, threshold, shingle_chars), _ = search
    tokens = prefix_tokens(texts, shingle_chars, order[rank], threshold)
    for number in range(len(tokens)):
        tokens[number] = mix(tokens[number] ^ np.uint64(place))
    return tokens


@kernel
def _entered(search: Search, rank: int, rooms: Rooms, index: Index) -> Index:
    """Let a kept document into all its rooms; the index, with what is now in hot ones."""
    places, kept, _ = rooms
    doc, ways = search[1][rank], places.shape[1]
    for way in range(ways):
        place = places[doc, way]
        if place >= 0:
            kept[place] += 1
            kept[place + 1 + kept[place]] = rank
            if kept[place] > search[4][0] and way < ways - 1:
                index = _heated(search, way, place, rooms, index)
    return index


@kernel
def _heated(search: Search, way: int, place: int, rooms: Rooms, index: Index) -> Index:
    """The index with who entered a hot bucket last, with everybody where it has just become hot."""
    kept = rooms[1]
    length = kept[place]
    if len(index[6]) == 0:
        index = empty_index(1024, _counted(search, rooms))
    for number in range(1 if length == search[4][0] + 1 else length, length + 1):
        index = _indexed(search, int(kept[place + 1 + number]), way, place, index)
    return index


@kernel
def _counted(search: Search, rooms: Rooms) -> Counters:
    """How often each piece occurs in all buckets that may become hot."""
    num_perm, (hot_length, words, _) = search[0][0].shape[1], search[4]
    places, kept, is_large = rooms
    ways = places.shape[1]
    large = np.flatnonzero(is_large if words > 0 else is_large[:0])
    counters = no_counters(len(large) * num_perm // max(words, 1))
    for doc in large:
        for way in range(ways - 1):
            place = places[doc, way]
            if place >= 0 and kept[place + 1] > hot_length:
                tally(counters, _pieces(search, int(doc), way, place))
    return counters


@kernel
def _indexed(search: Search, rank: int, way: int, place: int, index: Index) -> Index:
    """The index with all tokens of a document: of what any match has one, too."""
    (_, _, texts), order, _, (_, _, shingle_chars), (_, words, differing) = search
    if shingle_chars > 0 and not _is_textless(texts, order[rank]):
        tokens = _shingle_tokens(search, rank, place)
    elif words > 0:
        tokens = prefix_pieces(_pieces(search, order[rank], way, place), index[6], differing)
    else:
        return index
    for token in tokens:
        index = added(index, token, rank)
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
