"""Laws of signals and rules: what kernels count is what plain Python counts, row by row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.corpus.model.signal_columns import NULLABLE_SIGNALS, SIGNALS, STRETCH
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.rules import OPERATORS, Rule, RuleParams, rule_verdicts
from jobs.corpus.signals.signals import signals
from tests.signal_oracle import signals_of

KEYWORDS = (("加微信", "微信"), ("百家乐", "百家乐网"), ("裸聊",), ("上一篇", "首页"))
PARAMS = SignalParams(KEYWORDS, quality=None)

# What counts somewhere: scripts, list and line signs, addresses, keywords, and much repetition.
PIECES = st.sampled_from(
    [
        *"的一国人民法院乾干后後发發髮臺台𠀀〇豈あカ한ß éA1２٣，。！”）》\n\n \t…-•①第",
        *(
            "展开",
            "更多",
            "全文",
            "。。。",
            "...",
            "\n（一）",
            "\n1. 1",
            "\n12、",
            "\n1.5",
            "\n#",
            "\ue000",
        ),
        *("加微信号", "百家乐网", "上一篇：", "http://a.cn/上", "https://www.b.cn) ", "www", "h"),
        *(
            "本法自公布之日起施行。",
            "全国人民代表大会常务委员会\n",
            "\n\n附件：\n目录\n\n",
            "\ufffd",
        ),
        *(
            "\n| 甲 | 2 |\n",
            "\n```\n",
            "\n~~~\n",
            "![甲](",
            "---\n",
            "\t甲\t乙\t",
            "\nf(x) = {1};\n",
        ),
        *("\n3月1日 买 5", "\n│甲│乙│", "```甲", "[甲]("),
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)
FEW = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def measured(texts: list[str | None]) -> pa.Table:
    return signals(pa.array(texts, pa.large_string()), params=PARAMS)


def assert_as_the_oracle_says(texts: list[str]) -> None:
    for text, row in zip(texts, measured(texts).to_pylist(), strict=True):
        expected = signals_of(text, KEYWORDS)
        assert set(expected) == set(SIGNALS.names) - NULLABLE_SIGNALS
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-5, abs=1e-6), (name, text)


@FEW
@given(st.lists(st.one_of(TEXTS, st.text(max_size=40)), max_size=4))
def test_signals_of_any_text_are_what_plain_python_counts(texts: list[str]) -> None:
    assert_as_the_oracle_says(texts)


def test_signals_of_texts_longer_than_a_stretch_are_what_plain_python_counts() -> None:
    article = "第{}条 为了规范行政处罚的设定和实施，制定本办法。\n"
    laws = "".join(article.format(number) for number in range(STRETCH // 20))
    assert len(laws) > STRETCH
    assert_as_the_oracle_says([laws, "文\n\n" * (STRETCH // 2 + 5), "哈" * (STRETCH + 30)])


@FEW
@given(st.lists(st.one_of(st.none(), TEXTS), max_size=6), st.integers(0, 6))
def test_signals_of_two_tables_are_those_of_each(texts: list[str | None], cut: int) -> None:
    whole = measured(texts)
    parts = pa.concat_tables([measured(texts[:cut]), measured(texts[cut:])])
    assert parts.combine_chunks().equals(whole.combine_chunks())


RULES = st.builds(
    Rule,
    reason=st.sampled_from(["短", "非中文", "重复"]),
    signal=st.sampled_from(["content_chars", "han_share", "dup_line_share", "char_entropy"]),
    operator=st.sampled_from(list(OPERATORS)),
    value=st.sampled_from([0, 0.25, 0.3, 0.5, 1, 3, 12]),
    spared_partners=st.sampled_from([(), ("甲",), ("乙",)]),
    spared_sites=st.sampled_from([(), ("gov.cn",)]),
)
SITES = st.sampled_from([None, "gov.cn", "www.gov.cn", "xgov.cn", "news.cn"])


def holds(row: dict, rule: Rule, partner: str) -> bool:
    """A rule as its documentation says it, on one row."""
    value, site = row[rule.signal], row["site"] or ""
    if value is None or partner in rule.spared_partners:
        return False
    if any(site == spared or site.endswith("." + spared) for spared in rule.spared_sites):
        return False
    is_share = SIGNALS.field(rule.signal).type == pa.float32()
    bound = float(np.float32(rule.value)) if is_share else rule.value
    return bool(OPERATORS[rule.operator](value, bound))


@FEW
@given(
    st.lists(st.tuples(st.one_of(st.none(), TEXTS), SITES), max_size=6),
    st.lists(RULES, max_size=4).map(tuple),
    st.integers(0, 6),
)
def test_verdict_is_the_first_rule_that_holds_row_by_row(rows, rules, cut: int) -> None:
    table = measured([text for text, _ in rows])
    table = table.append_column("site", pa.array([site for _, site in rows], pa.string()))
    params = RuleParams("测试", "测试", rules)
    verdicts = rule_verdicts(table, params, partner="甲")
    for row, verdict in zip(table.to_pylist(), verdicts.to_pylist(), strict=True):
        first = next((rule for rule in rules if holds(row, rule, "甲")), None)
        assert verdict["reason"] == (first.reason if first else None)
        assert verdict["stage"] == ("judge" if first else None)
        assert (verdict["evidence"] or "").endswith(
            first.text[len(first.signal) :] if first else ""
        )
    parts = [rule_verdicts(part, params, partner="甲") for part in (table[:cut], table[cut:])]
    assert pa.concat_tables(parts).combine_chunks().equals(verdicts.combine_chunks())
