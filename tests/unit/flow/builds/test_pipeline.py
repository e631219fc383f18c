"""A build is a list of steps, in the order of the stages that decide about rows."""

from __future__ import annotations

from jobs.corpus.model.reasons import Stage
from jobs.flow.builds.pipeline import STEPS


def test_steps_are_in_the_order_of_stages() -> None:
    assert list(STEPS) == [stage for stage in Stage if stage in STEPS]
    assert next(reversed(STEPS)) == Stage.MERGE
