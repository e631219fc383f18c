"""S3 as an object store, against a real server: the common contract, and stores that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import (
    ConfigError,
    ObjectMissing,
    StorageError,
    StorageUnwritable,
)
from jobs.storage import s3, s3_clients
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.s3 import S3Store
from jobs.storage.store_probe import prove_once
from tests.contracts import TEXT, ObjectStoreContract
from tests.s3_server import plain_client, store_at

pytestmark = pytest.mark.s3


@pytest.fixture
def store(endpoint_url: str, bucket: str) -> ObjectStore:
    return store_at(f"s3://{bucket}/corpora/heliu", endpoint_url)


class TestS3Store(ObjectStoreContract):
    pass


def test_location_is_an_address_of_the_bucket(store: ObjectStore, bucket: str, endpoint_url: str):
    store.put("log/1.json", TEXT)
    assert store.location("log/1.json") == f"s3://{bucket}/corpora/heliu/log/1.json"
    client = plain_client(endpoint_url)
    stored = client.get_object(Bucket=bucket, Key="corpora/heliu/log/1.json")
    assert stored["Body"].read() == TEXT


def test_roots_in_one_bucket_do_not_see_each_other(bucket: str, endpoint_url: str):
    whole = store_at(f"s3://{bucket}", endpoint_url)
    inner, longer = (store_at(f"s3://{bucket}/{p}", endpoint_url) for p in ("a/", "ab"))
    inner.put("x", b"1")
    longer.put("y", b"2")
    assert [info.key for info in inner.list("")] == ["x"]
    assert [info.key for info in whole.list("")] == ["a/x", "ab/y"]


def test_folder_marks_of_consoles_are_not_objects(store: S3Store, bucket: str, endpoint_url: str):
    store.put("a/b", TEXT)
    client = plain_client(endpoint_url)
    for name in ("corpora/heliu/", "corpora/heliu/a/", "corpora/heliu/读我.txt"):
        client.put_object(Bucket=bucket, Key=name, Body=b"")
    assert [info.key for info in store.list("")] == ["a/b"]


def test_uploads_that_nobody_finished_are_discarded_below_a_prefix(
    store: S3Store, bucket: str, endpoint_url: str
):
    client, name = plain_client(endpoint_url), bucket
    root = store.location("x").removeprefix(f"s3://{name}/").removesuffix("x")
    for key in ("demo/blobs/a", "other/blobs/b"):
        upload = client.create_multipart_upload(Bucket=name, Key=root + key)["UploadId"]
        given = {"Bucket": name, "Key": root + key, "UploadId": upload}
        client.upload_part(**given, PartNumber=1, Body=TEXT)
    store.discard_unfinished("demo/")
    left = client.list_multipart_uploads(Bucket=name)["Uploads"]
    assert [upload["Key"] for upload in left] == [f"{root}other/blobs/b"]
    store.discard_unfinished("demo/")


def test_missing_bucket_is_named_by_every_verb(endpoint_url: str, tmp_path: Path):
    store = store_at("s3://no-such-bucket/x", endpoint_url)
    (tmp_path / "file").write_bytes(TEXT)
    with pytest.raises(StorageUnwritable, match=r"no-such-bucket.*create the bucket"):
        prove_once(store, "s3://the-root")
    for verb in (
        lambda: store.put("a", b""),
        lambda: store.put_new("a", b""),
        lambda: store.put_file("a", tmp_path / "file"),
        lambda: store.get("a"),
        lambda: list(store.list("")),
    ):
        with pytest.raises(
            StorageError, match=r"s3://no-such-bucket/x.*create the bucket"
        ) as caught:
            verb()
        assert not isinstance(caught.value, ObjectMissing)


def test_server_that_is_not_there_is_named(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(s3, "_PAUSES_SECONDS", (0.0, 0.01))
    monkeypatch.setattr(s3_clients, "_ATTEMPTS", 1)
    address = "http://127.0.0.1:9"
    store = store_at("s3://bucket/x", address)
    (tmp_path / "file").write_bytes(TEXT)
    with pytest.raises(StorageUnwritable, match=address):
        prove_once(store, "s3://the-root")
    for verb in (
        lambda: store.get("a"),
        lambda: store.put("a", b""),
        lambda: store.put_file("a", tmp_path / "file"),
        lambda: store.size("a"),
        lambda: store.open("a"),
        lambda: list(store.list("")),
    ):
        with pytest.raises(StorageError, match=address) as caught:
            verb()
        assert not isinstance(caught.value, ObjectMissing)


def test_absent_credentials_are_named(bucket: str, endpoint_url: str, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    s3_clients.s3_client.cache_clear()
    try:
        store = S3Store(StorageParams(f"s3://{bucket}/x", endpoint_url, None))
        with pytest.raises(StorageUnwritable, match="AWS_ACCESS_KEY_ID"):
            prove_once(store, "s3://the-root")
    finally:
        s3_clients.s3_client.cache_clear()


@pytest.mark.parametrize("root", ["s3://", "s3:///prefix"])
def test_root_without_a_bucket_is_refused(root: str):
    with pytest.raises(ConfigError, match="names no bucket"):
        store_at(root, None)
