"""What the README shows, run as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import ROOT, build_arguments, environment, heliu, printed_commands, shell
from tests.s3_server import fresh_bucket, s3_server

pytestmark = [pytest.mark.e2e, pytest.mark.s3, pytest.mark.timeout(900)]

README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
TABLE = "assert len(table) > 100 and table.column_names == ['id', 'title', 'content']"
CHECKS = {
    "import os, heliu\n": TABLE,
    "import os, heliu, pyarrow": TABLE,
    "import os, datasets": "assert len(next(iter(corpus))['content']) > 10",
    "import os, heliu, ray": "assert corpus.count() > 100 and corpus.unique('partner') != ['all']",
    "import os, duckdb": "assert sorted(name for name, _ in counts) == ['gov', 'news', 'papers']",
}


@pytest.fixture(scope="module")
def root(small_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Releases below a name that shells, patterns and partitions would all read otherwise."""
    releases = tmp_path_factory.mktemp("releases") / "it's 发布 [1]" / "partner=all" / "r*x"
    done = heliu(*build_arguments(small_demo, releases))
    assert done.returncode == 0, done.stderr
    for line in printed_commands(done.stdout):
        again = shell(line)
        assert (again.returncode, again.stderr) == (0, ""), line
    return releases


@pytest.fixture(scope="module")
def bucket(root: Path) -> Iterator[dict[str, str]]:
    """The environment in which the same releases are on S3, on a server other than AWS."""
    with s3_server() as endpoint_url:
        there = f"s3://{fresh_bucket(endpoint_url)}/partner=all"
        given = ("release=1.0.0", f"storage.root={root}", f"to={there}")
        done = heliu("mirror", *given, f"to_endpoint_url={endpoint_url}")
        assert done.returncode == 0, done.stderr
        yield {"HELIU_ROOT": there, "AWS_ENDPOINT_URL": endpoint_url}


@pytest.mark.parametrize("place", ["directory", "s3"])
def test_snippets_of_the_readme_read_the_release(
    place: str, root: Path, request: pytest.FixtureRequest
) -> None:
    where = {"HELIU_ROOT": str(root)}
    if place == "s3":
        where = request.getfixturevalue("bucket")
    checked = []
    for begin, check in CHECKS.items():
        (snippet,) = [code for code in SNIPPETS if code.startswith(begin)]
        checked.append(f"{snippet}\n{check}")
    assert len(SNIPPETS) == len(checked)
    code = f"for code in {checked!r}: exec(code, {{}})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**where, HF_HUB_OFFLINE="1"),
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
    given = shlex.quote(f"storage.root={root}")
    command = f"{sys.executable} -m jobs.show {given} format=json | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
