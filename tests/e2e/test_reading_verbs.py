"""The verbs that read releases, run as a user runs them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.storage.directory import DirectoryStore
from tests.commands import heliu
from tests.releases import decided, publish_release, released, small_release, text

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases")
    store = DirectoryStore(folder)
    small_release(store)
    gov = released("gov", {str(n): text(n) for n in range(5, 25)})
    publish_release(store, "1.1.0", {"gov": ([gov], decided(gov, {"4": "near_duplicate"}))})
    return folder


def test_diff_prints_json_and_writes_rows(root: Path, tmp_path: Path) -> None:
    out = f"out={tmp_path / '变化'}"
    done = heliu("diff", "a=1.0.0", "b=1.1.0", f"storage.root={root}", "format=json", out)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    gov = {"added": 5, "removed": 5, "changed": 0, "unchanged": 15}
    assert found["partners"]["gov"] == gov
    assert found["reasons"]["gov"] == {"dedup/near_duplicate": 1, "not delivered": 4}
    assert pq.read_metadata(tmp_path / "变化" / "removed.parquet").num_rows == 15
    again = heliu("diff", "a=1.0.0", f"storage.root={root}", out)
    assert (again.returncode, "is not empty" in again.stderr) == (2, True)


def test_mirror_is_listed_and_verified_like_the_original(root: Path, tmp_path: Path) -> None:
    there = f"storage.root={tmp_path / '镜像'}"
    mirror = ["mirror", "release=1.0.0", f"storage.root={root}", f"to={tmp_path / '镜像'}"]
    done = heliu(*mirror)
    assert done.returncode == 0, done.stderr
    assert "5 files copied" in done.stdout
    assert "0 files copied" in heliu(*mirror).stdout
    digests = [
        json.loads(heliu("show", "release=1.0.0", where, "format=json").stdout)["digest"]
        for where in (f"storage.root={root}", there)
    ]
    assert digests[0] == digests[1]
    assert heliu("verify", f"release=1.0.0@sha256:{digests[0]}", there).returncode == 0
    into_itself = heliu("mirror", f"storage.root={root}", f"to={root}")
    assert into_itself.returncode == 2


@pytest.mark.parametrize("form", ["jsonl", "huggingface"])
def test_export_makes_a_folder_that_checks(root: Path, tmp_path: Path, form: str) -> None:
    done = heliu("export", f"storage.root={root}", f"to={tmp_path / 'out'}", f"format={form}")
    assert done.returncode == 0, done.stderr
    assert "20 documents" in done.stdout
    subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "out", check=True)


def test_export_of_derived_files_prints_where_they_are(root: Path) -> None:
    done = heliu("export", "release=1.0.0", f"storage.root={root}", "format=derived")
    assert [Path(line).name for line in done.stdout.splitlines()] == [
        "README.md",
        "SHA256SUMS",
        "croissant.json",
        "files.txt",
        "schema.json",
        "view.sql",
    ]


def test_licences_and_papers_are_files_for_others(root: Path, tmp_path: Path) -> None:
    where = ["release=1.0.0", f"storage.root={root}"]
    listed = heliu("files", *where, "licence=[CC-BY-4.0]")
    assert listed.stdout == heliu("files", *where).stdout
    papers = heliu("export", *where, f"to={tmp_path / '说明'}", "format=disclosure")
    assert papers.returncode == 0, papers.stderr
    assert all(Path(line).is_file() for line in papers.stdout.splitlines())
    groups = heliu("export", *where, f"to={tmp_path / '许可'}", "format=licences")
    assert (groups.returncode, "has 1 licence groups" in groups.stdout) == (0, True)
    none = heliu("export", *where, f"to={tmp_path / 'x'}", "licence=[GPL]")
    assert (none.returncode, "partners gave CC-BY-4.0" in none.stderr) == (2, True)
    wrong = heliu("export", *where, f"to={tmp_path / 'x'}", "licence=[MIT]", "format=licences")
    assert (wrong.returncode, "chooses documents of" in wrong.stderr) == (2, True)


def test_verify_exits_by_kind_of_damage(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    release = small_release(store)
    where = f"storage.root={tmp_path}"
    assert heliu("verify", where, "level=footers").returncode == 0
    assert heliu("verify", where, f"public_key={tmp_path / 'none'}").returncode == 2
    Path(release.files()[0]).unlink()
    damaged = heliu("verify", where, "level=sizes")
    assert (damaged.returncode, "it is missing" in damaged.stderr) == (40, True)
    (tmp_path / "demo" / "log" / "00000000000000000001.json").write_text("{}")
    assert heliu("verify", where, "level=metadata").returncode == 42
