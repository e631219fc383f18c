"""Partner files that are proposed from a folder read it, as far as it can be seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.command.config_files import read_config
from jobs.command.partner_files import partner_file
from jobs.command.schemas import keys_of
from jobs.command.settings import Build
from jobs.errors import DeliveryMissing
from jobs.flow.intake.proposals import Proposal, proposals
from tests.own_deliveries import article, page, write_all, write_papers


def lines(*records: dict[str, object]) -> str:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in records)


def groups(proposal: Proposal) -> dict[str, tuple[str, ...]]:
    return {one.format: one.deliveries for one in proposal.groups}


def test_each_folder_is_a_partner_and_each_format_a_group(tmp_path: Path) -> None:
    here = write_all(tmp_path / "deliveries")
    gov, news, papers = proposals(here)
    assert groups(gov) == {"jsonl": (f"{here}/gov",)}
    assert gov.groups[0].columns == {
        "text": "content|正文",
        "title": "headline|标题",
        "url": "link",
        "published": "date",
        "id": "编号",
    }
    assert gov.groups[0].others == ("views",)
    assert groups(news) == {"html": (f"{here}/news",), "text": (f"{here}/news",)}
    assert {one.encodings for one in news.groups} == {("gb18030",)}
    assert {one.example for one in news.unread} == {"README.pdf", "统计.xlsx"}
    # A folder would mean the archive to both groups.
    assert groups(papers) == {
        "jsonl": (f"{here}/papers",),
        "parquet": (f"{here}/papers/**/*.parquet",),
    }
    assert papers.groups[1].columns == {"text": "doc.body", "title": "doc.title", "id": "id"}


def test_licences_of_rows_are_mapped_and_the_partners_is_for_the_others(tmp_path: Path) -> None:
    row = {"text": article(1), "license": "CC-BY-4.0"}
    (tmp_path / "a.jsonl").write_text(lines(row), encoding="utf-8")
    (only,) = proposals(tmp_path)
    assert only.groups[0].columns == {"text": "text", "licence": "license"}
    said = partner_file(only, 1)
    assert "licence: unknown  # (!) stands beside every document whose row names none" in said
    assert ": 1 file read." in said


def test_folders_by_date_are_of_one_partner(tmp_path: Path) -> None:
    for day in ("2023-11-01", "2023年12月"):
        folder = tmp_path / "人民 日报" / day
        folder.mkdir(parents=True)
        (folder / "a.TXT").write_bytes(article(1).encode("gbk"))
        (folder / "b.htm").write_bytes(page(2).encode())
    (only,) = proposals(tmp_path / "人民 日报")
    assert only.name == "人民-日报"
    assert [one.format for one in only.groups] == ["html", "text"]


def test_files_beside_folders_are_a_partner_of_their_own(tmp_path: Path) -> None:
    here = tmp_path / "all"
    write_papers(here / "papers", 3)
    (here / "loose.jsonl").write_text(lines({"text": article(1)}))
    papers, loose = proposals(here)
    assert (papers.name, loose.name) == ("papers", "all")
    assert groups(loose) == {"jsonl": (f"{here}/*.jsonl",)}


def test_whole_pages_and_texts_of_unknown_names_are_seen(tmp_path: Path) -> None:
    for name, text in (("pages", page), ("texts", article)):
        (tmp_path / name).mkdir()
        key = "html" if name == "pages" else "东西"
        records = lines(*({"no": n, key: text(n)} for n in range(5)))
        (tmp_path / name / "a.jsonl").write_text(records)
    pages, texts = proposals(tmp_path)
    assert (pages.groups[0].columns["text"], pages.groups[0].html) == ("html", True)
    assert (texts.groups[0].columns["text"], texts.groups[0].html) == ("东西", False)


def test_folder_without_anything_to_read_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "gov").mkdir()
    (tmp_path / "gov" / "a.pdf").write_bytes(b"%PDF-1.4\n")
    for folder in (tmp_path, tmp_path / "gov", tmp_path / "gone"):
        with pytest.raises(DeliveryMissing, match=str(folder)):
            proposals(folder)


@pytest.mark.parametrize("name", ["gov", "3g", "no", "人民日报", "a b: c #d", "defaults", "-x"])
def test_what_is_written_says_what_was_proposed(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "in" / name
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(
        lines({"正文": article(1), "yes": 1, "标题: 一": "甲", "url": "https://a.example"})
    )
    (one,) = proposals(tmp_path / "in")
    path = tmp_path / f"{one.name}.yaml"
    path.write_text(partner_file(one, 3), encoding="utf-8")
    read = read_config(path, keys_of(Build)["partners"], one.name)[one.name]
    assert read["deliveries"] == str(folder)
    assert read["columns"] == {"text": "正文", "url": "url"}
    assert (read["format"], read["priority"], read["licence"]) == ("jsonl", 3, "unknown")
