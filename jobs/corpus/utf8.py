"""UTF-8 for kernels: one character in, one character out. The texts are Arrow's, so valid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.native import kernel

Bytes = npt.NDArray[np.uint8]


@kernel
def decode_point(data: Bytes, i: int) -> tuple[np.uint32, int]:
    """The code point that starts at byte `i`, and where the next one starts."""
    lead = np.uint32(data[i])
    if lead < 0x80:
        return lead, i + 1
    second = np.uint32(data[i + 1]) & np.uint32(0x3F)
    if lead < 0xE0:
        return ((lead & np.uint32(0x1F)) << np.uint32(6)) | second, i + 2
    two = (second << np.uint32(6)) | (np.uint32(data[i + 2]) & np.uint32(0x3F))
    if lead < 0xF0:
        return ((lead & np.uint32(0x0F)) << np.uint32(12)) | two, i + 3
    three = (two << np.uint32(6)) | (np.uint32(data[i + 3]) & np.uint32(0x3F))
    return ((lead & np.uint32(0x07)) << np.uint32(18)) | three, i + 4


@kernel
def encode_point(point: np.uint32, out: Bytes, at: int) -> int:
    """Write `point` at byte `at` of `out`; where the next one goes."""
    low = np.uint32(0x80) | (point & np.uint32(0x3F))
    if point < 0x80:
        out[at] = point
        return at + 1
    if point < 0x800:
        out[at] = np.uint32(0xC0) | (point >> np.uint32(6))
        out[at + 1] = low
        return at + 2
    middle = np.uint32(0x80) | ((point >> np.uint32(6)) & np.uint32(0x3F))
    if point < 0x10000:
        out[at] = np.uint32(0xE0) | (point >> np.uint32(12))
        out[at + 1] = middle
        out[at + 2] = low
        return at + 3
    out[at] = np.uint32(0xF0) | (point >> np.uint32(18))
    out[at + 1] = np.uint32(0x80) | ((point >> np.uint32(12)) & np.uint32(0x3F))
    out[at + 2] = middle
    out[at + 3] = low
    return at + 4
