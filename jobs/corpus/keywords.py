"""Keyword lists, and where their words begin in a text."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.character_traits import KEYWORD, Traits, beginning, character_traits
from jobs.corpus.native import kernel, mix
from jobs.corpus.signal_columns import KEYWORD_CATEGORIES
from jobs.errors import ConfigError

Points = npt.NDArray[np.uint32]

_POINT_BITS = np.uint64(21)


@dataclass(frozen=True)
class SignalParams:
    """What signals are told.

    Attributes:
        keywords: The words of each category, in the order of KEYWORD_CATEGORIES, each sorted.
    """

    keywords: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a wrong number of lists and words that begin everywhere."""
        if len(self.keywords) != len(KEYWORD_CATEGORIES):
            raise ConfigError(f"give a keyword list for each of {', '.join(KEYWORD_CATEGORIES)}")
        if any(not word.strip() for words in self.keywords for word in words):
            raise ConfigError("a keyword list has an empty word: delete it")


class Trie(NamedTuple):
    """Words as a tree. An edge is a word of node and character in an open-addressing table.

    Attributes:
        edges: uint64 (slots,), 0 where empty: 1 + node, shifted, and the code point.
        children: int32 (slots,), the node the edge leads to.
        categories: uint8 (nodes,), a bit for each category that has the word ending there.
    """

    edges: npt.NDArray[np.uint64]
    children: npt.NDArray[np.int32]
    categories: npt.NDArray[np.uint8]


@functools.lru_cache(maxsize=4)
def compiled(params: SignalParams) -> tuple[Traits, Trie]:
    """The table of traits with the first characters of all words, and all words."""
    tree: dict[tuple[int, int], int] = {}
    categories = [0]
    for bit, words in enumerate(params.keywords):
        for word in words:
            node = 0
            for letter in word:
                node = tree.setdefault((node, ord(letter)), len(categories))
                if node == len(categories):
                    categories.append(0)
            categories[node] |= 1 << bit
    first = {chr(point) for node, point in tree if node == 0}
    return beginning(character_traits(), first), _trie(tree, categories)


def _trie(tree: dict[tuple[int, int], int], categories: list[int]) -> Trie:
    slots = 1 << (2 * len(tree) + 1).bit_length()
    edges, children = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
    for (node, point), child in tree.items():
        edge = _edge(node, point)
        slot = _slot(edges, edge)
        edges[slot], children[slot] = edge, child
    return Trie(edges, children, np.array(categories, np.uint8))


@kernel
def _edge(node: int, point: int) -> np.uint64:
    return (np.uint64(node + 1) << _POINT_BITS) | np.uint64(point)


@kernel
def _slot(edges: npt.NDArray[np.uint64], edge: np.uint64) -> int:
    """Where the edge is, or where it would go."""
    last = np.uint64(len(edges) - 1)
    slot = mix(edge) & last
    while edges[slot] != 0 and edges[slot] != edge:
        slot = (slot + np.uint64(1)) & last
    return slot


@kernel
def count_keywords(
    points: Points, size: int, traits: Traits, trie: Trie, hits: npt.NDArray[np.float64]
) -> None:
    """Add to `hits` the positions where a word of each category begins."""
    for i in range(size):
        if traits[points[i]] & KEYWORD:
            found = _categories_at(points, size, i, trie)
            for bit in range(len(hits)):
                hits[bit] += (found >> bit) & 1


@kernel
def _categories_at(points: Points, size: int, start: int, trie: Trie) -> int:
    node, found = 0, 0
    for i in range(start, size):
        slot = _slot(trie.edges, _edge(node, points[i]))
        if trie.edges[slot] == 0:
            break
        node = trie.children[slot]
        found |= trie.categories[node]
    return found
