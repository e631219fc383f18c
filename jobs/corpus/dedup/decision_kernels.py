"""The decision loop as kernels: documents come in rank order, and some are dropped for others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.bucket_members import PostingLists
from jobs.corpus.dedup.decision_inputs import Comparison, HotBuckets, Ranks, Sketches
from jobs.corpus.dedup.hot_buckets import (
    Counters,
    TokenIndex,
    Tokens,
    added,
    empty_counters,
    empty_index,
    prefix_segments,
    segment_tokens,
    slot_of,
    tally,
)
from jobs.corpus.dedup.shingles import Texts, prefix_tokens, similarity_from
from jobs.corpus.text.kernels import kernel, mix

DocumentNumbers = npt.NDArray[np.int64]


class _Search(NamedTuple):
    """Everything that a comparison needs.

    Attributes:
        sketches: Of all documents.
        order: Shape (documents,): the documents, best rank first.
        compared_by: For each rank, the rank that was compared with it last.
        comparison: How two documents are compared.
        hot: When buckets are searched by tokens.
    """

    sketches: Sketches
    order: DocumentNumbers
    compared_by: npt.NDArray[np.int32]
    comparison: Comparison
    hot: HotBuckets


class _Probe(NamedTuple):
    """The rank of a document, the band in which it is looked up, and the column of ids."""

    rank: int
    band: int
    id_column: int


class _Match(NamedTuple):
    """The rank of the best match so far, and its similarity."""

    rank: np.int64
    similarity: float


_SAME_ID = -1.0
_NO_MATCH = -2.0


@kernel
def decide(
    sketches: Sketches,
    lists: PostingLists,
    order: DocumentNumbers,
    ranks: Ranks,
    comparison: Comparison,
    hot: HotBuckets,
) -> tuple[DocumentNumbers, npt.NDArray[np.float64]]:
    """Return the kept document that replaces each one (-1: none), and how similar it is.

    Two arrays of shape (n,). Documents share buckets of bands, and in the last column of equal ids,
    where the similarity is -1. A kept document enters the posting lists of its buckets, in rank
    order, so a search stops at its first match and at the best rank found in another band. A bucket
    of more than a few kept documents is searched by tokens.

    Args:
        sketches: of the documents, in any order.
        lists: of their buckets; filled here.
        order: shape (n,): the documents, best rank first.
        ranks: which documents may be dropped, and for which.
        comparison: how two documents are compared.
        hot: when a bucket is searched by tokens, and by which.

    Memory: 20 bytes per document, and in hot buckets 40 to 80 per document and token.
    """
    starts, slots = lists.starts, lists.slots
    count, columns = starts.shape
    search = _Search(sketches, order, np.full(count, -1, np.int32), comparison, hot)
    kept_document = np.full(count, -1, np.int64)
    similarity = np.full(count, _NO_MATCH, np.float64)
    index = empty_index(1024, np.zeros(0, np.uint16))
    for rank in range(count):
        doc = order[rank]
        best = _Match(np.int64(count), _NO_MATCH)
        for band in range(columns if rank >= ranks.first_new else 0):
            start = starts[doc, band]
            # Mostly the list is empty, or holds no better rank than found already: spare the call.
            if start >= 0 and slots[start] > 0 and slots[start + 2] < best.rank:
                probe = _Probe(rank, band, columns - 1)
                best = _searched(search, probe, start, slots, index, best)
        if best.rank < count:
            kept_document[doc], similarity[doc] = order[best.rank], best.similarity
        elif rank < ranks.end_kept:
            index = _with_kept(search, rank, lists, index)
    return kept_document, similarity


@kernel
def _searched(
    search: _Search,
    probe: _Probe,
    start: int,
    slots: npt.NDArray[np.int32],
    index: TokenIndex,
    best: _Match,
) -> _Match:
    """Return the match of best rank in a posting list, if its rank is better than the best."""
    if slots[start] > search.hot.documents and probe.band < probe.id_column:
        return _searched_by_tokens(search, probe, start, index, best)
    for number in range(start + 2, start + 2 + slots[start]):
        other = np.int64(slots[number])
        if other >= best.rank:
            break
        similarity = _similarity(search, probe, other)
        if similarity != _NO_MATCH:
            return _Match(other, similarity)
    return best


@kernel
def _searched_by_tokens(
    search: _Search, probe: _Probe, start: int, index: TokenIndex, best: _Match
) -> _Match:
    """Return the match of best rank among documents of a hot bucket that share a token."""
    doc = search.order[probe.rank]
    if search.comparison.shingle_chars > 0 and not _is_textless(search.sketches.texts, doc):
        best = _looked_up(search, probe, index, _shingle_tokens(search, doc, start), best)
    # Documents whose text was deleted are found by signature, as all are when those are compared.
    if search.hot.segment_length > 0:
        tokens = _segment_tokens(search, doc, probe.band, start)
        tokens = prefix_segments(tokens, index.counters, search.hot.differing)
        best = _looked_up(search, probe, index, tokens, best)
    return best


@kernel
def _looked_up(
    search: _Search, probe: _Probe, index: TokenIndex, tokens: Tokens, best: _Match
) -> _Match:
    ranks, follower = index.ranks, index.follower
    rank, similarity = best.rank, best.similarity
    for token in tokens:
        node = index.first[slot_of(index.tokens, index.first, token)]
        while node >= 0 and ranks[node] < rank:
            other = np.int64(ranks[node])
            found = _similarity(search, probe, other)
            if found != _NO_MATCH:
                rank, similarity = other, found
            node = follower[node]
    return _Match(rank, similarity)


@kernel
def _segment_tokens(search: _Search, doc: int, band: int, start: int) -> Tokens:
    signature, rows = search.sketches.signatures[doc], search.comparison.rows
    return segment_tokens(signature, search.hot.segment_length, band, rows, np.uint64(start))


@kernel
def _shingle_tokens(search: _Search, doc: int, start: int) -> Tokens:
    comparison = search.comparison
    shingle_chars, threshold = comparison.shingle_chars, comparison.threshold
    tokens = prefix_tokens(search.sketches.texts, shingle_chars, doc, threshold)
    for number in range(len(tokens)):
        tokens[number] = mix(tokens[number] ^ np.uint64(start))
    return tokens


@kernel
def _with_kept(search: _Search, rank: int, lists: PostingLists, index: TokenIndex) -> TokenIndex:
    """Add a kept document to the posting lists of its buckets; return the index with it."""
    starts, slots = lists.starts, lists.slots
    doc, columns = search.order[rank], starts.shape[1]
    for band in range(columns):
        start = starts[doc, band]
        if start >= 0:
            slots[start] += 1
            slots[start + 1 + slots[start]] = rank
            if slots[start] > search.hot.documents and band < columns - 1:
                index = _with_newest(search, band, start, lists, index)
    return index


@kernel
def _with_newest(
    search: _Search, band: int, start: int, lists: PostingLists, index: TokenIndex
) -> TokenIndex:
    """Add the newest kept document of a hot bucket to the index; all, if it has just become hot."""
    slots = lists.slots
    length = slots[start]
    if len(index.counters) == 0:
        index = empty_index(1024, _counted_segments(search, lists))
    for number in range(1 if length == search.hot.documents + 1 else length, length + 1):
        index = _with_tokens(search, int(slots[start + 1 + number]), band, start, index)
    return index


@kernel
def _counted_segments(search: _Search, lists: PostingLists) -> Counters:
    """Count how often each segment occurs in all buckets that may become hot."""
    starts, slots = lists.starts, lists.slots
    num_perm, length = search.sketches.signatures.shape[1], search.hot.segment_length
    columns = starts.shape[1]
    large = np.flatnonzero(lists.is_large if length > 0 else lists.is_large[:0])
    counters = empty_counters(len(large) * num_perm // max(length, 1))
    for doc in large:
        for band in range(columns - 1):
            start = starts[doc, band]
            if start >= 0 and slots[start + 1] > search.hot.documents:
                tally(counters, _segment_tokens(search, int(doc), band, start))
    return counters


@kernel
def _with_tokens(
    search: _Search, rank: int, band: int, start: int, index: TokenIndex
) -> TokenIndex:
    """Return the index with the tokens of a document, of which every match shares one."""
    doc = search.order[rank]
    if search.comparison.shingle_chars > 0 and not _is_textless(search.sketches.texts, doc):
        tokens = _shingle_tokens(search, doc, start)
    elif search.hot.segment_length > 0:
        tokens = _segment_tokens(search, doc, band, start)
        tokens = prefix_segments(tokens, index.counters, search.hot.differing)
    else:
        return index
    for token in tokens:
        index = added(index, token, rank)
    return index


@kernel
def _is_textless(texts: Texts, doc: int) -> bool:
    return bool(texts.offsets[doc + 1] == texts.offsets[doc])


@kernel
def _similarity(search: _Search, probe: _Probe, other_rank: np.int64) -> float:
    """Return the similarity of a pair that matches, -1 if only their ids do, -2 if nothing does."""
    signatures, ids = search.sketches.signatures, search.sketches.ids
    rows, threshold = search.comparison.rows, search.comparison.threshold
    doc, other = search.order[probe.rank], search.order[other_rank]
    if probe.band == probe.id_column:
        is_same = ids[doc, 0] == ids[other, 0] and ids[doc, 1] == ids[other, 1]
        return _SAME_ID if is_same else _NO_MATCH
    if search.compared_by[other_rank] == probe.rank:
        return _NO_MATCH
    for value in range(probe.band * rows, (probe.band + 1) * rows):
        if signatures[doc, value] != signatures[other, value]:
            return _NO_MATCH
    search.compared_by[other_rank] = probe.rank  # a pair is compared once, not per shared band
    texts, shingle_chars = search.sketches.texts, search.comparison.shingle_chars
    # A document that was taken down has only a signature left, no text.
    if shingle_chars > 0 and not _is_textless(texts, other):
        return similarity_from(texts, shingle_chars, doc, other, threshold)
    agreeing = 0
    for value in range(signatures.shape[1]):
        agreeing += signatures[doc, value] == signatures[other, value]
    found = agreeing / signatures.shape[1]
    return found if found >= threshold else _NO_MATCH
