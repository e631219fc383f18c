"""The canonical form of a text: letters and digits alone, folded. Only for hashing.

Two copies of one article differ in width, punctuation, white space, case and script long before
they differ in content. The canonical form keeps letters, digits and Han characters alone,
folds full width to half, upper case to lower, compatibility forms to the plain character, and
Traditional characters to Simplified one by one. Digits stay: without them every monthly bulletin
equals its predecessor. Front matter, bylines and the like are left out (`page_furniture`). The
form only serves comparison; releases hold the text as normalized.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import opencc
import pyarrow as pa
import xxhash

from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.page_furniture import without_page_furniture
from jobs.corpus.text.table_cache import kept_table
from jobs.corpus.text.text_buffers import Offsets, large_string_array, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

if TYPE_CHECKING:
    from collections.abc import Iterable

FoldingTable = npt.NDArray[np.uint32]

CANONICAL_VERSION = 2


@functools.cache
def folding_table() -> FoldingTable:
    """Return the code point that each code point becomes, 0 to remove it; (0x110000,), uint32."""
    table = np.zeros(sys.maxunicode + 1, dtype=np.uint32)
    # Above plane 3 there are only tags, variation selectors and private use.
    letters = [c for c in map(chr, range(0x40000)) if unicodedata.category(c)[0] in "LN"]
    for character, target in zip(letters, _simplified(map(_folded, letters)), strict=True):
        table[ord(character)] = ord(target)
    table.flags.writeable = False
    return table


def folding_digest() -> str:
    """Return the hex digest of the folding table, which changes with Unicode and dictionaries."""
    return xxhash.xxh3_128_hexdigest(folding_table().tobytes())


def _folded(character: str) -> str:
    compatible = unicodedata.normalize("NFKC", character)
    plain = compatible if len(compatible) == 1 else character
    lower = plain.lower()
    return lower if len(lower) == 1 else plain


def _simplified(letters: Iterable[str]) -> list[str]:
    # One conversion of all, each on a line of its own so that no phrase rule applies.
    traditional = list(letters)
    simplified = opencc.OpenCC("t2s").convert("\n".join(traditional)).split("\n")
    return [new if len(new) == 1 else old for old, new in zip(traditional, simplified, strict=True)]


def canonical_texts(content: pa.Array) -> pa.LargeStringArray:
    """Return the canonical form of each text; null stays null.

    Args:
        content: `string` or `large_string`, of any offset.

    Law: row-wise.
    """
    return folded_texts(without_page_furniture(content))


def folded_texts(content: pa.Array) -> pa.LargeStringArray:
    """Return the canonical form of each text, page furniture included; null stays null.

    Law: row-wise.
    """
    data, offsets, is_valid = text_buffers(content)
    folded, new_offsets = _fold(data, offsets, *_encoded_table())
    return large_string_array(folded, new_offsets, is_valid)


@kept_table
def _encoded_table() -> tuple[FoldingTable, Bytes]:
    """Return the folded UTF-8 of each code point as a little-endian number, and its length."""
    encodings = np.zeros(sys.maxunicode + 1, np.uint32)
    lengths = np.zeros(sys.maxunicode + 1, np.uint8)
    for point in np.flatnonzero(folding_table()):
        encoded = chr(folding_table()[point]).encode()
        encodings[point] = int.from_bytes(encoded, "little")
        lengths[point] = len(encoded)
    return encodings, lengths


@kernel
def _fold(
    data: Bytes, offsets: Offsets, encoded: FoldingTable, lengths: Bytes
) -> tuple[Bytes, Offsets]:
    # No folded character is longer than twice the one it replaces.
    out = np.empty(2 * (offsets[-1] - offsets[0]) + 4, dtype=np.uint8)
    new_offsets = np.empty_like(offsets)
    at = np.uint64(0)
    for row in range(len(offsets) - 1):
        new_offsets[row] = at
        i = np.uint64(offsets[row])
        end = np.uint64(offsets[row + 1])
        while i < end:
            point, i = decode_point(data, i)
            # Four bytes are always written and only those that count are kept: no branch to guess.
            utf8 = encoded[np.uint64(point)]
            for byte in range(4):
                out[at + np.uint64(byte)] = utf8 >> np.uint32(8 * byte)
            at += np.uint64(lengths[np.uint64(point)])
    new_offsets[len(offsets) - 1] = at
    return out[: np.int64(at)], new_offsets
