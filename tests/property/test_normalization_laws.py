"""What normalization promises of any text, tried on texts made to break it."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.repair.normalization import changes, normalized, normalized_texts

PUNCTUATION = "，：；（）！？。、“”《》…—～"
REMOVED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064"
    "\u2066-\u206f\u3000\ufeff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\ufff9-\ufffb\ufffe\uffff]"
)

# Joiners inside emoji and behind letters of scripts that join are part of them, and so are breaks
# of words and marks of direction where scripts have them.
EMOJI = re.compile(
    "(?<=[\U0001f000-\U0001faff\ufe0f])\u200d(?=[\U0001f000-\U0001faff])"
    "|(?<=[\u0590-\u18af\ufb1d-\ufefc])[\u061c\u180e\u200b-\u200f\u202f]"
    "|[\u061c\u200e\u200f](?=[\u0590-\u08ff\ufb1d-\ufefc])"
)

# Pieces that rules look for, whole and broken, so that a drawn text makes them meet.
PIECES = [
    *("中华人民共和国", "条例", "第一条", "㎡", "①", "\uf900", "豈", "𠀀", "🏛"),
    *PUNCTUATION,
    *(
        "Ａ",
        "ｚ",
        "５",
        "＜",
        "＞",
        "＆",
        "ａｍｐ；",
        "Hello",
        "e\u0301",
        "\u0301",
        "\u0338",
        "\u1fef",
    ),
    *("\u3000", "\xa0", "\u2003", " ", "  ", "\t", "\r\n", "\r", "\n", "\n\n", "\x85", "\u2028"),
    *("\u200b", "\ufeff", "\xad", "\u202e", "\x00", "\x7f", "\u2060", "\U000e0041", "\uffff"),
    *("<p>", "</p>", "<br/>", "<BR>", "<td>", "<b", ">", "<", "/", "<a href='", '="', "'", '"'),
    *("<path>", "</path>", "<div class=正文>", "<div", "<!--", "-->", "<!doctype html>"),
    *("<script>", "</script>", "<STYLE type=x>", "</style>", "ſ", "K", "ı", "ｂ"),
    *(
        "&amp;",
        "&lt;",
        "&gt;",
        "&#60;",
        "&#x26;",
        "&nbsp;",
        "&#13;",
        "&#8203;",
        "&",
        "#38;",
        "amp;",
    ),
    *("lt;", "nbsp;", "&bogus;", "&NotEqualTilde;", "`", "``", "```", "````", "~~~", "~~~~", "> "),
]
# What the rules for Chinese text look for.
PIECES += [
    *(
        "，",
        ",",
        ".",
        ";",
        ":",
        "?",
        "!",
        "(",
        ")",
        "中 文 语 料 来 自 各 地",
        " 。",
        "... ",
        "1,234",
    ),
    *("標(biāo)", "準(zhǔn)", "學", "們(men)", "l(fā)", "?,F(xiàn)", "乾", "著", "發", "裡", "裏"),
    *("ÖÐ»ª", "涓\ue15e浗", "ä¸\xadå\x9b½", "锟斤拷", "\ufffd", "い地チ", "⽇", "⻓", "\ue000"),
    *("，在第一行里把这句话写到正好这么长为止\n", "一", "https://a.cn/", "|", "\n---\n", "    "),
    *("👨\u200d👩", "🏳️\u200d🌈", "\u200d", "ශ්\u200dරී", "می\u200cخواهم", "\u200f", "\u180e"),
    *(
        "の",
        "アイ",
        "한국",
        "Привет",
        "孫乾",
        "沈醉",
        "藉",
        "１．５",
        "．",
        "    x = f(1);  // 注",
        "示例：\n",
    ),
    *(
        " 标签",
        "<sup>",
        "n-1",
        "</sup>",
        "&lt;p&gt;",
        "，在第二行里把这句话写到正好这么长为止\n    ",
        "│",
        "├── ",
    ),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=25).map("".join)


@settings(deadline=None)
@given(texts)
def test_normalizing_twice_is_normalizing_once(text):
    once = normalized(text)
    assert normalized(once) == once


@settings(deadline=None)
@given(texts)
def test_normalized_text_is_nfc_without_unwanted_characters(text):
    result = normalized(text)
    assert unicodedata.is_normalized("NFC", result)
    assert not REMOVED.search(EMOJI.sub("", result))
    assert result == result.rstrip(" \t\n").lstrip("\n")  # a line of a program keeps its indent
    assert "\n\n\n" not in result
    assert not re.search(r"[ \t]\n", result)


@settings(deadline=None)
@given(texts)
def test_normalized_text_is_at_most_three_times_as_long(text):
    assert len(normalized(text)) <= 3 * len(text)


@settings(deadline=None)
@given(texts)
def test_changes_of_single_rules_lead_to_the_normalized_text(text):
    steps = list(changes(text))
    assert (steps[-1][2] if steps else text) == normalized(text)
    assert all(before != after for _, before, after in steps)


@settings(deadline=None)
@given(st.lists(st.sampled_from("中文法律条例ＡＢ１２ab12\u3000 \n" + PUNCTUATION)).map("".join))
def test_chinese_punctuation_survives_in_order(text):
    assert [c for c in normalized(text) if c in PUNCTUATION] == [
        c for c in text if c in PUNCTUATION
    ]


@settings(deadline=None)
@given(st.lists(texts | st.none(), max_size=6), st.integers(0, 6))
def test_a_column_cut_anywhere_normalizes_to_the_same(rows, cut):
    column = pa.array(rows, pa.large_string())
    parts = [normalized_texts(column[:cut]), normalized_texts(column[cut:])]
    expected = [None if text is None else normalized(text) for text in rows]
    assert pa.chunked_array(parts, pa.large_string()).to_pylist() == expected
