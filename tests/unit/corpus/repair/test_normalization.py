import gzip
import json
import os
import re
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.repair.normalization import EVERY, normalized, normalized_texts
from jobs.corpus.repair.repairs import Repair


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "第一条\r\n第二条\r第三条\u2028第四条\x0b第五条\x85第六条",
            "第一条\n第二条\n第三条\n第四条\n第五条\n第六条",
        ),
        ("中\u200b文\ufeff语\xad料\u202e库\x00\x1f\x7f", "中文语料库"),
        ("甲\xa0乙\u3000丙\u2003丁\tA", "甲 乙 丙 丁\tA"),
        ("ＧＢ１８０３０，共７０２４４字", "GB18030，共70244字"),
        ("（一）：是！否？；～、。“”", "（一）：是！否？；～、。“”"),
        ("half,width:stays;as(it)is!?", "half,width:stays;as(it)is!?"),
        ("① ㎡ … ㈱ ５㎏", "① ㎡ … ㈱ 5㎏"),
        ("\uf900\u212bcafe\u0301", "豈Åcafé"),
        ("　　第一条\n \u3000第二条\n\xa0\xa0第三条", "第一条\n第二条\n第三条"),
        ("要点：\n  - 甲\n    - 乙", "要点：\n  - 甲\n    - 乙"),
        ("第一章   总  则  \n\t\n\n\n\n第一条", "第一章 总 则\n\n第一条"),
        ("  \n 正文 \n", "正文"),
    ],
)
def test_normalized_characters_and_blanks_become_one_spelling(text, expected):
    assert normalized(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>　　话说天下大势</p><p>分久必合</p>", "话说天下大势\n\n分久必合"),
        ("原来燕青<br>李逵<BR/>宋江<br />", "原来燕青\n李逵\n宋江"),
        ('见<a href="x?a>b" title=说明>附件</a>及<b>附表</b>', "见附件及附表"),
        ("<td>姓名</td><td>职务</td>", "姓名 职务"),
        ("前<!-- INFO\n`END` -->后<script>var a = '<p>';</script><style>p{}</style>完", "前后完"),
        ("<!DOCTYPE html><html><body>正文</body></html>", "正文"),
        (
            "&lt;p&gt;&nbsp;&nbsp;正文&amp;amp;附件&#12290;&#x3002;&ldquo;引&rdquo;",
            "正文&附件。。“引”",
        ),
        ("＜ｂ＞不是标签，<ｂ>是</ｂ>", "＜b＞不是标签，是"),
        ('<p style="a>引号不成对</p>', "引号不成对"),
        ("```<b>```<b>粗</b>\n```", "```<b>```粗\n```"),
        ("&amp;bogus;与&amp;amp;", "&bogus;与&"),
    ],
)
def test_normalized_html_residue_goes(text, expected):
    assert normalized(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "根据<中华人民共和国宪法>制定",
        "List<String> a < b，若 a <b 且 c> d",
        "用法：mv <source> <path>，见 <https://example.cn>",
        "AT&T；R&D&bogus;与 &lt",
        "```html\n<p>a  &lt;  b</p>   <br>\n```\n说明",
        "> ~~~\n> <p>甲</p>\n> ~~~",
        "标签 `<br>` 与 ``<p>`</p>`` 换行",
        "没有结束的 <!-- 注释",
        "&lt",
        "<ſ>长 s 不是 s",
    ],
)
def test_normalized_what_only_looks_like_html_stays(text):
    assert normalized(text) == text


def test_normalized_unclosed_fence_protects_nothing():
    assert normalized("```\n<p>正文</p>") == "```\n\n正文"


def test_normalized_text_that_unfolds_for_ever_settles():
    text = "正文" + "<" * 40 + "b>" * 40 + "完"
    once = normalized(text)
    assert "<" not in once
    assert normalized(once) == once
    assert once.startswith("正文")
    assert once.endswith("完")


def test_normalized_markup_bombs_take_linear_time():
    bombs = ["<!--", "<script>", "```\n", "`` ` ", "<a '\"", "&amp;", "< ", "\n　", " x  "]
    for bomb in bombs:  # the square of any of these would take minutes, and the time limit
        normalized(bomb * (1_500_000 // len(bomb)))


def test_normalized_texts_keeps_nulls_and_empties_in_place():
    column = pa.chunked_array([["Ａ", None], ["", "乙"]], pa.string())
    result = normalized_texts(column)
    assert result.type == pa.large_string()
    assert result.to_pylist() == ["A", None, "", "乙"]
    assert normalized_texts(pa.array([], pa.string())).to_pylist() == []


BLANKS_AND_WIDTH = EVERY & ~(Repair.SCRIPT | Repair.PUNCTUATION | Repair.RADICALS)


def real_texts(folder):
    """The texts of three real deliveries: Markdown and HTML residue, documentation, GB18030."""
    for path in sorted((folder / "a").iterdir()):
        with pa.input_stream(str(path), compression="zstd") as stream:
            yield from (json.loads(line)["doc"]["body"] for line in stream.read().splitlines())
    for path in sorted((folder / "b").iterdir()):
        yield from pq.read_table(path, columns=["text"])["text"].to_pylist()
    with gzip.open(folder / "c" / "data.gb18030.jsonl.gz", "rt", encoding="gb18030") as lines:
        yield from (json.loads(line)["正文"] for line in lines)


@pytest.mark.skipif("HELIU_REAL_DATA" not in os.environ, reason="HELIU_REAL_DATA is not set")
def test_normalized_real_texts_without_markup_lose_blanks_alone():
    narrow = {wide: wide - 0xFEE0 for wide in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B)]}
    narrow |= {wide: wide - 0xFEE0 for wide in range(0xFF41, 0xFF5B)}
    plain = [
        text
        for text in real_texts(Path(os.environ["HELIU_REAL_DATA"]) / "deliveries")
        if "<" not in text and "&" not in text
    ]
    assert len(plain) > 1000
    for text in plain:
        seen = "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")
        expected = unicodedata.normalize("NFC", seen.translate(narrow))
        assert "".join(normalized(text, BLANKS_AND_WIDTH).split()) == expected


@pytest.mark.skipif("HELIU_REAL_DATA" not in os.environ, reason="HELIU_REAL_DATA is not set")
def test_normalized_real_texts_are_settled_and_keep_their_chinese():
    texts = list(real_texts(Path(os.environ["HELIU_REAL_DATA"]) / "deliveries"))
    once = normalized_texts(pa.array(texts, pa.large_string()))
    assert normalized_texts(once).equals(once)
    for text, after in zip(texts, once.to_pylist(), strict=True):
        # Comments of translators and page scripts are all that may go.
        assert len(after) > len(text) / 3
        if "<" not in text and "&" not in text:
            assert DIGITS.findall(normalized(after)) == DIGITS.findall(
                text.translate(NARROW_DIGITS)
            )


DIGITS = re.compile("[0-9]")
NARROW_DIGITS = {0xFF10 + digit: 0x30 + digit for digit in range(10)}
