"""Keywords: the lists, and at how many positions of a text one of them begins."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.keywords.libraries import RiskLibrary
from jobs.corpus.model.signal_columns import KEYWORD_CATEGORIES
from jobs.corpus.signals.quality_model import QualityModel
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.tries import edge_key, edge_slot, edge_slots
from jobs.errors import ConfigError

Points = npt.NDArray[np.uint32]

_FEWEST = 2
_PAIR_BITS = 18


@dataclass(frozen=True)
class SignalParams:
    """Parameters of the signals.

    Attributes:
        keywords: The keywords of each category, in the order of KEYWORD_CATEGORIES, each sorted.
        quality: The quality model; without one the quality is null.
        risks: The library of risk keywords; without one their hits are null.
    """

    keywords: tuple[tuple[str, ...], ...]
    quality: QualityModel | None
    risks: RiskLibrary | None = None

    def __post_init__(self) -> None:
        """Refuse a wrong number of lists, and keywords of one character."""
        if len(self.keywords) != len(KEYWORD_CATEGORIES):
            raise ConfigError(f"give a keyword list for each of {', '.join(KEYWORD_CATEGORIES)}")
        short = [one for keywords in self.keywords for one in keywords if len(one) < _FEWEST]
        if short:
            raise ConfigError(
                f"keywords of one character say nothing ({'、'.join(short)}): delete them"
            )


class Trie(NamedTuple):
    """Keywords as a trie. Edges are keys of node and character in an open-addressing table.

    Attributes:
        edges: uint64 (slots,), 0 where empty: 1 + node, shifted, and the code point.
        children: int32 (slots,), the node the edge leads to.
        categories: uint8 (nodes,), a bit for each category with a keyword that ends there.
        pairs: uint8 (2**18 / 8,), a bit at the hash of the first two characters of each
            keyword, which rules out most positions of a text.
    """

    edges: npt.NDArray[np.uint64]
    children: npt.NDArray[np.int32]
    categories: npt.NDArray[np.uint8]
    pairs: npt.NDArray[np.uint8]


@functools.lru_cache(maxsize=4)
def compiled(params: SignalParams) -> Trie:
    """Return the trie of all keywords of all categories."""
    tree: dict[tuple[int, int], int] = {}
    categories = [0]
    for bit, keywords in enumerate(params.keywords):
        for keyword in keywords:
            node = 0
            for letter in keyword:
                node = tree.setdefault((node, ord(letter)), len(categories))
                if node == len(categories):
                    categories.append(0)
            categories[node] |= 1 << bit
    slots = edge_slots(len(tree))
    trie = Trie(
        np.zeros(slots, np.uint64),
        np.zeros(slots, np.int32),
        np.array(categories, np.uint8),
        np.zeros(1 << (_PAIR_BITS - 3), np.uint8),
    )
    _fill(trie, tree, [keyword for keywords in params.keywords for keyword in keywords])
    return trie


def _fill(trie: Trie, tree: dict[tuple[int, int], int], beginnings: list[str]) -> None:
    for (node, point), child in tree.items():
        edge = np.uint64(edge_key(node, point))  # a plain int would be hashed as a signed one
        slot = edge_slot(trie.edges, edge)
        trie.edges[slot], trie.children[slot] = edge, child
    for keyword in beginnings:
        pair = int(_pair(np.uint32(ord(keyword[0])), np.uint32(ord(keyword[1]))))
        trie.pairs[pair >> 3] |= 1 << (pair & 7)


@kernel
def _pair(first: np.uint32, second: np.uint32) -> np.uint32:
    # Fits 18 bits; neighbouring code points fall apart.
    return (first * np.uint32(0x6F) ^ second * np.uint32(0x3D)) & np.uint32((1 << _PAIR_BITS) - 1)


@kernel
def count_keywords(points: Points, size: int, trie: Trie, hits: npt.NDArray[np.float64]) -> None:
    """Count the positions where a keyword of each category begins.

    Args:
        points: code points.
        size: how many of them are the text.
        trie: the keywords.
        hits: added to, one number for each category.
    """
    for i in range(size - 1):
        pair = _pair(points[i], points[i + 1])
        if (trie.pairs[pair >> np.uint32(3)] >> (pair & np.uint32(7))) & 1:
            found = _categories_at(points, size, i, trie)
            for bit in range(len(hits)):
                hits[bit] += (found >> bit) & 1


@kernel
def _categories_at(points: Points, size: int, start: int, trie: Trie) -> int:
    node, found = 0, 0
    for i in range(start, size):
        slot = edge_slot(trie.edges, edge_key(node, points[i]))
        if trie.edges[slot] == 0:
            break
        node = trie.children[slot]
        found |= trie.categories[node]
    return found
