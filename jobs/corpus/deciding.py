"""The loop of `survivors`, as kernels: who replaces whom, documents coming in rank order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.banding import BandKeys
from jobs.corpus.hot_buckets import Index, Keys, added, empty_index, piece_keys, slot_of
from jobs.corpus.native import kernel, mix
from jobs.corpus.shingles import Texts, prefix_tokens, similarity_from
from jobs.corpus.signatures import Signatures

Hashes = npt.NDArray[np.uint64]  # shape (documents, 2)
Ordinals = npt.NDArray[np.int64]

Sketches = tuple[Signatures, Hashes, Texts]
"""Signatures, ids, and the canonical texts (none, unless similarity is to be exact)."""

How = tuple[int, float, int]
"""Rows of a band, threshold, and the length of a shingle: 0 to compare signatures only."""

Hot = tuple[int, int]
"""How many kept documents make a bucket hot, and the words of a piece of a signature; 0 if no piece
is short enough to be shared for certain: then every bucket is walked."""

Search = tuple[Sketches, Ordinals, How]
"""Everything a comparison needs; the ordinals say with whom a document was compared last."""

Span = tuple[int, int]
"""The first document that may be dropped (all before it are frozen), and the first that nobody is
compared with."""

Nodes = npt.NDArray[np.int32]
Chains = tuple[Nodes, Nodes, Nodes, Nodes]
Place = tuple[int, int, int]
"""A document, a way, and how many ways there are."""

Found = tuple[int, float]
"""The best match so far and its similarity."""

_SAME_ID = -1.0
_NO_MATCH = -2.0


@kernel
def decide(
    sketches: Sketches, keys: BandKeys, first_way: Ordinals, span: Span, how: How, hot: Hot
) -> tuple[Ordinals, npt.NDArray[np.float64]]:
    """Two arrays of shape (n,): who replaces each document (-1: nobody), and how similar it is.

    A way is a place where documents meet: one per band, and the last for equal ids, where the
    similarity is -1. Kept documents sit in a hash table of buckets, one node per document and way.
    A bucket is a chain in rank order, so a search stops at its first match and at the best rank
    found on another way. A bucket of more than a few kept documents is searched by tokens.

    Memory: 28 bytes at most per document and way beside the arguments, and in hot buckets 40 to 80
    per document and token.
    """
    count, ways = keys.shape
    slots = 1
    while slots < count * ways:
        slots *= 2
    # first and last node of each bucket, how many it has, and the follower of each node
    chains = (
        np.full(slots, -1, np.int32),
        np.full(slots, -1, np.int32),
        np.zeros(slots, np.int32),
        np.full(count * ways, -1, np.int32),
    )
    search = (sketches, np.full(count, -1, np.int64), how)
    keeper = np.full(count, -1, np.int64)
    similarity = np.full(count, _NO_MATCH, np.float64)
    index = empty_index(1024)
    for doc in range(count):
        found = (count, _NO_MATCH)
        for way in range(first_way[doc] if doc >= span[0] else ways, ways):
            bucket = keys[doc, way] & np.uint64(slots - 1)
            if chains[2][bucket] > hot[0] and hot[1] > 0 and way < ways - 1:
                found = _by_tokens(search, (doc, way, ways), index, (bucket, hot[1]), found)
            else:
                found = _along_chain(search, (doc, way, ways), chains, bucket, found)
        if found[0] < count:
            keeper[doc], similarity[doc] = found
        elif doc < span[1]:
            for way in range(first_way[doc], ways):
                bucket = keys[doc, way] & np.uint64(slots - 1)
                index = _keep(search, (doc, way, ways), chains, index, (bucket, hot))
    return keeper, similarity


@kernel
def _along_chain(
    search: Search, whom: Place, chains: Chains, bucket: np.uint64, so_far: Found
) -> Found:
    """The first match along a bucket, if its rank is better than the best so far."""
    _, way, ways = whom
    node = chains[0][bucket]
    while node >= 0 and node // ways < so_far[0]:
        if node % ways == way:
            share = _match(search, whom, node // ways)
            if share != _NO_MATCH:
                return node // ways, share
        node = chains[3][node]
    return so_far


@kernel
def _by_tokens(
    search: Search, whom: Place, index: Index, where: tuple[np.uint64, int], so_far: Found
) -> Found:
    """The match of best rank among those of a hot bucket who share a token."""
    best, share = so_far
    for key in _tokens(search, whom, where):
        node = index[1][slot_of(index, key)]
        while node >= 0 and index[3][node] < best:
            found = _match(search, whom, index[3][node])
            if found != _NO_MATCH:
                best, share = index[3][node], found
            node = index[4][node]
    return best, share


@kernel
def _tokens(search: Search, whom: Place, where: tuple[np.uint64, int]) -> Keys:
    """Of what is beside the bucket, that of which any match has at least one, too."""
    (signatures, _, texts), _, (rows, threshold, shingle_chars) = search
    doc, way, _ = whom
    bucket, words = where
    if shingle_chars == 0:
        return piece_keys(signatures[doc], words, way, rows, bucket)
    tokens = prefix_tokens(texts, shingle_chars, doc, threshold)
    for number in range(len(tokens)):
        tokens[number] = mix(tokens[number] ^ bucket)
    return tokens


@kernel
def _keep(
    search: Search, whom: Place, chains: Chains, index: Index, where: tuple[np.uint64, Hot]
) -> Index:
    """Append a kept document to a bucket; the index, with what is now in a hot bucket."""
    first, last, length, follower = chains
    doc, way, ways = whom
    bucket, (hot_length, words) = where
    node = doc * ways + way
    if first[bucket] < 0:
        first[bucket] = node
    else:
        follower[last[bucket]] = node
    last[bucket] = node
    length[bucket] += 1
    if words == 0 or way == ways - 1 or length[bucket] <= hot_length:
        return index
    if length[bucket] == hot_length + 1:
        node = first[bucket]  # it has just become hot: index everybody
    while node >= 0:
        index = _indexed(index, search, (node // ways, node % ways, ways), (bucket, words))
        node = follower[node]
    return index


@kernel
def _indexed(index: Index, search: Search, whom: Place, where: tuple[np.uint64, int]) -> Index:
    """The index with every token of a document, unless it is here for its id."""
    doc, way, ways = whom
    if way < ways - 1:
        for key in _tokens(search, whom, where):
            index = added(index, key, doc)
    return index


@kernel
def _match(search: Search, whom: Place, other: int) -> float:
    """The similarity of a pair that matches here, -1 if only their ids do, -2 if nothing does."""
    (signatures, ids, texts), compared_by, (rows, threshold, shingle_chars) = search
    doc, way, ways = whom
    if way == ways - 1:
        is_same = ids[doc, 0] == ids[other, 0] and ids[doc, 1] == ids[other, 1]
        return _SAME_ID if is_same else _NO_MATCH
    if compared_by[other] == doc:
        return _NO_MATCH
    for word in range(way * rows, (way + 1) * rows):
        if signatures[doc, word] != signatures[other, word]:
            return _NO_MATCH
    compared_by[other] = doc  # no pair is compared once per shared band
    # A document that was taken down has left no text, only its signature.
    if shingle_chars > 0 and texts[1][other + 1] > texts[1][other]:
        return similarity_from(texts, shingle_chars, doc, other, threshold)
    words = 0
    for word in range(signatures.shape[1]):
        words += signatures[doc, word] == signatures[other, word]
    found = words / signatures.shape[1]
    return found if found >= threshold else _NO_MATCH
