import pyarrow as pa
import pytest

from jobs.corpus.signals import SIGNALS, signals


def measured(*texts):
    return [tuple(row.values()) for row in signals(pa.array(texts, pa.large_string())).to_pylist()]


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
    whole = signals(texts)
    for start in range(len(texts)):
        assert signals(texts[start : start + 3]).equals(whole.slice(start, 3).combine_chunks())


def test_signals_of_no_text_are_an_empty_table_with_the_schema():
    assert signals(pa.array([], pa.large_string())).schema == SIGNALS
    assert signals(pa.nulls(2, pa.large_string())).num_rows == 2
