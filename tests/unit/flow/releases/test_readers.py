"""The libraries people train with load a release from a directory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import heliu
from jobs.errors import ReleaseMissing
from jobs.flow.releases.croissant import MOST_RECORD_SETS, croissant
from jobs.flow.releases.described_files import write_derived
from jobs.flow.releases.exports import export_huggingface
from jobs.flow.releases.file_locations import FileLocation
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.directory import DirectoryStore
from tests.releases import small_release

BY_PARTNER = 'SELECT partner, count(*) FROM "{}" GROUP BY 1 ORDER BY 1'
COUNTED = [("gov", 20), ("news", 10)]
COUNTS = ("content_chars", "line_count")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> OpenedRelease:
    """Below a folder that readers take for a partition of the table, if they are let."""
    root = tmp_path_factory.mktemp("root") / "it's 发布" / "partner=all"
    small_release(DirectoryStore(root))
    return heliu.open_release(str(root), "1.0.0")


def _ids(release: OpenedRelease) -> list[str]:
    return release.dataset().to_table()["id"].to_pylist()


def test_release_shows_itself_in_a_line_and_errors_have_a_name_to_catch(
    release: OpenedRelease,
) -> None:
    assert repr(release).startswith("OpenedRelease(corpus='demo', version='1.0.0', digest='")
    assert len(repr(release)) < 240
    with pytest.raises(heliu.HeliuError, match="no release 2"):
        heliu.open_release(release.store.location("demo").removesuffix("/demo"), "2")


def test_release_is_pinned_by_digest(release: OpenedRelease) -> None:
    root = release.store.location("demo").removesuffix("/demo")
    for pinned in (
        {"version": "1.0.0", "digest": release.digest},
        {"version": f"1.0.0@sha256:{release.digest}"},
        {"version": f"demo/latest@sha256:{release.digest}"},
    ):
        assert heliu.open_release(root, **pinned).digest == release.digest
    other = "0" * 64
    for pinned in ({"digest": other}, {"version": f"1.0.0@sha256:{other}"}):
        with pytest.raises(ReleaseMissing, match=release.digest):
            heliu.open_release(root, **pinned)


def test_importing_jobs_and_listing_files_loads_no_ray_and_no_numba(release: OpenedRelease) -> None:
    root = release.store.location("demo").removesuffix("/demo")
    code = (
        f"import sys, heliu; release = heliu.open_release({root!r}, '1.0.0'); release.files(); "
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
        assert database.execute(BY_PARTNER.format("demo")).fetchall() == COUNTED
    with duckdb.connect() as database:
        documents = release.dataset()
        database.register("documents", documents)
        assert database.execute(BY_PARTNER.format("documents")).fetchall() == COUNTED


@pytest.mark.parametrize("name", ["r*x", "r?x", "r[ab]x", "**", "it's [*]", "分区=1", "a\\b"])
def test_view_reads_one_release_whatever_its_folder_is_called(name: str, tmp_path: Path) -> None:
    for neighbour in ("rax", "r1x", "rbx", "it's *", "it's a", "other"):
        small_release(DirectoryStore(tmp_path / neighbour))
    release = small_release(DirectoryStore(tmp_path / name))
    write_derived(release)
    with duckdb.connect() as database:
        database.execute(release.store.get("demo/releases/1.0.0/view.sql").decode())
        assert database.execute(BY_PARTNER.format("demo")).fetchall() == COUNTED


def test_numbers_of_a_release_are_summed_in_64_bits(tmp_path: Path) -> None:
    release = small_release(DirectoryStore(tmp_path))
    for name in ("content_chars", "line_count"):
        assert release.schema().field(name).type == pa.int64()
        assert pq.read_schema(release.files()[0]).field(name).type == pa.int64()


def partly_narrow(root: Path) -> OpenedRelease:
    """A release whose first file counts in 32 bits and knows no languages, as its parent's may."""
    release = small_release(DirectoryStore(root))
    table = pq.read_table(release.files()[0], partitioning=None)
    table = table.drop_columns(["language", "language_shares", "script_shares"])
    narrow = [f.with_type(pa.int32()) if f.name in COUNTS else f for f in table.schema]
    pq.write_table(table.cast(pa.schema(narrow)), release.files()[0])
    return release


def test_release_that_counted_in_32_bits_reads_with_what_extends_it(tmp_path: Path) -> None:
    release = partly_narrow(tmp_path)
    assert release.dataset().to_table()["content_chars"].type == pa.int64()
    assert set(release.dataset().to_table()["language"].to_pylist()) >= {None}
    write_derived(release)
    with duckdb.connect() as database:
        database.execute(release.store.get("demo/releases/1.0.0/view.sql").decode())
        assert database.execute(BY_PARTNER.format("demo")).fetchall() == COUNTED


@pytest.mark.parametrize("streaming", [False, True], ids=["download", "streaming"])
@pytest.mark.parametrize("place", ["files", "beside the release", "exported folder"])
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
    elif place == "beside the release":
        written = {Path(address).name: Path(address) for address in write_derived(release)}
        rows = datasets.load_dataset(str(written["README.md"].parent), **common)
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


@pytest.mark.filterwarnings("ignore")
def test_description_of_many_files_lists_them_without_their_columns(
    release: OpenedRelease, tmp_path: Path
) -> None:
    import mlcroissant

    def described(files: int) -> bytes:
        names = (f"{number:05d}.parquet" for number in range(files))
        places = [FileLocation(name, name, "0" * 64, 1000) for name in names]
        return croissant(release.manifest, release.published_at, places)

    most, more = described(MOST_RECORD_SETS), described(MOST_RECORD_SETS + 1)
    assert len(json.loads(most)["recordSet"]) == MOST_RECORD_SETS
    assert json.loads(more)["recordSet"] == []
    assert len(json.loads(more)["distribution"]) == MOST_RECORD_SETS + 1
    assert len(more) < len(most) / 20
    path = tmp_path / "croissant.json"
    path.write_bytes(more)
    dataset = mlcroissant.Dataset(jsonld=path)
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_ray_data_reads_the_release(release: OpenedRelease, tmp_path: Path) -> None:
    mixed = partly_narrow(tmp_path).ray_dataset().select_columns(["content_chars"])
    assert mixed.schema().types == [pa.int64()]
    assert mixed.count() == 30
    rows = release.ray_dataset().select_columns(["id", "partner", "content_chars"]).take_all()
    assert sorted(row["id"] for row in rows) == sorted(_ids(release))
    assert {row["partner"] for row in rows} == {"gov", "news"}
