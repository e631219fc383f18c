import codecs
import io
import json
import tracemalloc

import pytest

from jobs.corpus.intake.blocks import lines as file_lines
from jobs.corpus.intake.deliveries import RejectReason, read_rows
from jobs.corpus.model.tables import DELIVERED
from tests.deliveries import asked, lines, reasons, rows, texts


def test_json_rows_are_read_with_their_columns_and_line_numbers():
    source = lines(
        {"id": "a", "text": "第一条", "title": "总则", "date": "2020-01-01"}, {"text": "乙"}
    )
    first, second = rows(b"\n" + source.replace(b"\n", b"\r\n \n") + b"\n", asked())
    assert first == {
        **dict.fromkeys(DELIVERED.names),
        "source_file": "法规.dat",
        "source_row": 2,
        "source_id": "a",
        "title": "总则",
        "text": "第一条",
        "published": "2020-01-01",
    }
    assert (second["source_row"], second["source_id"], second["text"]) == (4, None, "乙")


def test_json_bad_rows_are_refused_with_their_reason_and_the_rest_is_read():
    source = b"\n".join(
        [
            lines({"text": "甲"}),
            b'{"text": "no end',
            b"[1, 2]",
            lines({"id": 7, "title": "无正文"}),
            lines({"text": None}),
            lines({"text": " \u3000\n"}),
            lines({"text": ["数", 1]}),
            b'{"text": "\xd6\xd0\xb9\xfa"}',
            lines({"text": "大" * 4000}),
            b"x" * 100_000,
            b'{"text": "half \\ud800 of a character"}',
            lines({"text": "乙"}),
        ]
    )
    found = rows(source, asked())
    assert reasons(found) == [
        None,
        RejectReason.BROKEN_JSON,
        RejectReason.BROKEN_JSON,
        RejectReason.MISSING_TEXT,
        RejectReason.NULL_TEXT,
        RejectReason.EMPTY_TEXT,
        RejectReason.NOT_TEXT,
        RejectReason.UNDECODABLE,
        RejectReason.TOO_LARGE,
        RejectReason.TOO_LARGE,
        RejectReason.BROKEN_JSON,
        None,
    ]
    assert texts(found) == ["甲", *[None] * 10, "乙"]
    assert [row["source_row"] for row in found] == list(range(1, 13))
    assert (found[3]["source_id"], found[3]["title"]) == ("7", "无正文")
    assert found[3]["evidence"] == "id, title"
    assert "d6 d0 b9 fa" in found[7]["evidence"]
    assert "12000 bytes" in found[8]["evidence"]


def test_text_of_a_list_of_paragraphs_is_their_lines():
    half = b'{"text": ["half \\ud800", "a"]}'
    given = [["第一段。", "", "第二段。"], ["甲", None], [], [None], [["甲"]], [{"p": "甲"}]]
    found = rows(lines(*({"text": text} for text in given)) + b"\n" + half, asked())
    assert texts(found) == ["第一段。\n\n第二段。", "甲", *[None] * 5]
    assert reasons(found)[2:] == [
        *[RejectReason.EMPTY_TEXT] * 2,
        *[RejectReason.NOT_TEXT] * 2,
        RejectReason.BROKEN_JSON,
    ]
    large = lines({"text": ["大" * 200] * 20})
    assert reasons(rows(large, asked())) == [RejectReason.TOO_LARGE]


def test_evidence_is_short_and_valid_whatever_was_delivered():
    keys = lines({"text": "甲"}, {f"列{n}": n for n in range(100)})
    header = b"id,text\n"
    for source, params in (
        (keys, asked()),
        (lines({"text": [["长"]] * 1000}), asked()),
        (b'{"text": ' + b"x" * 1000, asked()),
        (header + b"\xff" * 300 + b",1,2", asked("csv")),
    ):
        evidence = rows(source, params)[-1]["evidence"]
        assert evidence.isprintable()
        assert len(evidence) <= 200


