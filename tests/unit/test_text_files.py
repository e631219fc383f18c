import io

import pytest

from jobs.corpus.deliveries import RejectReason, read_rows
from jobs.errors import TextColumnMissing
from tests.deliveries import asked, only, rows


def test_text_file_is_one_row_named_after_the_file():
    params = asked("text", "auto", (("text", "text"), ("id", "name"), ("title", "name")))
    stream = io.BytesIO("公告\n本法的施行日期由国务院规定。".encode("gb18030"))
    (table,) = read_rows(stream, source_file="2023/第一号.公告.txt.gz", params=params)
    (row,) = table.to_pylist()
    assert (row["source_row"], row["source_id"], row["title"]) == (1, "第一号.公告", "第一号.公告")
    assert row["text"].endswith("国务院规定。")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", RejectReason.EMPTY_TEXT),
        (b"\xd6\xd0\xb9\xfa", RejectReason.UNDECODABLE),
        (b"x" * 10_001, RejectReason.TOO_LARGE),
    ],
)
def test_text_file_that_is_no_document_is_one_reject(source, reason):
    (row,) = rows(source, asked("text", columns=(("text", "text"), ("id", "name"))))
    assert (row["reason"], row["text"], row["source_id"]) == (reason, None, "法规")


def test_text_file_has_no_other_columns():
    with pytest.raises(TextColumnMissing, match="text, name"):
        rows(b"x", asked("text", columns=only(theirs="body")))
