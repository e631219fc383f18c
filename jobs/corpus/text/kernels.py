"""Kernels: functions compiled to native code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

from jobs.corpus.text.kernel_cache import cached_by_sources, guard_cache, warn_not_cached

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile `function` with numba, once per machine (`kernel_cache`), without the global lock.

    Kernels take arrays, numbers and named tuples of them. Their annotations are for readers; numba
    infers its own. With a numba whose cache is unknown to us every process compiles for itself.
    """
    try:
        with cached_by_sources():
            compiled = njit(cache=True, nogil=True)(function)
        guard_cache(compiled)
    except AttributeError as error:
        warn_not_cached(str(error))
        compiled = njit(nogil=True)(function)
    return cast("F", compiled)


@kernel
def mix(value: np.uint64) -> np.uint64:
    """Return the 64-bit finalizer of MurmurHash3, a bijection that spreads every bit over all."""
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))
