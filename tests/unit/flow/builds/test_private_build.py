"""A build that replaces private data: no value of it is left anywhere below the root."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.command.reports import report_partners
from jobs.corpus.private_data.kinds import PLACEHOLDERS, PrivateKind
from jobs.errors import ConfigError, HeliuError
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.releases.card import dataset_card
from jobs.flow.releases.verification import verify
from jobs.storage.stores import open_store
from tests.builds import build_parameters, built_here, table, write_partner
from tests.private_deliveries import (
    SAID,
    VALUES,
    everything_below,
    held,
    lines,
    parts_held,
    quoted_lines,
)

IN_BATCHES = ("shards.batch_bytes=2000", "shards.run_bytes=10000")
REPLACE = tuple(f"private_data.{kind}=replace" for kind in PrivateKind)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("private")
    (folder / "a.jsonl").write_bytes(b"\n".join(lines()))
    partner = f"deliveries: {folder}/*.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 2\n"
    write_partner(folder, "gov", partner + "columns: {title: title, url: url}")
    return folder


def parameters(folder: Path, root: Path, *overrides: str):
    few = ("paragraphs.min_documents=5", "limits.reject_share=1", "alarms=warn")
    return build_parameters(folder, root, "partners=[gov]", *few, *overrides)


def released(folder: Path, root: Path, *overrides: str):
    params = parameters(folder, root, *overrides)
    return built_here(params)


def test_the_search_finds_values_where_nothing_is_replaced(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path)
    files = list(everything_below(tmp_path))
    assert held("".join(text for _, text in files)) == set(VALUES.values())
    for kind in ("documents", "removals", "log"):
        assert any(kind in str(path) for path, _ in files), kind
    assert held(str(table(release, "decisions").to_pydict())) == set(VALUES.values())
    assert "private_data" not in release.manifest
    assert "private_data" not in release.manifest["parameters"]


def test_no_value_is_left_once_it_is_replaced(folder: Path, tmp_path: Path, capsys, caplog) -> None:
    release = released(folder, tmp_path, *REPLACE)
    for path, text in everything_below(tmp_path):
        assert not held(text), path
    report_partners(release.manifest)
    out = capsys.readouterr()
    assert not held(out.out + out.err + caplog.text)
    assert "private data" in out.out
    shown = "".join(table(release, "shards")["content"].to_pylist())
    assert {place for place in PLACEHOLDERS.values() if place in shown} == {*PLACEHOLDERS.values()}
    assert not verify(release).problems


def test_removals_hold_kind_and_place(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path, *REPLACE)
    removed = table(release, "removals").to_pylist()
    assert {row["kind"] for row in removed} == {
        "private_data", "repeated_paragraph", "site_boilerplate"
    }  # fmt: skip
    private = [row for row in removed if row["kind"] == "private_data"]
    assert {row["text"] for row in private} == set(PLACEHOLDERS.values())
    assert {row["line"] for row in private} == {0, 2, 3, 4}


def test_manifest_and_card_count_per_partner_and_kind(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path, *REPLACE, "private_data.qq=report")
    assert release.manifest["parameters"]["private_data"]["qq"] == "report"
    counts = release.manifest["private_data"]["gov"]
    assert counts["qq"] == {"documents": 2, "values": 3}
    assert counts["mobile"] == {"documents": 30, "values": 33}
    card = dataset_card(release.manifest, release.digest, paths=[])
    assert "| gov | qq | report | 2 | 3 |" in card


def test_dropped_documents_are_in_decisions_alone(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path, "private_data.qq=drop", "private_data.mobile=replace")
    decisions = table(release, "decisions").to_pylist()
    gone = [row for row in decisions if row["stage"] == "private_data"]
    assert {(row["verdict"], row["reason"]) for row in gone} == {("dropped", "private_data")}
    assert sorted(row["evidence"] for row in gone) == ["1 qq", "2 qq"]
    assert release.manifest["partners"]["gov"]["reasons"]["private_data/private_data"] == 2
    for path, text in everything_below(tmp_path):
        assert VALUES[PrivateKind.QQ] not in text, path
    assert not verify(release).problems


def test_in_many_batches_it_is_the_same_release(folder: Path, tmp_path: Path) -> None:
    once = released(folder, tmp_path / "a", *REPLACE)
    assert released(folder, tmp_path / "b", *REPLACE, *IN_BATCHES).digest == once.digest


def test_a_release_with_private_data_is_no_parent_of_one_without(
    folder: Path, tmp_path: Path
) -> None:
    released(folder, tmp_path)
    told = ("corpus.parent=1.0.0", "corpus.version=1.1.0", "private_data.mobile=replace")
    params = parameters(folder, tmp_path, *told)
    with pytest.raises(ConfigError, match=r'private_data\.mobile: absent, "replace"'):
        open_parent(open_store(params.storage), params)


def test_no_part_of_a_value_is_left_where_rows_are_quoted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(quoted_lines()))
    partner = f"deliveries: {tmp_path}/*.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 2\n"
    mapped = "html: true\ncolumns: {published: date}\nkeep: [note, contacts]\n"
    write_partner(tmp_path, "gov", partner + mapped)
    rights = ("rights.policy=report",)
    before = released(tmp_path, tmp_path / "before", *rights)
    for kind, column in (("decisions", "evidence"), ("shards", "meta"), ("shards", "rights")):
        assert parts_held(str(table(before, kind)[column].to_pylist())), column
    release = released(tmp_path, tmp_path / "after", *REPLACE, *rights)
    for path, text in everything_below(tmp_path / "after"):
        assert not parts_held(text) | held(text), path
    assert not verify(release).problems


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize("text", ["正文", "text"])
def test_no_value_is_left_in_what_is_said_of_files(tmp_path: Path, policy: str, text: str) -> None:
    said = ",".join(SAID[kind].format(VALUES[kind]) for kind in PrivateKind)
    (tmp_path / "a.csv").write_text(f"正文,{said}\n第一件事,{said}\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(f'"{said}"x,"正文\n一件事', encoding="utf-8")
    partner = f"deliveries: {tmp_path}/*.csv\nformat: csv\nlicence: CC0-1.0\npriority: 2\n"
    columns = f"columns: {{text: {text}, title: 标题}}\non_bad_file: {policy}\n"
    write_partner(tmp_path, "gov", partner + columns)
    assert held(error_of(tmp_path, tmp_path / "before", "alarms=stop"))
    for alarms in ("alarms=stop", "alarms=warn"):
        assert not held(error_of(tmp_path, tmp_path / "after", *REPLACE, alarms))
    for path, words in everything_below(tmp_path / "after"):
        assert not held(words), path


def error_of(folder: Path, root: Path, *overrides: str) -> str:
    """The message of a build that fails, nothing of one that does not."""
    try:
        released(folder, root, *overrides)
    except HeliuError as error:
        return str(error)
    return ""
