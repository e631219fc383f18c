"""Keys of rows: which there are, how often they are filled, and where the text changes its key."""

from __future__ import annotations

import io
from dataclasses import replace

import pyarrow as pa

from jobs.corpus.intake.column_profiles import NO_TEXT, Layout, Profile
from jobs.corpus.intake.deliveries import read_rows
from tests.deliveries import asked, lines, only
from tests.own_deliveries import article


def profile(*records: object, wanted: str = "content") -> list[Layout]:
    params = asked(columns=only("text", wanted))
    names = ("id", "content", "正文", "title", "link", "date", "views", "tags", "page")
    stream = io.BytesIO(lines(*records))
    found = Profile(wanted)
    for table in read_rows(stream, source_file="a.jsonl", params=replace(params, keep=names)):
        assert isinstance(table, pa.Table)
        found.add(table)
    return found.layouts()


def test_rows_whose_text_changes_its_key_are_two_kinds() -> None:
    old = [{"id": n, "content": article(n), "title": f"第{n}号"} for n in range(3)]
    new = [{"id": n, "正文": article(n), "title": f"第{n}号"} for n in range(3, 5)]
    found = profile(*old, *new, {"id": 9, "title": "只有标题"})
    assert [(one.text, one.rows, one.first) for one in found] == [
        ("content", 3, ("a.jsonl", 1)),
        ("正文", 2, ("a.jsonl", 4)),
        (NO_TEXT, 1, ("a.jsonl", 6)),
    ]
    assert found[1].columns["正文"].mean_chars > 100


def test_optional_keys_make_no_kinds_of_their_own() -> None:
    (found,) = profile(
        {"content": article(1), "link": "https://a.example/1"},
        {"content": article(2), "date": "2023年5月1日", "views": 7},
        {"content": article(3), "tags": ["甲"], "page": "<!DOCTYPE html><html>…"},
        {"content": article(4), "date": None},
    )
    filled = {name: column.filled for name, column in found.columns.items()}
    assert filled == {"content": 4, "link": 1, "date": 1, "views": 1, "tags": 1, "page": 1}
    kinds = {name: column.kind for name, column in found.columns.items()}
    assert kinds == {
        "content": "text",
        "link": "address",
        "date": "date",
        "views": "number",
        "tags": "list",
        "page": "page",
    }


def test_text_without_a_telling_name_is_the_longest() -> None:
    records = [{"id": n, "page": article(n), "title": "题" * 10} for n in range(3)]
    assert [one.text for one in profile(*records, wanted="text")] == ["page"]