def test_json_values_that_are_not_strings_become_strings():
    record = {"text": "甲", "id": 10**24, "title": {"主": "总则", "次": [1]}, "date": 2020}
    (row,) = rows(lines(record), asked())
    assert row["source_id"] == "1" + "0" * 24
    assert row["title"] == '{"主":"总则","次":[1]}'
    assert row["published"] == "2020"


def test_json_as_python_writes_it_is_read_with_nan_and_a_mark():
    source = (
        b'{"text": "\xe7\x94\xb2", "id": 1.5, "score": NaN}\n\xef\xbb\xbf{"text": "\xe4\xb9\x99"}'
    )
    found = rows(codecs.BOM_UTF8 + source, asked())
    assert texts(found) == ["甲", "乙"]
    assert found[0]["source_id"] == "1.5"


def test_json_nested_column_is_the_exact_key_else_the_path():
    columns = (("text", "doc.body"), ("id", "doc.id"))
    found = rows(
        lines(
            {"doc": {"body": "路径", "id": 1}},
            {"doc.body": "整名", "doc": {"body": "x"}},
            {"doc": "无"},
        ),
        asked(columns=columns),
    )
    assert texts(found) == ["路径", "整名", None]
    assert [row["source_id"] for row in found] == ["1", None, None]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16"])
@pytest.mark.parametrize("declared", [True, False])
def test_json_in_any_encoding_is_read_and_its_bad_rows_refused(encoding, declared):
    good = lines({"text": "本法自公布之日起施行，中華民國的船舶也是。"}).decode()
    wrong = {"utf-16": b"\x00\xd8"}.get(encoding, b"\xff")
    codec = "utf-16-le" if encoding == "utf-16" else encoding
    bad = '{"text": "'.encode(codec) + wrong + '"}'.encode(codec)
    source = "\n".encode(codec).join([good.encode(codec), bad, good.encode(codec)])
    found = rows(source, asked(encoding=encoding if declared else "auto"))
    assert reasons(found) == [None, RejectReason.UNDECODABLE, None]
    assert texts(found)[2] == json.loads(good)["text"]


def test_json_line_beyond_all_bounds_is_skipped_not_held():
    long = b'{"text": "' + b"x" * 5_000_000 + b'"}'
    found = rows(b"\n".join([lines({"text": "甲"}), long, lines({"text": "乙"})]), asked())
    assert texts(found) == ["甲", None, "乙"]
    assert found[1]["reason"] == RejectReason.TOO_LARGE


def test_json_text_within_bounds_is_read_however_it_is_escaped():
    text = "é" * 100_000
    (row,) = rows(json.dumps({"text": text}).encode(), asked(max_text_bytes=200_000))
    assert row["text"] == text


def test_json_line_beyond_all_bounds_takes_no_memory():
    blocks = (bytes(1 << 20) for _ in range(50))
    tracemalloc.start()
    found = list(file_lines(blocks, 1000))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [None]
    assert peak_bytes < 5 << 20


def test_json_file_without_the_text_key_is_all_refused_with_the_keys_it_has():
    source = lines({"doc": {"body": "甲", "id": 1}, "link": "x"}, {"title": "乙"})
    found = rows(source, asked())
    assert reasons(found) == [RejectReason.MISSING_TEXT] * 2
    assert found[0]["evidence"] == "doc.body, doc.id, link"


def test_json_file_without_any_object_is_all_rejects_and_an_empty_one_nothing():
    assert reasons(rows(b"oops\n[]", asked())) == [RejectReason.BROKEN_JSON] * 2
    assert rows(b"", asked()) == []
    assert rows(b"\n \n", asked()) == []


def test_rows_come_in_tables_of_about_the_asked_size():
    source = lines(*({"text": "条" * 1000} for _ in range(50)))
    stream = io.BytesIO(source)
    tables = list(read_rows(stream, source_file="a", params=asked(batch_bytes=10_000)))
    assert [len(table) for table in tables] == [3] * 16 + [2]
