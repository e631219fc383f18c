"""Rejected rows by reason, with files, rows and what shows it."""

from __future__ import annotations

import pyarrow as pa

from jobs.corpus.normalize.reject_examples import COLUMNS, example_lines, rejects

MISSING = ("intake", "missing_text", "编号, 标题, 正文")
BROKEN = ("intake", "broken_json", "unexpected end")


def table(*rows: tuple[str, int, str | None, str | None, str | None]) -> pa.Table:
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=COLUMNS)


def test_rejects_are_counted_by_reason_and_file() -> None:
    rows = [("b.jsonl", n, *MISSING) for n in range(7, 2, -1)]
    rows += [("a.jsonl", 9, *MISSING), ("a.jsonl", 1, *BROKEN), ("a.jsonl", 2, None, None, None)]
    missing, broken = rejects(table(*rows))
    assert (missing.reason, missing.rows, missing.files) == ("missing_text", 6, 2)
    worst = [(one.file, one.rows, one.first, one.last) for one in missing.worst]
    assert worst == [("b.jsonl", 5, 3, 7), ("a.jsonl", 1, 9, 9)]
    shown = [(one.file, one.row) for one in missing.examples]
    assert shown == [("b.jsonl", 3), ("a.jsonl", 9), ("b.jsonl", 4)]
    assert (broken.rows, broken.examples[0].evidence) == (1, "unexpected end")


def test_lines_name_file_rows_keys_and_the_key_that_is_meant() -> None:
    (missing,) = rejects(table(*(("a.jsonl", n, *MISSING) for n in range(501, 1001))))
    said = "\n".join(example_lines(missing, ["content"]))
    assert "a.jsonl: 500 rows, rows 501 to 1,000" in said
    assert "a.jsonl row 501: 编号, 标题, 正文" in said
    assert "columns.text is 'content', which these rows do not have: did you mean '正文'?" in said
    assert "did you mean" not in "\n".join(example_lines(missing, ["content|正文"]))
