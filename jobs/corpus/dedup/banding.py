"""Banding: which documents are compared. A band is `rows` successive values of a signature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.params import BandParams
from jobs.corpus.dedup.signatures import Signatures
from jobs.corpus.text.kernels import kernel, mix

BandKeys = npt.NDArray[np.uint64]  # shape (documents, bands + 1): the last column is the id's


def signature_matrix(column: pa.ChunkedArray) -> tuple[Signatures, npt.NDArray[np.bool_]]:
    """Return shapes (n, num_perm), uint32, and (n,), bool: signatures, and which rows have one."""
    has_text = pc.is_valid(column).to_numpy()
    chunk = column.combine_chunks()
    width = chunk.type.byte_width
    data = np.frombuffer(chunk.buffers()[1] or b"", np.uint8)
    window = data[chunk.offset * width : (chunk.offset + len(chunk)) * width]
    return window.view("<u4").reshape(len(chunk), width // 4), has_text


def signature_column(signatures: Signatures, has_text: npt.NDArray[np.bool_]) -> pa.Array:
    """Return signatures as fixed-size binary, null where a document has no canonical text."""
    width = 4 * signatures.shape[1]
    validity = pa.py_buffer(np.packbits(has_text, bitorder="little").tobytes())
    values = pa.py_buffer(np.ascontiguousarray(signatures).astype("<u4", copy=False))
    return pa.Array.from_buffers(pa.binary(width), len(signatures), [validity, values])


def band_keys(
    signatures: Signatures, ids: npt.NDArray[np.uint64], *, params: BandParams
) -> BandKeys:
    """Return the keys of documents: two documents are compared if they share one.

    Shape (n, bands + 1), uint64: one key per band, then one for the document's id. The column's
    number is part of the key. An accidental equality (2**-64) costs a comparison and never drops a
    document, because the decision compares the values themselves.

    Args:
        signatures: shape (n, num_perm).
        ids: shape (n, 2), the halves of `doc_id`.
        params: the geometry.
    """
    keys = np.empty((len(signatures), params.bands + 1), np.uint64)
    _fill_band_keys(signatures, params.rows, keys[:, :-1])
    keys[:, -1] = ids[:, 0] ^ ids[:, 1]
    return keys


@kernel
def _fill_band_keys(signatures: Signatures, rows: int, keys: BandKeys) -> None:
    for doc in range(keys.shape[0]):
        for band in range(keys.shape[1]):
            keys[doc, band] = np.uint64(band + 1) * np.uint64(0x9E3779B97F4A7C15)
        for row in range(rows):
            for band in range(keys.shape[1]):  # inside: bands do not depend on each other
                value = np.uint64(signatures[doc, band * rows + row])
                keys[doc, band] = mix(keys[doc, band] ^ value)
