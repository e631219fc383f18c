"""Tables of characters are computed once per machine and kept beside the compiled kernels.

Each asks Unicode or OpenCC about a hundred thousand code points: half a second, which every worker
would spend before its first text.
"""

from __future__ import annotations

import functools
import inspect
import io
import tempfile
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import xxhash

from jobs.corpus.text.kernel_cache import cache_folder, sources_digest

F = TypeVar("F", bound=Callable[[], Any])

_DIGEST_BYTES = 16


def kept_table(function: F) -> F:
    """Compute a table once: a function without arguments that returns an array, or some of them.

    A file is named after the sources of the function and of all they import, and the versions of
    Unicode, OpenCC and numpy. One that is not as it was written is computed again.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    def table() -> Any:
        path = _folder(Path(inspect.getfile(function)), function.__module__) / f"{name}.npz"
        found = _read(path)
        if found is None:
            made = function()
            found = made if isinstance(made, tuple) else (made,)
            _write(path, found)
        return found if len(found) > 1 else found[0]

    return cast("F", functools.cache(functools.wraps(function)(table)))


def _folder(file: Path, module: str) -> Path:
    versions = unicodedata.unidata_version, version("opencc"), np.__version__
    made_of = " ".join((sources_digest(file, module), *versions))
    return cache_folder() / f"tables-{xxhash.xxh3_128_hexdigest(made_of.encode())}"


def _read(path: Path) -> tuple[np.ndarray[Any, Any], ...] | None:
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    body = whole[_DIGEST_BYTES:]
    if xxhash.xxh3_128_digest(body) != whole[:_DIGEST_BYTES]:
        return None
    with np.load(io.BytesIO(body)) as kept:
        arrays = [kept[f"arr_{number}"] for number in range(len(kept.files) - 1)]
        for array, is_writeable in zip(arrays, kept["writeable"], strict=True):
            array.flags.writeable = is_writeable
    return tuple(arrays)


def _write(path: Path, arrays: tuple[np.ndarray[Any, Any], ...]) -> None:
    """Write a file at once; where that is not possible, the next process computes again."""
    body = io.BytesIO()
    np.savez(body, *arrays, writeable=[array.flags.writeable for array in arrays])
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(xxhash.xxh3_128_digest(body.getvalue()) + body.getvalue())
        Path(file.name).replace(path)
