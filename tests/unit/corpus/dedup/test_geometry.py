"""The arithmetic of bands and rows, against simulation and published values."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.corpus.dedup.geometry import Geometry, geometries, recommended


@pytest.mark.parametrize(
    ("bands", "rows", "similarity", "percent"),
    [(16, 8, 0.8, 94.7), (16, 8, 0.85, 99.4), (14, 8, 0.8, 92.4), (25, 10, 0.8, 94.2)],
)
def test_collision_probability_is_the_published_one(
    bands: int, rows: int, similarity: float, percent: float
) -> None:
    assert Geometry(bands * rows, bands, rows).collision_probability(
        similarity
    ) * 100 == pytest.approx(percent, abs=0.1)


@pytest.mark.parametrize(("similarity", "threshold"), [(0.85, 0.8), (0.7, 0.7), (0.6, 0.75)])
def test_detection_probability_equals_simulated_values(similarity: float, threshold: float) -> None:
    geometry = Geometry(num_perm=32, bands=5, rows=6)
    equal = np.random.default_rng(1).random((200_000, 32)) < similarity
    full = equal[:, :30].reshape(-1, 5, 6).all(axis=2).any(axis=1)
    simulated = np.mean(full & (equal.mean(axis=1) >= threshold))
    assert geometry.detection_probability(similarity, threshold) == pytest.approx(
        simulated, abs=0.004
    )


def test_recommended_geometry_finds_enough_and_the_next_one_does_not() -> None:
    best = recommended(128, similarity=0.85, recall=0.99)
    assert best is not None
    following = next(one for one in geometries(128) if one.rows == best.rows + 1)
    assert best.collision_probability(0.85) >= 0.99 > following.collision_probability(0.85)
    assert recommended(4, similarity=0.2, recall=0.99) is None
