"""The commit log under crashes, lost, late and repeated requests: a state machine, and its mutants.

`tests/log_world.py` says what is checked after every step.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from jobs.errors import HeliuError
from jobs.storage import commits, garbage, publication
from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import ObjectStore
from jobs.storage.registry import RetiredFiles
from tests import log_actions as do
from tests.log_world import FAULTS, PLACES, Action, World
from tests.memory_store import MemoryStore

# docs/running.md states these numbers.
SCHEDULES, STEPS = 150, 12
SCHEDULES_ON_FILES = 25
MANY_SCHEDULES, MANY_STEPS = 3000, 20
SCHEDULES_PER_MUTANT = 600

VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0", "2.1.0"])
TEXTS = st.sampled_from(["南京市长江大桥", "他来自江南", "白日依山尽"])
LISTS = st.lists(TEXTS, min_size=1, max_size=3, unique=True)
REASONS = st.sampled_from(["重复交付", None])
MAYBE = st.one_of(st.none(), VERSIONS)

ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(do.build, VERSIONS, LISTS, on_parent=st.booleans()),
    st.builds(do.build, VERSIONS, LISTS, on_parent=st.booleans()),
    st.just(do.collect_garbage),
    st.builds(do.take_down, VERSIONS, TEXTS),
    st.builds(do.name, st.sampled_from(["stable", "2.0.0"]), MAYBE),
    st.builds(do.withdraw, VERSIONS, REASONS),
)
# Where things go wrong in protocols: around the commit, and where bytes come and go.
WHERE = st.sampled_from([*PLACES * 5, *range(20)])
FAULT = st.sampled_from([*FAULTS, *["cut-off"] * 3])
PLANS = st.one_of(st.just({}), st.dictionaries(WHERE, FAULT, min_size=1, max_size=2))
MEANWHILE = st.one_of(st.none(), st.tuples(WHERE, ACTIONS, st.one_of(st.just({}), PLANS)))


class LogMachine(RuleBasedStateMachine):
    """Actors come one by one, or one while another is half done."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        (folder / "texts").mkdir()
        self.world = self.new_world(self.new_store(folder / "root"), folder / "texts")

    def new_store(self, _root: Path) -> ObjectStore:
        return MemoryStore()

    def new_world(self, store: ObjectStore, folder: Path) -> World:
        return World(store, folder)

    def teardown(self) -> None:
        self.folder.cleanup()

    def act(self, action: Action, plan: dict[Any, Any], meanwhile: Any) -> None:
        plan = dict(plan)
        if meanwhile is not None:
            place, other, others_plan = meanwhile

            def interrupt() -> None:
                self.world.attempt(other, dict(others_plan))

            plan = {**plan, place: interrupt}
        self.world.attempt(action, plan)

    @rule(version=VERSIONS, texts=LISTS, plan=PLANS, meanwhile=MEANWHILE)
    def publish(self, version, texts, plan, meanwhile) -> None:
        self.act(do.build(version, texts, on_parent=False), plan, meanwhile)

    @rule(version=VERSIONS, texts=LISTS, plan=PLANS, meanwhile=MEANWHILE)
    def publish_on_parent(self, version, texts, plan, meanwhile) -> None:
        self.act(do.build(version, texts, on_parent=True), plan, meanwhile)

    @rule(texts=LISTS, plan=PLANS)
    def abandon(self, texts, plan) -> None:
        self.act(do.abandon(texts), plan, None)

    @rule(plan=PLANS, meanwhile=MEANWHILE)
    def collect(self, plan, meanwhile) -> None:
        self.act(do.collect_garbage, plan, meanwhile)

    @rule(version=VERSIONS, text=TEXTS, plan=PLANS, meanwhile=MEANWHILE)
    def take_down(self, version, text, plan, meanwhile) -> None:
        self.act(do.take_down(version, text), plan, meanwhile)

    @rule(tag=st.sampled_from(["stable", "2.0.0"]), version=MAYBE, plan=PLANS, meanwhile=MEANWHILE)
    def tag(self, tag, version, plan, meanwhile) -> None:
        self.act(do.name(tag, version), plan, meanwhile)

    @rule(version=MAYBE, plan=PLANS, meanwhile=MEANWHILE)
    def roll_back(self, version, plan, meanwhile) -> None:
        self.act(do.roll_back(version), plan, meanwhile)

    @rule(version=VERSIONS, reason=REASONS, plan=PLANS, meanwhile=MEANWHILE)
    def yank(self, version, reason, plan, meanwhile) -> None:
        self.act(do.withdraw(version, reason), plan, meanwhile)

    @rule(version=VERSIONS, plan=PLANS, meanwhile=MEANWHILE)
    def resume(self, version, plan, meanwhile) -> None:
        self.act(do.resume(version), plan, meanwhile)

    @rule(number=st.integers(0, 9))
    def land(self, number) -> None:
        self.world.land(number)

    @invariant()
    def everything_reported_is_true(self) -> None:
        self.world.check()


