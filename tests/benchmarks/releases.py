"""Storing, verifying and publishing a release, beside what boto3 and pyarrow reach by themselves.

usage: python -m tests.benchmarks.releases [--megabytes 1000] [--runs 3] [--shards 10_000]

On a directory, on a MiniStack of its own and, where HELIU_TEST_S3 names one, on that server too.
The ways of one server take turns and the best run of each counts: others on the machine only slow
down. The peer of an upload is boto3's `upload_file` (of a directory: a flushed copy). The peers
of `verify level=everything` read the same files with as many threads, by boto3's `get_object` and
by pyarrow, and check nothing; or they hash, which is the least that a verification must do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from boto3.session import Session

from jobs.flow.releases.mirror import mirror
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import _THREADS, verify
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import blob_key
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.publication import publish
from jobs.storage.s3_clients import s3_client, split_address
from jobs.storage.stores import open_store
from tests.benchmarks.machine import circumstances
from tests.manifests import file_entry, manifest_of
from tests.releases import ABOUT, decided, publish_release, released
from tests.s3_server import fresh_bucket, s3_server

SHARD_BYTES, DOCUMENT_BYTES, UPLOADED_SHARDS = 100_000_000, 4_000, 2
_CHUNK_BYTES = 8 << 20
Ways = dict[str, Callable[[], object]]


def synthesize(store: ObjectStore, size_bytes: int) -> OpenedRelease:
    """A release of Chinese characters by chance, which compress badly."""
    random = np.random.default_rng(1)
    tables = []
    shards = max(4, size_bytes // SHARD_BYTES)
    for shard in range(shards):
        count = max(1, size_bytes // shards // DOCUMENT_BYTES)
        drawn = random.integers(0x4E00, 0x9F00, (count, DOCUMENT_BYTES // 3), np.uint32)
        texts = [row.astype("<u4").tobytes().decode("utf-32-le") for row in drawn]
        tables.append(released(f"p{shard}", {str(n): text for n, text in enumerate(texts)}))
    partners = {f"p{n}": ([table], decided(table, {})) for n, table in enumerate(tables)}
    return publish_release(store, "1.0.0", partners)


def best_seconds(ways: Ways, runs: int) -> dict[str, float]:
    """The fewest seconds of several runs of each, in turns."""
    rounds = [{name: _seconds(way) for name, way in ways.items()} for _ in range(runs)]
    return {name: min(seconds[name] for seconds in rounds) for name in ways}


def _seconds(way: Callable[[], object]) -> float:
    begin = time.perf_counter()
    way()
    return time.perf_counter() - begin


def uploads(params: StorageParams, files: list[Path]) -> Ways:
    """Every file under a key of its own, once more in each run."""
    store, plain = open_store(params), _plain_upload(params)
    numbers = iter(range(1000))

    def ours() -> None:
        run = next(numbers)
        for at, file in enumerate(files):
            store.put_file(f"bench/ours/{run}/{at}", file)

    def peer() -> None:
        run = next(numbers)
        for at, file in enumerate(files):
            plain(f"bench/peer/{run}/{at}", file)

    return {"heliu": ours, "copy" if params.endpoint_url is None else "boto3": peer}


def _plain_upload(params: StorageParams) -> Callable[[str, Path], None]:
    if params.endpoint_url is None:
        return partial(_copy, Path(params.root))
    bucket, prefix = split_address(params.root)
    client = Session().client("s3", endpoint_url=params.endpoint_url)
    return lambda key, file: client.upload_file(str(file), bucket, f"{prefix}/{key}")


def _copy(root: Path, key: str, file: Path) -> None:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, path)
    with path.open("rb") as copy:
        os.fsync(copy.fileno())


def readings(params: StorageParams, release: OpenedRelease) -> Ways:
    """Every byte of every file of the release."""
    files = release.store.filesystem()
    paths = [path for kind in release.kinds() for path in release.paths(kind)]

    def check() -> None:
        found = verify(release)
        assert not found.problems
        assert found.files_read == len(paths)

    ways: Ways = {"heliu": check, **_both("pyarrow", files.open_input_file, paths)}
    if params.endpoint_url is not None:
        client = Session().client("s3", endpoint_url=params.endpoint_url)

        def get(path: str) -> Any:
            bucket, _, key = path.partition("/")
            return client.get_object(Bucket=bucket, Key=key)["Body"]

        ways |= _both("boto3", get, paths)
    return ways


def _both(name: str, opened: Callable[[str], Any], paths: list[str]) -> Ways:
    """Reading alone, and reading and hashing."""

    def read(path: str, digest: Any = None) -> None:
        with closing(opened(path)) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                if digest is not None:
                    digest.update(chunk)

    return {
        name: lambda: _in_threads(read, paths),
        f"{name}, sha256": lambda: _in_threads(lambda path: read(path, hashlib.sha256()), paths),
    }


def _in_threads(work: Callable[[str], None], paths: list[str]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(work, paths))


def publishing(params: StorageParams, shards: int) -> dict[str, Any]:
    """A release of many shards, three of them new: seconds and requests of publishing alone."""
    store = open_store(params)
    files = [_entry(b"%d" % number) for number in range(shards + 3)]
    first = manifest_of("many", "1.0.0", files[:shards])
    digest, _ = publish(Corpus(_Believing(store, files), "many"), first, commit_info=ABOUT)
    for number in range(shards, shards + 3):
        store.put(blob_key("many", files[number]["sha256"]), b"%d" % number)
    parent = {"version": "1.0.0", "digest": digest}
    second = manifest_of("many", "1.1.0", files[3:], parent=parent)
    requests: list[str] = []
    with _counted(params, requests):
        seconds = _seconds(lambda: publish(Corpus(store, "many"), second, commit_info=ABOUT))
    found: dict[str, Any] = {"shards": shards, "new": 3, "seconds": round(seconds, 2)}
    return found | ({"requests": len(requests)} if params.endpoint_url else {})


def _entry(body: bytes) -> dict[str, Any]:
    return file_entry("many", hashlib.sha256(body).hexdigest(), len(body))


class _Believing:
    """A store whose old shards nobody has uploaded: only their manifest matters here."""

    def __init__(self, store: ObjectStore, files: list[dict[str, Any]]) -> None:
        self._store = store
        self._sizes = {file["key"]: file["bytes"] for file in files}

    def size(self, key: str) -> int | None:
        return self._sizes.get(key) or self._store.size(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@contextmanager
def _counted(params: StorageParams, requests: list[str]) -> Iterator[None]:
    def count(request: Any, **_: object) -> None:
        requests.append(request.method)

    resending = (True, False) if params.endpoint_url else ()
    clients = [s3_client(params.endpoint_url, params.region, resends=way) for way in resending]
    for client in clients:
        client.meta.events.register("before-send.s3", count)
    yield
    for client in clients:
        client.meta.events.unregister("before-send.s3", count)


def measure(params: StorageParams, local: OpenedRelease, given: argparse.Namespace) -> Any:
    """All of it on one store; speeds in MB/s of stored bytes, ratios against each peer."""
    release = local
    if params.endpoint_url is not None:
        release = mirror(local, open_store(params), commit_info=ABOUT).release
    size = sum(entry["bytes"] for kind in local.kinds() for entry in local.entries(kind))
    shards = [Path(file) for file in local.files()[:UPLOADED_SHARDS]]
    shard_bytes = sum(path.stat().st_size for path in shards)
    uploaded = best_seconds(uploads(params, shards), given.runs)
    verified = best_seconds(readings(params, release), given.runs)
    return {
        "upload": _speeds(uploaded, shard_bytes),
        "verify": _speeds(verified, size),
        "publish": publishing(params, given.shards),
    }


def _speeds(seconds: dict[str, float], size: int) -> dict[str, Any]:
    speeds = {name: round(size / 1e6 / spent, 1) for name, spent in seconds.items()}
    ratios = {name: round(spent / seconds["heliu"], 2) for name, spent in seconds.items()}
    return {"megabytes": round(size / 1e6), "mb_per_second": speeds, "heliu_is_times": ratios}


def main() -> None:
    """Print one line of JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=1000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--shards", type=int, default=10_000)
    given = options.parse_args()
    line: dict[str, Any] = dict(circumstances("boto3", "pyarrow", "ministack"))
    other = os.environ.pop("HELIU_TEST_S3", None)
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        here = StorageParams(folder, None, None)
        local = synthesize(DirectoryStore(Path(folder)), given.megabytes * 10**6)
        line["directory"] = measure(here, local, given)
        with s3_server() as address:
            there = StorageParams(f"s3://{fresh_bucket(address)}/r", address, None)
            line["ministack"] = measure(there, local, given)
        if other:
            there = StorageParams(f"s3://{fresh_bucket(other)}/r", other, None)
            line[other] = measure(there, local, given)
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
