"""Several groups of files of one partner, folders by their format's suffixes, and own columns."""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import ConfigError, DeliveryMissing, LossAlarm
from jobs.flow.intake.listing import listed_groups
from jobs.flow.params import BuildParams
from jobs.flow.releases.delivered_rows import Whereabouts, delivered_text
from jobs.flow.releases.verification import verify
from tests.builds import build, build_parameters, opened, table, write_partner

pytestmark = pytest.mark.usefixtures("tasks_here")


HEAD = "licence: CC0-1.0\npriority: 1\n"


def text(number: int) -> str:
    return f"第{number}号公告：南京市长江大桥维修，来往车辆绕行。" + f"请{number}号单位知悉。" * 9


def deliver(folder: Path) -> None:
    """Last year's layout as CSV in GBK, this year's as JSON lines, and pages beside plain text."""
    (folder / "2022").mkdir(parents=True)
    with (folder / "2022" / "公告.csv").open("w", encoding="gb18030", newline="") as stream:
        rows = [[str(n), text(n), "张三"] for n in range(10)]
        csv.writer(stream).writerows([["编号", "正文", "作者"], *rows])
    (folder / "2023").mkdir()
    rows = [{"id": str(n), "body": text(n), "by": f"李{n}"} for n in range(10, 20)]
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "2023" / "公告.jsonl").write_text(body, encoding="utf-8")
    (folder / "网").mkdir()
    page = f"<html><head><title>页</title></head><body><p>{text(30)}</p></body></html>"
    (folder / "网" / "页.html").write_text(page, encoding="utf-8")
    (folder / "网" / "文.txt").write_text(text(40), encoding="utf-8")


GROUPS = """
columns: {{text: body, id: id}}
format: jsonl
groups:
  new: {{deliveries: '{0}/2023'}}
  old: {{deliveries: '{0}/2022', format: csv, columns: {{text: 正文, id: 编号}}, encoding: gb18030}}
  pages: {{deliveries: '{0}/网', format: html, columns: {{text: text}}}}
  texts: {{deliveries: '{0}/网', format: text, columns: {{text: text, title: name}}}}
"""


def parameters(folder: Path, settings: str, *overrides: str) -> BuildParams:
    write_partner(folder / "conf", "gov", HEAD + settings.format(folder / "in"))
    return build_parameters(folder / "conf", folder / "root", "partners=[gov]", *overrides)


def test_groups_are_read_each_in_its_way_under_one_account(tmp_path: Path) -> None:
    deliver(tmp_path / "in")
    params = parameters(tmp_path, GROUPS)
    published = build(params)
    manifest = published.manifest
    assert manifest["documents"] == 22
    assert manifest["partners"]["gov"]["delivered"] == 22
    assert len({file["reading"] for file in manifest["inputs"]}) == 4
    release = opened(params)
    assert verify(release).problems == []
    documents = table(release, "shards").to_pylist()
    assert {one["source_id"] for one in documents} == {None, *map(str, range(20))}
    assert {one["title"] for one in documents} == {None, "页", "文"}
    # Rows are read again by the group of their file.
    where = Whereabouts((str(tmp_path / "in"),), None)
    for decision in table(release, "decisions").to_pylist():
        assert "号公告" in (delivered_text(release, decision, where) or "")
    # Nothing that a parent knows is read again, and the order of groups decides nothing.
    grown = parameters(tmp_path, GROUPS, "corpus.parent=1.0.0", "corpus.version=1.1.0")
    assert build(grown).manifest["inputs"] == manifest["inputs"]
    lines = GROUPS.splitlines()
    other = "\n".join([*lines[:4], *reversed(lines[4:])])
    assert build(parameters(tmp_path, other)).digest == published.digest


def test_one_group_is_the_partner_itself(tmp_path: Path) -> None:
    deliver(tmp_path / "in")
    plain = "format: jsonl\ncolumns: {{text: body, id: id}}\ndeliveries: '{0}/2023'"
    digest = build(parameters(tmp_path, plain)).digest
    again = parameters(tmp_path, plain.replace("/2023", "/2023/*.jsonl"))
    assert build(again).digest == digest
    assert "groups" not in opened(again).manifest["parameters"]["reading"]["gov"]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("groups:\n  a: {{deliveries: /x, formt: csv}}", r"no key gov\.groups\.a\.formt.*format"),
        ("groups:\n  a: {{deliveries: /x}}", r"partners/gov\.yaml does not say groups\.a\.format"),
        ("groups:\n  a: {{format: csv}}", "deliveries"),
        ("deliveries: /x\nformat: csv\ngroups:\n  a: {{deliveries: /x}}", "both deliveries and"),
        ("format: csv", r"partners/gov\.yaml does not say deliveries"),
        ("deliveries: /x", r"partners/gov\.yaml does not say format"),
        ("deliveries: /x\nformat: csv\non_bad_file: skp", "choose stop or skip"),
        ("deliveries: /x\nformat: csv\nkeep: [a, a]", "names a column twice"),
    ],
)
def test_slips_in_groups_are_named(tmp_path: Path, settings: str, complaint: str) -> None:
    with pytest.raises(Exception, match=complaint) as caught:
        parameters(tmp_path, settings)
    assert isinstance(caught.value.__cause__ or caught.value, Exception)


