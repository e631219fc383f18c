"""The canonical form of a text: letters, digits, marks and signs, folded. Only for comparison.

Two copies of one article differ in width, punctuation, white space, case and script long before
they differ in content. The canonical form folds full width to half, upper case to lower,
compatibility forms to the plain character, and Traditional characters to Simplified one by one;
punctuation and blanks go. What distinguishes texts stays: digits and combining marks, signs of
arithmetic, of currencies and of per cent, boxes that are ticked, arrows but those to the right, and
`+ - . : / * ^ < > = # ! _ @ & ~` where they stand in a number, an expression or a name (`x-3`,
`12.5`, `10:30`, `C++`, `3～5`; not the dash of a list). Numbers stay apart: `1、2` is not `12`.

Of a *compared* text front matter, bylines (`page_furniture`), addresses and pictures are set
aside first; the *whole* canonical text has them. Releases hold the text as normalized.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import opencc
import pyarrow as pa
import xxhash

from jobs.corpus.text.addresses import NUMBER, SIGN, Folding
from jobs.corpus.text.folding import Sums, fold, fold_compared
from jobs.corpus.text.page_furniture import SetAside, without_page_furniture
from jobs.corpus.text.table_cache import kept_table
from jobs.corpus.text.text_buffers import large_string_array, text_buffers
from jobs.corpus.text.utf8 import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

FoldingTable = npt.NDArray[np.uint32]

CANONICAL_VERSION = 5

_CONTEXTUAL = "+-.:/*^<>=#_@&~"
_LINKING = "!]"  # begin a picture, or the target of a link; full-width ones do not
_RANGES = "\u2013\u2014\u301c"  # written for the ~ of 3～5
"""Signs that count by what is around them."""

_SYMBOLS = "✓✔✗✘☐☑☒♀♂▼▽"
_UNITS = "%\uff05‰‱°℃℉\u2032\u2033"  # per cent, degrees, minutes and seconds
_NUMERALS = "0123456789\u3007零一二三四五六七八九十百千万亿两廿卅壹贰叁肆伍陆柒捌玖拾佰仟"


class Canonical(NamedTuple):
    """Canonical texts of a column.

    Attributes:
        compared: Without what is set aside; null where the text is.
        whole: With it, of the rows of which anything is set aside alone.
        set_aside: Shape (n,): bits of `SetAside`.
        sums: Shape (n, 2): a hash of the characters of the compared text that are not in numbers,
            whatever their order, and one of those that are, 0 where there are none.
    """

    compared: pa.LargeStringArray
    whole: pa.LargeStringArray
    set_aside: npt.NDArray[np.int32]
    sums: Sums


@functools.cache
def folding_table() -> FoldingTable:
    """Return the code point that each letter or digit becomes, 0 to remove it; (0x110000,), uint32.

    Signs and marks are removed; `canonical_texts` keeps some.
    """
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


def canonical(content: pa.Array) -> Canonical:
    """Return the canonical form of each text, compared and whole.

    Args:
        content: `string` or `large_string`, of any offset.

    Law: row-wise.
    """
    bare, set_aside = without_page_furniture(content)
    data, offsets, is_valid = text_buffers(bare)
    has_address = np.zeros(len(content), np.bool_)
    sums = np.zeros((len(content), 2), np.uint64)
    folding = Folding(*_comparison_table())
    folded, ends = fold_compared(data, offsets, folding, has_address, sums)
    set_aside[has_address] |= SetAside.ADDRESSES
    whole = content.filter(pa.array(set_aside != 0))
    compared = large_string_array(folded, ends, is_valid)
    return Canonical(compared, _folded_by(whole, folding), set_aside, sums)


def canonical_texts(content: pa.Array) -> pa.LargeStringArray:
    """Return the compared canonical form of each text; null stays null.

    Law: row-wise.
    """
    return canonical(content).compared


def folded_texts(content: pa.Array) -> pa.LargeStringArray:
    """Return the letters and digits of each text, folded; null stays null.

    Law: row-wise.
    """
    return _folded_by(content, Folding(*_encoded_table()))


def _folded_by(content: pa.Array, folding: Folding) -> pa.LargeStringArray:
    data, offsets, is_valid = text_buffers(content)
    folded, ends = fold(data, offsets, folding)
    return large_string_array(folded, ends, is_valid)


@kept_table
def _encoded_table() -> tuple[FoldingTable, Bytes]:
    """Return the folded UTF-8 of each code point as a little-endian number, and its length."""
    return _encoded(folding_table())


@kept_table
def _comparison_table() -> tuple[FoldingTable, Bytes]:
    """Return the same with signs and marks.

    Lengths have the bit SIGN for contextual signs, and NUMBER for what numbers are written in.
    """
    table = folding_table().copy()
    for point in range(0x20000):
        character = chr(point)
        if _is_mark(character) or _is_sign(character):
            plain = unicodedata.normalize("NFKC", character)
            table[point] = ord(plain) if len(plain) == 1 else point
        elif unicodedata.decomposition(character).startswith(("<super>", "<sub>")):
            table[point] = point  # 10² is not 102
    encodings, lengths = _encoded(table)
    for sign in _CONTEXTUAL + _LINKING:
        wide = () if sign in _LINKING else (ord(sign) + 0xFEE0,)
        for point in (ord(sign), *wide, *(map(ord, _RANGES) if sign == "~" else ())):
            encodings[point] = ord(sign)
            lengths[point] = SIGN | 1
    is_numeral = np.isin(encodings, [int.from_bytes(c.encode(), "little") for c in _NUMERALS])
    lengths[is_numeral] |= NUMBER
    return encodings, lengths


def _is_mark(character: str) -> bool:
    """Whether a character is a combining mark that is written, no variation selector or joiner."""
    is_selector = 0xFE00 <= ord(character) <= 0xFE0F or ord(character) in {0x034F, 0x20E3}
    return unicodedata.category(character)[0] == "M" and not is_selector


def _is_sign(character: str) -> bool:
    """Whether a sign counts wherever it stands: arrows, bars and what decorates text do not."""
    category = unicodedata.category(character)
    if category == "Sm" or 0x2190 <= ord(character) < 0x2200:
        plain, name = unicodedata.normalize("NFKC", character), unicodedata.name(character)
        is_rightward = "ARROW" in name and "RIGHT" in name and "LEFT" not in name
        return plain not in "+|~<=>" and not is_rightward
    is_pictorial = category == "So" and 0x1F300 <= ord(character) < 0x1FB00
    return category == "Sc" or is_pictorial or character in _UNITS + _SYMBOLS


def _encoded(table: FoldingTable) -> tuple[FoldingTable, Bytes]:
    encodings = np.zeros(sys.maxunicode + 1, np.uint32)
    lengths = np.zeros(sys.maxunicode + 1, np.uint8)
    for point in np.flatnonzero(table):
        encoded = chr(table[point]).encode()
        encodings[point] = int.from_bytes(encoded, "little")
        lengths[point] = len(encoded)
    return encodings, lengths
