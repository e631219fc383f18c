"""A build of 8.5 GB, rehearsed: nothing grows faster than the corpus, and bounds are kept."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.rehearsal import complaints, rehearse
from tests.benchmarks.rehearsal_model import by_group, costs, growth

SHRINK = 4096
SMALL, LARGE = 4.25, 8.5  # GB
# A quarter of the default, so that all partners have several sections.
SECTIONS = [f"shards.release_bytes={(64 << 20) // SHRINK}"]


def test_figures_grow_as_the_corpus(tmp_path: Path) -> None:
    found = {}
    for gigabytes in (SMALL, LARGE):
        rehearsed = rehearse(
            tmp_path / f"{gigabytes}", gigabytes, factor=SHRINK, workers=0, given=SECTIONS
        )
        found[gigabytes] = rehearsed, rehearsed.estimates(SHRINK, costs())
    times = growth(*(by_group(estimates) for _, estimates in found.values()))
    allowed = 1.2 * LARGE / SMALL
    assert {name: grown for name, grown in times.items() if grown > allowed} == {}
    for rehearsed, estimates in found.values():
        assert complaints(rehearsed, estimates) == []
