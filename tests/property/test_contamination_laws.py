"""Laws of finding benchmark items, against plain loops and whatever the typesetting."""

from __future__ import annotations

import numpy as np
import opencc
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.contamination.alignment import ItemPart, TextSpan, aligned
from jobs.corpus.contamination.findings import QUESTION, Benchmarks, hits
from jobs.corpus.contamination.item_index import build_index
from jobs.corpus.contamination.items import Benchmark, BenchmarkItem
from jobs.corpus.contamination.tokens import token_spans, tokens_of
from tests.item_oracle import shifts, tokens

QUESTIONS = (
    "沧州县学生资助中心去年在德坪乡资助学生8125名，这一做法首先有利于什么？",
    "下列关于珊瑚礁生态系统的说法，哪一项是不正确的？",
    "甲公司向乙公司购买三台起重机，货到后甲公司拒绝付款，乙公司应当如何主张权利？",
    "北宋元丰年间汴河漕运衰落的主要原因是（    ）",
    "Which of the following minerals scratches glass but not topaz, 硬度几何？",
)
OPTIONS = ("减少中间环节", "扩大有效供给", "稳定市场预期", "提高入学机会")
ITEMS = tuple(BenchmarkItem(str(n), q, OPTIONS, "", "") for n, q in enumerate(QUESTIONS, 1))
INDEX, NAMES, _ = build_index([Benchmark("考试", "1", "", {"question": "drop"}, ITEMS, 0, 0, "")])
TEXTS = st.text("甲乙丙丁，。 １2aB某年的是\n", max_size=60)
FEW = st.text("甲乙丙丁", max_size=30)
NOISE = "昨天下午会议在三楼召开，与会人员就年度安排交换了意见。"


def found(*texts: str) -> list[tuple[int, str]]:
    told = hits(pa.array(texts, pa.large_string()), Benchmarks(INDEX, NAMES)).to_pylist()
    return [(hit["row"], hit["item"]) for hit in told if hit["found"] == QUESTION]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
def test_tokens_are_the_oracles(texts: list[str]) -> None:
    flat, offsets = tokens_of(pa.array(texts, pa.large_string()))
    assert np.diff(offsets).tolist() == [len(tokens(text)) for text in texts]
    ours = [t for text in texts for t in tokens(text)]
    assert len(set(zip(flat.tolist(), ours, strict=True))) == len(set(ours))


@settings(deadline=None)
@given(TEXTS)
def test_places_cut_a_text_into_its_tokens(text: str) -> None:
    data = text.encode()
    pieces = [data[s:e].decode() for s, e in zip(*token_spans(data), strict=True)]
    assert [tokens(piece) for piece in pieces] == [[token] for token in tokens(text)]


@settings(deadline=None)
@given(FEW, FEW)
def test_alignment_is_the_oracles(item: str, text: str) -> None:
    flat, ends = tokens_of(pa.array([item, text], pa.large_string()))
    ones = np.ones(ends[1], np.uint8)
    part = ItemPart(flat[: ends[1]], ones, 0 * ones)
    ours = aligned(part, TextSpan(flat[ends[1] :], 0, int(ends[2] - ends[1])))
    theirs = [shift is not None for shift in shifts(tokens(item), tokens(text))]
    assert ours.share == (sum(theirs) / len(theirs) if any(theirs) else 0)
    if not any(theirs):
        return
    gaps = "".join("x" if there else "-" for there in theirs).split("x")
    assert ours.gap == max(map(len, gaps))


@settings(deadline=None)
@given(st.sampled_from(range(len(ITEMS))), st.randoms(use_true_random=False))
def test_typesetting_hides_no_question(number: int, random) -> None:
    text = (
        opencc.OpenCC("s2t").convert(QUESTIONS[number])
        if random.random() < 0.5
        else ITEMS[number].question
    )
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)
    marks = {"，": ",", "？": "?", "。": "\n"}
    han = "".join(
        marks.get(c, c) + (random.choice(["", "", "\n", " ", "　"]) if "一" <= c <= "龥" else "")
        for c in (wide if random.random() < 0.5 else text)
    )
    assert (0, str(number + 1)) in found(f"{NOISE}\n{han}\n{NOISE}")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(range(len(ITEMS) - 1)), st.randoms(use_true_random=False))
def test_two_edits_hide_no_question(number: int, random) -> None:
    letters = list(QUESTIONS[number])
    for place in random.sample(range(0, len(letters), 9), 2):
        letters[place] = random.choice(["", "其", letters[place] + "很"])
    assert (0, str(number + 1)) in found(f"{NOISE}{''.join(letters)}{NOISE}")


@settings(deadline=None)
@given(st.lists(st.sampled_from([*QUESTIONS, NOISE, ""]), max_size=5), st.integers(0, 5))
def test_rows_are_searched_alone(texts: list[str], cut: int) -> None:
    apart = found(*texts[:cut]) + [(r + len(texts[:cut]), i) for r, i in found(*texts[cut:])]
    assert found(*texts) == apart


@settings(max_examples=10, deadline=None)
@given(st.permutations(ITEMS))
def test_the_order_of_items_changes_nothing(items: list[BenchmarkItem]) -> None:
    index, names, _ = build_index([Benchmark("考试", "1", "", {}, tuple(items), 0, 0, "")])
    texts = pa.array([NOISE + "\n".join(QUESTIONS[:3])], pa.large_string())
    told = [h["item"] for h in hits(texts, Benchmarks(index, names)).to_pylist()]
    assert told == ["1", "2", "3"]
