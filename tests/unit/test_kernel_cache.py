"""Compiled kernels are found again by what they are made of, and by nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.corpus.kernel_cache import sources_digest

ROOT = Path(__file__).parents[2]
STEP = "from jobs.corpus.native import kernel\n\n\n@kernel\ndef step(n):\n    return n + {more}\n"
LIMITS = "MOST = {most}\n"
TWICE = """from jobs.corpus.native import kernel
from made.limits import MOST
from made.steps import (
    step,
)


@kernel
def twice(n):
    return min(step(step(n)), MOST)
"""
CALL = """import sys
from made.twice import twice
found = twice(1)
sys.stdout.write(f"{found} {sum(twice.stats.cache_hits.values())}")
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    made = tmp_path / "here" / "made"
    made.mkdir(parents=True)
    write(made)
    return made


def write(package: Path, *, more: int = 1, most: int = 100) -> None:
    (package / "__init__.py").write_text("")
    (package / "steps.py").write_text(STEP.format(more=more))
    (package / "limits.py").write_text(LIMITS.format(most=most))
    (package / "twice.py").write_text(TWICE)


def called(package: Path, cache: Path | None = None, **environment: str) -> tuple[int, int]:
    """What a new process answers, and whether it found the kernel compiled."""
    path = {"PYTHONPATH": f"{package.parent}{os.pathsep}{ROOT}"}
    kept = {"NUMBA_CACHE_DIR": str(cache or package.parent / "cache")}
    answer = subprocess.run(
        [sys.executable, "-c", CALL],
        env={**os.environ, **path, **kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found, hits = answer.stdout.split()
    return int(found), int(hits)


def test_a_kernel_is_compiled_once_and_anew_when_one_it_calls_changes(package: Path) -> None:
    assert called(package) == (3, 0)
    assert called(package) == (3, 1)
    write(package, more=10)
    assert called(package) == (21, 0)
    write(package, more=10, most=5)
    assert called(package) == (5, 0)
    write(package)
    assert called(package) == (3, 1)


def test_the_same_sources_elsewhere_are_not_compiled_again(package: Path) -> None:
    cache = package.parent / "cache"
    called(package, cache)
    moved = package.parent.parent / "there" / "made"
    moved.mkdir(parents=True)
    write(moved)
    assert called(moved, cache) == (3, 1)


def test_where_nothing_can_be_written_kernels_run_all_the_same(package: Path) -> None:
    nowhere = "/dev/null"
    assert called(package, Path(nowhere), XDG_CACHE_HOME=nowhere, HOME=nowhere) == (3, 0)


def test_digest_tells_contents_and_nothing_of_where_they_lie(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "there" / "made"
    other.mkdir(parents=True)
    write(other)
    (other / "unrelated.py").write_text("never = 'imported'\n")
    first = sources_digest(package / "twice.py", "made.twice")
    assert first == sources_digest(other / "twice.py", "made.twice")
    assert first != sources_digest(package / "steps.py", "made.steps")
