"""Addresses in a text's code points: where one begins, and where it ends."""

from __future__ import annotations

import numpy as np

from jobs.corpus.signals.keywords import Points
from jobs.corpus.text.kernels import kernel

_HTTP, _HTTPS, _WWW = (
    np.array([ord(letter) for letter in word], np.uint32)
    for word in ("http://", "https://", "www.")
)


@kernel
def begins_link(points: Points, i: int, size: int) -> bool:
    """Whether http://, https:// or www. stands at `i`."""
    return (
        _begins(points, i, size, _HTTP)
        or _begins(points, i, size, _HTTPS)
        or _begins(points, i, size, _WWW)
    )


@kernel
def _begins(points: Points, i: int, size: int, word: Points) -> bool:
    if i + len(word) > size:
        return False
    for k in range(len(word)):  # noqa: SIM110  numba knows no generators here
        if points[i + k] != word[k]:
            return False
    return True


@kernel
def link_end(points: Points, i: int, size: int) -> int:
    """Return where an address ends: at white space, non-ASCII, a bracket or a quote."""
    while i < size and 0x20 < points[i] < 0x7F and points[i] not in {0x22, 0x29, 0x3C, 0x3E, 0x5D}:
        i += 1
    return i
