"""Cache of compiled kernels: a folder whose name is a digest of all their sources.

By default numba caches compiled code beside its module and compiles again when that module changes,
but not when a kernel it calls changes in another module: after an upgrade, parts of the version
before would still run. Here the folder's name is a digest of the module and of all it imports from
its package and from this one, directly or not. So the same sources are compiled once per machine
and user, wherever they lie (a submitted job unpacks them anew), and never confused with others.
Processes write there one at a time: of two that save a function for different types at once, one
might find the code of the other under its own.

The folders are in `heliu/kernels` in the user's cache, or in `NUMBA_CACHE_DIR`; where neither can
be written, every process compiles for itself. They may be deleted at any time.

numba offers no public way to do this: names private to it are read here, and `kernels.kernel` falls
back on compiling in every process where one of them is missing.
"""

from __future__ import annotations

import ast
import atexit
import fcntl
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numba
import xxhash
from numba import config

_Packages = tuple[tuple[str, Path], ...]
"""Packages whose imports are followed, and the folder that holds each."""

_OWN_PACKAGE = (__name__.partition(".")[0], Path(__file__).resolve().parents[3])


class BySources:
    """A "cache locator" of numba: says where the code of a function is cached."""

    def __init__(self, function: Any, file: str) -> None:
        self._py_file = file
        self._line = function.__code__.co_firstlineno
        self._digest = sources_digest(Path(file), function.__module__)

    @classmethod
    def from_function(cls, function: Any, file: str) -> BySources:
        """Return the locator of a function; its folder exists."""
        locator = cls(function, file)
        locator.ensure_cache_path()
        return locator

    def ensure_cache_path(self) -> None:
        """Make the folder."""
        Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(cache_folder() / self._digest)

    def get_source_stamp(self) -> str:
        """Return the digest that cached code must have to be used."""
        return self._digest

    def get_disambiguator(self) -> str:
        """Return what distinguishes functions of one name."""
        return str(self._line)


@contextmanager
def cached_by_sources() -> Iterator[None]:
    """Let functions compiled in this context be cached `BySources`.

    Raises:
        AttributeError: numba has no such setting any more.
    """
    before = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = f"{__name__}.{BySources.__name__}"
    try:
        yield
    finally:
        config.CACHE_LOCATOR_CLASSES = before


def guard_cache(compiled: Any) -> None:
    """Let processes save code of one folder one at a time, and ignore damaged files.

    A machine that went down may have left half a file, and a disk may be full: then code is
    compiled as if none had been cached.

    Args:
        compiled: a function compiled with `cache=True`.

    Raises:
        AttributeError: numba has other private names.
    """
    cached = compiled._cache  # noqa: SLF001  numba offers no other way to it
    load, save = cached.load_overload, cached.save_overload
    flush, folder = cached.flush, Path(cached.cache_path)

    def loaded(*what: Any) -> Any:
        try:
            return load(*what)
        except (OSError, EOFError, UnpicklingError):
            alone(flush)
            return None

    def alone(write: Callable[..., None], *what: Any) -> None:
        with suppress(OSError), (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write(*what)

    cached.load_overload, cached.save_overload = loaded, partial(alone, save)


@cache
def warn_not_cached(reason: str) -> None:
    """Warn, once for each reason, that compiled code is not cached."""
    warnings.warn(
        f"numba {numba.__version__} caches compiled code in a way that heliu does not know "
        f"({reason}): every process compiles its kernels anew, which takes minutes; install the "
        "numba of requirements.lock",
        RuntimeWarning,
        stacklevel=3,
    )


@cache
def sources_digest(file: Path, module: str) -> str:
    """Return the digest of numba's version and the contents of a module and all it imports."""
    depth = module.count(".") + (file.name == "__init__.py")
    packages = tuple({_OWN_PACKAGE, (module.partition(".")[0], file.resolve().parents[depth])})
    found, unread = {file}, [file]
    while unread:
        new = _imported(unread.pop(), packages) - found
        found |= new
        unread += new
    contents = sorted({_digest(source) for source in found})
    return xxhash.xxh3_128_hexdigest(b"".join([*contents, numba.__version__.encode()]))


@cache
def _imported(file: Path, packages: _Packages) -> frozenset[Path]:
    """Return the files of these packages that a file imports; other packages are not followed."""
    statements = ast.walk(ast.parse(file.read_bytes()))
    paths = {path for statement in statements for path in _named(statement, file, dict(packages))}
    files = (f for path in paths for f in (path / "__init__.py", path.parent / f"{path.name}.py"))
    return frozenset(filter(Path.is_file, files))


def _named(statement: ast.AST, file: Path, packages: dict[str, Path]) -> Iterator[Path]:
    """Yield the paths, without suffix, of modules that an import may mean."""
    modules: list[str] = []
    if isinstance(statement, ast.Import):
        modules = [name.name for name in statement.names]
    elif isinstance(statement, ast.ImportFrom):
        within = "." * statement.level + (statement.module or "")
        dot = "" if within.endswith(".") else "."
        modules = [within, *(f"{within}{dot}{name.name}" for name in statement.names)]
    for module in modules:
        name = module.lstrip(".")
        level = len(module) - len(name)
        root = file.parents[level - 1] if level else packages.get(name.partition(".")[0])
        if root is not None:
            yield root.joinpath(*name.split("."))


@cache
def _digest(file: Path) -> bytes:
    return xxhash.xxh3_128_digest(file.read_bytes())


@cache
def cache_folder() -> Path:
    """Return the first folder that can be written."""
    for folder in filter(None, (config.CACHE_DIR, os.environ.get("XDG_CACHE_HOME") or "~/.cache")):
        try:
            base = Path(folder).expanduser() / "heliu" / "kernels"
            base.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=base).close()
        except (OSError, RuntimeError):  # not writable, or the home folder is unknown
            continue
        return base
    alone = tempfile.mkdtemp(prefix="heliu-kernels-")
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    return Path(alone)
