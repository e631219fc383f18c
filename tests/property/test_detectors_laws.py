"""What a rule would change is triggered: else it would stay, since rules see only what flagged."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.repair.detectors import scan
from jobs.corpus.repair.letter_spacing import remove_letter_spacing
from jobs.corpus.repair.normalization import compose
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.repair.whitespace import normalize_whitespace_of
from jobs.corpus.repair.wrapped_lines import join_wrapped_lines
from jobs.corpus.text.alphabets import HAN_RANGES

BODY = "国务院办公厅关于进一步做好防汛抗旱工作的通知印发各地区各部门"
LINES = [
    BODY[:20],
    BODY[3:23],
    BODY[:9],
    "第一条",
    "",
    "",
    "春 冬 风 雪 山 水",
    "  缩进",
    "尾 ",
    "e\u0301",
]
texts = st.lists(st.sampled_from(LINES), max_size=9).map("\n".join)


@pytest.mark.parametrize(
    ("repair", "rule"),
    [
        (Repair.LAYOUT, normalize_whitespace_of),
        (Repair.WRAPS, join_wrapped_lines),
        (Repair.SPACES, remove_letter_spacing),
        (Repair.COMPOSITION, compose),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@settings(deadline=None)
@given(text=texts)
def test_what_a_rule_would_change_is_flagged(
    repair: Repair, rule: Callable[[str], str], text: str
) -> None:
    flagged = int(scan(pa.array([text], pa.large_string())).flagged[0])
    assert rule(text) == text or flagged & repair


def test_two_empty_lines_together_and_spaced_characters_are_flagged() -> None:
    column = pa.array(
        ["甲\n\n\n\n\n戊", "甲\n\n戊", "春 冬 风 雪 山 水", "春 冬 风 雪"], pa.large_string()
    )
    layouts = [bool(bits & Repair.LAYOUT) for bits in scan(column).flagged.tolist()]
    spaces = [bool(bits & Repair.SPACES) for bits in scan(column).flagged.tolist()]
    assert layouts == [True, False, False, False]
    assert spaces == [False, False, True, False]


def test_every_han_character_is_one_to_detectors() -> None:
    texts = [f"{chr(last)}," for _, last in HAN_RANGES] + ["一九九〇,", "甲\ufa0e,"]
    flagged = scan(pa.array(texts, pa.large_string())).flagged.tolist()
    assert all(bits & Repair.PUNCTUATION for bits in flagged)


def test_two_broken_lines_of_one_width_are_flagged_and_of_two_widths_not() -> None:
    column = pa.array(
        [f"{BODY[:20]}\n{BODY[3:23]}\n", f"{BODY[:25]}\n{BODY[:16]}\n"], pa.large_string()
    )
    assert [bool(bits & Repair.WRAPS) for bits in scan(column).flagged.tolist()] == [True, False]
