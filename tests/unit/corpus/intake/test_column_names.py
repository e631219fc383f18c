"""Names of columns: what is meant, and which of several alternatives is read."""

from __future__ import annotations

import pytest

from jobs.corpus.intake.column_names import likely_columns, meant_column, spelling
from tests.deliveries import asked, lines, parquet, reasons, rows, texts

EITHER = (("text", "content|正文"), ("title", "headline|标题"), ("id", "编号"))


def test_columns_are_known_by_what_they_are_called() -> None:
    found = likely_columns(
        ["编号", "Title", "doc.body", "link", "发布日期", "meta.License", "views"]
    )
    assert found == {
        "text": "doc.body",
        "title": "Title",
        "url": "link",
        "published": "发布日期",
        "id": "编号",
        "licence": "meta.License",
    }
    assert likely_columns(["body.x", "正文", "content"])["text"] == "content"
    assert likely_columns(["meta.title", "title"])["title"] == "title"


@pytest.mark.parametrize(
    ("given", "names", "meant"),
    [
        ("conten", ["content", "title"], "content"),
        ("text", ["正文", "标题"], "正文"),
        ("doc.bdoy", ["doc.body", "doc.id"], "doc.body"),
        ("text", ["甲", "乙"], None),
    ],
)
def test_wrong_name_is_taken_for_the_one_that_is_meant(
    given: str, names: list[str], meant: str | None
) -> None:
    assert meant_column(given, names, "text") == meant


def test_first_alternative_that_is_there_is_spelt() -> None:
    assert spelling("content|正文", ["正文", "标题"]) == "正文"
    assert spelling("a|b", ["a|b", "a"]) == "a|b"  # a name may have the sign in it
    assert spelling("content|正文", ["标题"]) is None
    assert spelling(None, ["标题"]) is None


def test_row_of_json_takes_the_alternative_that_it_has() -> None:
    source = lines(
        {"编号": 1, "content": "一段旧文", "headline": "旧"},
        {"编号": 2, "正文": "一段新文", "标题": "新"},
        {"编号": 3, "content": None, "正文": "后来补上的"},
        {"编号": 4, "content": None},
        {"编号": 5},
    )
    found = rows(source, asked(columns=EITHER))
    assert texts(found) == ["一段旧文", "一段新文", "后来补上的", None, None]
    assert [row["title"] for row in found] == ["旧", "新", None, None, None]
    assert reasons(found) == [None, None, None, "null_text", "missing_text"]


def test_files_of_columns_take_the_alternative_that_they_have() -> None:
    csv = "编号,正文\n1,一段文字\n".encode()
    assert texts(rows(csv, asked("csv", columns=EITHER))) == ["一段文字"]
    table = parquet(编号=["1"], 正文=["一段文字"], 标题=["题"])
    found = rows(table, asked("parquet", columns=EITHER))
    assert (found[0]["text"], found[0]["title"]) == ("一段文字", "题")
