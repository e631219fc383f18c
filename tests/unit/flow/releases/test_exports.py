"""Exports and derived files: what others load is what was released."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from jsonschema import Draft202012Validator

from jobs.corpus.release.jsonl_layouts import LAYOUTS
from jobs.errors import ConfigError, DamagedRelease
from jobs.flow.releases.card import size_category
from jobs.flow.releases.described_files import json_schema, write_derived
from jobs.flow.releases.exports import export_huggingface, export_jsonl
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.canonical_json import sha256_hex
from jobs.storage.directory import DirectoryStore
from tests.releases import publish_release, small_release


@pytest.fixture
def release(tmp_path: Path) -> OpenedRelease:
    return small_release(DirectoryStore(tmp_path / "root"))


def _records(files: list[Path]) -> list[dict]:
    lines = []
    for file in files:
        with pa.CompressedInputStream(str(file), "zstd") as stream:
            lines += io.TextIOWrapper(stream, encoding="utf-8").read().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_jsonl_holds_every_document_in_its_layout(
    release: OpenedRelease, tmp_path: Path, layout: str
) -> None:
    records = _records(export_jsonl(release, tmp_path / "out", layout=layout).files)
    rows = release.dataset().to_table().to_pylist()
    assert {tuple(record) for record in records} == {LAYOUTS[layout]}
    for record, row in zip(records, rows, strict=True):
        assert (record["id"], record["content"]) == (row["id"], row["content"])
        assert record.get("title", row["title"]) == row["title"]
        if layout == "meta_info":
            rest = {name: value for name, value in row.items() if name not in ("id", "content")}
            assert record["meta_info"] == {k: v for k, v in rest.items() if v is not None}


@pytest.mark.parametrize("form", ["jsonl", "huggingface"])
def test_exports_are_equal_byte_by_byte_and_check_with_sha256sum(
    release: OpenedRelease, tmp_path: Path, form: str
) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        if form == "jsonl":
            export_jsonl(release, folder, layout="content")
        else:
            export_huggingface(release, folder)
    trees = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in folders
    ]
    assert trees[0] == trees[1]
    assert sha256_hex((folders[0] / "manifest.json").read_bytes()) == release.digest
    _sha256sum(folders[0])


def _sha256sum(folder: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_huggingface_folder_holds_the_same_rows_in_the_declared_columns(
    release: OpenedRelease, tmp_path: Path
) -> None:
    files = export_huggingface(release, tmp_path / "out").files
    table = pa.concat_tables([pq.read_table(file) for file in files])
    assert table.equals(release.dataset().to_table())


def test_derived_files_stand_beside_the_release_and_check_with_sha256sum(
    release: OpenedRelease,
) -> None:
    written = {Path(address).name: Path(address) for address in write_derived(release)}
    assert sorted(written) == [
        "README.md",
        "SHA256SUMS",
        "croissant.json",
        "files.txt",
        "schema.json",
        "view.sql",
    ]
    _sha256sum(written["files.txt"].parent)
    assert written["files.txt"].read_text().split() == release.files()
    before = {path: path.read_bytes() for path in written.values()}
    written["README.md"].unlink()
    write_derived(release)
    assert {path: path.read_bytes() for path in written.values()} == before


def test_version_with_a_plus_has_derived_files(tmp_path: Path) -> None:
    release = small_release(DirectoryStore(tmp_path), "1.0.0+zh")
    assert all(Path(address).is_file() for address in write_derived(release))


def test_schema_accepts_every_document_and_no_other(release: OpenedRelease) -> None:
    schema = json_schema(release.manifest)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    rows = release.dataset().to_table().to_pylist()
    for row in rows:
        validator.validate(row)
    assert list(validator.iter_errors(rows[0] | {"content": None}))
    assert list(validator.iter_errors(rows[0] | {"more": 1}))


def test_card_has_a_header_the_hub_reads_and_every_partner(
    release: OpenedRelease, tmp_path: Path
) -> None:
    export_huggingface(release, tmp_path / "out")
    _, header, body = (tmp_path / "out" / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    head = yaml.safe_load(header)
    assert head["language"] == ["zh"]
    assert head["license"] == ["cc-by-4.0"]
    assert head["size_categories"] == ["n<1K"]
    assert head["configs"][0]["data_files"] == [{"split": "train", "path": ["data/*.parquet"]}]
    assert "| gov | CC-BY-4.0 | 21 | 20 |" in body
    assert "| gov | dedup/near_duplicate | 1 | 4.76% |" in body
    assert release.digest in body


def test_licence_the_hub_does_not_know_is_other(tmp_path: Path) -> None:
    release = small_release(DirectoryStore(tmp_path))
    release.manifest["partners"]["gov"]["licence"] = "协议 2023-11"
    write_derived(release)
    header = release.store.get("demo/releases/1.0.0/README.md").decode().split("---\n")[1]
    assert yaml.safe_load(header)["license"] == "other"


@pytest.mark.parametrize(
    ("documents", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**9, "1B<n<10B"), (10**12, "10B<n<100B")],
)
def test_size_categories_are_the_hubs(documents: int, name: str) -> None:
    assert size_category(documents) == name


def test_export_leaves_a_folder_alone_that_holds_something(
    release: OpenedRelease, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "别动").touch()
    for export in (lambda to: export_jsonl(release, to, layout="content"),):
        with pytest.raises(ConfigError, match="not empty"):
            export(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["别动"]
    with pytest.raises(ConfigError, match="layout"):
        export_jsonl(release, tmp_path / "new", layout="cci")


def test_export_that_fails_leaves_nothing(release: OpenedRelease, tmp_path: Path) -> None:
    Path(release.files()[1]).unlink()
    with pytest.raises(DamagedRelease, match="restore it"):
        export_jsonl(release, tmp_path / "out", layout="content")
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_release_without_documents_exports(tmp_path: Path) -> None:
    release = publish_release(DirectoryStore(tmp_path / "root"), "0.0.1", {})
    assert export_jsonl(release, tmp_path / "a", layout="title").files == []
    assert export_huggingface(release, tmp_path / "b").files == []
    write_derived(release)
    assert release.dataset().to_table().num_rows == 0
    shutil.rmtree(tmp_path / "a")
