"""The libraries people train with load a release from a directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import jobs
from jobs.errors import ReleaseMissing
from jobs.flow.derived import write_derived
from jobs.flow.exporting import export_huggingface
from jobs.flow.reading import OpenedRelease
from jobs.storage.directory import DirectoryStore
from tests.releases import small_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> OpenedRelease:
    root = tmp_path_factory.mktemp("root")
    small_release(DirectoryStore(root))
    return jobs.open_release(str(root), "1.0.0")


def _ids(release: OpenedRelease) -> list[str]:
    return release.dataset().to_table()["id"].to_pylist()


def test_release_is_pinned_by_digest(release: OpenedRelease) -> None:
    root = release.store.location("demo").removesuffix("/demo")
    for pinned in (
        {"version": "1.0.0", "digest": release.digest},
        {"version": f"1.0.0@sha256:{release.digest}"},
        {"version": f"demo/latest@sha256:{release.digest}"},
    ):
        assert jobs.open_release(root, **pinned).digest == release.digest
    other = "0" * 64
    for pinned in ({"digest": other}, {"version": f"1.0.0@sha256:{other}"}):
        with pytest.raises(ReleaseMissing, match=release.digest):
            jobs.open_release(root, **pinned)


def test_importing_jobs_and_listing_files_loads_no_ray_and_no_numba(release: OpenedRelease) -> None:
    root = release.store.location("demo").removesuffix("/demo")
    code = (
        f"import sys, jobs; release = jobs.open_release({root!r}, '1.0.0'); release.files(); "
        "print(sorted({'ray', 'numba', 'boto3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_pyarrow_reads_the_columns_the_manifest_declares(release: OpenedRelease) -> None:
    table = release.dataset().to_table(columns=["content", "licence"])
    assert len(table) == release.manifest["documents"] == 30
    assert release.dataset().schema.field("content").type == pa.large_string()
    decisions = release.dataset("decisions").to_table()
    assert decisions["verdict"].to_pylist().count("kept") == 30


def test_duckdb_reads_the_view_and_the_dataset(release: OpenedRelease) -> None:
    write_derived(release)
    with duckdb.connect() as database:
        database.execute(release.store.get("demo/releases/1.0.0/view.sql").decode())
        found = database.execute("SELECT count(*), count(DISTINCT id) FROM demo")
        assert found.fetchall() == [(30, 30)]
    with duckdb.connect() as database:
        documents = release.dataset()
        database.register("documents", documents)
        found = database.execute("SELECT partner, count(*) FROM documents GROUP BY 1 ORDER BY 1")
        assert found.fetchall() == [("gov", 20), ("news", 10)]


@pytest.mark.parametrize("streaming", [False, True], ids=["download", "streaming"])
@pytest.mark.parametrize("place", ["files", "folder"])
def test_huggingface_datasets_loads_files_and_exported_folder(
    release: OpenedRelease,
    streaming: bool,
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    common = {"split": "train", "streaming": streaming, "cache_dir": str(tmp_path / "cache")}
    if place == "files":
        rows = datasets.load_dataset("parquet", data_files=release.files(), **common)
    else:
        export_huggingface(release, tmp_path / "hub")
        rows = datasets.load_dataset(str(tmp_path / "hub"), **common)
    assert [row["id"] for row in rows] == _ids(release)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("place", ["beside the release", "exported folder"])
def test_mlcroissant_accepts_and_loads(release: OpenedRelease, place: str, tmp_path: Path) -> None:
    import mlcroissant

    if place == "exported folder":
        export_huggingface(release, tmp_path / "hub")
        path, sets = tmp_path / "hub" / "croissant.json", ["documents"]
    else:
        written = {Path(address).name: address for address in write_derived(release)}
        path = Path(written["croissant.json"])
        sets = [f"documents-{number:05d}" for number in range(3)]
    dataset = mlcroissant.Dataset(jsonld=path)
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    records = [record for name in sets for record in dataset.records(name)]
    ids = [record[f"{name}/id"] for name in sets for record in dataset.records(name)]
    assert [one.decode() for one in ids] == _ids(release)
    assert len(records[0]) == len(release.schema())


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_ray_data_reads_the_release(release: OpenedRelease) -> None:
    rows = release.ray_dataset().select_columns(["id", "content"]).take_all()
    assert sorted(row["id"] for row in rows) == sorted(_ids(release))