class DirectoryLogMachine(LogMachine):
    """The same on files."""

    def new_store(self, root: Path) -> ObjectStore:
        return DirectoryStore(root)


def _settings(examples: int, *, steps: int = STEPS) -> settings:
    """Fixed seeds, no shrinking: a mutant need only be caught, and a bug prints its steps."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        report_multiple_bugs=False,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _one_request_at_a_time(monkeypatch) -> None:
    """So that the n-th request is the same one in every run; and no example waits for a disk."""
    monkeypatch.setattr(publication, "_THREADS", 1)
    monkeypatch.setattr(garbage, "_THREADS", 1)
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.mark.timeout(180)
def test_log_in_memory_keeps_its_promises_under_faults():
    run_state_machine_as_test(LogMachine, settings=_settings(SCHEDULES))


@pytest.mark.timeout(180)
def test_log_in_a_directory_keeps_its_promises_under_faults():
    run_state_machine_as_test(DirectoryLogMachine, settings=_settings(SCHEDULES_ON_FILES))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_log_keeps_its_promises_under_many_faults():
    run_state_machine_as_test(LogMachine, settings=_settings(MANY_SCHEDULES, steps=MANY_STEPS))


# --- mutants of the protocol: each is a mistake that a released system made


def _catch(machine: type[LogMachine]) -> None:
    with pytest.raises((AssertionError, HeliuError, ExceptionGroup)):
        run_state_machine_as_test(machine, settings=_settings(SCHEDULES_PER_MUTANT))


@pytest.mark.timeout(180)
def test_mutant_that_takes_taken_for_lost_is_caught(monkeypatch):
    monkeypatch.setattr(commits, "_read_back", lambda *_: {"id": "somebody else's"})
    _catch(LogMachine)


@pytest.mark.timeout(180)
def test_mutant_that_deletes_its_blobs_on_doubt_is_caught():
    class Machine(LogMachine):
        def new_world(self, store: ObjectStore, folder: Path) -> World:
            return World(store, folder, deletes_on_doubt=True)

    _catch(Machine)


@pytest.mark.timeout(180)
def test_mutant_that_collects_by_age_is_caught():
    class Machine(LogMachine):
        def new_world(self, store: ObjectStore, folder: Path) -> World:
            return World(store, folder, collect=do.collect_by_age)

    _catch(Machine)


@pytest.mark.timeout(180)
def test_mutant_that_uses_retired_keys_again_is_caught(monkeypatch):
    monkeypatch.setattr(RetiredFiles, "generation", lambda *_: 0)

    class Machine(LogMachine):
        def new_world(self, store: ObjectStore, folder: Path) -> World:
            return World(store, folder, collect=do.collect_and_reuse)

    _catch(Machine)


@pytest.mark.timeout(180)
def test_mutant_store_that_checks_before_it_writes_is_caught():
    class Machine(LogMachine):
        def new_world(self, store: ObjectStore, folder: Path) -> World:
            return World(store, folder, is_atomic=False)

    _catch(Machine)
