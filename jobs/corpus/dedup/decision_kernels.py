"""The decision loop as kernels: documents come in rank order, and some are dropped for others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.bucket_members import PostingLists
from jobs.corpus.dedup.comparisons import (
    NO_MATCH,
    DocumentNumbers,
    Match,
    Probe,
    Search,
    is_textless,
    similarity_of,
)
from jobs.corpus.dedup.decision_inputs import (
    Comparison,
    HotBuckets,
    Ranks,
    Sketches,
)
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
from jobs.corpus.dedup.shingles import prefix_tokens
from jobs.corpus.text.kernels import kernel, mix


class Outcome(NamedTuple):
    """What is decided of each document; all arrays have shape (documents,).

    Attributes:
        kept: The kept document that replaces it, -1 for none.
        similarity: How similar they are; -1 where only their ids are equal.
        sibling: If nothing replaces it, the kept document it resembles as a sibling, -1 for none.
        likeness: How similar those are.
    """

    kept: DocumentNumbers
    similarity: npt.NDArray[np.float64]
    sibling: DocumentNumbers
    likeness: npt.NDArray[np.float64]


_EQUAL_TEXT = np.uint64(0xA5A5A5A5A5A5A5A5)


@kernel
def decide(
    sketches: Sketches,
    lists: PostingLists,
    order: DocumentNumbers,
    ranks: Ranks,
    comparison: Comparison,
    hot: HotBuckets,
) -> Outcome:
    """Return the kept document that replaces each one, or its sibling, and how similar it is.

    Documents share buckets of bands, and in the last column of equal ids,
    where the similarity is -1. A kept document enters the posting lists of its buckets, in rank
    order, so a search stops at its first match and at the best rank found in another band. A bucket
    of more than a few kept documents is searched by tokens. Siblings stay and enter no list of a
    band: they replace equal texts alone, which are found by hash.

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
    siblings, likeness = np.full(count, count, np.int64), np.full(count, NO_MATCH, np.float64)
    search = Search(
        sketches, order, np.full(count, -1, np.int32), comparison, hot, siblings, likeness
    )
    outcome = Outcome(
        np.full(count, -1, np.int64),
        np.full(count, NO_MATCH, np.float64),
        np.full(count, -1, np.int64),
        np.full(count, NO_MATCH, np.float64),
    )
    index = empty_index(1024, np.zeros(0, np.uint16))
    for rank in range(count):
        doc = order[rank]
        best = Match(np.int64(count), NO_MATCH)
        if rank >= ranks.first_new and index.size[0] > 0:
            best = _equal_sibling(search, rank, index, best)
        for band in range(columns if rank >= ranks.first_new else 0):
            start = starts[doc, band]
            # Mostly the list is empty, or holds no better rank than found already: spare the call.
            if start >= 0 and slots[start] > 0 and slots[start + 2] < best.rank:
                probe = Probe(rank, band, columns - 1)
                best = _searched(search, probe, start, slots, index, best)
        if best.rank < count:
            outcome.kept[doc], outcome.similarity[doc] = order[best.rank], best.similarity
            continue
        if siblings[rank] < count:
            outcome.sibling[doc], outcome.likeness[doc] = order[siblings[rank]], likeness[rank]
        if rank < ranks.end_kept:
            index = _with_kept(search, rank, lists, index)
    return outcome


@kernel
def _equal_sibling(search: Search, rank: int, index: TokenIndex, best: Match) -> Match:
    """Return the match with a document that was kept as a sibling and has an equal text."""
    contents, order = search.sketches.templates.contents, search.order
    content = contents[order[rank]]
    if content == 0:
        return best
    node = index.first[slot_of(index.tokens, index.first, mix(content ^ _EQUAL_TEXT))]
    while node >= 0:
        other = np.int64(index.ranks[node])
        if other < best.rank and contents[order[other]] == content:
            return Match(other, 1.0)
        node = index.follower[node]
    return best


@kernel
def _searched(
    search: Search,
    probe: Probe,
    start: int,
    slots: npt.NDArray[np.int32],
    index: TokenIndex,
    best: Match,
) -> Match:
    """Return the match of best rank in a posting list, if its rank is better than the best."""
    if slots[start] > search.hot.documents and probe.band < probe.id_column:
        return _searched_by_tokens(search, probe, start, index, best)
    for number in range(start + 2, start + 2 + slots[start]):
        other = np.int64(slots[number])
        if other >= best.rank:
            break
        similarity = similarity_of(search, probe, other)
        if similarity != NO_MATCH:
            return Match(other, similarity)
    return best


