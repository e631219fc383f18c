"""A release on a real S3 server: mirrored there, verified there, loaded from there."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path

import duckdb
import fsspec
import pytest
from fsspec.implementations.arrow import ArrowFSWrapper

import heliu
from jobs.errors import ConfigError
from jobs.flow.releases.described_files import croissant_below
from jobs.flow.releases.difference import diff
from jobs.flow.releases.exports import export_jsonl
from jobs.flow.releases.mirror import mirror
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import LEVELS, verify
from jobs.storage import s3_clients
from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import StorageParams
from jobs.storage.stores import open_store
from tests.releases import ABOUT, small_release
from tests.s3_server import fresh_bucket, plain_client

pytestmark = [pytest.mark.s3]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> OpenedRelease:
    return small_release(DirectoryStore(tmp_path_factory.mktemp("root")))


@pytest.fixture
def release(local: OpenedRelease, endpoint_url: str) -> OpenedRelease:
    root = f"s3://{fresh_bucket(endpoint_url)}/corpora/heliu"
    mirror(local, open_store(StorageParams(root, endpoint_url, None)), commit_info=ABOUT)
    return heliu.open_release(root, "1.0.0", digest=local.digest, endpoint_url=endpoint_url)


def _ids(release: OpenedRelease) -> list[str]:
    return release.dataset().to_table()["id"].to_pylist()


@pytest.mark.parametrize("level", LEVELS)
def test_mirror_on_s3_is_sound_at_every_level(release: OpenedRelease, level: str) -> None:
    found = verify(release, level)
    assert (found.problems, found.metadata_problems) == ([], [])


def test_mirror_from_s3_back_to_a_directory_holds_the_same_bytes(
    release: OpenedRelease, local: OpenedRelease, tmp_path: Path
) -> None:
    done = mirror(release, DirectoryStore(tmp_path), commit_info=ABOUT)
    assert done.copied == 5
    for here, there in zip(local.files(), done.release.files(), strict=True):
        assert Path(here).read_bytes() == Path(there).read_bytes()


@pytest.mark.parametrize("damage", ["flipped", "truncated", "missing"])
def test_damage_on_s3_is_found_and_repaired_by_the_mirror(
    release: OpenedRelease, local: OpenedRelease, endpoint_url: str, damage: str
) -> None:
    bucket, _, key = release.files()[0].removeprefix("s3://").partition("/")
    client = plain_client(endpoint_url)
    body = bytearray(client.get_object(Bucket=bucket, Key=key)["Body"].read())
    body[50] ^= 1
    if damage == "missing":
        client.delete_object(Bucket=bucket, Key=key)
    else:
        body = body[:-1] if damage == "truncated" else body
        client.put_object(Bucket=bucket, Key=key, Body=bytes(body))
    assert len(verify(release).problems) == 1
    assert mirror(local, release.store, commit_info=ABOUT).copied == 1
    assert verify(release).problems == []


def test_diff_between_a_directory_and_s3_finds_nothing(
    release: OpenedRelease, local: OpenedRelease
) -> None:
    found = diff(local, release)
    assert found.shards == {"shared": 3, "only_before": 0, "only_after": 0}


def test_pyarrow_and_duckdb_read_from_s3(release: OpenedRelease, local: OpenedRelease) -> None:
    assert _ids(release) == _ids(local)
    with duckdb.connect() as database:
        database.register("documents", release.dataset())
        found = database.execute("SELECT count(*) FROM documents WHERE content LIKE '%长江%'")
        assert found.fetchall() == [(30,)]


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_server_that_the_environment_names_is_asked(
    release: OpenedRelease, endpoint_url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = release.store.location("demo").removesuffix("/demo")
    caches = (s3_clients.s3_client, s3_clients.arrow_files, open_store)
    monkeypatch.setenv(name, endpoint_url)
    try:
        for cached in caches:
            cached.cache_clear()
        assert _ids(heliu.open_release(root, "1.0.0")) == _ids(release)
    finally:
        for cached in caches:
            cached.cache_clear()


def test_release_travels_to_other_processes(release: OpenedRelease) -> None:
    assert _ids(pickle.loads(pickle.dumps(release))) == _ids(release)


def test_export_from_s3_holds_every_document(release: OpenedRelease, tmp_path: Path) -> None:
    import pyarrow as pa

    ids = []
    for file in export_jsonl(release, tmp_path / "out", layout="content").files:
        with pa.CompressedInputStream(str(file), "zstd") as stream:
            ids += [json.loads(line)["id"] for line in io.TextIOWrapper(stream, encoding="utf-8")]
    assert ids == _ids(release)


@pytest.mark.filterwarnings("ignore")
def test_mlcroissant_loads_over_http_from_a_public_bucket(
    release: OpenedRelease, endpoint_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, _, prefix = release.store.location("x").removeprefix("s3://").partition("/")
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [read | {"Resource": f"arn:aws:s3:::{bucket}/*"}],
    }
    plain_client(endpoint_url).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    base_url = f"{endpoint_url}/{bucket}/{prefix.removesuffix('/x')}"
    (tmp_path / "croissant.json").write_bytes(croissant_below(release, base_url))
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path))
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=tmp_path / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    sets = [f"documents-{number:05d}" for number in range(3)]
    ids = [record[f"{name}/id"].decode() for name in sets for record in dataset.records(name)]
    assert ids == _ids(release)


@pytest.mark.parametrize("address", ["", "s3://bucket/r", "/data/releases"])
def test_croissant_without_an_http_address_is_refused(local: OpenedRelease, address: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        croissant_below(local, address)


@pytest.mark.parametrize("streaming", [False, True], ids=["download", "streaming"])
def test_huggingface_datasets_loads_from_s3(
    release: OpenedRelease, streaming: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)  # it forbids s3:// just as well

    class OnArrow(ArrowFSWrapper):
        """pyarrow's S3 for fsspec: s3fs needs a botocore of its own."""

        protocol = "s3"

        def __init__(self, **_: object) -> None:
            super().__init__(release.store.filesystem())

    fsspec.register_implementation("s3", OnArrow, clobber=True)
    rows = datasets.load_dataset(
        "parquet",
        data_files=release.files(),
        split="train",
        streaming=streaming,
        cache_dir=str(tmp_path),
    )
    assert [row["id"] for row in rows] == _ids(release)


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_ray_data_reads_from_s3(release: OpenedRelease) -> None:
    rows = release.ray_dataset().select_columns(["id"]).take_all()
    assert sorted(row["id"] for row in rows) == sorted(_ids(release))