def test_file_in_two_groups_is_refused_by_name(tmp_path: Path) -> None:
    deliver(tmp_path / "in")
    settings = GROUPS.replace("'{0}/网', format: text", "['{0}/网', '{0}/*/*.html'], format: text")
    complaint = r"页\.html is in the deliveries of partner gov, group pages and of .* group texts"
    with pytest.raises(ConfigError, match=complaint):
        build(parameters(tmp_path, settings))


def test_mapped_column_that_a_group_lacks_is_told_with_its_group(tmp_path: Path) -> None:
    deliver(tmp_path / "in")
    settings = GROUPS.replace("id: 编号", "id: 编码")
    with pytest.raises(LossAlarm, match=r"partner gov, group old: columns\.id is '编码'"):
        build(parameters(tmp_path, settings))


def test_equal_names_in_groups_are_told_apart(tmp_path: Path) -> None:
    for year in ("2022", "2023"):
        (tmp_path / "in" / year).mkdir(parents=True)
        row = json.dumps({"text": text(int(year))}, ensure_ascii=False)
        (tmp_path / "in" / year / "a.jsonl").write_text(row, encoding="utf-8")
    groups = (
        "format: jsonl\ngroups:\n  a: {{deliveries: '{0}/2022'}}\n  b: {{deliveries: '{0}/2023'}}"
    )
    manifest = build(parameters(tmp_path, groups)).manifest
    assert [file["file"] for file in manifest["inputs"]] == ["2022/a.jsonl", "2023/a.jsonl"]


def test_folder_means_files_of_the_format_and_the_rest_is_listed_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    deliver(tmp_path / "in")
    for name in ("说明.pdf", "图.PDF", "LICENSE", "a.x\x1b[31m", "_SUCCESS", ".hidden"):
        (tmp_path / "in" / "2023" / name).touch()
    plain = "format: jsonl\ncolumns: {{text: body, id: id}}\ndeliveries: '{0}/2023'"
    with caplog.at_level(logging.WARNING, logger="jobs"):
        assert build(parameters(tmp_path, plain)).manifest["documents"] == 10
    (line,) = [one.getMessage() for one in caplog.records if "are read" in one.getMessage()]
    assert "partner gov: 1 of 5 files are read; others do not end in .jsonl" in line
    assert "2 .pdf, 2 without a suffix" in line
    assert line.isprintable()
    with pytest.raises(DeliveryMissing, match=r"no file there ends in \.parquet.* name the files"):
        build(parameters(tmp_path, plain.replace("jsonl", "parquet")))


def test_what_another_group_reads_is_not_said_to_be_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    deliver(tmp_path / "in")
    groups = """
groups:
  pages: {{deliveries: '{0}', format: html}}
  texts: {{deliveries: '{0}/**/*.txt', format: text}}
"""
    with caplog.at_level(logging.WARNING, logger="jobs"):
        listed_groups(parameters(tmp_path, groups))
    (line,) = [one.getMessage() for one in caplog.records if "are read" in one.getMessage()]
    assert "group pages: 1 of 3 files are read" in line
    assert line.endswith("1 .csv, 1 .jsonl, such as '2022/公告.csv'")


