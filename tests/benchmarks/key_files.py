"""Band keys of documents nobody wrote: copies in families, and buckets of boilerplate."""

from __future__ import annotations

import time

import numpy as np

from jobs.corpus.banding import BandKeys
from jobs.corpus.components import meeting_words, ordinal_bits, told_buckets
from jobs.corpus.native import kernel, mix
from jobs.flow.exchange import write_cuts
from jobs.flow.marked import Marker
from jobs.flow.params import BuildParams
from jobs.storage.stores import open_store

BANDS = 16
COPIES_PERCENT = 30  # of the documents resemble an earlier one, half of them in every band
BAND_AGREES_PERCENT = 43  # of the others' bands: 0.9 ** 8
HOT_PER_MILLE = (30, 10, 10, 10)  # documents in each bucket of boilerplate


def write_key_files(spec: tuple[str, int, int, int, int], *, params: BuildParams) -> Marker:
    """What the keys task writes for some documents, and the seconds that took without making them.

    Args:
        spec: (prefix of the objects, first document, how many, of how many, partitions).
        params: names the store.
    """
    prefix, first, count, documents, partitions = spec
    store = open_store(params.storage)
    bits = ordinal_bits(documents)
    keys = np.empty((count, BANDS + 1), np.uint64)
    make_keys(first, keys, np.array(HOT_PER_MILLE))
    began = time.perf_counter()
    has_text = np.ones(count, np.bool_)
    ordinals = np.arange(first, first + count)
    cut = meeting_words(keys, has_text, ordinals, bits=bits, partitions=partitions)
    words, bounds, edges = told_buckets([cut], bits=bits, partitions=partitions)
    computed = time.perf_counter()
    write_cuts(store, f"{prefix}.bin", words, bounds)
    store.put(f"{prefix}-edges.bin", edges.tobytes())
    return {
        "file": f"{prefix}.bin",
        "edges": f"{prefix}-edges.bin",
        "words": len(words),
        "told": len(edges),
        "cut_seconds": computed - began,
        "store_seconds": time.perf_counter() - computed,
    }


@kernel
def make_keys(first: int, keys: BandKeys, hot: np.ndarray) -> None:
    """Fill shape (n, BANDS + 1) for successive documents from `first`: a function of these."""
    for row in range(len(keys)):
        doc = np.uint64(first + row)
        family = family_of(doc)
        is_exact = mix(doc * np.uint64(4) + np.uint64(2)) % np.uint64(2) == 0
        for band in range(BANDS):
            agrees = mix(doc * np.uint64(64) + np.uint64(band)) % np.uint64(100)
            owner = family
            if not is_exact and agrees >= BAND_AGREES_PERCENT:
                owner = doc
            keys[row, band] = mix(mix(owner + np.uint64(1)) + np.uint64(band))
        for bucket in range(len(hot)):
            draw = mix(doc * np.uint64(64) + np.uint64(32 + bucket)) % np.uint64(1000)
            if draw < hot[bucket]:
                keys[row, 4 * bucket] = mix(np.uint64(bucket + 1) << np.uint64(50))
        keys[row, BANDS] = mix(mix(doc + np.uint64(1)) ^ np.uint64(1 << 60))


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
        is_exact = mix(doc * np.uint64(4) + np.uint64(2)) % np.uint64(2) == 0
        if family != doc and is_exact:
            count += grouped[row] != grouped[np.int64(family)] or grouped[row] < 0
    return count
