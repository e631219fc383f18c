"""Geometry: what a choice of bands and rows finds, misses and costs. Arithmetic, no data.

Two documents of Jaccard similarity s have equal words independently with probability s. They meet
if all words of some band are equal: 1 - (1 - s^rows)^bands. With `verify=signature` they must also
have enough equal words in all, which is not independent of meeting; the joint probability sums
over the number x of equal words, all placements of which are equally likely.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb

EXCHANGED_BYTES = 12  # per document and band, when keys are exchanged


@dataclass(frozen=True)
class Geometry:
    """A way to cut a signature of `num_perm` words into bands."""

    num_perm: int
    bands: int
    rows: int

    def meets(self, similarity: float) -> float:
        """The probability that two documents of that similarity share a band."""
        return float(1 - (1 - similarity**self.rows) ** self.bands)

    def found(self, similarity: float, threshold: float) -> float:
        """The probability that they share a band and are estimated to reach the threshold."""
        words = self.num_perm
        return sum(
            comb(words, x) * similarity**x * (1 - similarity) ** (words - x) * self._meeting(x)
            for x in range(words + 1)
            if x / words >= threshold
        )

    def _meeting(self, equal: int) -> float:
        """The probability of a full band when `equal` words, placed at random, are equal."""
        rest = range(1, min(self.bands, equal // self.rows) + 1)
        ways = sum(
            (-1) ** (full + 1)
            * comb(self.bands, full)
            * comb(self.num_perm - full * self.rows, equal - full * self.rows)
            for full in rest
        )
        return float(Fraction(ways, comb(self.num_perm, equal)))


def geometries(num_perm: int) -> Iterator[Geometry]:
    """For every number of rows, as many bands as the signature holds; few rows first."""
    for rows in range(1, num_perm // 2 + 1):
        yield Geometry(num_perm, num_perm // rows, rows)


def recommended(num_perm: int, *, similarity: float, recall: float) -> Geometry | None:
    """The geometry with the fewest meetings in vain that still finds enough.

    More rows mean fewer documents that meet for nothing, and fewer that meet at all: the last
    geometry of which pairs of `similarity` meet with probability `recall` is the cheapest. None if
    no geometry does.
    """
    enough = [one for one in geometries(num_perm) if one.meets(similarity) >= recall]
    return enough[-1] if enough else None
