"""Components: documents that share a bucket, directly or through others, are decided together.

A band key is exchanged as a packed key of 8 bytes: the low bits of the key above the document's
ordinal, in the partition that the key's high bits choose. Sorted in place, packed keys of one band
key are adjacent, which is a bucket. Two keys may agree in all bits that are kept: that joins
components unnecessarily and never drops a document, because the decision compares signatures. Among
100 million documents of 17 keys 37 bits are kept beside the partition's 7, which joins about
100,000 pairs of unrelated documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.banding import BandKeys
from jobs.corpus.text.kernels import kernel

Ordinals = npt.NDArray[np.uint32]
PackedKeys = npt.NDArray[np.uint64]  # the low bits of a key, then `bits` bits of an ordinal
Edges = npt.NDArray[np.uint64]  # the smaller ordinal in the high half, the larger in the low one
PartitionBounds = npt.NDArray[np.int64]  # partitions + 1 positions


class _Keyed(NamedTuple):
    """The keys of documents, which of them have text, and their ordinals."""

    keys: BandKeys
    has_text: npt.NDArray[np.bool_]
    ordinals: npt.NDArray[np.int64]


def ordinal_bits(count: int) -> int:
    """Return the bits that hold any of `count` ordinals; at least 1."""
    return max(count - 1, 1).bit_length()


def packed_keys(
    keys: BandKeys,
    has_text: npt.NDArray[np.bool_],
    ordinals: npt.NDArray[np.int64],
    *,
    bits: int,
    partitions: int,
) -> tuple[PackedKeys, PartitionBounds]:
    """Return all keys packed, ordered by partition, and the bounds of the partitions.

    Args:
        keys: shape (n, bands + 1), of which a document without text has only the last.
        has_text: shape (n,).
        ordinals: shape (n,), below 2**bits.
        bits: of an ordinal.
        partitions: how many; fewer than 2**32.

    Law: row-wise within each partition. Memory: the result, 8 bytes per key.
    """
    ends = np.zeros(partitions + 1, np.int64)
    _count_keys(keys, has_text, ends)
    bounds = np.cumsum(ends)
    packed = np.empty(bounds[-1], np.uint64)
    _fill_keys(_Keyed(keys, has_text, ordinals), np.uint64(bits), bounds.copy(), packed)
    return packed, bounds


def buckets(packed: PackedKeys, *, bits: int) -> tuple[PackedKeys, Edges]:
    """Return the smallest packed key of every bucket, and edges from its document to all others.

    A bucket of n documents gives n - 1 edges, never n squared, and no edge is given twice. Once the
    edges are emitted, only the smallest key of each bucket is passed on, so the next step reads one
    key per bucket and sender.

    Args:
        packed: of one partition, in any order; sorted and overwritten here.
        bits: of an ordinal.

    Returns:
        Views, both sorted. Memory: at most 8 bytes per key beside `packed`.

    Law: key-wise(low bits of the key).
    """
    packed.sort()
    edges = np.empty(_repeated(packed, np.uint64(bits)), np.uint64)
    first = packed[: _split(packed, np.uint64(bits), edges)]
    edges.sort()
    return first, edges[: _distinct(edges)]


def reduced_buckets(
    partitioned: Sequence[tuple[PackedKeys, PartitionBounds]], *, bits: int, partitions: int
) -> tuple[PackedKeys, PartitionBounds, Edges]:
    """Return the smallest packed key of every bucket by partition, the bounds, and all edges.

    Args:
        partitioned: results of `packed_keys`, each for any share of the documents; may be empty.
        bits: of an ordinal, as there.
        partitions: as there.

    Law: row-wise in documents, once the edges are united. Memory: 32 bytes per key at most, of
    which `partitioned` holds 8.
    """
    none = np.empty(0, np.uint64)
    parts = [
        buckets(
            np.concatenate([none, *(packed[at[p] : at[p + 1]] for packed, at in partitioned)]),
            bits=bits,
        )
        for p in range(partitions)
    ]
    edges = np.concatenate([edges for _, edges in parts])
    edges.sort()  # documents that share one band mostly share others, in other partitions
    first = [packed for packed, _ in parts]
    bounds = np.cumsum([0, *map(len, first)])
    return np.concatenate(first), bounds, edges[: _distinct(edges)]


def forest(count: int) -> Ordinals:
    """Return a union-find forest of single nodes; shape (count,), uint32."""
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
    """Return the smallest ordinal of the tree; halve paths on the way."""
    while parents[ordinal] != ordinal:
        parents[ordinal] = parents[parents[ordinal]]
        ordinal = parents[ordinal]
    return ordinal


def groups(
    parents: Ordinals, *, group_documents: int, first_frozen: int | None = None
) -> npt.NDArray[np.int32]:
    """Return the group in which each document is decided, -1 if it has no candidates.

    Shape (count,), int32. Whole components fill groups of about `group_documents`; a larger
    component is a group of its own.

    Args:
        parents: the forest after all edges. It becomes the result: 8 bytes per document are held,
            not 12.
        group_documents: how many documents a group should hold.
        first_frozen: documents from this ordinal on are frozen; a component of frozen documents
            alone needs no decision and is in no group. None: no document is frozen.

    Law: whole; independent of the order of edges.
    """
    sizes = np.zeros(len(parents), np.int32)
    grouped = parents.view(np.int32)
    last = len(parents) if first_frozen is None else first_frozen
    _group(parents, sizes, grouped, group_documents, last)
    return grouped


@kernel
def group_sizes(grouped: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return how many documents each group of `groups` has; shape (groups,), int64."""
    sizes = np.zeros(grouped.max() + 1 if len(grouped) > 0 else 0, np.int64)
    for group in grouped:
        if group >= 0:
            sizes[group] += 1
    return sizes


