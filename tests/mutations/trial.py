"""A trial of a mutation: a fault is put into a copy of the checkout, and tests are run there.

Each runs in a fork of a process that has loaded the libraries and nothing of heliu: loading them
takes longer than most of these tests.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutations.mutation import Mutation

_SECONDS = 600
_OUTPUT = "output.txt"
_RAN = 100  # added to the code of pytest: a process that fails before has another one
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        *("numba", "pyarrow.compute", "pyarrow.dataset", "orjson", "xxhash", "opencc", "duckdb"),
        *("hydra.compose", "hydra.extra.pytest_plugin", "hypothesis.strategies", "xdist.plugin"),
    ]
)
_QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # plugins are loaded before


def is_noticed(mutation: Mutation, copy: Path) -> bool:
    """Whether the tests fail with the fault in the copy; the copy is as before afterwards."""
    path = copy / mutation.file
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(mutation.old, mutation.new), encoding="utf-8")
    process = _FORKS.Process(target=_run, args=(copy, mutation.tests))
    try:
        process.start()
        process.join(_SECONDS)
        is_hanging = process.exitcode is None
        if is_hanging:
            process.kill()
            process.join()
    finally:
        path.write_text(right, encoding="utf-8")
    if not is_hanging and process.exitcode not in {_RAN, _RAN + 1}:
        raise RuntimeError(f"{mutation.file}: {(copy / _OUTPUT).read_text()[-2000:]}")
    return is_hanging or process.exitcode == _RAN + 1


def _run(copy: Path, tests: Sequence[str]) -> None:
    """Run tests of a copy in this process."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"jobs", "tests"}]:
        del sys.modules[name]
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True  # a fault may be of the same second as the one before
    with Path(_OUTPUT).open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    code = pytest.main(["-q", "-x", "-n", "0", "-p", "no:cacheprovider", *_QUIET, *tests])
    sys.exit(_RAN + int(code))
