"""Columns are as wide as they are shown, whatever the script."""

from __future__ import annotations

import pytest

from jobs.command.columns import cells
from jobs.command.side_by_side import excerpt, side_by_side


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("中文", 4), ("a中，", 5), ("é", 1), ("ｱ", 1), ("", 0)]
)
def test_cells_are_those_of_a_terminal(text: str, width: int) -> None:
    assert cells(text) == width


def test_text_is_cut_to_a_width_and_says_so() -> None:
    assert excerpt("中文，中文", 10) == "中文，中文"
    assert excerpt("中文，中文a", 10) == "中文，中…"
    assert cells(excerpt("正文" * 50, 21)) <= 21
    assert excerpt("一行\n又一行\t三", 80) == "一行 又一行 三"


def test_texts_stand_beside_each_other_from_the_first_difference() -> None:
    before = "同样的一行\n" + "旧" * 30 + "\n尾"
    after = "同样的一行\n" + "新" * 30 + "\n尾"
    lines = side_by_side(before, after, 43, 10)
    assert [cells(line.split("│")[0]) for line in lines] == [21] * 3
    assert lines[0] == "旧" * 10 + " │ " + "新" * 10
    assert "同样" not in "".join(lines)
    assert len(side_by_side("甲\n" * 50, "乙\n" * 50, 80, 5)) == 6
    assert side_by_side("相同", "相同", 80, 5) == ["相同" + " " * 34 + " │ 相同"]
