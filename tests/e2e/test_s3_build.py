"""The same build on an S3 server, read back as model trainers read it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.dataset as pd
import pyarrow.fs
import pytest

from tests.builds import build, build_parameters, in_this_process
from tests.commands import build_arguments, heliu, printed_commands, shell
from tests.s3_server import fresh_bucket, s3_server

pytestmark = [pytest.mark.e2e, pytest.mark.s3, pytest.mark.timeout(900)]


def test_build_on_s3_equals_the_build_on_a_directory_and_reads_back(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    with s3_server() as endpoint_url:
        root = f"s3://{fresh_bucket(endpoint_url)}/corpora"
        there = [f"storage.root={root}", f"storage.endpoint_url={endpoint_url}"]
        done = heliu(*build_arguments(demo, root, there[1]))
        assert done.returncode == 0, done.stderr
        for line in printed_commands(done.stdout):
            again = shell(line)
            assert (again.returncode, again.stderr) == (0, ""), line
        shown = json.loads(heliu("show", *there, "format=json").stdout)
        files = heliu("files", *there).stdout.split()

        store = pyarrow.fs.S3FileSystem(endpoint_override=endpoint_url, scheme="http")
        keys = [file.removeprefix("s3://") for file in files]
        table = pd.dataset(keys, filesystem=store).to_table()
        assert len(table) == shown["documents"]

        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        local = [store.open_input_file(key).readall() for key in keys]
        paths = [tmp_path / f"{number}.parquet" for number in range(len(local))]
        for path, body in zip(paths, local, strict=True):
            path.write_bytes(body)
        loaded = datasets.load_dataset(
            "parquet", data_files=[str(path) for path in paths], cache_dir=str(tmp_path / "cache")
        )["train"]
        assert loaded["id"][:] == table["id"].to_pylist()

    with in_this_process():
        same = build(build_parameters(demo / "conf", tmp_path / "releases"))
    assert same.digest == shown["digest"]
