"""Compiled kernels are found again by what they are made of, and by nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.corpus.text.kernel_cache import sources_digest

ROOT = Path(__file__).parents[4]
STEP = """from jobs.corpus.text.kernels import kernel


@kernel
def step(n):
    return n + {more}
"""
LIMITS = "MOST = {most}\n"
TWICE = """from jobs.corpus.text.kernels import kernel
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
STEP_OF = """import sys
import numpy as np
from made.steps import step
sys.stdout.write(f"{{step(np.{kind}(1))}} {{sum(step.stats.cache_hits.values())}} ")
"""
LATE = """import time
from numba.core.caching import IndexDataCacheFile as Kept
load = Kept._load_index
Kept._load_index = lambda kept: [load(kept), time.sleep(2)][0]
"""
WITHOUT = """import sys
import warnings
from numba.core import caching, config
{removal}
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    from made.twice import twice
warned = [one for one in seen if "heliu does not know" in str(one.message)]
sys.stdout.write(f"{{twice(1)}} {{len(warned)}}")
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


def started_python(package: Path, code: str, **environment: str) -> subprocess.Popen[str]:
    path = {"PYTHONPATH": f"{package.parent}{os.pathsep}{ROOT}"}
    kept = {"NUMBA_CACHE_DIR": str(package.parent / "cache")}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, **path, **kept, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    answer, _ = process.communicate()
    return process.returncode, answer


def called(package: Path, **environment: str) -> tuple[int, int]:
    """What a new process answers, and how much it found compiled."""
    code, answer = finished(started_python(package, CALL, **environment))
    assert code == 0
    found, hits = answer.split()
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
    called(package)
    moved = package.parent.parent / "there" / "made"
    moved.mkdir(parents=True)
    write(moved)
    assert called(moved, NUMBA_CACHE_DIR=str(package.parent / "cache")) == (3, 1)


def test_processes_that_save_at_once_keep_what_each_other_saved(package: Path) -> None:
    calls = [STEP_OF.format(kind=kind) for kind in ("int8", "uint32")]
    started = [started_python(package, LATE + call) for call in calls]
    assert [finished(process) for process in started] == [(0, "2 0 "), (0, "2 0 ")]
    assert finished(started_python(package, "".join(calls))) == (0, "2 1 2 2 ")


@pytest.mark.parametrize(("kind", "left"), [("nbi", 0), ("nbc", 50)])
def test_half_a_file_is_compiled_anew_and_replaced(package: Path, kind: str, left: int) -> None:
    step = STEP_OF.format(kind="int64")
    assert finished(started_python(package, step)) == (0, "2 0 ")
    (broken,) = (package.parent / "cache").rglob(f"steps.step-*.{kind}")
    broken.write_bytes(broken.read_bytes()[:left])
    assert finished(started_python(package, step)) == (0, "2 0 ")
    assert finished(started_python(package, step)) == (0, "2 1 ")


def test_code_that_cannot_be_kept_runs(package: Path) -> None:
    full = LATE.replace("time.sleep(2)", "open('/dev/full', 'w', buffering=1).write('\\n')")
    assert finished(started_python(package, full + STEP_OF.format(kind="int64"))) == (0, "2 0 ")


def test_where_nothing_can_be_written_kernels_run_all_the_same(package: Path) -> None:
    nowhere = dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"), "/dev/null")
    assert called(package, **nowhere) == (3, 0)


@pytest.mark.parametrize(
    "removal",
    [
        "del config.CACHE_LOCATOR_CLASSES",
        *(
            f"del caching.Cache.{name}, caching._Cache.{name}"
            for name in ("load_overload", "save_overload", "flush", "cache_path")
        ),
    ],
)
def test_numba_without_a_private_name_caches_nothing_and_warns_once(
    package: Path, removal: str
) -> None:
    code = WITHOUT.format(removal=removal)
    assert finished(started_python(package, code)) == (0, "3 1")
    assert not list(package.parent.rglob("*.nbi"))


def test_digest_tells_contents_and_nothing_of_where_they_lie(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "there" / "made"
    other.mkdir(parents=True)
    write(other)
    (other / "unrelated.py").write_text("never = 'imported'\n")
    first = sources_digest(package / "twice.py", "made.twice")
    assert first == sources_digest(other / "twice.py", "made.twice")
    assert first != sources_digest(package / "steps.py", "made.steps")


def test_imports_of_packages_beside_ours_are_not_followed(package: Path) -> None:
    """As in site-packages, where everybody lies in one folder."""
    beside = package.parent / "beside"
    beside.mkdir()
    (beside / "__init__.py").write_text("from . import inner\n")
    (beside / "inner.py").write_text("")
    steps = package / "steps.py"
    steps.write_text("import beside\nfrom beside import inner\n" + steps.read_text())
    first = sources_digest(package / "twice.py", "made.twice")
    (beside / "inner.py").write_text("other = '版本'\n")
    sources_digest.cache_clear()
    assert first == sources_digest(package / "twice.py", "made.twice")


@pytest.mark.parametrize(
    "statement",
    [
        "from made.limits import MOST",
        "from made import limits",
        "import os, made.limits",
        "from . import limits",
        "from .limits import MOST",
        "from ..made import limits",
        "try:\n    from .limits import MOST\nexcept ImportError:\n    MOST = 0",
    ],
)
def test_every_way_to_import_from_the_own_package_is_followed(
    package: Path, statement: str
) -> None:
    digests = set()
    for place in ("one", "two"):
        made = package.parent / place / "made"
        made.mkdir(parents=True)
        (made / "__init__.py").write_text(statement)
        (made / "limits.py").write_text(f"MOST = '{place}'\n")
        digests.add(sources_digest(made / "__init__.py", "made"))
    assert len(digests) == 2
