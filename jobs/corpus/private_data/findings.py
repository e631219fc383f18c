"""Private data of a column of texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from jobs.corpus.private_data.candidates import candidate_windows
from jobs.corpus.private_data.kinds import private_spans
from jobs.corpus.text.text_buffers import text_buffers
from jobs.corpus.text.utf8 import Bytes

FINDINGS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # bytes of UTF-8
        pa.field("end", pa.int64(), nullable=False),
    ]
)

_FEWEST_WINDOWS = 64
_BYTES_A_WINDOW = 256


def private_data(texts: pa.Array) -> pa.Table:
    """Where private data stands in texts: FINDINGS by row and place.

    Law: row-wise; null and empty texts have none.
    """
    data, offsets, _ = text_buffers(texts)
    windows = np.empty((_FEWEST_WINDOWS + len(data) // _BYTES_A_WINDOW, 3), np.int64)
    found = candidate_windows(data, offsets, windows)
    if found > len(windows):
        windows = np.empty((found, 3), np.int64)
        found = candidate_windows(data, offsets, windows)
    rows: list[tuple[int, str, int, int]] = []
    for row, begin, end in windows[:found].tolist():
        window = _whole_characters(data, begin, end)
        text = str(data.data[window], "utf-8")
        first = window.start - int(offsets[row])
        for span in private_spans(text):
            start = first + len(text[: span.start].encode())
            rows.append((row, span.kind, start, start + len(text[span.start : span.end].encode())))
    columns = [*zip(*rows, strict=True)] or [()] * len(FINDINGS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, FINDINGS, strict=True)]
    return pa.table(arrays, schema=FINDINGS)


def _whole_characters(data: Bytes, begin: int, end: int) -> slice:
    """The bytes from `begin` to `end` without what is left of characters at either."""
    while begin < end and data[begin] & 0xC0 == 0x80:
        begin += 1
    while begin < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return slice(begin, end)
