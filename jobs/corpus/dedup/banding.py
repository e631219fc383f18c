"""Banding: which documents are compared. A band is `rows` successive values of a signature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.signatures import SignatureParams, Signatures
from jobs.corpus.text.kernels import kernel, mix
from jobs.errors import ConfigError

BandKeys = npt.NDArray[np.uint64]  # shape (documents, bands + 1): the last column is the id's

VERIFICATIONS = ("signature", "exact")


@dataclass(frozen=True)
class BandParams:
    """Geometry, threshold and verification of candidate pairs.

    Attributes:
        signature: How the signatures were made that bands are taken from.
        bands: Bands; `bands` times `rows` values of the signature are used.
        rows: MinHash values of a band.
        threshold: The similarity from which a document is dropped, in (0, 1].
        verify: `signature` estimates the similarity, `exact` computes it from the texts.
    """

    signature: SignatureParams
    bands: int
    rows: int
    threshold: float
    verify: str

    def __post_init__(self) -> None:
        """Raise ConfigError if bands x rows exceeds num_perm or another value is out of range."""
        if self.bands < 2 or self.rows < 1 or self.bands * self.rows > self.num_perm:
            raise ConfigError(
                f"minhash.bands={self.bands} x minhash.rows={self.rows} must use between 2 and "
                f"minhash.num_perm={self.num_perm} MinHash values: choose fewer bands or rows"
            )
        if self.verify not in VERIFICATIONS:
            raise ConfigError(
                f"minhash.verify is {self.verify!r}: choose {' or '.join(VERIFICATIONS)}"
            )
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"minhash.threshold is {self.threshold}: give a share in (0, 1]")

    @property
    def num_perm(self) -> int:
        """MinHash values of a signature."""
        return self.signature.num_perm

    @property
    def shingle_chars(self) -> int:
        """Characters of a shingle, as in the signature."""
        return self.signature.shingle_chars

    @property
    def is_exact(self) -> bool:
        """Whether candidates are compared by their shingle sets rather than their signatures."""
        return self.verify == "exact"


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
