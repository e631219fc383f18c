"""Edges of a trie as keys of an open-addressing table: a node and the character that leaves it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.kernels import kernel, mix

Edges = npt.NDArray[np.uint64]
"""Shape (slots,), slots a power of two; 0 where empty."""

_POINT_BITS = np.uint64(21)


def edge_slots(edges: int) -> int:
    """Return a size of a table for so many edges that leaves half of it empty."""
    return 1 << (2 * edges + 1).bit_length()


@kernel
def edge_key(node: int, point: int) -> np.uint64:
    """Return the key of the edge that leaves a node by a code point."""
    return (np.uint64(node + 1) << _POINT_BITS) | np.uint64(point)


@kernel
def edge_slot(edges: Edges, edge: np.uint64) -> np.uint64:
    """Return the slot of an edge, or the free one where it would go."""
    last = np.uint64(len(edges) - 1)
    slot = mix(edge) & last
    while edges[slot] != 0 and edges[slot] != edge:
        slot = (slot + np.uint64(1)) & last
    return slot
