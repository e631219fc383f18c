"""Quality: the probability that a text is written like the good texts of a model.

A linear model over characters and runs of two and three of them, each counted once however often it
occurs and hashed into a bucket (Weinberger et al. 2009). What weighs how much is learned: see
`quality_training`. Decimal digits are one character, so that no model learns years.

The weight of a stretch is the sum of the weights of its distinct buckets by the root of their
number; that of a text is the mean over its stretches, by their characters. So memory is bounded,
repetition gains nothing, and a book is as good as its average page.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.signals.quality_model import BUCKET_BITS, QualityModel, Weights, scorer
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

STRETCH_BYTES = 1 << 14
"""A stretch ends at the first character that begins at or after this many bytes."""

ORDERS = 3
"""n-grams that end at each character; what is before the stretch begins is NUL."""

Marks = npt.NDArray[np.uint64]
"""A bit for each bucket."""

_SHIFT = np.uint64(64 - BUCKET_BITS)
_POINT_BITS, _PAIR_BITS = np.uint64(21), np.uint64(42)
_ZERO, _NINE = np.uint32(ord("0")), np.uint32(ord("9"))
# Odd words with many bits set: the high bits of a product depend on every bit of what is hashed.
# The first is 2**64 by the golden ratio (Knuth 1973), the others are xxHash's.
_ONE, _TWO, _THREE = (
    np.uint64(slot) for slot in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
)


def quality(content: pa.LargeStringArray, *, model: QualityModel | None) -> pa.Array:
    """Return the probability, float32, that a text is of the good kind.

    Null without text or without model; of an empty text it is the model's bias. Law: row-wise.
    """
    if model is None:
        return pa.nulls(len(content), pa.float32())
    data, offsets, is_valid = text_buffers(content)
    weights, scale, bias = scorer(model)
    probabilities = 1 / (1 + np.exp(-(bias + scale * text_weights(data, offsets, weights))))
    return pa.array(probabilities.astype(np.float32), mask=~is_valid)


@kernel
def text_weights(data: Bytes, offsets: Offsets, weights: Weights) -> npt.NDArray[np.float64]:
    """Return the weight of each text, shape (n,); 0 of one without characters.

    Args:
        data: the UTF-8 bytes of all texts.
        offsets: shape (n + 1,), where each begins and the last ends.
        weights: one for each bucket.
    """
    found = np.zeros(len(offsets) - 1)
    marks = empty_marks()
    for row in range(len(found)):
        i, stop = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        chars = 0
        while i < stop:
            end = min(i + np.uint64(STRETCH_BYTES), stop)
            total, distinct, held, i = _stretch_weight(data, i, end, weights, marks)
            found[row] += held * (total / np.sqrt(distinct))
            chars += held
            marks[:] = 0
        found[row] /= max(chars, 1)
    return found


@kernel
def empty_marks() -> Marks:
    """Return marks of which none is set."""
    return np.zeros(1 << (BUCKET_BITS - 6), np.uint64)


@kernel
def _stretch_weight(
    data: Bytes, i: np.uint64, end: np.uint64, weights: Weights, marks: Marks
) -> tuple[np.int64, np.int64, int, np.uint64]:
    """Return the sum over distinct buckets, how many, how many characters, and the next stretch."""
    total, distinct, chars = np.int64(0), np.int64(0), 0
    a = b = np.uint64(0)
    while i < end:
        c, i = next_letter(data, i)
        for bucket in buckets(a, b, c):
            is_new = newly_marked(marks, bucket)
            total += np.int64(weights[bucket]) * is_new
            distinct += is_new
        a, b = b, c
        chars += 1
    return total, distinct, chars, i


@kernel
def next_letter(data: Bytes, i: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the character at byte `i`, an ASCII digit as "0", and where the next starts."""
    point, i = decode_point(data, i)
    if _ZERO <= point <= _NINE:
        point = _ZERO
    return np.uint64(point), i


@kernel
def buckets(a: np.uint64, b: np.uint64, c: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Return the buckets of the n-grams c, bc and abc.

    Args:
        a: the code point two before `c`.
        b: the code point before `c`.
        c: the last code point.
    """
    pair = (b << _POINT_BITS) | c
    return (
        (c * _ONE) >> _SHIFT,
        (pair * _TWO) >> _SHIFT,
        (((a << _PAIR_BITS) | pair) * _THREE) >> _SHIFT,
    )


@kernel
def newly_marked(marks: Marks, bucket: np.uint64) -> np.int64:
    """Mark a bucket; return 1 if it was not marked before, else 0."""
    slot, bit = bucket >> np.uint64(6), bucket & np.uint64(63)
    before = marks[slot]
    marks[slot] = before | (np.uint64(1) << bit)
    return np.int64(((before >> bit) & np.uint64(1)) ^ np.uint64(1))
