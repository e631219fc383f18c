"""Geometry: what a choice of bands and rows finds, misses and costs. Arithmetic, no data.

Two documents of Jaccard similarity s have equal MinHash values independently with probability s.
They collide if all values of some band are equal: 1 - (1 - s^rows)^bands. With `verify=signature`
they must also have enough equal values in all, which is not independent of colliding; the joint
probability sums over the number x of equal values, all placements of which are equally likely.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb

MARGIN = 0.05  # estimates scatter around a threshold: above it by this, pairs must be found
ENOUGH = 0.99  # of which so many must collide
EXCHANGED_BYTES = 12  # per document and band, when keys are exchanged


@dataclass(frozen=True)
class Geometry:
    """One division of a signature of `num_perm` MinHash values into bands."""

    num_perm: int
    bands: int
    rows: int

    def collision_probability(self, similarity: float) -> float:
        """Return the probability that two documents of that similarity share a band."""
        return float(1 - (1 - similarity**self.rows) ** self.bands)

    def detection_probability(self, similarity: float, threshold: float) -> float:
        """Return the probability that they share a band and are estimated at the threshold."""
        values = self.num_perm
        return sum(
            comb(values, x)
            * similarity**x
            * (1 - similarity) ** (values - x)
            * self._full_band_probability(x)
            for x in range(values + 1)
            if x / values >= threshold
        )

    def _full_band_probability(self, equal: int) -> float:
        """Return the probability of a full band when `equal` values, placed at random, are."""
        rest = range(1, min(self.bands, equal // self.rows) + 1)
        placements = sum(
            (-1) ** (full + 1)
            * comb(self.bands, full)
            * comb(self.num_perm - full * self.rows, equal - full * self.rows)
            for full in rest
        )
        return float(Fraction(placements, comb(self.num_perm, equal)))


def geometries(num_perm: int) -> Iterator[Geometry]:
    """For every number of rows, as many bands as the signature holds; few rows first."""
    for rows in range(1, num_perm // 2 + 1):
        yield Geometry(num_perm, num_perm // rows, rows)


def recommended(num_perm: int, *, similarity: float, recall: float) -> Geometry | None:
    """Return the geometry with the fewest useless collisions that still finds enough, or None.

    More rows mean fewer collisions of dissimilar documents, and of similar ones too: the cheapest
    geometry is the last one that finds enough.

    Args:
        num_perm: MinHash values of a signature.
        similarity: of the pairs that must be found.
        recall: probability with which such a pair must collide.
    """
    enough = [
        one for one in geometries(num_perm) if one.collision_probability(similarity) >= recall
    ]
    return enough[-1] if enough else None
