"""Arrow text columns as plain numpy buffers, for kernels, and back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from jobs.corpus.text.utf8 import Bytes

Offsets = npt.NDArray[np.int64]


def text_buffers(texts: pa.Array) -> tuple[Bytes, Offsets, npt.NDArray[np.bool_]]:
    """Return UTF-8 bytes, offsets into them (shape (n + 1,)), and which rows are not null.

    A null row has no bytes. The bytes are not copied unless the array is not `large_string`.
    """
    column = texts.cast(pa.large_string()) if texts.type != pa.large_string() else texts
    is_valid = np.ones(len(column), dtype=np.bool_)
    if column.null_count:
        is_valid = pc.is_valid(column).to_numpy(zero_copy_only=False)
        if np.diff(_offsets(column))[~is_valid].any():
            # A null slot may cover bytes; kernels must see none.
            column = column.fill_null("")
    _, offsets, data = column.buffers()
    if offsets is None or len(column) == 0:
        return np.zeros(0, np.uint8), np.zeros(1, np.int64), is_valid
    return np.frombuffer(data or b"", np.uint8), _offsets(column), is_valid


def _offsets(column: pa.LargeStringArray) -> Offsets:
    offsets = np.frombuffer(column.buffers()[1], np.int64)
    return offsets[column.offset : column.offset + len(column) + 1]


def large_string_array(
    data: Bytes, offsets: Offsets, is_valid: npt.NDArray[np.bool_]
) -> pa.LargeStringArray:
    """Return the text column made of `data` split at `offsets`, null where `is_valid` is false.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: shape (n + 1,).
        is_valid: shape (n,).
    """
    validity: Any = None
    null_count = int(len(is_valid) - np.count_nonzero(is_valid))
    if null_count:
        validity = pa.py_buffer(np.packbits(is_valid, bitorder="little").tobytes())
    return pa.LargeStringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data), validity, null_count
    )


def text_hashes(texts: pa.Array) -> pa.FixedSizeBinaryArray:
    """Return the xxh3-128 of the UTF-8 bytes of each text, big-endian; null stays null."""
    data, offsets, is_valid = text_buffers(texts)
    view, digest = data.data, xxhash.xxh3_128_digest
    hashes = [digest(view[start:end]) for start, end in pairwise(offsets.tolist())]
    return pa.array(hashes, pa.binary(16), mask=~is_valid)
