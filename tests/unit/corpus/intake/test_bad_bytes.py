"""A bad byte costs a character, not its row: U+FFFD stands for it, within the share allowed."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from jobs.corpus.intake.deliveries import RejectReason
from tests.deliveries import asked, lines, only, parquet, reasons, rows, texts

BEFORE = "会议指出，要坚持问题导向，切实解决市场准入和监管执法等方面的突出问题。" * 2
AFTER = "会议强调，各地要把安全生产的责任落到实处，不留死角。"
TRADITIONAL = (
    "會議指出，要堅持問題導向，切實解決市場準入和監管執法等方面的突出問題。" * 2,
    "會議強調，各地要把安全生產的責任落到實處，不留死角。",
)
CODECS = {"utf-8": "utf-8", "gb18030": "gb18030", "big5": "cp950"}
SHARE = 0.02


def damaged(source: str, codec: str, count: int = 1) -> bytes:
    """`source` with so many bytes that are in no encoding in place of each ※."""
    return source.encode(codec).replace("※".encode(codec), b"\xff" * count)


def sources(text: str) -> dict[str, str]:
    page = f"<html><body><article><p>{text}</p></article></body></html>"
    return {
        "jsonl": f'{{"id": "1", "text": "{text}"}}\n',
        "csv": f'id,text\n1,"{text}"\n',
        "tsv": f"id\ttext\n1\t{text}\n",
        "text": text,
        "text-blocks": f"{text}\n\n",
        "html": page,
    }


@pytest.mark.parametrize("encoding", CODECS)
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("format_", sources(""))
def test_bad_byte_is_one_replacement_character(format_, declared, encoding):
    before, after = TRADITIONAL if encoding == "big5" else (BEFORE, AFTER)
    text = f"{before}※{after}"
    columns = only() if "id" not in sources("")[format_] else (*only(), ("id", "id"))
    params = asked(format_, encoding if declared else "auto", columns)
    source = damaged(sources(text)[format_], CODECS[encoding])
    (row,) = rows(source, replace(params, lost_share=SHARE))
    assert row["text"] == f"{before}\ufffd{after}"
    assert row["source_id"] == ("1" if len(columns) > 1 else None)
    assert reasons(rows(source, params)) == [RejectReason.UNDECODABLE]
    source = damaged(sources(text)[format_], CODECS[encoding], 9)
    assert reasons(rows(source, replace(params, lost_share=SHARE))) == [RejectReason.UNDECODABLE]


@pytest.mark.parametrize("named", ["euc-jp", "gb2312", "utf-8"])
def test_page_with_a_bad_byte_is_read_in_the_charset_it_names(named):
    text = "本日は晴天なり。国の宝が展示されている。" if named == "euc-jp" else BEFORE
    page = f'<html><head><meta charset="{named}"></head><body><p>{text * 3}※</p></body></html>'
    (row,) = rows(damaged(page, named), replace(asked("html", "auto", only()), lost_share=SHARE))
    assert row["text"] == f"{text * 3}\ufffd"


@pytest.mark.parametrize(
    ("named", "codec", "text"),
    [
        ("iso-2022-jp", "iso2022_jp", "本日は晴天なり。国の宝が展示されている。"),
        ("hz-gb-2312", "hz", "会议指出，要坚持问题导向，切实解决突出问题。"),
        ("shift_jis", "cp932", "本日は晴天なり。国の宝が展示されている。"),
        ("euc-kr", "euc_kr", "대한민국의 주권은 국민에게 있다."),
        ("iso-2022-jp", "utf-8", "本日は晴天なり。国の宝が展示されている。"),
    ],
)
def test_page_in_another_encoding_that_it_names_is_read(named, codec, text):
    page = f'<html><head><meta charset="{named}"></head><body><p>{text * 3}</p></body></html>'
    (row,) = rows(page.encode(codec), asked("html", "auto", only()))
    assert row["text"] == text * 3


def test_rows_around_a_damaged_one_are_what_they_were():
    good = [{"id": str(n), "text": f"{BEFORE}第{n}条"} for n in range(3)]
    source = lines(*good).replace("第1条".encode(), b"\xff")
    found = rows(source, replace(asked("jsonl", "auto"), lost_share=SHARE))
    assert texts(found) == [f"{BEFORE}第0条", f"{BEFORE}\ufffd", f"{BEFORE}第2条"]


def test_id_that_lost_a_byte_is_the_id_of_no_document():
    for format_, source in (
        ("jsonl", f'{{"id": "a※", "text": "{BEFORE}"}}'),
        ("csv", f"id,text\na※,{BEFORE}\n"),
    ):
        (row,) = rows(damaged(source, "utf-8"), replace(asked(format_), lost_share=SHARE))
        assert (row["reason"], row["source_id"]) == (RejectReason.UNDECODABLE, None)


def test_bad_bytes_of_a_row_are_counted_over_all_that_is_read_of_it():
    for title, expected in (("总则※", "总则\ufffd"), ("※※※", None)):
        row = f'{{"title": "{title}", "text": "{BEFORE}", "unread": "{"※" * 9}"}}'
        (found,) = rows(damaged(row, "utf-8"), replace(asked(), lost_share=SHARE))
        assert (found["title"], found["text"]) == (expected, BEFORE if expected else None)


def test_bad_byte_that_was_half_of_the_syntax_costs_the_row():
    (row,) = rows(b'{"text": \xff"a"}', replace(asked(), lost_share=1.0))
    assert row["reason"] == RejectReason.UNDECODABLE


def test_lone_half_characters_are_refused_beside_bad_bytes():
    source = damaged(f'{{"text": "\\\\ud83d{BEFORE}※"}}', "utf-8").replace(b"\\\\", b"\\")
    (row,) = rows(source, replace(asked(), lost_share=SHARE))
    assert row["reason"] == RejectReason.BROKEN_JSON


@pytest.mark.parametrize("kind", [pa.binary(), pa.list_(pa.binary())])
def test_parquet_text_with_a_bad_byte_is_kept(kind):
    text = damaged(f"{BEFORE}※", "utf-8")
    one = [text] if pa.types.is_list(kind) else text
    source = parquet(text=pa.array([one, one], kind), title=pa.array([b"ok", text]))
    found = rows(source, replace(asked("parquet"), lost_share=SHARE))
    assert texts(found) == [f"{BEFORE}\ufffd"] * 2
    assert [row["title"] for row in found] == ["ok", f"{BEFORE}\ufffd"]
    assert reasons(rows(source, asked("parquet"))) == [RejectReason.UNDECODABLE] * 2
