"""Licences: of a row, its source or its partner; groups of a release and their exports."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from jobs.errors import ConfigError
from jobs.flow.releases.card import dataset_card
from jobs.flow.releases.exports import export_huggingface, export_jsonl, export_licences
from jobs.flow.releases.licences import licence_group, licence_groups
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.canonical_json import sha256_hex
from jobs.storage.directory import DirectoryStore
from tests.builds import in_this_process
from tests.papers import TERMS, papers_corpus
from tests.releases import decided, publish_release, released
from tests.takedowns import Built

OPEN = "政府数据开放许可"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return papers_corpus(tmp_path_factory.mktemp("licences"))


@pytest.fixture(scope="module")
def release(corpus: Built) -> OpenedRelease:
    return corpus.opened("1.0.0")


def documents(release: OpenedRelease) -> list[dict]:
    return release.dataset().to_table().to_pylist()


def test_licence_is_of_the_row_then_the_source_then_the_partner(release: OpenedRelease) -> None:
    found = {row["source_id"]: row["licence"] for row in documents(release)}
    # Those of site1, g1 and g4, have a source with a licence.
    of_gov = ["CC-BY-4.0", OPEN, "MIT", "CC-BY-4.0", "CC0-1.0"]
    assert [found[f"g{n}"] for n in range(5)] == of_gov
    assert [found[f"n{n}"] for n in range(3)] == ["CC0-1.0", "CC-BY-4.0", "CC-BY-4.0"]
    accounts = release.manifest["partners"]
    assert accounts["gov"]["licences"] == ["CC0-1.0", "MIT", OPEN]
    assert accounts["news"]["licences"] == ["CC0-1.0"]


def test_release_of_one_licence_records_no_others(tmp_path: Path) -> None:
    corpus = Built(tmp_path)
    corpus.deliver("gov", "a", [{"id": "1", "text": "甲" * 60, "title": None, "url": None}])
    with in_this_process():
        account = corpus.build("1.0.0", "gov").manifest["partners"]["gov"]
    assert {"licences", "terms"}.isdisjoint(account)


def test_extended_release_keeps_licences_and_terms(corpus: Built) -> None:
    before = corpus.opened("1.0.0").manifest
    corpus.deliver("papers", "a", [{"id": "1", "text": "甲" * 60, "title": None, "url": None}])
    with in_this_process():
        now = corpus.build("1.1.0", "papers", parent="1.0.0").manifest
    assert now["partners"]["gov"] == before["partners"]["gov"]
    assert now["publisher"] == before["publisher"]


def test_groups_hold_every_document_once(release: OpenedRelease) -> None:
    rows = documents(release)
    groups = licence_groups(release)
    counted = Counter(row["licence"] for row in rows)
    assert {one.licences[0]: one.documents for one in groups} == counted
    assert sum(one.characters for one in groups) == sum(row["content_chars"] for row in rows)
    assert [one.characters for one in groups] == sorted(
        (one.characters for one in groups), reverse=True
    )
    assert any(one.mixed_files for one in groups)
    both = licence_group(release, ["MIT", OPEN])
    assert (both.documents, both.licences) == (counted["MIT"] + counted[OPEN], ("MIT", OPEN))
    keys = [file.entry["key"] for file in both.files]
    order = [entry["key"] for entry in release.entries("shards")]
    assert keys == [key for key in order if key in keys]
    with pytest.raises(ConfigError, match=r"GPL\]: no document .* has it; partners gave CC-BY-4.0"):
        licence_group(release, ["GPL", "MIT"])


def test_export_holds_the_documents_of_its_licences_alone(
    release: OpenedRelease, tmp_path: Path
) -> None:
    wanted = {row["id"]: row["content"] for row in documents(release) if row["licence"] == OPEN}
    group = licence_group(release, [OPEN])
    lines = []
    for file in export_jsonl(release, tmp_path / "jsonl", layout="content", group=group).files:
        with pa.CompressedInputStream(str(file), "zstd") as stream:
            lines += map(json.loads, io.TextIOWrapper(stream, encoding="utf-8"))
    assert {line["id"]: line["content"] for line in lines} == wanted
    files = export_huggingface(release, tmp_path / "hub", group=group).files
    table = pa.concat_tables([pq.read_table(file) for file in files])
    assert set(table["licence"].to_pylist()) == {OPEN}
    assert set(table["id"].to_pylist()) == set(wanted)
    assert len(files) == len(group.files) < len(release.files())
    described = json.loads((tmp_path / "hub" / "croissant.json").read_bytes())
    assert described["license"] == [OPEN]
    assert [one["name"] for one in described["creator"]] == [TERMS["legal_name"]]
    card = (tmp_path / "hub" / "README.md").read_text(encoding="utf-8")
    assert f"{len(wanted)} of the {len(documents(release))} documents" in card
    assert sha256_hex((tmp_path / "hub" / "manifest.json").read_bytes()) == release.digest


def test_every_licence_has_a_card_a_files_list_and_a_view(
    release: OpenedRelease, tmp_path: Path
) -> None:
    export_licences(release, tmp_path / "licences")
    listed = json.loads((tmp_path / "licences" / "groups.json").read_bytes())["groups"]
    rows = documents(release)
    assert sum(one["documents"] for one in listed) == len(rows)
    for one in listed:
        folder = tmp_path / "licences" / one["folder"]
        addresses = (folder / "files.txt").read_text(encoding="utf-8").split()
        assert len(addresses) == one["files"]
        assert set(addresses) <= set(release.files())
        wanted = {row["id"] for row in rows if row["licence"] == one["licence"]}
        database = duckdb.connect()
        database.execute((folder / "view.sql").read_text(encoding="utf-8"))
        found = database.execute("SELECT id FROM demo").fetchall()
        assert sorted(row[0] for row in found) == sorted(wanted)
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert (f"{one['mixed_files']} of them hold documents of other" in card) == bool(
            one["mixed_files"]
        )
        head = yaml.safe_load(card.split("---\n")[1])
        assert head["license"] == ("other" if one["licence"] == OPEN else [one["licence"].lower()])
    assert sum(path.stat().st_size for path in (tmp_path / "licences").rglob("*.*")) < 50_000


def test_card_of_a_release_names_all_its_licences(release: OpenedRelease) -> None:
    card = dataset_card(release.manifest, release.digest, paths=())
    assert f"| gov | CC-BY-4.0, CC0-1.0, MIT, {OPEN} |" in card
    assert "license: other" in card


def test_licence_of_a_hostile_release_ends_no_literal(tmp_path: Path) -> None:
    evil = "x') UNION SELECT * FROM read_text('/etc/passwd') --\n```\n| <b>"
    gov = released("gov", {"1": "甲" * 60})
    column = gov.schema.get_field_index("licence")
    gov = gov.set_column(column, "licence", pa.array([evil]))
    release = publish_release(DirectoryStore(tmp_path), "1.0.0", {"gov": ([gov], decided(gov, {}))})
    export_licences(release, tmp_path / "out")
    (folder,) = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    database = duckdb.connect()
    database.execute((folder / "view.sql").read_text(encoding="utf-8"))
    assert database.execute("SELECT licence FROM demo").fetchall() == [(evil,)]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.count("```") == 2
    assert "<b>" not in card.split("```")[0]


def test_column_that_holds_no_licences_is_refused(tmp_path: Path) -> None:
    gov = released("gov", {str(n): f"第{n}号" for n in range(1001)})
    column = gov.schema.get_field_index("licence")
    gov = gov.set_column(column, "licence", pa.array([f"编号{n}" for n in range(1001)]))
    release = publish_release(DirectoryStore(tmp_path), "1.0.0", {"gov": ([gov], decided(gov, {}))})
    with pytest.raises(ConfigError, match="more than 1000 licences"):
        export_licences(release, tmp_path / "out")
    assert licence_group(release, ["编号7"]).documents == 1
