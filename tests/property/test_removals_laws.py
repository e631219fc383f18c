"""Laws of what is removed below the document: recorded, idempotent, the same in any pieces."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.model.tables import DOCUMENTS
from jobs.corpus.removal.params import RepeatedLineParams, SiteBoilerplateParams
from jobs.corpus.removal.removals import restored_text
from jobs.corpus.removal.repeated_lines import without_repeated_lines
from jobs.corpus.removal.site_boilerplate import (
    EDGE_LINES,
    count_keys,
    page_ends,
    remove_site_boilerplate,
)
from jobs.corpus.repair.normalization import EVERY, normalized
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.signals.signals import signals
from tests.corpora import NO_KEYWORDS

REPEATS = RepeatedLineParams(is_on=True, min_chars=4, min_times=2, min_pasted_chars=6)
SITE = SiteBoilerplateParams(is_on=True, min_documents=2, min_share=0.5)
# The other two judge a text by all its lines: what is left may be classified otherwise.
LINE_BY_LINE = EVERY & ~(Repair.SCRIPT | Repair.WRAPS)
LINES = st.sampled_from(
    [
        *("首页 新闻 正文", "责任编辑：张三", "版权所有：某某网", "分享至微信", "首頁，新聞，正文"),
        *(
            "图为活动现场记者摄",
            "第一条 为了规范。",
            "本办法自公布之日起施行。",
            "会议指出，要加快建设。",
        ),
        *("", "", "***", "| 甲 | 乙 |", "```", "  缩进的一行字", "𠮷野家 é", "<!-- 注", "好。"),
    ]
)
TEXTS = st.lists(LINES, min_size=1, max_size=16).map("\n".join)
URLS = st.sampled_from([None, "http://a.example/1", "http://a.example/2", "https://b.example/"])


def texts_of(values: list[str]) -> pa.Array:
    return pa.array([normalized(value) for value in values], pa.large_string())


def table_of(rows: list[tuple[str, str | None]]) -> pa.Table:
    columns: dict[str, pa.Array] = {
        field.name: pa.nulls(len(rows), field.type) for field in DOCUMENTS
    }
    numbers = range(len(rows))
    columns["doc_id"] = pa.array([number.to_bytes(16, "big") for number in numbers], pa.binary(16))
    columns["position"] = columns["source_row"] = pa.array(numbers, pa.int64())
    columns["source_file"] = pa.array(["a.jsonl"] * len(rows), pa.string())
    texts = [normalized(text) or None for text, _ in rows]
    columns["content"] = pa.array(texts, pa.large_string())
    measured = signals(columns["content"], params=NO_KEYWORDS)
    columns |= {name: measured[name] for name in measured.column_names}
    columns["url"] = pa.array([url for _, url in rows], pa.string())
    return pa.table([columns[name] for name in DOCUMENTS.names], schema=DOCUMENTS)


@settings(deadline=None)  # kernels compile in the first example
@given(st.lists(TEXTS, max_size=6))
def test_repeats_removed_twice_are_repeats_removed_once(texts: list[str]) -> None:
    once, _ = without_repeated_lines(texts_of(texts), params=REPEATS)
    twice, cuts = without_repeated_lines(once, params=REPEATS)
    assert twice.equals(once)
    assert len(cuts) == 0


@settings(deadline=None)  # kernels compile in the first example
@given(st.lists(TEXTS, max_size=6))
def test_repeats_put_back_give_the_texts_and_what_is_left_is_normalized(texts: list[str]) -> None:
    content, cuts = without_repeated_lines(texts_of(texts), params=REPEATS)
    rows = cuts.to_pylist()
    for number, (left, text) in enumerate(zip(content.to_pylist(), texts, strict=True)):
        assert restored_text(left, [row for row in rows if row["row"] == number]) == normalized(
            text
        )
        assert normalized(left, LINE_BY_LINE) == left


@settings(deadline=None)  # kernels compile in the first example
@given(st.lists(TEXTS, max_size=8), st.integers(0, 8))
def test_repeats_are_removed_row_by_row(texts: list[str], cut: int) -> None:
    whole, told = without_repeated_lines(texts_of(texts), params=REPEATS)
    parts = [
        without_repeated_lines(texts_of(part), params=REPEATS)
        for part in (texts[:cut], texts[cut:])
    ]
    assert whole.to_pylist() == [text for part, _ in parts for text in part.to_pylist()]
    assert told["text"].to_pylist() == [
        text for _, cuts in parts for text in cuts["text"].to_pylist()
    ]


@settings(deadline=None)  # kernels compile in the first example
@given(st.lists(st.tuples(TEXTS, URLS), max_size=12), st.randoms(use_true_random=False))
def test_boilerplate_is_the_same_in_any_order_and_pieces(rows, random) -> None:
    documents = table_of(rows)
    counts = count_keys(page_ends(documents).keys, least=2)
    after, _ = remove_site_boilerplate(documents, counts, params=SITE, signal_params=NO_KEYWORDS)
    order = pa.array(random.sample(range(len(rows)), len(rows)), pa.int64())
    cut = random.randint(0, len(rows))
    pieces = [documents.take(order[:cut]), documents.take(order[cut:])]
    again = count_keys(np.concatenate([page_ends(piece).keys for piece in pieces]), least=2)
    assert all(np.array_equal(*pair) for pair in zip(counts, again, strict=True))
    left = [
        remove_site_boilerplate(piece, again, params=SITE, signal_params=NO_KEYWORDS)[0]
        for piece in pieces
    ]
    assert pa.concat_tables(left).sort_by("doc_id").equals(after)


@settings(deadline=None)  # kernels compile in the first example
@given(st.lists(st.tuples(TEXTS, URLS), max_size=12))
def test_boilerplate_put_back_gives_the_texts_and_what_is_left_is_normalized(rows) -> None:
    documents = table_of(rows)
    counts = count_keys(page_ends(documents).keys, least=2)
    after, removals = remove_site_boilerplate(
        documents, counts, params=SITE, signal_params=NO_KEYWORDS
    )
    told = removals.to_pylist()
    for before, row in zip(documents.to_pylist(), after.to_pylist(), strict=True):
        pieces = [piece for piece in told if piece["doc_id"] == row["doc_id"]]
        left = row["content"] or ""
        assert restored_text(left, pieces) == (before["content"] or "")
        assert normalized(left, LINE_BY_LINE) == left
        assert len(pieces) <= 2 * EDGE_LINES
        assert (row["reason"] == "only_boilerplate") is bool(pieces and not left)
        assert row["content_chars"] == (len(left) or None)
