"""The profile `cci`: made bad texts go, and good ones that look like them stay."""

from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.command.conf_files import conf_folder
from jobs.command.parameters import keyword_lists
from jobs.corpus.repair.normalization import normalized_texts
from jobs.corpus.signals.rules import rule_verdicts
from jobs.corpus.signals.signals import signals
from tests.rule_texts import bad_texts, good_texts, profile

KEYWORDS = keyword_lists(str(conf_folder() / "keywords"))
BAD, GOOD = list(bad_texts(each=6)), list(good_texts())


def verdicts(texts: list[tuple[str, str]]) -> list[tuple[str, str | None]]:
    content = normalized_texts(pa.array([text for _, text in texts], pa.large_string()))
    found = rule_verdicts(signals(content, params=KEYWORDS), profile("cci"), partner="")
    return [
        (kind, reason) for (kind, _), reason in zip(texts, found["reason"].to_pylist(), strict=True)
    ]


def test_every_bad_text_is_rejected() -> None:
    assert [kind for kind, reason in verdicts(BAD) if reason is None] == []


def test_every_good_text_stays() -> None:
    assert [(kind, reason) for kind, reason in verdicts(GOOD) if reason] == []


@pytest.mark.parametrize(
    ("text", "signal", "value"),
    [
        ("一二三四五 https://a.example/12345", "prose_digit_share", 0),
        ("甲乙 https://a.example/b 丙", "links_per_1000_chars", 5),
        ("![甲乙](https://a.example/b.png) 丙", "links_per_1000_chars", 0),
        ("甲\n```\nx = 12345\n```\n乙", "prose_han_share", 1),
        ("甲乙\n| 1 | 2 |\n|---|---|\n| 3 | 4 |", "prose_digit_share", 0),
        ("3月1日 买种子 35.50\n3月2日 买化肥 70.50", "prose_digit_share", 0),
        ("12 34 56\n甲12345", "prose_digit_share", 11 / 12),
        ("---\ntitle: x\n---\n本页", "prose_han_share", 1),
        ("他没有说话……", "cut_off_line_share", 0.1),
        ("加微信", "ads_hits_per_1000_chars", 5),
    ],
)
def test_signals_of_prose_leave_out_addresses_code_and_tables(
    text: str, signal: str, value: float
) -> None:
    measured = signals(pa.array([text], pa.large_string()), params=KEYWORDS)
    assert measured[signal].to_pylist() == [pytest.approx(value)]