@kernel
def _searched_by_tokens(
    search: Search, probe: Probe, start: int, index: TokenIndex, best: Match
) -> Match:
    """Return the match of best rank among documents of a hot bucket that share a token."""
    doc = search.order[probe.rank]
    if search.comparison.shingle_chars > 0 and not is_textless(search.sketches.texts, doc):
        best = _looked_up(search, probe, index, _shingle_tokens(search, doc, start), best)
    # Documents whose text was deleted are found by signature, as all are when those are compared.
    if search.hot.segment_length > 0:
        tokens = _segment_tokens(search, doc, probe.band, start)
        tokens = prefix_segments(tokens, index.counters, search.hot.differing)
        best = _looked_up(search, probe, index, tokens, best)
    return best


@kernel
def _looked_up(
    search: Search, probe: Probe, index: TokenIndex, tokens: Tokens, best: Match
) -> Match:
    ranks, follower = index.ranks, index.follower
    rank, similarity = best.rank, best.similarity
    for token in tokens:
        node = index.first[slot_of(index.tokens, index.first, token)]
        while node >= 0 and ranks[node] < rank:
            other = np.int64(ranks[node])
            found = similarity_of(search, probe, other)
            if found != NO_MATCH:
                rank, similarity = other, found
            node = follower[node]
    return Match(rank, similarity)


@kernel
def _segment_tokens(search: Search, doc: int, band: int, start: int) -> Tokens:
    signature, rows = search.sketches.signatures[doc], search.comparison.rows
    return segment_tokens(signature, search.hot.segment_length, band, rows, np.uint64(start))


@kernel
def _shingle_tokens(search: Search, doc: int, start: int) -> Tokens:
    comparison = search.comparison
    tokens = prefix_tokens(search.sketches.texts, comparison.shingle_chars, doc, comparison.lowest)
    for number in range(len(tokens)):
        tokens[number] = mix(tokens[number] ^ np.uint64(start))
    return tokens


@kernel
def _with_kept(search: Search, rank: int, lists: PostingLists, index: TokenIndex) -> TokenIndex:
    """Add a kept document to the posting lists of its buckets; return the index with it."""
    starts, slots = lists.starts, lists.slots
    doc, columns = search.order[rank], starts.shape[1]
    templates = search.sketches.templates
    first_band = 0
    if templates.is_template[doc] or search.siblings[rank] < len(search.order):
        first_band = columns - 1
        if templates.contents[doc] != 0:
            index = added(index, mix(templates.contents[doc] ^ _EQUAL_TEXT), rank)
    for band in range(first_band, columns):
        start = starts[doc, band]
        if start >= 0:
            slots[start] += 1
            slots[start + 1 + slots[start]] = rank
            if slots[start] > search.hot.documents and band < columns - 1:
                index = _with_newest(search, band, start, lists, index)
    return index


@kernel
def _with_newest(
    search: Search, band: int, start: int, lists: PostingLists, index: TokenIndex
) -> TokenIndex:
    """Add the newest kept document of a hot bucket to the index; all, if it has just become hot."""
    slots = lists.slots
    length = slots[start]
    if len(index.counters) == 0:
        counters = _counted_segments(search, lists)
        index = TokenIndex(
            index.tokens, index.first, index.last, index.ranks, index.follower, index.size, counters
        )
    for number in range(1 if length == search.hot.documents + 1 else length, length + 1):
        index = _with_tokens(search, int(slots[start + 1 + number]), band, start, index)
    return index


@kernel
def _counted_segments(search: Search, lists: PostingLists) -> Counters:
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
def _with_tokens(search: Search, rank: int, band: int, start: int, index: TokenIndex) -> TokenIndex:
    """Return the index with the tokens of a document, of which every match shares one."""
    doc = search.order[rank]
    if search.comparison.shingle_chars > 0 and not is_textless(search.sketches.texts, doc):
        tokens = _shingle_tokens(search, doc, start)
    elif search.hot.segment_length > 0:
        tokens = _segment_tokens(search, doc, band, start)
        tokens = prefix_segments(tokens, index.counters, search.hot.differing)
    else:
        return index
    for token in tokens:
        index = added(index, token, rank)
    return index
