import json
import os
from pathlib import Path

import pytest

from jobs.corpus.intake.encodings import decoded, detect, utf8_blocks, without_mark

SIMPLIFIED = "中华人民共和国公民的人身自由不受侵犯。任何公民，非经人民检察院批准，不受逮捕。"
TRADITIONAL = "第一條 本辦法依據引水法第六條第二項規定訂定之，由交通部會同有關機關發布。"
CLASSICAL = "道可道，非常道；名可名，非常名。無名天地之始，有名萬物之母。"


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "gb2312", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (CLASSICAL, "big5", "big5"),
        (CLASSICAL, "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-16", "utf-16-le"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be"),
        ("Article 1. This Act\n", "utf-16-be", "utf-16-be"),
        ("Article 1. This Act\n", "ascii", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8"),
        ("\ufeff" + SIMPLIFIED, "gb18030", "gb18030"),
    ],
)
def test_detect_text_in_a_known_encoding_is_told(text, codec, expected):
    assert detect(text.encode(codec)) == expected


def test_detect_utf8_with_some_bad_bytes_stays_utf8():
    bad = SIMPLIFIED.encode() * 3 + b"\xff\xfe\xb0" + SIMPLIFIED.encode()[1:]
    assert detect(bad) == "utf-8"
    # As GB18030 these rare characters would spell common ones.
    assert detect(("蓞齛" * 20).encode() + b"\xff") == "utf-8"


def test_detect_gb18030_with_some_bad_bytes_stays_gb18030():
    assert detect(b"\xff" + (SIMPLIFIED * 3).encode("gb18030") + b"\xff\x00") == "gb18030"


def test_detect_sample_cut_inside_a_character_is_told():
    assert detect((SIMPLIFIED * 2).encode()[:-1]) == "utf-8"
    assert detect((SIMPLIFIED * 2).encode("gb18030")[:-1]) == "gb18030"
    assert detect((SIMPLIFIED * 2).encode("utf-16-be")[:-1]) == "utf-16-be"


def test_detect_json_whose_han_comes_late_is_told_by_the_han():
    head = '{"id": "statute-000001", "licence": "public domain", "pages": [1, 2, 3]}\n' * 9000
    assert detect((head + SIMPLIFIED).encode("gb18030")) == "gb18030"


def test_detect_bytes_in_no_known_encoding_counts_as_utf8_so_that_rows_are_refused():
    assert detect("Le procédé a été achevé à l'été".encode("latin-1")) == "utf-8"


def test_detect_nothing_is_utf8():
    assert detect(b"") == "utf-8"


def test_decoded_big5_keeps_the_full_width_tilde_and_knows_hong_kong():
    assert decoded("３～５天".encode("cp950"), "big5") == "３～５天"
    assert decoded("喺嗰度".encode("big5hkscs"), "big5") == "喺嗰度"


def test_decoded_bad_bytes_raise():
    with pytest.raises(UnicodeDecodeError):
        decoded(b"\xb7\xa8\xff", "gb18030")
    with pytest.raises(UnicodeDecodeError):
        decoded(b"\xa4\xa4\xff", "big5")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_utf8_blocks_cut_anywhere_join_to_the_same_text(size):
    text = "\ufeff一二三𠀀\n四\u0a0a五"
    raw = text.encode("utf-16-le")
    blocks = [raw[i : i + size] for i in range(0, len(raw), size)]
    assert b"".join(utf8_blocks(blocks, "utf-16-le")).decode() == text


def test_utf8_blocks_half_a_character_at_the_end_is_not_valid_utf8():
    with pytest.raises(UnicodeDecodeError):
        b"".join(utf8_blocks(["文".encode("utf-16-le") + b"\x2d"], "utf-16-le")).decode()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_without_mark_drops_the_mark_of_the_first_block_alone(encoding):
    mark, text = "\ufeff".encode(encoding), "甲".encode(encoding)
    assert list(without_mark([mark + text, mark])) == [text, mark]
    assert list(without_mark([])) == [b""]


@pytest.mark.skipif("HELIU_REAL_DATA" not in os.environ, reason="HELIU_REAL_DATA is not set")
def test_detect_every_real_dirty_file_is_told():
    folder = Path(os.environ["HELIU_REAL_DATA"]) / "dirty"
    spelled = {"gb2312": "gb18030", "utf-8-sig": "utf-8", "utf-16": "utf-16-be"}
    wrong = {}
    for entry in json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8")):
        declared = entry["encoding"].lower()
        expected = "utf-8" if "mojibake" in declared else spelled.get(declared, declared)
        found = detect((folder / entry["file"]).read_bytes())
        if found != expected:
            wrong[entry["file"]] = (found, expected)
    assert wrong == {}
