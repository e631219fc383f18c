"""Matching: where the words of a library begin in texts; one look at most letters of a text.

A word is found in its normal form, with up to three symbols or blanks between two of its letters.
Marks of sentences may stand there only if something stands between all of its letters, and it has
three or more: 老，虎，机 is hidden, but 养老，虎年 is not 老虎. So it is with blanks between
letters of a script that writes words apart, of which no word is found inside another.

A hit that lies inside an exception, a longer harmless word, is none.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.keywords.folding import (
    END,
    MARK,
    NOTHING,
    Letters,
    LetterTable,
    is_spelt,
    letter_table,
    read_letters,
)
from jobs.corpus.keywords.libraries import EXCEPTION, LONGEST, RiskLibrary
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.tries import Edges, edge_key, edge_slot, edge_slots
from jobs.corpus.text.utf8 import Bytes

SHOWN = 3
"""Distinct words of a category that are remembered of a text."""

_PAIR_BITS = 20  # 128 KB, which stays in the cache: it rules out nine letters of ten
_FILTER_BITS = 23  # 1 MB: of 100,000 words one letter in a hundred passes by accident
_HIDDEN_LETTERS = 3
_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC4CEB9FE1A85EC53))

Numbers = npt.NDArray[np.int32]
Points = npt.NDArray[np.uint32]


class Matcher(NamedTuple):
    """A library as kernels read it.

    Attributes:
        table: Letters in their plain form.
        edges: Keys of edges of the trie.
        children: int32, by slot: the node an edge leads to.
        last_entries: int32 (nodes,): the last of the entries that end in a node, or -1.
        entries: int32 (n, 3): category or EXCEPTION, number of the word, entry before or -1.
        beginnings: uint8: bits at the hashes of the first two letters of words of two, and of the
            first three of all others.
        pairs: uint8: bits at the hashes of the first two letters of all words.
    """

    table: LetterTable
    edges: Edges
    children: Numbers
    last_entries: Numbers
    entries: Numbers
    beginnings: npt.NDArray[np.uint8]
    pairs: npt.NDArray[np.uint8]


class _Trie(NamedTuple):
    """What of a matcher is needed to walk from a letter."""

    edges: Edges
    children: Numbers
    last_entries: Numbers


class Hits(NamedTuple):
    """What is found in each text.

    Attributes:
        counts: int32 (texts, categories): positions where a word of the category begins.
        words: int32 (texts, categories, SHOWN): the first distinct words, by number; then 0.
        chars: int64 (texts,): text characters.
    """

    counts: Numbers
    words: Numbers
    chars: npt.NDArray[np.int64]


@functools.lru_cache(maxsize=4)
def compiled(library: RiskLibrary) -> Matcher:
    """Return the matcher of a library; once for a process, 40 ms for 100,000 words."""
    words = library.words
    data, offsets, _ = text_buffers(words["word"].combine_chunks())
    slots = edge_slots(len(data))
    entries = np.empty((len(words), 3), np.int32)
    entries[:, 0] = words["category"].to_numpy()
    entries[:, 1] = words["number"].to_numpy()
    matcher = Matcher(
        letter_table(),
        np.zeros(slots, np.uint64),
        np.zeros(slots, np.int32),
        np.full(len(data) + 1, -1, np.int32),
        entries,
        np.zeros(1 << (_FILTER_BITS - 3), np.uint8),
        np.zeros(1 << (_PAIR_BITS - 3), np.uint8),
    )
    _insert(data, offsets, _letters(offsets), matcher)
    return matcher


def found_hits(texts: pa.LargeStringArray, library: RiskLibrary) -> Hits:
    """Return what is found in each text, in order; nothing in null.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(texts)
    shape = (len(texts), len(library.categories))
    hits = Hits(
        np.zeros(shape, np.int32), np.zeros((*shape, SHOWN), np.int32), np.zeros(shape[0], np.int64)
    )
    _find(data, offsets, compiled(library), _letters(offsets), hits)
    return hits


def _letters(offsets: Offsets) -> Letters:
    longest = int(np.diff(offsets).max(initial=0))
    return Letters(np.empty(longest, np.uint32), np.empty(longest, np.uint8))


@kernel
def _insert(data: Bytes, offsets: Offsets, letters: Letters, matcher: Matcher) -> None:
    nodes = 1
    for word in range(len(offsets) - 2, -1, -1):  # of words with one form the first is met first
        size, _ = read_letters(data, (offsets[word], offsets[word + 1]), matcher.table, letters)
        node = 0
        for i in range(size):
            edge = edge_key(node, letters.points[i])
            slot = edge_slot(matcher.edges, edge)
            if matcher.edges[slot] == 0:
                matcher.edges[slot], matcher.children[slot] = edge, nodes
                nodes += 1
            node = matcher.children[slot]
        matcher.entries[word, 2] = matcher.last_entries[node]
        matcher.last_entries[node] = word
        third = letters.points[2] if size > 2 else np.uint32(0)
        bit = _beginning(letters.points[0], letters.points[1], third)
        matcher.beginnings[bit >> np.uint64(3)] |= np.uint8(1 << (bit & np.uint64(7)))
        bit = _pair(letters.points[0], letters.points[1])
        matcher.pairs[bit >> np.uint64(3)] |= np.uint8(1 << (bit & np.uint64(7)))


