"""Where compiled kernels are kept: in a folder named after all they are made of.

numba by itself keeps them beside their module and compiles again when that module changes, but not
when a kernel it calls changes in another one: who upgrades would go on with parts of the version
before. Here the folder's name is a digest of the module and of all it imports from its package and
from this one, directly or not. So the same sources are compiled once per machine and user, wherever
they lie (a submitted job unpacks them anew), and other sources never meet them. Processes write
there one after the other: of two that save a function for different types at once, one might find
the code of the other under its own.

The folders are `heliu/kernels` in the user's cache, or in `NUMBA_CACHE_DIR`; where neither can be
written, every process compiles for itself. They may be deleted at any time.
"""

from __future__ import annotations

import ast
import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numba
import xxhash
from numba import config

_Homes = tuple[tuple[str, Path], ...]
"""Packages whose imports are followed, and where each lies."""

_OURS = (__name__.partition(".")[0], Path(__file__).resolve().parents[3])


class BySources:
    """What numba asks for the place of a compiled function (its "cache locator")."""

    def __init__(self, function: Any, file: str) -> None:
        self._py_file = file
        self._line = function.__code__.co_firstlineno
        self._digest = sources_digest(Path(file), function.__module__)

    @classmethod
    def from_function(cls, function: Any, file: str) -> BySources:
        """The place of a function, which exists."""
        place = cls(function, file)
        place.ensure_cache_path()
        return place

    def ensure_cache_path(self) -> None:
        """Make the folder."""
        Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        """The folder."""
        return str(cache_folder() / self._digest)

    def get_source_stamp(self) -> str:
        """What has to be the same for a compiled function to be used."""
        return self._digest

    def get_disambiguator(self) -> str:
        """What tells functions of one name apart."""
        return str(self._line)


@contextmanager
def kept_by_sources() -> Iterator[None]:
    """Functions decorated in here are kept `BySources`; others stay numba's own business."""
    before = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = f"{__name__}.{BySources.__name__}"
    try:
        yield
    finally:
        config.CACHE_LOCATOR_CLASSES = before


def kept_with_care(compiled: Any) -> None:
    """Let no two processes save code of one folder at once, and nobody fail for what is kept.

    A machine that went down may have left half a file, and a disk may be full: then code is
    compiled as if none had been kept.
    """
    kept = compiled._cache  # noqa: SLF001  numba offers no other way to it
    load, save = kept.load_overload, kept.save_overload

    def loaded(*what: Any) -> Any:
        try:
            return load(*what)
        except (OSError, EOFError, UnpicklingError):
            alone(kept.flush)
            return None

    def alone(write: Callable[..., None], *what: Any) -> None:
        with suppress(OSError), Path(kept.cache_path, "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write(*what)

    kept.load_overload, kept.save_overload = loaded, partial(alone, save)


@cache
def sources_digest(file: Path, module: str) -> str:
    """The same for one numba and the contents of a module and all it imports, wherever they lie.

    Args:
        file: the module's.
        module: its full name, which tells where its package lies.
    """
    depth = module.count(".") + (file.name == "__init__.py")
    homes = tuple({_OURS, (module.partition(".")[0], file.resolve().parents[depth])})
    found, waiting = {file}, [file]
    while waiting:
        new = _imported(waiting.pop(), homes) - found
        found |= new
        waiting += new
    contents = sorted({_digest(source) for source in found})
    return xxhash.xxh3_128_hexdigest(b"".join([*contents, numba.__version__.encode()]))


@cache
def _imported(file: Path, homes: _Homes) -> frozenset[Path]:
    """The files of the packages `homes` that a file imports; what lies beside them is not ours."""
    statements = ast.walk(ast.parse(file.read_bytes()))
    paths = {path for statement in statements for path in _named(statement, file, dict(homes))}
    files = (f for path in paths for f in (path / "__init__.py", path.parent / f"{path.name}.py"))
    return frozenset(filter(Path.is_file, files))


def _named(statement: ast.AST, file: Path, homes: dict[str, Path]) -> Iterator[Path]:
    """Where the modules would be, without suffix, that an import may mean."""
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
        home = file.parents[level - 1] if level else homes.get(name.partition(".")[0])
        if home is not None:
            yield home.joinpath(*name.split("."))


@cache
def _digest(file: Path) -> bytes:
    return xxhash.xxh3_128_digest(file.read_bytes())


@cache
def cache_folder() -> Path:
    """The first folder that can be written."""
    for folder in filter(None, (config.CACHE_DIR, os.environ.get("XDG_CACHE_HOME") or "~/.cache")):
        try:
            base = Path(folder).expanduser() / "heliu" / "kernels"
            base.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=base).close()
        except (OSError, RuntimeError):  # not to be written; nobody knows the home
            continue
        return base
    alone = tempfile.mkdtemp(prefix="heliu-kernels-")
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    return Path(alone)