def test_large_archives_and_packed_files_are_read_whole_whatever_their_names(
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    rows = [json.dumps({"text": text(number)}, ensure_ascii=False) for number in range(40)]
    body = "\n".join(rows).encode()
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        info = tarfile.TarInfo("甲.jsonl")
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    settings = "deliveries: '{0}'\nformat: jsonl"
    for packed in (sink.getvalue(), gzip.compress(sink.getvalue()), gzip.compress(body)):
        (tmp_path / "in" / "a.jsonl").write_bytes(packed)
        digests = set()
        for size in ("1", "100000000"):
            shutil.rmtree(tmp_path / "root", ignore_errors=True)
            built = build(parameters(tmp_path, settings, f"shards.input_bytes={size}"))
            assert built.manifest["documents"] == 40
            digests.add(built.digest)
        assert len(digests) == 1


def test_column_that_a_later_member_has_is_there(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "a.zip", "w") as archive:
        for number in range(9):
            extra = ",id" if number == 8 else ""
            archive.writestr(f"{number}.csv", f"text{extra}\n{text(number)}{extra}\n")
    settings = "deliveries: '{0}'\nformat: csv\ncolumns: {{text: text, id: id}}"
    assert build(parameters(tmp_path, settings)).manifest["documents"] == 9


ROWS = [
    {"id": "1", "text": text(1), "author": "张三", "year": 2023.0, "tags": ["甲", "乙"]},
    {"id": "2", "text": text(2), "author": None, "year": 2024, "phone": "电话13800138000"},
    {"id": "3", "text": text(3), "author": "李\ud83d四"},
]


def kept(release: Any) -> dict[str, Any]:
    rows = table(release, "shards").to_pylist()
    return {one["source_id"]: one["meta"] and json.loads(one["meta"]) for one in rows}


def test_own_columns_are_kept_as_strings_by_every_partner_its_own(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    body = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "in" / "a.jsonl").write_text(body, encoding="utf-8")
    columns = {"text": [text(11), text(12)], "id": ["11", "12"], "类": ["新闻", None]}
    pq.write_table(pa.table(columns), tmp_path / "in" / "b.parquet")
    base = HEAD + f"deliveries: {tmp_path}/in\ncolumns: {{text: text, id: id}}\n"
    write_partner(
        tmp_path / "conf", "gov", f"{base}format: jsonl\nkeep: [author, year, tags, phone]"
    )
    write_partner(tmp_path / "conf", "press", f"{base}format: parquet\nkeep: [类]")
    write_partner(tmp_path / "conf", "plain", f"{base}format: parquet")

    def params(partners: str, *overrides: str) -> BuildParams:
        given = (f"partners=[{partners}]", "private_data.mobile=replace", *overrides)
        return build_parameters(tmp_path / "conf", tmp_path / "root", *given)

    both = params("gov,press")
    build(both)
    assert kept(opened(both)) == {
        "1": {"author": "张三", "year": "2023", "tags": '["甲","乙"]'},
        "2": {"year": "2024", "phone": "电话〔手机号〕"},
        "3": {"author": "李\ufffd四"},
        "11": {"类": "新闻"},
        "12": None,
    }
    assert verify(opened(both)).problems == []
    # A build of which no partner keeps anything extends it, and its shards have the column.
    pq.write_table(pa.table({"text": [text(21)], "id": ["21"]}), tmp_path / "in" / "c.parquet")
    grown = params("plain", "corpus.parent=1.0.0", "corpus.version=1.1.0")
    build(grown)
    assert opened(grown).schema().names[-1] == "meta"
    assert len(table(opened(grown), "shards")) == 6
    # Without it nothing is there, and it cannot be added to what has none.
    bare = params("plain", "corpus.version=2.0.0")
    build(bare)
    assert "meta" not in opened(bare).schema().names
    with pytest.raises(ConfigError, match=r"schema\.shards\.meta: absent, string or null"):
        build(params("press", "corpus.parent=2.0.0", "corpus.version=2.1.0"))


def test_column_to_keep_that_is_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("text,author\n甲乙丙丁,张三\n", encoding="utf-8")
    settings = "deliveries: '{0}'\nformat: csv\nkeep: [auther]"
    with pytest.raises(LossAlarm, match="keep is 'auther': did you mean 'author'"):
        build(parameters(tmp_path, settings))


def test_rows_that_quotes_take_in_are_alarming(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.tsv"
    lines = [f'{n}\t"{text(n)}' if n % 2 else f'{n}\t{text(n)}"' for n in range(1, 9)]
    path.write_text("\n".join(["id\ttext", *lines]) + "\n", encoding="utf-8")
    settings = "deliveries: '{0}'\nformat: tsv\ncolumns: {{id: id, text: text}}\n"
    complaint = r"4 lines inside quotes look like rows of their own, beside 4 rows.*quoting: none"
    with pytest.raises(LossAlarm, match=complaint):
        build(parameters(tmp_path, settings))
    assert build(parameters(tmp_path, f"{settings}quoting: none")).manifest["documents"] == 8
    # Texts of several lines are no rows.
    body = "".join(f'{n}\t"{text(n)}\n第二段，{text(n + 50)}"\n' for n in range(8))
    path.write_text(f"id\ttext\n{body}", encoding="utf-8")
    assert build(parameters(tmp_path, settings, "corpus.version=2")).manifest["documents"] == 8
