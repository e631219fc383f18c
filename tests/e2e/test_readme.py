"""What the README shows, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, build_arguments, environment, heliu

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SNIPPETS = re.findall(
    r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.fixture(scope="module")
def root(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    releases = tmp_path_factory.mktemp("releases")
    done = heliu(*build_arguments(demo, releases))
    assert done.returncode == 0, done.stderr
    return releases


@pytest.mark.parametrize(
    ("library", "check"),
    [
        ("jobs", "assert len(table) > 300 and table.column_names == ['id', 'title', 'content']"),
        ("pyarrow", "assert len(table) > 300 and table.column_names == ['id', 'title', 'content']"),
        ("datasets", "assert len(next(iter(corpus))['content']) > 10"),
        ("ray", "assert corpus.count() > 300"),
    ],
)
def test_snippet_of_the_readme_reads_the_release(library: str, check: str, root: Path) -> None:
    (snippet,) = [code for code in SNIPPETS if re.search(rf"import.*\b{library}\b", code)]
    done = subprocess.run(
        [sys.executable, "-c", f"{snippet}\n{check}"],
        env=environment(HELIU_ROOT=str(root), HF_HUB_OFFLINE="1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr


def test_files_and_decisions_print_addresses_and_nothing_else(root: Path) -> None:
    for verb in ("files", "decisions"):
        done = heliu(verb, f"storage.root={root}")
        assert done.stderr == ""
        assert done.stdout.splitlines()
        assert all(Path(line).is_file() for line in done.stdout.splitlines())


def test_output_into_a_closed_pipe_is_no_error(root: Path) -> None:
    command = f"{sys.executable} -m jobs.show storage.root={root} format=json | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
