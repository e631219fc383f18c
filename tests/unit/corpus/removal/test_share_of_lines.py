"""Whether the lines at the ends of a text are too much of it: counted no further than needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.corpus.removal import edge_spans
from jobs.corpus.removal.edge_spans import _is_too_much, _letters, _Line
from jobs.corpus.text.furniture_signs import Sign

PIECES = st.sampled_from(
    ["字" * 9, "字", "a" * 70, "http://a.cn/" + "b" * 80, "c" * 64 + "@d.cn", "2023。", "\n", " "]
)


@given(st.lists(PIECES, max_size=60), st.lists(PIECES, max_size=3), st.floats(0.05, 1))
def test_what_is_lost_is_compared_with_all_letters(
    pieces: list[str], lost: list[str], share: float
) -> None:
    check("".join(pieces), "".join(lost), share)


def check(text: str, line: str, share: float) -> None:
    whole, lost = _letters(text), _letters(line)
    lines = [_Line(0, 0, line, 50, Sign.FURNITURE)]
    assert _is_too_much(text.encode(), lines, share) == (lost > share * whole and whole > lost)


@pytest.mark.parametrize("address", ["c" * 64 + "@d.cn", "http://" + "e" * 200, "www." + "f" * 99])
def test_letters_of_an_address_that_is_cut_do_not_count(address: str) -> None:
    for letters in range(1, 400):
        check("字" * letters + address, "字" * 10, 0.5)


def test_no_more_of_a_long_text_is_counted_than_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[int] = []

    def letters(text: str) -> int:
        counted.append(len(text))
        return _letters(text)

    lines = [_Line(0, 0, "版权所有", 50, Sign.RIGHTS)]
    monkeypatch.setattr(edge_spans, "_letters", letters)
    assert not _is_too_much(("字" * 50_000).encode(), lines, 0.5)
    assert max(counted) < 1_000