@kernel
def _beginning(first: np.uint32, second: np.uint32, third: np.uint32) -> np.uint64:
    """Return the bit of two or three letters; no letter is 0."""
    key = (np.uint64(first) << np.uint64(21)) | np.uint64(second)
    key = key * _FACTORS[0] + np.uint64(third) * _FACTORS[1]
    return (key ^ (key >> np.uint64(29))) * _FACTORS[1] >> np.uint64(64 - _FILTER_BITS)


@kernel
def _pair(first: np.uint32, second: np.uint32) -> np.uint64:
    key = (np.uint64(first) << np.uint64(21)) | np.uint64(second)
    return key * _FACTORS[0] >> np.uint64(64 - _PAIR_BITS)


@kernel
def _may_begin(points: Points, k: int, size: int, pairs: Bytes, beginnings: Bytes) -> bool:
    # Arrays one by one: a tuple of seven, handed over at each letter, makes the search five times
    # as slow.
    first, second = points[k], points[k + 1]
    bit = _pair(first, second)
    if not (pairs[bit >> np.uint64(3)] >> (bit & np.uint64(7))) & 1:
        return False
    bit = _beginning(first, second, np.uint32(0))
    if (beginnings[bit >> np.uint64(3)] >> (bit & np.uint64(7))) & 1:
        return True
    if k + 2 == size:
        return False
    bit = _beginning(first, second, points[k + 2])
    return bool((beginnings[bit >> np.uint64(3)] >> (bit & np.uint64(7))) & 1)


@kernel
def _find(data: Bytes, offsets: Offsets, matcher: Matcher, letters: Letters, hits: Hits) -> None:
    ends = np.empty((LONGEST, 2), np.int32)
    points, pairs, beginnings = letters.points, matcher.pairs, matcher.beginnings
    trie = _Trie(matcher.edges, matcher.children, matcher.last_entries)
    seen = np.full(hits.counts.shape[1], -1, np.int64)  # where each category was counted last
    for row in range(len(offsets) - 1):
        span = (offsets[row], offsets[row + 1])
        size, hits.chars[row] = read_letters(data, span, matcher.table, letters)
        covered = 0
        seen[:] = -1
        for k in range(size - 1):
            if not _may_begin(points, k, size, pairs, beginnings):
                continue
            found = _walk(letters, k, size, trie, ends)
            if found == 0:
                continue
            covered = max(covered, _exception_end(matcher, ends, found))
            for i in range(found - 1, -1, -1):  # the longest first
                if ends[i, 1] > covered:
                    _count(matcher, ends[i, 0], k, seen, hits.counts[row], hits.words[row])


@kernel
def _walk(letters: Letters, k: int, size: int, trie: _Trie, ends: Numbers) -> int:
    """Write the nodes of words that begin at letter k, and the letter after each; return how many.

    The shortest is the first.
    """
    points, gaps = letters.points, letters.gaps
    if k > 0 and gaps[k] == NOTHING and is_spelt(points[k]) and is_spelt(points[k - 1]):
        return 0
    node, found, is_strict, is_parted = 0, 0, False, True
    for i in range(k, size):
        if i > k:
            gap = gaps[i]
            if gap == END:
                break
            is_parted &= gap != NOTHING
            is_spelt_pair = is_spelt(points[i]) and is_spelt(points[i - 1])
            is_strict |= gap == MARK or (is_spelt_pair and gap != NOTHING)
            if is_strict and not is_parted:
                break
        slot = edge_slot(trie.edges, edge_key(node, points[i]))
        if trie.edges[slot] == 0:
            break
        node = trie.children[slot]
        is_hit = trie.last_entries[node] >= 0
        if is_hit and not (is_strict and i - k + 1 < _HIDDEN_LETTERS) and _ends(letters, i, size):
            ends[found, 0], ends[found, 1] = node, i + 1
            found += 1
    return found


@kernel
def _ends(letters: Letters, i: int, size: int) -> bool:
    """Return whether a word may end with letter i: the next one is no part of it."""
    return not (
        i + 1 < size
        and letters.gaps[i + 1] == NOTHING
        and is_spelt(letters.points[i])
        and is_spelt(letters.points[i + 1])
    )


@kernel
def _exception_end(matcher: Matcher, ends: Numbers, found: int) -> int:
    """Return the letter after the longest exception of those found; 0 without any."""
    for i in range(found - 1, -1, -1):
        entry = matcher.last_entries[ends[i, 0]]
        while entry >= 0:
            if matcher.entries[entry, 0] == EXCEPTION:
                return int(ends[i, 1])
            entry = matcher.entries[entry, 2]
    return 0


@kernel
def _count(
    matcher: Matcher,
    node: int,
    k: int,
    seen: npt.NDArray[np.int64],
    counts: Numbers,
    words: Numbers,
) -> None:
    """Count the words of a node, each category once for a position."""
    entry = matcher.last_entries[node]
    while entry >= 0:
        category, number = matcher.entries[entry, 0], matcher.entries[entry, 1]
        entry = matcher.entries[entry, 2]
        if category == EXCEPTION or seen[category] == k:
            continue
        seen[category] = k
        counts[category] += 1
        for i in range(SHOWN):
            if words[category, i] == number:
                break
            if words[category, i] == 0:
                words[category, i] = number
                break
