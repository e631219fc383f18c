"""Comparison of two releases by the ids and content hashes of their documents.

Ids are compared as pairs of 64-bit integers, which sort like the ids, so that two sorted lists are
compared in one pass, in 16 bytes of memory per id.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import text_buffers
from jobs.errors import SchemaError

IdKeys = npt.NDArray[np.uint64]
"""Shape (n, 2): 128 bits a row, the more significant half first."""

_HEX_DIGITS = 32


@dataclass(frozen=True)
class Changes:
    """Ids, each ascending: `added` and `removed`, and `changed`: same id, other content."""

    added: IdKeys
    removed: IdKeys
    changed: IdKeys


def compare(before: tuple[IdKeys, IdKeys], after: tuple[IdKeys, IdKeys]) -> Changes:
    """Compare two lists of (ids, content hashes), both ascending by id.

    Law: key-wise: ranges of ids may be compared apart.
    """
    ids, hashes = before
    at = positions(ids, after[0])
    is_there = at >= 0
    is_new = np.ones(len(after[0]), np.bool_)
    is_new[at[is_there]] = False
    differs = (hashes[is_there] != after[1][at[is_there]]).any(axis=1)
    return Changes(after[0][is_new], ids[~is_there], ids[is_there][differs])


def id_keys(ids: pa.ChunkedArray | pa.Array) -> IdKeys:
    """Return ids or hashes, of 16 bytes or 32 hexadecimal digits, as rows of two integers.

    Raises:
        SchemaError: the column holds neither.
    """
    column = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    if column.null_count:
        raise SchemaError(f"{column.null_count} of {len(column)} ids are null")
    if column.type == pa.binary(16):
        body = np.frombuffer(column.buffers()[1] or b"", ">u8", offset=16 * column.offset)
        return body[: 2 * len(column)].astype(np.uint64).reshape(-1, 2)
    data, offsets, _ = text_buffers(column)
    if (np.diff(offsets) != _HEX_DIGITS).any():
        raise SchemaError(f"a column of {column.type} holds ids that have not 32 digits")
    keys = np.zeros((len(column), 2), np.uint64)
    if not _read_hex(data[offsets[0] : offsets[-1]], keys):
        raise SchemaError(f"a column of {column.type} holds ids that are not hexadecimal")
    return keys


def ascending(ids: IdKeys, *others: IdKeys) -> tuple[IdKeys, ...]:
    """Sort ids, and the arrays that belong to them likewise."""
    if is_ascending(ids):
        return ids, *others
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    return ids[order], *(other[order] for other in others)


@kernel
def is_ascending(ids: IdKeys) -> bool:
    """Whether each id is greater than the one before."""
    for row in range(1, len(ids)):
        high, before = ids[row, 0], ids[row - 1, 0]
        if high < before or (high == before and ids[row, 1] <= ids[row - 1, 1]):
            return False
    return True


@kernel
def positions(ids: IdKeys, others: IdKeys) -> npt.NDArray[np.int64]:
    """Return for each id its row in `others`, or -1; both ascending."""
    found = np.full(len(ids), -1, np.int64)
    at = 0
    for row in range(len(ids)):
        high, low = ids[row, 0], ids[row, 1]
        while at < len(others) and (
            others[at, 0] < high or (others[at, 0] == high and others[at, 1] < low)
        ):
            at += 1
        if at < len(others) and others[at, 0] == high and others[at, 1] == low:
            found[row] = at
    return found


@kernel
def _read_hex(digits: npt.NDArray[np.uint8], keys: IdKeys) -> bool:
    for row in range(len(keys)):
        for half in range(2):
            half_key = np.uint64(0)
            start = 32 * row + 16 * half
            for digit in digits[start : start + 16]:
                value = np.uint64(digit) - np.uint64(48)
                if digit >= 97:
                    value = np.uint64(digit) - np.uint64(87)
                if value > 15:  # a smaller character wrapped around
                    return False
                half_key = (half_key << np.uint64(4)) | value
            keys[row, half] = half_key
    return True
