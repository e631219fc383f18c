"""Furniture is found by hints exactly where the patterns find it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.removal.edge_lines import edge_lines
from jobs.corpus.removal.furniture_edges import has_furniture
from jobs.corpus.text import furniture_signs
from jobs.corpus.text.furniture_signs import Sign, furniture_hints, sign_of

TEXT = "会议指出，要加快建设。"
PATTERNS = [getattr(furniture_signs, name) for name in ("_RIGHTS", "_CALLS", "_BEGINNING", "_MENU")]
MENUS = st.tuples(
    st.from_regex(PATTERNS[3], fullmatch=True), st.sampled_from(["首页", "home", "|", ">"])
)
LINES = st.one_of(
    *(st.from_regex(pattern, fullmatch=True) for pattern in PATTERNS),
    MENUS.map(" ".join),
    st.text(st.sampled_from("版权所有责任编辑：:首頁>|0１٣ 来源转载载http.©更多点击"), max_size=12),
)


def found(*lines: str) -> list[bool]:
    """Whether texts that begin with these lines have furniture."""
    content = pa.array([f"{line}\n{TEXT}" for line in lines], pa.large_string())
    return has_furniture(content, edge_lines(content, np.ones(len(lines), np.uint64))).tolist()


@settings(deadline=None, max_examples=400)  # kernels compile in the first example
@given(LINES)
def test_line_is_furniture_by_hints_if_it_is_by_patterns(line: str) -> None:
    line = line.replace("\n", " ")
    content = pa.array([f"{line}\n{TEXT}"], pa.large_string())
    edges = edge_lines(content, np.ones(1, np.uint64))
    text = content[0].as_py().encode()
    spans = zip(edges.starts[edges.keys != 0], edges.ends[edges.keys != 0], strict=True)
    signs = [sign_of(text[start:end].decode()) for start, end in spans]
    assert found(line) == [any(sign >= Sign.FURNITURE for sign in signs)]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "版權所有：某某網",
            "责任编辑：张三",
            "首頁 > 新聞 > 正文",
            "当前位置：首页",
            "分享到微信",
        ),
        *(
            "2023-11-05 10:30 来源：新华社",
            "２０２３年１１月５日１０：３０",
            "Copyright 2020",
            "ICP备1号",
        ),
        *("原文网址：https://a.example/1", "更多", "点击阅读", "扫码关注", "打印 | 关闭"),
    ],
)
def test_furniture_of_all_kinds_is_found(line: str) -> None:
    assert sign_of(line) >= Sign.FURNITURE
    assert found(line, TEXT) == [True, False]


def test_hints_are_signs_as_texts_are_folded() -> None:
    table, hints = furniture_signs.sign_table(), furniture_hints()
    assert {len(hint) for hint in hints.first} == {2}
    assert {len(hint) for hint in hints.anywhere} == {1, 2}
    signs = "".join([*hints.anywhere, *hints.first])
    assert [sign for sign in signs if table[ord(sign)] != ord(sign)] == []
