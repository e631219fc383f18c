"""Native speed: how kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile `function` with numba, once per machine, free of the interpreter lock.

    Kernels take arrays and numbers only. Their annotations are for readers; numba infers its own.
    """
    return cast("F", njit(cache=True, nogil=True)(function))
