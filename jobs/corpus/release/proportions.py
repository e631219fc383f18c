"""Proportions: exact limits of a share that a sample shows, and thresholds of counts.

The interval is that of Clopper and Pearson (Biometrika 26, 1934): the shares at which so many or
more, and so few or fewer, would happen with half of 1 - confidence each.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from jobs.corpus.sources.gate import binomial_tail

CONFIDENCE = 0.95
_HALVINGS = 50


class Interval(NamedTuple):
    """The lower and the upper limit of a share."""

    low: float
    high: float


def interval(part: int, of: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the Clopper-Pearson interval of a share; all of [0, 1] for a sample of none.

    Args:
        part: how many of the sample have what is counted.
        of: size of the sample.
        confidence: the least share of samples whose interval holds the true share.
    """
    each = (1 - confidence) / 2
    return Interval(_lower(part, of, each), 1 - _lower(of - part, of, each))


def _lower(part: int, of: int, probability: float) -> float:
    """Return the share at which `part` or more of a sample have this probability, by bisection."""
    if part == 0:
        return 0.0
    if part == of:
        return float(probability ** (1 / of))
    low, high = 0.0, part / of  # there the probability is about a half
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if binomial_tail(part, of, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def least_count(share: float, of: int) -> int:
    """Return how many are at least this share of a number; the share is taken as it is written.

    0.96 of 4,000 is 3,840: as binary numbers have it, it would be a little more or less.
    """
    return -int(-Fraction(str(share)) * of // 1)
