"""What is known of a build that runs: shares, rates, what is left, rows by partner."""

from __future__ import annotations

import time

import pytest

from jobs.command.progress_state import BuildProgress, Snapshot
from jobs.flow.builds.stage_costs import stage_costs
from jobs.flow.tasks.checkpoints import TaskCounts

WEIGHTS = {"normalize": 6.0, "site boilerplate: remove": 1.0, "dedup: band keys": 0.5}
WEIGHTS |= {"dedup: decisions": 0.5, "merge": 2.0}


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Build:
    """A build whose tasks take as long as they are said to."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.state = BuildProgress(WEIGHTS, self.clock)

    def run(
        self, label: str, done: int, total: int, *, seconds: float = 1.0, found: int = 0, **counts
    ) -> Snapshot:
        """Run the tasks of a label up to `done`, each of which counts the same."""
        one = TaskCounts(**counts)
        self.state.advance(label, found, total, [one] * found)
        for number in range(found, done):
            self.clock.now += seconds
            self.state.advance(label, number + 1, total, [one])
        return self.state.snapshot()


def test_nothing_is_known_before_the_first_task() -> None:
    seen = Build().state.snapshot()
    assert (seen.label, seen.share, seen.seconds_left, seen.rows.kept) == ("", 0.0, None, None)


def test_share_done_goes_by_what_stages_cost() -> None:
    build = Build()
    assert build.run("normalize", 5, 10).share == pytest.approx(0.3)
    assert build.run("normalize", 10, 10).share == pytest.approx(0.6)
    assert build.run("site boilerplate: remove", 1, 2).share == pytest.approx(0.65)
    assert build.run("merge", 1, 1).share == pytest.approx(1.0)


def test_stage_without_parts_is_all_of_its_parts() -> None:
    build = Build()
    assert build.run("dedup", 1, 1).share == pytest.approx(0.8)


def test_work_of_unknown_cost_changes_no_share() -> None:
    build = Build()
    assert build.run("deliveries", 3, 4).share == 0.0
    build.run("normalize", 10, 10)
    assert build.run("sources: count", 1, 3).share == pytest.approx(0.6)


def test_time_left_is_that_of_this_work_at_its_rate_and_of_later_work_at_that_of_all() -> None:
    build = Build()
    # 5 of 10 tasks took 10 s: 10 s for the others, and 4/3 of the first half's 10 s for the rest.
    left = build.run("normalize", 5, 10, seconds=2.0).seconds_left
    assert left == pytest.approx(10 + 0.4 / 0.3 * 10)
    build.run("normalize", 10, 10, seconds=2.0)
    assert build.run("merge", 4, 8, seconds=30.0).seconds_left == pytest.approx(4 * 30)


def test_time_left_goes_by_earlier_work_until_a_few_tasks_have_run() -> None:
    assert Build().run("normalize", 2, 10, seconds=9.0).seconds_left is None
    build = Build()
    build.run("normalize", 10, 10, seconds=2.0)
    assert build.run("merge", 1, 10).seconds_left == pytest.approx(0.18 / 0.6 * 20.0)


def test_tasks_that_were_found_done_say_nothing_of_the_time() -> None:
    build = Build()
    assert build.run("normalize", 10, 10, found=10).seconds_left is None
    build.clock.now += 1
    left = build.run("merge", 8, 10, found=5, seconds=8.0).seconds_left
    assert left == pytest.approx(2 * 8.0)


def test_rates_are_of_rows_that_were_read_now() -> None:
    build = Build()
    seen = build.run("normalize", 8, 10, found=4, seconds=0.5, rows=10, text_bytes=1000)
    assert (seen.rows_per_second, seen.bytes_per_second) == (20.0, 2000.0)
    assert (seen.rows.rows, seen.rows.text_bytes) == (80, 8000)
    seen = build.run("dedup: band keys", 1, 2)
    assert (seen.rows_per_second, seen.bytes_per_second) == (None, None)


def test_rows_are_counted_by_partner_and_never_go_back() -> None:
    build = Build()
    build.run("normalize", 2, 4, partner="公报", rows=100, rejected=3)
    build.run("normalize", 4, 4, found=4, partner="公报", rows=100, rejected=3)
    seen = build.run("dedup: decisions", 2, 2, dropped=30)
    assert (seen.rows.kept, seen.rows.dropped, seen.rows.rejected) == (None, 60, 12)
    assert seen.partners["公报"].dropped is None  # not known by partner before merge
    counts = {"rows": 200, "kept": 180, "dropped": 10, "rejected": 10}
    seen = build.run("merge", 1, 2, partner="公报", **counts)
    assert (seen.rows.rows, seen.rows.kept) == (400, 180)
    assert (seen.rows.dropped, seen.rows.rejected) == (60, 12)
    seen = build.run("merge", 2, 2, found=2, partner="公报", **counts)
    assert (seen.rows.kept, seen.rows.dropped, seen.rows.rejected) == (360, 60, 20)


def test_work_that_begins_again_is_counted_once() -> None:
    build = Build()
    build.run("normalize", 3, 3, partner="公报", rows=100)
    seen = build.run("normalize", 2, 2, found=1, partner="公报", rows=100)
    assert seen.rows.rows == 200
    build.run("dedup: decisions", 1, 1, dropped=5)
    assert build.run("dedup: rounds", 1, 1, dropped=7).rows.dropped == 12


def test_a_task_of_hundreds_of_gigabytes_costs_microseconds() -> None:
    state = BuildProgress({name: cost.cpu_seconds for name, cost in stage_costs().items()})
    names = [f"合作方{number}" for number in range(30)]
    counts = [[TaskCounts(name, 1234, 64 << 20)] for name in names]
    began = time.process_time()
    for done in range(12_667):
        state.advance("normalize", done, 12_666, counts[done % 30])
    assert (time.process_time() - began) / 12_666 < 200e-6  # some 5 are measured
    began = time.process_time()
    for _ in range(20):
        state.snapshot()
    assert (time.process_time() - began) / 20 < 0.02  # of which a view takes one a second


def test_tasks_of_an_earlier_build_do_not_count_for_the_speed() -> None:
    build = Build()
    build.run("normalize", 10, 10, seconds=10.0, found=8)  # 0.12 of all work in 20 seconds
    assert build.run("merge", 0, 2).seconds_left == pytest.approx(0.2 * 20 / 0.12)
