"""Identity: which delivered rows are the same document, release after release."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pyarrow as pa
import xxhash

from jobs.corpus.model.tables import HASH
from jobs.corpus.text.text_buffers import text_hashes


def document_ids(delivered: pa.Table, *, partner: str) -> pa.Array:
    """The `doc_id` of each delivered row: 128 bits of the partner and what names the row.

    The partner's own id names it if there is one; else the record's content does, so that neither
    renamed files nor shuffled rows change an id; a rejected row without an id has only its place.

    Law: row-wise.
    """
    return pa.array([digest(partner, *name) for name in _names(delivered)], HASH)


def document_id(partner: str, source_id: str) -> bytes:
    """The 16 bytes that identify what `partner` calls `source_id`."""
    return digest(partner, "id", source_id)


def _names(delivered: pa.Table) -> Iterator[tuple[str | None, ...]]:
    files, numbers = (delivered[name].to_pylist() for name in ("source_file", "source_row"))
    places = zip(files, numbers, strict=True)
    columns = [delivered[name].to_pylist() for name in ("title", "url", "published")]
    records = zip(
        *columns, hex_hashes(text_hashes(delivered["text"].combine_chunks())), strict=True
    )
    named = zip(delivered["source_id"].to_pylist(), delivered["reason"].to_pylist(), strict=True)
    for (source_id, reason), (file, row), record in zip(named, places, records, strict=True):
        if source_id:
            yield "id", source_id
        elif reason:
            yield "place", file, str(row)
        else:
            yield "record", *record


def hex_hashes(hashes: pa.ChunkedArray) -> list[str | None]:
    """16-byte hashes as 32 hexadecimal digits; null stays None."""
    return [None if value is None else value.hex() for value in hashes.to_pylist()]


def hash_column(digits: pa.ChunkedArray) -> pa.Array:
    """32 hexadecimal digits as 16-byte hashes: what `hex_hashes` came from."""
    return pa.array([bytes.fromhex(value) for value in digits.to_pylist()], pa.binary(16))


def digest(*words: str | None) -> bytes:
    """The xxh3-128 of some words, none of which can run into the next."""
    return xxhash.xxh3_128_digest(orjson.dumps(words))
