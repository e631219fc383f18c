"""Identity: which delivered rows are the same document, release after release."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from jobs.corpus.model.tables import HASH
from jobs.corpus.text.text_buffers import text_hashes

_RECORD = ("title", "url", "published")


def document_ids(delivered: pa.Table, *, partner: str) -> pa.Array:
    """Return the `doc_id` of each delivered row: 128 bits of the partner and the row's name.

    The name is the partner's own id if there is one, else the content of the record, so that no
    renamed file or shuffled row changes an id; for a rejected row without an id it is the place.

    Law: row-wise.
    """
    return pa.array([digest(partner, *name) for name in _names(delivered)], HASH)


def document_id(partner: str, source_id: str) -> bytes:
    """Return the 16 bytes that identify the document `source_id` of a partner."""
    return digest(partner, "id", source_id)


def _names(delivered: pa.Table) -> Iterator[tuple[str | None, ...]]:
    ids, reasons = delivered["source_id"].to_pylist(), delivered["reason"].to_pylist()
    # Of most deliveries every row has an id, and no text need be hashed.
    unnamed = delivered.filter(pa.array([not source_id for source_id in ids], pa.bool_()))
    columns = [unnamed[name].to_pylist() for name in ("source_file", "source_row", *_RECORD)]
    hashes = hex_hashes(text_hashes(unnamed["text"].combine_chunks()))
    others = zip(*columns, hashes, strict=True)
    for source_id, reason in zip(ids, reasons, strict=True):
        if source_id:
            yield "id", source_id
        else:
            file, row, *record = next(others)
            yield ("place", file, str(row)) if reason else ("record", *record)


def hex_hashes(hashes: pa.ChunkedArray) -> list[str | None]:
    """Return 16-byte hashes as 32 hexadecimal digits; null stays None."""
    return [None if value is None else value.hex() for value in hashes.to_pylist()]


def hash_column(digits: pa.ChunkedArray) -> pa.Array:
    """Return 16-byte hashes from 32 hexadecimal digits: the inverse of `hex_hashes`."""
    return pa.array([bytes.fromhex(value) for value in digits.to_pylist()], pa.binary(16))


def digest(*parts: str | None) -> bytes:
    """Return the xxh3-128 of some strings, encoded so that their boundaries count."""
    return xxhash.xxh3_128_digest(orjson.dumps(parts))


def hash_halves(column: pa.ChunkedArray) -> list[npt.NDArray[np.uint64]]:
    """Return the high and low halves of 16-byte hashes: shapes (n,), uint64; null is 0."""
    chunk = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if chunk.null_count:
        chunk = pc.fill_null(chunk, pa.scalar(bytes(16), pa.binary(16)))
    data = chunk.buffers()[1]
    pairs = np.frombuffer(data or b"", ">u8")[2 * chunk.offset : 2 * (chunk.offset + len(chunk))]
    return [half.astype(np.uint64) for half in pairs.reshape(-1, 2).T]
