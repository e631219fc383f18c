"""Skeletons: a text without its numbers, its title and the place it is about, as a hash.

Two documents that resemble each other and have one skeleton differ in nothing but numbers, dates,
ordinals, the title where the text repeats it, and the place that the title begins with: monthly
bulletins, announcements of the second, third and fourth session, one statute of two counties. They
are *siblings*: copies of a template, not of each other. What else is in the text is equal letter
for letter, so one comparison of 64 bits decides, without the texts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.text.alphabets import HAN
from jobs.corpus.text.canonical import canonical_texts
from jobs.corpus.text.kernels import kernel, mix
from jobs.corpus.text.table_cache import kept_table
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

_NUMERALS = "0123456789〇零一二三四五六七八九十百千万亿两廿卅"
_SIGNS = "+-.:/*^%"  # of a number, or of an expression
_PLACE = (
    rf"^[^{HAN}]*(?P<place>[{HAN}]{{1,14}}?"
    "(?:自治区|自治州|自治县|自治旗|特区|省|市|县|区|州|盟|旗))"
)
_NUMBER, _NAME = np.uint64(0x110000), np.uint64(0x110001)
_LEAST_NAME = np.uint64(4)  # bytes: one Han character is no name
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class _Texts(NamedTuple):
    """UTF-8 of all texts, and where each starts and ends."""

    data: Bytes
    offsets: Offsets


def skeletons(canonical: pa.Array, titles: pa.Array) -> pa.UInt64Array:
    """Return a hash of each text without what siblings differ in; null where it has none of that.

    Args:
        canonical: compared canonical texts.
        titles: of the documents, as released.

    Law: row-wise.
    """
    titles = titles.cast(pa.string())
    places = pc.struct_field(pc.extract_regex(titles, _PLACE), "place")
    names = [canonical_texts(pc.fill_null(part, "")) for part in (titles, places)]
    hashes = np.zeros(len(canonical), np.uint64)
    texts, title, place = (_Texts(*text_buffers(part)[:2]) for part in (canonical, *names))
    _hash_skeletons(texts, title, place, _numerals(), hashes)
    return pa.array(hashes, mask=hashes == 0)


@kept_table
def _numerals() -> Bytes:
    """Return 1 for what stands in numbers, shape (0x10000,)."""
    table = np.zeros(0x10000, np.uint8)
    table[[ord(character) for character in _NUMERALS + _SIGNS]] = 1
    return table


@kernel
def _hash_skeletons(
    texts: _Texts,
    titles: _Texts,
    places: _Texts,
    numerals: Bytes,
    hashes: npt.NDArray[np.uint64],
) -> None:
    data, offsets = texts.data, texts.offsets
    for row in range(len(offsets) - 1):
        title = titles.data[titles.offsets[row] : titles.offsets[row + 1]]
        place = places.data[places.offsets[row] : places.offsets[row + 1]]
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        hashed, variables = np.uint64(0), 0
        in_number = False
        while i < end:
            length = _length_of_name(data, i, end, title, place)
            if length > 0:
                hashed = (hashed ^ _NAME) * _FACTOR
                i += length
                variables += 1
                in_number = False
                continue
            point, i = decode_point(data, i)
            if point < 0x10000 and numerals[np.uint64(point)]:
                if not in_number:
                    hashed = (hashed ^ _NUMBER) * _FACTOR
                    variables += 1
                in_number = True
            else:
                hashed = (hashed ^ np.uint64(point)) * _FACTOR
                in_number = False
        hashes[row] = mix(hashed) if variables else np.uint64(0)


@kernel
def _length_of_name(
    data: Bytes, i: np.uint64, end: np.uint64, title: Bytes, place: Bytes
) -> np.uint64:
    """Return the bytes of the title or place that begins at byte `i`, 0 if neither does."""
    if _begins(data, i, end, title):
        return np.uint64(len(title))
    return np.uint64(len(place)) if _begins(data, i, end, place) else np.uint64(0)


@kernel
def _begins(data: Bytes, i: np.uint64, end: np.uint64, name: Bytes) -> bool:
    size = np.uint64(len(name))
    if size < _LEAST_NAME or data[i] != name[0] or end - i < size:
        return False
    for step in range(1, len(name)):  # noqa: SIM110  numba has no all()
        if data[i + np.uint64(step)] != name[step]:
            return False
    return True
