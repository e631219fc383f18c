"""Texts and pages made to be slow to read: time in proportion, from the row to its document."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyarrow as pa
import pytest

from jobs.corpus.intake.web_pages import page
from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import TextParams, documents
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.repair.repairs import RepairParams
from tests.corpora import NO_KEYWORDS

REPEATS = RepeatedLineParams(is_on=True, min_chars=20, min_times=3, min_pasted_chars=200)
PARAMS = TextParams(RepairParams((), 0.02), REPEATS, NO_KEYWORDS, PrivateDataParams())
SHORT, TIMES = 8_000, 4  # characters, and how much longer the other text is
QUICK_S = 0.05
GROWTH = 2.5  # times the growth of the text: less than its square has

TEXTS = [
    *("<!--", "<", "< ", "</", "<script>", "<style ", "<br", "<br ", "&", "&#", "&amp;", "<sup>"),
    *("{{", "{#", "`", "``", "~~~\n", "```\n", "[", "](", "](x ", "|", "| ", "|\n", "---\n"),
    *("\u0301\u0327", "\u0301\u0345", "e\u0301", "\u3099\u0301", "\u0301", "\u200d", "\ufe0f"),
    *("2023年 ", "民国 ", " ", "\u3000", "\t", "\n", " \n", "\r", "- ", "1. ", "#", "*", "_"),
    *("\ufffd", "锟斤拷", "é", "Ã©", "鏂", "鏂囧", "??", "?", "(", "（", "((", ":", "://", "www."),
    *(
        "a",
        "A ",
        "0",
        "字",
        "字 ",
        "字\n",
        "字，\n",
        "段。\n",
        "zi（zì）",
        "字(zì)",
        "…",
        "·",
        "。",
    ),
    *("ＡＢ：", "１００，", "１２：", "</q{n}>", "<q{n}>甲</q{n}>", "[12:00] 甲,乙\n", "<div>"),
    *("键: 值\n  - 甲\n\n", "$ ls a\n\n", "@@ -1 +1 @@\n", "éÉ", ",:D"),
    *("春 夏 ", "a@", "http://a/", "\\", "'", '"', '="', "表|格\n", "|表|格|\n|-|-|\n"),
]
# What is dear by the square of what a text has few of: shown where the text is long.
LONG_TEXTS = ["<q{n}>", "甲,乙,丙\n4,5,6\n7,8,9\n\n"]
PAGES = [
    *("<!--", "<h1>", "<title>", "<script>", "<meta ", "<link ", "<", "</", "<a href='", "&#"),
    *("<table>", "<td>", "<p>", "<b>", "<svg>", "<select>", "<template>", "<div>", "<a>x</a>"),
    *(
        "<meta name=a content=b>",
        "<link rel=canonical href=/a>",
        "<h1>题目一二</h1>",
        "<td>格</td>",
    ),
    *("2023-01-", "2023年1月 ", '"datePublished":"', "| ", "\u0301\u0327", " ", "-", "_", "字"),
]
HEAD = "<html><head><title>某页</title></head><body><p>正文"


def of_text(text: str) -> object:
    rows = [{"source_file": "甲", "source_row": 1, "title": text[:2000], "text": text}]
    rows[0]["published"] = text[:2000]
    delivered = pa.Table.from_pylist(rows, schema=DELIVERED)
    return documents(delivered, partner="甲", first_position=0, params=PARAMS)


def of_page(text: str) -> object:
    return page(f"{HEAD}{text}")


def of_title(text: str) -> object:
    return page(f"<html><head><title>{text}</title></head><body><p>{text}</p><td>")


def seconds(run: Callable[[str], object], word: str, size: int) -> float:
    words = (word.replace("{n}", str(number)) for number in range(size // len(word)))
    text = "".join(words)
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        run(text)
        best = min(best, time.process_time() - start)
        if best < QUICK_S:
            break
    return best


@pytest.mark.parametrize(
    ("run", "words", "size"),
    [
        (of_text, TEXTS, SHORT),
        (of_text, LONG_TEXTS, 10 * SHORT),
        (of_page, PAGES, SHORT),
        (of_title, PAGES[:9], SHORT),
    ],
    ids=lambda it: str(it)[:20],
)
def test_text_takes_time_in_proportion(
    run: Callable[[str], object], words: list[str], size: int
) -> None:
    of_text("热身")
    slow = []
    for word in words:
        brief = seconds(run, word, size)
        if brief > QUICK_S:
            long = seconds(run, word, TIMES * size)
            if long > brief * GROWTH * TIMES:
                slow.append(f"{word!r}: {brief:.3f} s, then {long:.3f} s")
    assert not slow
