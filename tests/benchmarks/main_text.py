"""The main text of labelled pages: precision, recall and F1 by letters, per extractor and kind.

    python -m tests.benchmarks.main_text

Made pages (`tests/made_pages.py`) are labelled by how they are made; the 32 real pages below
HELIU_REAL_DATA by the element of each that holds its article, given here as read. A letter found is
right where it lies on a longest common subsequence with the label's letters. Shares are means over
pages; MB a second are of HTML and one core's CPU time.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import trafilatura
from lxml import html
from numba import njit
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from jobs.command.terminal import say, say_table
from jobs.corpus.intake.web_pages import page
from tests.made_pages import MadePage, made_pages

_REAL = {
    "tests_163_1": "//*[@id='endText']",
    "tests_163_3": "//*[@id='endText']",
    "tests_163_7": "//*[@id='endText']",
    "tests_163_9": "//*[@id='content']",
    "tests_baijiahao_2": "//*[@class='article-content']",
    "tests_baijiahao_4": "//*[@class='article-content']",
    "tests_cjn_1": "//*[contains(@class,'TRS_Editor')]",
    "tests_csdn_1": "//*[@class='con news_content']",
    "tests_gamersky_gamersky": "//*[@class='gsAreaContextArt']",
    "tests_guancha_2": "//*[@class='content all-txt']",
    "tests_guancha_guancha": "//*[@class='content all-txt']",
    "tests_hexun_1": "//*[@class='art_contextBox']",
    "tests_ifeng_1": "//*[@class='text-3zQ3cZD4']",
    "tests_ifeng_3": "//*[@id='main_content']",
    "tests_mingridapan_1": "//*[@class='page_art_content']",
    "tests_other_1": "//*[@id='UCAP-CONTENT']",
    "tests_qq_2": "//*[@id='Cnt-Main-Article-QQ']",
    "tests_readhub_readhub": "//*[contains(@class,'summary___')]",
    "tests_sina_1": "//*[@id='article']",
    "tests_sina_3": "//*[@id='artibody']",
    "tests_sina_5": "//*[@id='article']",
    "tests_stcn_1": "//*[@id='ctrlfscont']",
    "tests_thepaper_1": "//*[@class='news_txt']",
    "tests_thepaper_3": "//*[@class='news_txt']",
    "tests_thepaper_5": "//*[@class='news_txt']",
    "tests_toutiao_3": "//*[@class='article-content']",
    "tests_toutiao_5": "//*[@class='article-content']",
    "tests_xds_1": "//*[@class='statuses-text']",
    "tests_zsnews_1": "//td[not(.//td)][contains(.,'2019年2月27日下午')]",
    "visiable_test_021news_1": "//*[@class='article article-style']",
    "visiable_test_cmse_1": "//*[@class='TRS_Editor']",
    "visiable_test_thepaper_1": "//*[@class='news_txt']",
}
_SPACE = re.compile(r"\W+")


def main() -> None:
    """Print the table of kinds, and the speed of each extractor."""
    pages = [*made_pages(), *real_pages()]
    found = {name: [extract(one.source) for one in pages] for name, extract in EXTRACTORS.items()}
    for what, at in (("F1", 2), ("precision", 0), ("recall", 1)):
        say_table([what, "pages", *EXTRACTORS], list(_rows(pages, found, at)))
        say()
    size = sum(len(one.source.encode()) for one in pages) / 1e6
    speeds = [[name, size / _seconds(extract, pages)] for name, extract in EXTRACTORS.items()]
    say_table(["extractor", "MB/CPU s"], speeds)


def _rows(pages: list[MadePage], found: dict[str, list[str]], at: int) -> Iterator[list[object]]:
    scores = {
        name: [score(text, one.paragraphs)[at] for text, one in zip(texts, pages, strict=True)]
        for name, texts in found.items()
    }
    for kind in dict.fromkeys(one.kind for one in pages):
        rows = [number for number, one in enumerate(pages) if one.kind == kind]
        means = [float(np.mean([values[row] for row in rows])) for values in scores.values()]
        yield [kind, len(rows), *(f"{mean:.3f}" for mean in means)]


def score(text: str, paragraphs: list[str]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the letters of a text."""
    one, other = (_SPACE.sub("", words) for words in (text, "".join(paragraphs)))
    common = _common(*(np.array([*map(ord, words)], np.uint32) for words in (one, other)))
    precision, recall = common / max(len(one), 1), common / max(len(other), 1)
    return precision, recall, 2 * common / max(len(one) + len(other), 1)


@njit
def _common(one: np.ndarray, other: np.ndarray) -> int:
    """Return the length of a longest common subsequence."""
    lengths = np.zeros(len(other) + 1, np.int32)
    for letter in one:
        before = 0
        for k in range(len(other)):
            above = lengths[k + 1]
            lengths[k + 1] = before + 1 if letter == other[k] else max(above, lengths[k])
            before = above
    return lengths[-1]


def real_pages() -> Iterator[MadePage]:
    folder = os.environ.get("HELIU_REAL_DATA")
    for name, path in _REAL.items() if folder else ():
        file = Path(str(folder)) / f"dirty/html_pages/GeneralNewsExtractor__{name}.html"
        source = file.read_text(encoding="utf-8-sig")
        tree = html.fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", source))
        elements = tree.xpath(path)
        for other in tree.xpath("//script | //style"):
            other.drop_tree()
        yield MadePage("real", source, [one.text_content() for one in elements])


def _seconds(extract: Callable[[str], str], pages: list[MadePage]) -> float:
    start = time.process_time()
    for one in pages:
        extract(one.source)
    return time.process_time() - start


def _trafilatura(**options: bool) -> Callable[[str], str]:
    return lambda source: trafilatura.extract(source, include_comments=False, **options) or ""


def _resiliparse(source: str) -> str:
    return extract_plain_text(HTMLTree.parse(source), main_content=True, alt_texts=False)


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "trafilatura": _trafilatura(),
    "trafilatura, recall": _trafilatura(favor_recall=True),
    "trafilatura, precision": _trafilatura(favor_precision=True),
    "resiliparse": _resiliparse,
    "heliu": lambda source: page(source).text,
}


if __name__ == "__main__":
    main()
