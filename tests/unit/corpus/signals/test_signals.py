import pyarrow as pa
import pytest

from jobs.command.parameters import keyword_lists
from jobs.corpus.model.signal_columns import KEYWORD_CATEGORIES, MEASURED
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.rules import Rule, RuleParams
from jobs.corpus.signals.signals import signals
from jobs.errors import ConfigError

PARAMS = SignalParams(((),) * len(KEYWORD_CATEGORIES), quality=None)


def measured(*texts, names=("content_chars", "line_count", "han_share")):
    table = signals(pa.array(texts, pa.large_string()), params=PARAMS).select(names)
    return [tuple(row.values()) for row in table.to_pylist()]


def test_signals_say_which_script_a_text_is_in_by_characters_only_one_script_has():
    # 后, 干, 乾, 於 and 徵 are written in both.
    texts = ("中華民國憲法", "中华民国宪法", "乾县干部於皇后徵用", "中华民國")
    shares = [row[0] for row in measured(*texts, names=("traditional_share",))]
    assert shares == [1.0, 0.0, 0.0, 0.5]


def test_keyword_lists_are_read_without_comments_and_missing_ones_are_named(tmp_path):
    for category in KEYWORD_CATEGORIES:
        (tmp_path / f"{category}.txt").write_text("# 词表\n微信号\n\n加微信\n", encoding="utf-8")
    assert keyword_lists(str(tmp_path)).keywords[0] == ("加微信", "微信号")
    (tmp_path / "porn.txt").unlink()
    with pytest.raises(ConfigError, match=r"porn\.txt"):
        keyword_lists(str(tmp_path))


@pytest.mark.parametrize(
    ("signal", "operator", "named"),
    [("han_shar", "<", "han_share"), ("han_share", "=<", "<=")],
)
def test_rules_on_what_does_not_exist_are_refused_with_what_does(signal, operator, named):
    rule = Rule("非中文", signal, operator, 0.3, (), ())
    with pytest.raises(ConfigError, match=f"rules/ours.yaml: reject.非中文.*{named}"):
        RuleParams("ours", "我们", (rule,))


@pytest.mark.parametrize(
    ("text", "chars", "lines", "share"),
    [
        ("第一条", 3, 1, 1.0),
        ("第1条\nab", 6, 2, 2 / 6),
        ("第一条\n", 4, 1, 0.75),
        ("\n\n", 2, 2, 0.0),
        ("𠀀〇豈㐀鿿", 5, 1, 1.0),  # extension B, the zero, a compatibility form, A, the last
        ("é，１あ한🏛", 6, 1, 0.0),
        ("", 0, 0, 0.0),
    ],
)
def test_signals_of_a_text_are_counted_in_characters(text, chars, lines, share):
    assert measured(text) == [(chars, lines, pytest.approx(share))]


def test_signals_of_a_null_text_are_null_and_move_no_other():
    assert measured(None, "中文", None, "", "ab") == [
        (None, None, None),
        (2, 1, 1.0),
        (None, None, None),
        (0, 0, 0.0),
        (2, 1, 0.0),
    ]


def test_signals_of_a_slice_are_those_of_its_rows():
    texts = pa.array(["甲", None, "乙b", "", "丙\n丁", "戊"], pa.large_string())
    whole = signals(texts, params=PARAMS)
    for start in range(len(texts)):
        part = signals(texts[start : start + 3], params=PARAMS)
        assert part.equals(whole.slice(start, 3).combine_chunks())


def test_signals_of_no_text_are_an_empty_table_with_the_schema():
    assert signals(pa.array([], pa.large_string()), params=PARAMS).schema == MEASURED
    assert signals(pa.nulls(2, pa.large_string()), params=PARAMS).num_rows == 2
