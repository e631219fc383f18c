"""Files joined of others: every line in its own encoding, by evidence from the whole file."""

import io
import json
import os
from pathlib import Path

import pytest

from jobs.corpus.intake.deliveries import RejectReason, legacy_evidence, read_rows
from jobs.corpus.intake.encoding_evidence import HEAD_BYTES, Evidence
from jobs.corpus.intake.encodings import EUC_TW
from tests.deliveries import asked, lines, only, reasons, rows, texts

SIMPLIFIED = "中华人民共和国公民的人身自由不受侵犯，任何公民非经批准不受逮捕。"
TRADITIONAL = "第一條 本辦法依據引水法第六條第二項規定訂定之，由交通部會同有關機關發布。"
# 「維基大典（Wikipedia）者，網路為禮；集天下知」, as a Taiwanese system wrote it.
EUC_TW_LINE = bytes.fromhex(
    "eac4d9d7c4cbcca8a1be57696b697065646961a1bfcfafa1a2eabde6fbd2b3f6f0a1a7e2f5c5b2c4b6cfa1a1"
    "a3c6bed6c0cbc6a1a3dcb8c4a9cab5a1a2d5f3c8cbd2efdbefa1a4cceec9a2cfafa1a2eac4d9d7dee8fcd5d9"
)


def record(text, encoding):
    return json.dumps({"text": text}, ensure_ascii=False).encode(encoding)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "big5"),
        ("佢哋嘅嘢喺嗰度，我哋有人在的是一不了。", "big5hkscs"),
    ],
)
@pytest.mark.parametrize("utf8_first", [True, False])
def test_mixed_json_lines_are_each_read_in_their_own_encoding(text, codec, utf8_first):
    both = [record(text, "utf-8"), record(text, codec)]
    found = rows(b"\n".join(both if utf8_first else both[::-1]), asked(encoding="auto"))
    assert texts(found) == [text, text]


def test_mixed_csv_lines_are_each_read_in_their_own_encoding():
    source = f"id,text\n1,{SIMPLIFIED}\n".encode() + f"2,{SIMPLIFIED}\n".encode("gb18030")
    assert texts(rows(source, asked("csv", "auto"))) == [SIMPLIFIED] * 2


def test_mixed_text_file_is_one_text():
    source = f"{SIMPLIFIED}\n".encode() + SIMPLIFIED.encode("gb18030")
    (row,) = rows(source, asked("text", "auto", only()))
    assert row["text"] == f"{SIMPLIFIED}\n{SIMPLIFIED}"


def test_mixed_line_that_fits_none_is_refused_and_damaged_utf8_is_not_taken_for_another():
    good, other = record(SIMPLIFIED, "utf-8"), record(SIMPLIFIED, "gb18030")
    cut = good.replace("由".encode(), "由".encode()[:2])
    found = rows(
        b"\n".join([good, other, cut, b'{"text": "\xff\xff\xff"}']), asked(encoding="auto")
    )
    assert reasons(found) == [None, None, *[RejectReason.UNDECODABLE] * 2]


def test_short_lines_of_a_gb18030_file_are_not_taken_for_utf8():
    # The bytes of 芦 in GB18030 are those of another character in UTF-8.
    text = "芦".encode("gb18030").decode()
    source = f"id,text\n1,{SIMPLIFIED}\n2,芦\n".encode("gb18030")
    assert texts(rows(source, asked("csv", "auto"))) == [SIMPLIFIED, "芦"]
    assert text != "芦"


def test_declared_encoding_is_taken_at_its_word():
    source = b"\n".join([record(SIMPLIFIED, "utf-8"), record(SIMPLIFIED, "gb18030")])
    found = rows(source, asked(encoding="utf-8"))
    assert reasons(found) == [None, RejectReason.UNDECODABLE]


def test_euc_tw_is_named_as_the_reason():
    line = b'{"text": "' + EUC_TW_LINE + b'"}'
    found = rows(b"\n".join([line, lines({"text": "甲"})]), asked(encoding="auto"))
    assert reasons(found) == [RejectReason.UNSUPPORTED_ENCODING, None]
    assert EUC_TW in found[0]["evidence"]


def test_evidence_comes_from_the_whole_file_and_not_from_its_head():
    head = lines({"text": "甲" * 1000}) + b"\n"
    source = head * (HEAD_BYTES // len(head) + 1) + record(TRADITIONAL, "big5")
    evidence = legacy_evidence(io.BytesIO(source), "a")
    assert evidence == "big5"
    tables = read_rows(
        io.BytesIO(source), source_file="a", params=asked(encoding="auto"), legacy=lambda: evidence
    )
    assert list(tables)[-1]["text"].to_pylist()[-1] == TRADITIONAL


def test_evidence_of_a_pure_utf8_file_is_never_asked_for():
    def asked_for():
        raise AssertionError

    source = io.BytesIO(lines({"text": SIMPLIFIED}))
    tables = read_rows(source, source_file="a", params=asked(encoding="auto"), legacy=asked_for)
    assert next(tables).num_rows == 1


def test_evidence_stays_small_however_large_the_file_is():
    line = record(SIMPLIFIED, "gb18030") + b"\n"
    block = line * ((1 << 20) // len(line) + 1)
    evidence = Evidence().add(block for _ in range(700))
    assert sum(map(len, evidence._samples)) <= 300 << 14
    assert evidence.legacy() == "gb18030"


@pytest.mark.skipif("HELIU_REAL_DATA" not in os.environ, reason="HELIU_REAL_DATA is not set")
def test_evidence_of_every_real_dirty_file_is_what_its_manifest_says():
    folder = Path(os.environ["HELIU_REAL_DATA"]) / "dirty"
    spelled = {"gb2312": "gb18030", "utf-8-sig": None, "utf-8": None, "utf-16": None}
    wrong = {}
    for entry in json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8")):
        declared = entry["encoding"].lower()
        if declared == "utf-16":
            continue  # has no lines of bytes; told by its head
        expected = None if "mojibake" in declared else spelled.get(declared, declared)
        with (folder / entry["file"]).open("rb") as stream:
            found = legacy_evidence(stream, entry["file"])
        if found != expected:
            wrong[entry["file"]] = (found, expected)
    assert wrong == {}
