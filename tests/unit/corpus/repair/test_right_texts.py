"""Repairs do no harm: right texts come out as they went in, whole and by every rule alone."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.removal.repeated_lines import without_repeated_lines
from jobs.corpus.repair.normalization import EVERY, normalized, normalized_texts
from jobs.corpus.repair.repairs import NAMES
from tests.right_texts import RightText, right_texts

TEXTS = list(right_texts())
REPEATS = RepeatedLineParams(is_on=True, min_chars=20, min_times=3, min_pasted_chars=100)


def column(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def test_there_are_right_texts_of_every_kind() -> None:
    assert len(TEXTS) >= 400
    assert len({right.kind for right in TEXTS}) >= 20


@pytest.mark.parametrize("kind", sorted({right.kind for right in TEXTS}))
def test_right_texts_come_out_as_they_should(kind: str) -> None:
    of_kind = [right for right in TEXTS if right.kind == kind]
    after = normalized_texts(column([right.text for right in of_kind])).to_pylist()
    assert after == [right.expected for right in of_kind]


def test_right_texts_stay_when_repaired_again() -> None:
    expected = column([right.expected for right in TEXTS])
    assert normalized_texts(expected).to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("rule", NAMES)
def test_no_rule_alone_changes_a_right_text(rule: str) -> None:
    unchanged = [right.text for right in TEXTS if right.text == right.expected]
    assert normalized_texts(column(unchanged), NAMES[rule]).to_pylist() == unchanged


def test_nothing_in_a_right_text_repeats_by_accident() -> None:
    texts = column([right.expected for right in TEXTS])
    content, cuts = without_repeated_lines(texts, params=REPEATS)
    assert len(cuts) == 0
    assert content.equals(texts)


@pytest.mark.parametrize("right", [right for right in TEXTS if right.kind == "code"])
def test_no_break_indentation_of_code_becomes_spaces(right: RightText) -> None:
    indented = re.sub("^ +", lambda blanks: "\xa0" * len(blanks[0]), right.text, flags=re.MULTILINE)
    assert normalized(indented) == right.text
    assert normalized(f"```\n{indented}\n```", EVERY) == f"```\n{right.text}\n```"
