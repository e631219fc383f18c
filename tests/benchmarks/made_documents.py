"""Facts of synthetic documents: copies in families, and buckets of boilerplate.

Everything is a function of a document's number, so nothing need be kept: the facts of a document
are made again when needed. A copy shares nine of ten MinHash values with its original, or all; a
document in a bucket of boilerplate shares one band with all others there and nothing else.
"""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa

from jobs.corpus.dedup.banding import band_keys
from jobs.corpus.dedup.components import ordinal_bits, packed_keys, reduced_buckets
from jobs.corpus.model.tables import OF_CANONICAL, ranked_schema
from jobs.corpus.text.kernels import kernel, mix
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint
from jobs.flow.tasks.exchange import read_numbers, write_groups, write_partitions
from jobs.flow.tasks.sealed_objects import seal
from jobs.storage.stores import open_store

BANDS, ROWS, NUM_PERM = 16, 8, 128
COPIES_PERCENT = 30  # of the documents resemble an earlier one, half of them in every value
VALUE_AGREES_PERCENT = 90  # of the others' values
HOT_PER_MILLE = np.array([30, 10, 10, 10])  # documents in each bucket of boilerplate
_MADE_AT_ONCE = 50_000


def write_key_files(spec: tuple[str, int, int, int, int], *, params: BuildParams) -> Checkpoint:
    """Write what the keys task writes for some documents; time it without making them.

    Args:
        spec: (prefix of the objects, first document, how many, of how many, partitions).
        params: names the store.
    """
    prefix, first, count, documents, partitions = spec
    store = open_store(params.storage)
    bits = ordinal_bits(documents)
    partitioned, seconds = [], 0.0
    for start in range(first, first + count, _MADE_AT_ONCE):
        ordinals = np.arange(start, min(start + _MADE_AT_ONCE, first + count))
        signatures, hashes = made(ordinals)
        began = time.perf_counter()
        keys = band_keys(signatures, hashes[0].view(np.uint64), params=params.bands)
        has_text = np.ones(len(keys), np.bool_)
        partitioned.append(packed_keys(keys, has_text, ordinals, bits=bits, partitions=partitions))
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    packed, bounds, edges = reduced_buckets(partitioned, bits=bits, partitions=partitions)
    return {
        "file": write_partitions(store, f"{prefix}/keys.bin", packed, bounds),
        "edges": seal(store, f"{prefix}/edges.bin", edges.tobytes()),
        "keys": len(packed),
        "edge_count": len(edges),
        "seconds": seconds + time.perf_counter() - began,
    }


def write_candidate_files(spec: tuple[str, int, int, str], *, params: BuildParams) -> Checkpoint:
    """Write what the candidates task writes for some documents, and the seconds of that.

    Args:
        spec: (name of the object, first document, how many, file of groups).
        params: names the store.
    """
    file, first, count, grouped_file = spec
    store = open_store(params.storage)
    grouped = read_numbers(store, grouped_file, first, count)
    ordinals = first + np.flatnonzero(grouped >= 0)
    ranked = made_table(ordinals)
    began = time.perf_counter()
    write_groups(store, file, ranked, grouped[grouped >= 0])
    return {"file": file, "seconds": time.perf_counter() - began, "rows": len(ranked)}


def made_table(ordinals: np.ndarray) -> pa.Table:
    """Rows of `ranked_schema`."""
    signatures, hashes = made(ordinals)
    columns = {
        "doc_id": _fixed(hashes[0], 16),
        "text_hash": _fixed(hashes[1], 16),
        "record_hash": _fixed(hashes[1], 16),
        "canonical_hash": _fixed(hashes[2], 16),
        "content_chars": pa.array(ordinals % 1000, pa.int32()),
        "published": pa.nulls(len(ordinals), pa.string()),
        "signature": _fixed(signatures, 4 * NUM_PERM),
        "ordinal": pa.array(ordinals, pa.int64()),
        "partner": pa.repeat("empty", len(ordinals)),
        "priority": pa.repeat(pa.scalar(1, pa.int32()), len(ordinals)),
        "is_frozen": pa.repeat(pa.scalar(value=False), len(ordinals)),
        "is_taken_down": pa.repeat(pa.scalar(value=False), len(ordinals)),
        "is_template": pa.repeat(pa.scalar(value=False), len(ordinals)),
        **{name: pa.nulls(len(ordinals), kind) for name, kind in OF_CANONICAL.items()},
    }
    schema = ranked_schema(NUM_PERM)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _fixed(rows: np.ndarray, width: int) -> pa.FixedSizeBinaryArray:
    buffer = pa.py_buffer(np.ascontiguousarray(rows))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(rows), [None, buffer])


def made(ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shapes (n, NUM_PERM), uint32, and (3, n, 2), uint64: signatures; ids, texts and canonical."""
    signatures = np.empty((len(ordinals), NUM_PERM), np.uint32)
    hashes = np.empty((3, len(ordinals), 2), np.uint64)
    _make(ordinals, signatures, hashes, HOT_PER_MILLE)
    return signatures, hashes


@kernel
def _make(
    ordinals: np.ndarray, signatures: np.ndarray, hashes: np.ndarray, hot: np.ndarray
) -> None:
    for row in range(len(ordinals)):
        doc = np.uint64(ordinals[row])
        family = family_of(doc)
        is_exact = is_exact_copy(doc)
        own, original = mix(doc + np.uint64(1)), mix(family + np.uint64(1))
        for value in range(NUM_PERM):
            owner = original
            if family != doc and not is_exact:
                agrees = mix(own ^ np.uint64(1000 + value)) % np.uint64(100)
                owner = original if agrees < VALUE_AGREES_PERCENT else own
            signatures[row, value] = np.uint32(mix(owner + np.uint64(value)))
        is_hot = False
        for bucket in range(len(hot)):
            draw = mix(doc * np.uint64(64) + np.uint64(32 + bucket)) % np.uint64(1000)
            if draw < hot[bucket]:
                is_hot = True
                signatures[row, 4 * bucket * ROWS : (4 * bucket + 1) * ROWS] = bucket
        for half in range(2):
            hashes[0, row, half] = mix(own + np.uint64(half + 2000))
            hashes[1, row, half] = mix(own + np.uint64(half + 3000))
            same = original if is_exact and not is_hot else own
            hashes[2, row, half] = mix(same + np.uint64(half + 4000))


@kernel
def is_exact_copy(doc: np.uint64) -> bool:
    """Whether a copy equals its original in every value (of an original it says nothing)."""
    return mix(doc * np.uint64(4) + np.uint64(2)) % np.uint64(2) == 0


@kernel
def family_of(doc: np.uint64) -> np.uint64:
    """The original of a document: itself, or what it copies through any number of copies."""
    while doc > 0 and mix(doc * np.uint64(4)) % np.uint64(100) < COPIES_PERCENT:
        doc = mix(doc * np.uint64(4) + np.uint64(1)) % doc
    return doc


@kernel
def strays(grouped: np.ndarray) -> int:
    """Documents that share all bands with their original and are not in its group."""
    count = 0
    for row in range(len(grouped)):
        doc = np.uint64(row)
        family = family_of(doc)
        if family != doc and is_exact_copy(doc):
            count += grouped[row] != grouped[np.int64(family)] or grouped[row] < 0
    return count
