"""Limits of shares: as others compute them, by their definition, and exact where floats are not."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.corpus.release.proportions import interval, least_count

# R 4.3: binom.test(part, of)$conf.int
KNOWN = [
    (0, 10, 0.0, 0.3084971),
    (1, 10, 0.002528579, 0.445016117),
    (5, 10, 0.1870860, 0.8129140),
    (10, 10, 0.6915029, 1.0),
    (7, 100, 0.02860484, 0.13891979),
]


@pytest.mark.parametrize(("part", "of", "low", "high"), KNOWN)
def test_interval_is_that_of_r(part: int, of: int, low: float, high: float) -> None:
    assert interval(part, of) == pytest.approx((low, high), abs=1e-6)


def _tail(least: int, of: int, share: Fraction) -> Fraction:
    terms = (comb(of, n) * share**n * (1 - share) ** (of - n) for n in range(least, of + 1))
    return sum(terms, Fraction(0))


@given(st.integers(1, 40).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_at_its_ends_so_many_or_so_few_happen_in_one_of_forty_samples(
    counts: tuple[int, int],
) -> None:
    part, of = counts
    low, high = interval(part, of)
    if part:
        assert float(_tail(part, of, Fraction(low))) == pytest.approx(0.025, rel=1e-6)
    if part < of:
        fewer = 1 - _tail(part + 1, of, Fraction(high))
        assert float(fewer) == pytest.approx(0.025, rel=1e-6)
    assert low <= part / of <= high


@given(st.integers(0, 4000))
def test_interval_of_what_failed_is_the_rest_of_that_of_what_passed(part: int) -> None:
    low, high = interval(part, 4000)
    assert interval(4000 - part, 4000) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize(
    ("share", "of", "least"),
    [
        (0.96, 4000, 3840),
        (0.96, 4001, 3841),
        (0.98, 50, 49),
        (0.07, 100, 7),  # 0.07 * 100 is 7.000000000000001
        (0.29, 100, 29),  # 0.29 * 100 is 28.999999999999996
        (1.0, 7, 7),
        (1e-05, 280_000_000, 2800),
        (0.98, 0, 0),
    ],
)
def test_least_count_is_of_the_share_as_it_is_written(share: float, of: int, least: int) -> None:
    assert least_count(share, of) == least
