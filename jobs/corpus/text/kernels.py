"""Native speed: how kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

from jobs.corpus.text.kernel_cache import kept_by_sources, kept_with_care

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile `function` with numba, once per machine (`kernel_cache`), free of the global lock.

    Kernels take arrays and numbers only. Their annotations are for readers; numba infers its own.
    """
    with kept_by_sources():
        compiled = njit(cache=True, nogil=True)(function)
    kept_with_care(compiled)
    return cast("F", compiled)


@kernel
def mix(word: np.uint64) -> np.uint64:
    """The 64-bit finalizer of MurmurHash3, a bijection that spreads every bit over all."""
    word = (word ^ (word >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    word = (word ^ (word >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return word ^ (word >> np.uint64(33))
