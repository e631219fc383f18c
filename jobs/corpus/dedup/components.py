"""Components: documents that can meet, directly or through others, are decided together.

What two documents must share travels as a word of 8 bytes, the low bits of the key above the
document's ordinal, in the partition that the key's high bits choose. Sorted in place, words of one
key lie side by side, which is a bucket. Two keys may agree in all bits that are kept: that joins
components which need not be joined and never drops a document, because whoever decides compares
the signatures. Among 100 million documents of 17 keys 37 bits are kept beside the partition's 7,
which joins about 100,000 pairs of strangers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.banding import BandKeys
from jobs.corpus.text.kernels import kernel

Ordinals = npt.NDArray[np.uint32]
Words = npt.NDArray[np.uint64]  # the low bits of a key, then `bits` bits of an ordinal
Edges = npt.NDArray[np.uint64]  # the smaller ordinal in the high half, the larger in the low one
Bounds = npt.NDArray[np.int64]  # partitions + 1 positions


def ordinal_bits(count: int) -> int:
    """The bits that hold any of `count` ordinals; at least 1."""
    return max(count - 1, 1).bit_length()


def meeting_words(
    keys: BandKeys,
    has_text: npt.NDArray[np.bool_],
    ordinals: npt.NDArray[np.int64],
    *,
    bits: int,
    partitions: int,
) -> tuple[Words, Bounds]:
    """The words of all keys, cut by partition, and where the partitions begin and end.

    Args:
        keys: shape (n, bands + 1), of which a document without text has only the last.
        has_text: shape (n,).
        ordinals: shape (n,), below 2**bits.
        bits: of an ordinal.
        partitions: how many; fewer than 2**32.

    Law: row-wise within each partition. Memory: the result, 8 bytes per key.
    """
    ends = np.zeros(partitions + 1, np.int64)
    _count_words(keys, has_text, ends)
    bounds = np.cumsum(ends)
    words = np.empty(bounds[-1], np.uint64)
    _place_words((keys, has_text, ordinals), np.uint64(bits), bounds.copy(), words)
    return words, bounds


def buckets(words: Words, *, bits: int) -> tuple[Words, Edges]:
    """The smallest word of every bucket, and the edges from its document to all others there.

    A bucket of n documents gives n - 1 edges, never n squared, and no edge is given twice. With the
    edges told, the smallest word speaks for its bucket: so what a bucket costs whoever gathers it
    next is bounded by how many told of it.

    Args:
        words: of one partition, in any order; sorted and overwritten here.
        bits: of an ordinal.

    Returns:
        Views, both sorted. Memory: at most 8 bytes per word beside `words`.

    Law: key-wise(low bits of the key).
    """
    words.sort()
    edges = np.empty(_repeated(words, np.uint64(bits)), np.uint64)
    first = words[: _split(words, np.uint64(bits), edges)]
    edges.sort()
    return first, edges[: _distinct(edges)]


def told_buckets(
    cuts: Sequence[tuple[Words, Bounds]], *, bits: int, partitions: int
) -> tuple[Words, Bounds, Edges]:
    """The smallest word of every bucket of each partition, its bounds, and all edges there are.

    Args:
        cuts: what `meeting_words` gave, for any share of the documents each; none is fine.
        bits: of an ordinal, as there.
        partitions: as there.

    Law: row-wise in documents, once the edges are united. Memory: 32 bytes per word at most, of
    which `cuts` hold 8.
    """
    none = np.empty(0, np.uint64)
    parts = [
        buckets(
            np.concatenate([none, *(words[at[p] : at[p + 1]] for words, at in cuts)]), bits=bits
        )
        for p in range(partitions)
    ]
    edges = np.concatenate([edges for _, edges in parts])
    edges.sort()  # those who share one band mostly share others, in other partitions
    first = [words for words, _ in parts]
    bounds = np.cumsum([0, *map(len, first)])
    return np.concatenate(first), bounds, edges[: _distinct(edges)]


def forest(count: int) -> Ordinals:
    """Shape (count,), uint32: a union-find forest in which everyone is alone. 4 bytes each."""
    return np.arange(count, dtype=np.uint32)


@kernel
def unite(parents: Ordinals, edges: Edges) -> None:
    """Join the two ends of every edge; the root of a tree is its smallest ordinal."""
    for edge in edges:
        a = root(parents, np.uint32(edge >> np.uint64(32)))
        b = root(parents, np.uint32(edge & np.uint64(0xFFFFFFFF)))
        if a < b:
            parents[b] = a
        else:
            parents[a] = b


@kernel
def root(parents: Ordinals, ordinal: np.uint32) -> np.uint32:
    """The smallest ordinal of the tree; paths are halved on the way."""
    while parents[ordinal] != ordinal:
        parents[ordinal] = parents[parents[ordinal]]
        ordinal = parents[ordinal]
    return ordinal


def groups(
    parents: Ordinals, *, group_documents: int, first_frozen: int | None = None
) -> npt.NDArray[np.int32]:
    """Shape (count,), int32: the group each document is decided in; -1 for who meets nobody.

    Whole components fill groups of about `group_documents`; a larger component is a group.

    Args:
        parents: the forest after all edges. It becomes the result: 8 bytes per document are held,
            not 12.
        group_documents: how many documents a group should hold.
        first_frozen: from this ordinal on documents are frozen. Where they meet each other alone,
            nothing is decided and they are in no group. None: nobody is frozen.

    Law: whole; independent of the order of edges.
    """
    sizes = np.zeros(len(parents), np.int32)
    grouped = parents.view(np.int32)
    last = len(parents) if first_frozen is None else first_frozen
    _group(parents, sizes, grouped, (group_documents, last))
    return grouped


@kernel
def group_sizes(grouped: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Shape (groups,), int64: how many documents each group of `groups` has."""
    sizes = np.zeros(grouped.max() + 1 if len(grouped) > 0 else 0, np.int64)
    for group in grouped:
        if group >= 0:
            sizes[group] += 1
    return sizes


