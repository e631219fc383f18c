"""The canonical form is what its rules say of every character, and its sums what they sum."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.corpus.text.canonical import canonical
from tests.canonical_oracle import canonical_form, sums

# No letter of http or www: what is an address has tests of its own.
ALPHABET = (
    "abX()12390１①²甲一贰国國，、。 \n\t+-.:/*^<>=#!_@&~～—–：！＜\uff0d%％→←↑✓☐♀é\u0301།👍¬,|’"
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(ALPHABET, max_size=24), max_size=6))
@example(
    [
        "1,234",
        "1,2",
        "1、2",
        "12",
        "3～5",
        "0–①",
        "5!",
        "a!=b",
        "a <= b",
        "＜5",
        "１２",
        "x -3",
        "C++",
        "f(x) < 0, f(x) + 0.2, x - (y)",
        "x * y, 2 * (x), a && !b",
        "if (!ok) 甲!ok",
        "甲(乙) * 3",
    ]
)
def test_canonical_form_is_that_of_the_plain_loop(texts: list[str]) -> None:
    found = canonical(pa.array(texts, pa.large_string()))
    expected = [canonical_form(text) for text in texts]
    assert found.compared.to_pylist() == expected
    assert found.sums.tolist() == [sums(form) for form in expected]
