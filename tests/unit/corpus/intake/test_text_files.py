import io
import tracemalloc
from types import SimpleNamespace

import pytest

from jobs.corpus.intake import text_files
from jobs.corpus.intake.deliveries import RejectReason, read_rows
from jobs.corpus.intake.open_files import OpenFile
from jobs.corpus.intake.text_files import block_rows
from jobs.errors import TextColumnMissing
from jobs.storage.decompression import COMPRESSED_SUFFIXES
from tests.deliveries import asked, only, reasons, rows, texts


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


def test_text_blocks_are_documents_between_blank_lines():
    source = "\n\n第一篇\r\n第二行\r\n \r\n\r\n第二篇\n\u3000\n第三篇".encode()
    params = asked("text-blocks", "auto", (("text", "text"), ("title", "name")))
    found = rows(source, params)
    assert texts(found) == ["第一篇\r\n第二行\r", "第二篇", "第三篇"]
    assert [row["source_row"] for row in found] == [1, 2, 3]
    assert found[0]["title"] == "法规"


def test_name_of_a_compressed_file_is_without_every_suffix_that_is_decompressed():
    assert {*text_files._COMPRESSED} == {*COMPRESSED_SUFFIXES}
    for suffix in (*COMPRESSED_SUFFIXES, ".GZ"):
        assert text_files._stem(f"2023/第一号.txt{suffix}") == "第一号"


def test_text_block_that_is_no_document_is_one_reject():
    source = b"\n\n".join([b"\xff\xff", b"x" * 10_001, b"x\n" * 6000, b"y" * 99_999, "乙".encode()])
    found = rows(source, asked("text-blocks", columns=only()))
    assert reasons(found) == [
        RejectReason.UNDECODABLE,
        *[RejectReason.TOO_LARGE] * 3,
        None,
    ]


def test_text_blocks_without_end_take_no_memory():
    sizes = iter([1 << 16] * 40)
    stream = SimpleNamespace(read=lambda _: b"x\n" * (next(sizes, 0) // 2))
    tracemalloc.start()
    (row,) = block_rows(OpenFile(stream, "a", asked("text-blocks", columns=only())))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert row.reason == RejectReason.TOO_LARGE
    assert peak_bytes < 8 << 20