@kernel
def _owner(key: np.uint64, partitions: int) -> np.int64:
    # The high bits choose the partition: the low ones are kept in the word.
    return np.int64(((key >> np.uint64(32)) * np.uint64(partitions)) >> np.uint64(32))


@kernel
def _count_words(keys: BandKeys, has_text: npt.NDArray[np.bool_], counts: Bounds) -> None:
    ways = keys.shape[1]
    for doc in range(len(keys)):
        for way in range(0 if has_text[doc] else ways - 1, ways):
            counts[1 + _owner(keys[doc, way], len(counts) - 1)] += 1


@kernel
def _place_words(
    documents: tuple[BandKeys, npt.NDArray[np.bool_], npt.NDArray[np.int64]],
    bits: np.uint64,
    free: Bounds,
    words: Words,
) -> None:
    keys, has_text, ordinals = documents
    ways = keys.shape[1]
    for doc in range(len(keys)):
        for way in range(0 if has_text[doc] else ways - 1, ways):
            key = keys[doc, way]
            partition = _owner(key, len(free) - 1)
            words[free[partition]] = (key << bits) | np.uint64(ordinals[doc])
            free[partition] += 1


@kernel
def _repeated(words: Words, bits: np.uint64) -> int:
    count = 0
    for row in range(1, len(words)):
        count += (words[row] ^ words[row - 1]) >> bits == 0
    return count


@kernel
def _split(words: Words, bits: np.uint64, edges: Edges) -> int:
    """Move the first word of every bucket to the front, the others into edges; how many moved."""
    mask = (np.uint64(1) << bits) - np.uint64(1)
    found = 0
    edge = 0
    for row in range(len(words)):
        word = words[row]
        if found > 0 and (word ^ words[found - 1]) >> bits == 0:
            edges[edge] = ((words[found - 1] & mask) << np.uint64(32)) | (word & mask)
            edge += 1
        else:
            words[found] = word
            found += 1
    return found


@kernel
def _distinct(ascending: Edges) -> int:
    """Move what differs from the one before it to the front; how many there are."""
    found = 0
    for edge in ascending:
        if found == 0 or edge != ascending[found - 1]:
            ascending[found] = edge
            found += 1
    return found


@kernel
def _group(
    parents: Ordinals,
    sizes: npt.NDArray[np.int32],
    grouped: npt.NDArray[np.int32],
    how: tuple[int, int],
) -> None:
    group_documents, first_frozen = how
    # A parent is never larger than its child, so one pass upwards settles everybody.
    for ordinal in range(len(parents)):
        parents[ordinal] = parents[parents[ordinal]]
        sizes[parents[ordinal]] += 1
    before = 0
    for label in range(len(sizes)):
        members = sizes[label] if label < first_frozen else 0
        sizes[label] = before // group_documents if members > 1 else -1
        before += members if members > 1 else 0
    for ordinal in range(len(parents)):
        grouped[ordinal] = sizes[parents[ordinal]]
