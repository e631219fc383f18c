"""Tokens: the units by which texts and benchmark items are compared.

A token is one character that is a letter, a digit or Han, folded as in the canonical form, or a
whole run of Latin letters and digits: five Han characters say about as much as five English words.
Punctuation, white space, width, case and script are ignored.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.text.canonical import folding_table
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

Tokens = npt.NDArray[np.uint32]
Positions = npt.NDArray[np.int64]

_ASCII = np.uint32(128)
_WORD = np.uint32(0x80000000)
_EMPTY, _PRIME = np.uint32(0x811C9DC5), np.uint64(0x01000193)


def tokens_of(texts: pa.Array) -> tuple[Tokens, Offsets]:
    """Return the tokens of all texts, and offsets, shape (n + 1,); a null has none."""
    data, offsets, _ = text_buffers(texts)
    return _all_tokens(data, offsets, folding_table())


def token_spans(text: bytes) -> tuple[Positions, Positions]:
    """Return the first byte of each token of a UTF-8 text, and the byte after its last."""
    return _places(np.frombuffer(text, np.uint8), folding_table())


@kernel
def next_tokens(data: Bytes, i: np.uint64, end: np.uint64, folding: Tokens, out: Tokens) -> int:
    """Write the tokens of some bytes; return how many there are.

    Args:
        data: UTF-8.
        i: the first byte.
        end: the byte after the last.
        folding: `folding_table()`.
        out: has room for as many tokens as there are bytes.
    """
    count = 0
    word = _EMPTY
    while i < end:
        point, i = decode_point(data, i)
        folded = folding[np.uint64(point)]
        if folded >= _ASCII:
            if word != _EMPTY:
                out[count] = word | _WORD
                count += 1
                word = _EMPTY
            out[count] = folded
            count += 1
        elif folded:
            word = _longer(word, folded)
        elif word != _EMPTY:
            out[count] = word | _WORD
            count += 1
            word = _EMPTY
    if word != _EMPTY:
        out[count] = word | _WORD
        count += 1
    return count


@kernel
def _longer(word: np.uint32, letter: np.uint32) -> np.uint32:
    # FNV-1a; that a word hashes to the empty one's value loses it, once in four thousand million.
    return np.uint32((np.uint64(word ^ letter) * _PRIME) & np.uint64(0xFFFFFFFF))


@kernel
def _all_tokens(data: Bytes, offsets: Offsets, folding: Tokens) -> tuple[Tokens, Offsets]:
    out = np.empty(offsets[-1] - offsets[0], np.uint32)
    ends = np.zeros(len(offsets), np.int64)
    for row in range(len(offsets) - 1):
        start, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        ends[row + 1] = ends[row] + next_tokens(data, start, end, folding, out[ends[row] :])
    return out[: ends[-1]].copy(), ends


@kernel
def _places(data: Bytes, folding: Tokens) -> tuple[Positions, Positions]:
    starts, ends = np.empty(len(data), np.int64), np.empty(len(data), np.int64)
    count = 0
    is_word = False
    i = np.uint64(0)
    while i < np.uint64(len(data)):
        start = i
        point, i = decode_point(data, i)
        folded = folding[np.uint64(point)]
        if folded and not (is_word and folded < _ASCII):
            starts[count] = np.int64(start)
            count += 1
        if folded:
            ends[count - 1] = np.int64(i)
        is_word = folded != 0 and folded < _ASCII
    return starts[:count], ends[:count]
