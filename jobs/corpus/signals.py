"""Signals: what is measured of every text, once, so that thresholds can change without it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.native import kernel
from jobs.corpus.tables import DOCUMENTS
from jobs.corpus.text_buffers import Offsets, text_buffers
from jobs.corpus.utf8 import Bytes, decode_point

SIGNALS = pa.schema([DOCUMENTS.field(n) for n in ("content_chars", "line_count", "han_share")])

Counts = npt.NDArray[np.int32]


def signals(content: pa.LargeStringArray) -> pa.Table:
    """One row of `SIGNALS` per text, in the same order; null for a null text.

    `content_chars` counts code points; `line_count` counts lines, and a newline at the end begins
    none; `han_share` is the share of Chinese characters, of every extension, among all, in [0, 1].
    An empty text has 0 of each.

    Law: row-wise.
    """
    data, offsets, is_valid = text_buffers(content)
    chars, lines, han = (np.zeros(len(content), np.int32) for _ in range(3))
    _count(data, offsets, chars, lines, han)
    share = (han / np.maximum(chars, 1)).astype(np.float32)
    columns = [pa.array(values, mask=~is_valid) for values in (chars, lines, share)]
    return pa.table(columns, schema=SIGNALS)


@kernel
def _count(data: Bytes, offsets: Offsets, chars: Counts, lines: Counts, han: Counts) -> None:
    """Count each text's code points, lines and Han characters."""
    for row in range(len(offsets) - 1):
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        point = np.uint32(0x0A)
        while i < end:
            point, i = decode_point(data, i)
            chars[row] += 1
            lines[row] += point == 0x0A
            han[row] += _is_han(point)
        lines[row] += point != 0x0A


@kernel
def _is_han(point: np.uint32) -> bool:
    if point < 0x3400:
        return bool(point == 0x3007)  # the ideographic zero
    return bool(
        point <= 0x4DBF
        or 0x4E00 <= point <= 0x9FFF
        or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x3FFFD
    )
