"""Components: documents that can meet, directly or through others, are decided together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.native import kernel

Ordinals = npt.NDArray[np.uint32]


def meeting_edges(keys: npt.NDArray[np.uint64], ordinals: Ordinals) -> Ordinals:
    """Shape (m, 2), uint32: neighbours in the buckets of equal keys.

    A bucket of n documents gives n - 1 edges, never n squared: enough to hold it together.

    Args:
        keys: shape (n,); all rows of a key must be here.
        ordinals: shape (n,); who has the key.

    Law: key-wise(key).
    """
    order = np.lexsort((ordinals, keys))
    keys, ordinals = keys[order], ordinals[order]
    meets = keys[1:] == keys[:-1]
    return np.stack([ordinals[:-1][meets], ordinals[1:][meets]], axis=1)


def forest(count: int) -> Ordinals:
    """Shape (count,), uint32: a union-find forest in which everyone is alone. 4 bytes each."""
    return np.arange(count, dtype=np.uint32)


@kernel
def unite(parents: Ordinals, edges: Ordinals) -> None:
    """Join the two ends of every edge; the root of a tree is its smallest ordinal."""
    for edge in range(len(edges)):
        a = root(parents, edges[edge, 0])
        b = root(parents, edges[edge, 1])
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


@kernel
def _labels(parents: Ordinals) -> None:
    # A parent is never larger than its child, so one pass upwards settles everybody.
    for ordinal in range(len(parents)):
        parents[ordinal] = parents[parents[ordinal]]


def groups(parents: Ordinals, *, group_documents: int) -> npt.NDArray[np.int32]:
    """Shape (count,), int32: the group each document is decided in; -1 for who meets nobody.

    Whole components fill groups of about `group_documents`; a larger component is a group.

    Args:
        parents: the forest after all edges; its paths are flattened in place.
        group_documents: how many documents a group should hold.

    Law: whole; independent of the order of edges.
    """
    _labels(parents)
    sizes = np.bincount(parents, minlength=len(parents))
    members = np.where(sizes > 1, sizes, 0)  # at the position of each component's label
    before = np.cumsum(members) - members
    of_label = np.where(sizes > 1, before // group_documents, -1).astype(np.int32)
    return of_label[parents]