@kernel
def _partition_of(key: np.uint64, partitions: int) -> np.int64:
    # The high bits choose the partition: the low ones are kept in the packed key.
    return np.int64(((key >> np.uint64(32)) * np.uint64(partitions)) >> np.uint64(32))


@kernel
def _count_keys(keys: BandKeys, has_text: npt.NDArray[np.bool_], counts: PartitionBounds) -> None:
    columns = keys.shape[1]
    for doc in range(len(keys)):
        for band in range(0 if has_text[doc] else columns - 1, columns):
            counts[1 + _partition_of(keys[doc, band], len(counts) - 1)] += 1


@kernel
def _fill_keys(
    documents: _Keyed, bits: np.uint64, free: PartitionBounds, packed: PackedKeys
) -> None:
    keys, has_text, ordinals = documents.keys, documents.has_text, documents.ordinals
    columns = keys.shape[1]
    for doc in range(len(keys)):
        for band in range(0 if has_text[doc] else columns - 1, columns):
            key = keys[doc, band]
            partition = _partition_of(key, len(free) - 1)
            packed[free[partition]] = (key << bits) | np.uint64(ordinals[doc])
            free[partition] += 1


@kernel
def _repeated(packed: PackedKeys, bits: np.uint64) -> int:
    count = 0
    for row in range(1, len(packed)):
        count += (packed[row] ^ packed[row - 1]) >> bits == 0
    return count


@kernel
def _split(packed: PackedKeys, bits: np.uint64, edges: Edges) -> int:
    """Move first keys of buckets to the front, turn the others into edges; count buckets."""
    mask = (np.uint64(1) << bits) - np.uint64(1)
    found = 0
    edge = 0
    for row in range(len(packed)):
        key = packed[row]
        if found > 0 and (key ^ packed[found - 1]) >> bits == 0:
            edges[edge] = ((packed[found - 1] & mask) << np.uint64(32)) | (key & mask)
            edge += 1
        else:
            packed[found] = key
            found += 1
    return found


@kernel
def _distinct(ascending: Edges) -> int:
    """Move the first of each run of equal edges to the front; return how many runs there are."""
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
    group_documents: int,
    first_frozen: int,
) -> None:
    # A parent is never larger than its child, so one ascending pass finds every root.
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
