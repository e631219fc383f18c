"""A build as the list of its steps: a verb runs the list up to its own, and all of it to publish.

Every step skips what is already there, so that running the list again continues.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from jobs.corpus.model.reasons import Stage
from jobs.corpus.private_data.quotations import without_private_words
from jobs.corpus.release.loss_alarms import Alarm
from jobs.errors import DamagedTable, DeliveryError, LossAlarm, TaskError
from jobs.flow.builds.bad_files import BadFile
from jobs.flow.builds.loss_alarms import build_alarms, stop
from jobs.flow.builds.merge_inputs import Range
from jobs.flow.builds.merge_stage import merge
from jobs.flow.builds.merged_tables import remember
from jobs.flow.builds.normalize_stage import normalize, read_plan
from jobs.flow.builds.parent_release import extending, inputs_of, open_parent
from jobs.flow.builds.preflight import require_free_version
from jobs.flow.builds.publish_stage import Published, candidate, publish_candidate, traffic
from jobs.flow.builds.site_boilerplate_stage import without_site_boilerplate
from jobs.flow.builds.source_gate_stage import with_excluded_sites
from jobs.flow.dedup.dedup_stage import Drops, deduplicate
from jobs.flow.dedup.frozen import FrozenShard, frozen_shards
from jobs.flow.dedup.tombstones import tombstone_shards
from jobs.flow.intake.column_check import require_columns
from jobs.flow.intake.input_shards import InputShard
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.releases.acceptance import (
    recorded_acceptance,
    require_accepted,
    require_readable,
)
from jobs.flow.releases.candidates import store_candidate
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import Checkpoint, Progress
from jobs.on_ray.session import ray_session
from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.manifests import JsonObject, Manifest
from jobs.storage.store_probe import prove_once
from jobs.storage.stores import open_store

_SMALL_BYTES = 2 << 20  # of text: a third of a second of tasks


@dataclass
class BuildState:
    """What a build reads, and what its steps left so far: a step sets its own attribute.

    Attributes:
        params: Of the build.
        progress: Called with every finished task.
        parent: The release it extends, if any.
        plan: Its input shards.
        bad_files: Files that cannot be read and are set aside.
        tombstones: Of all that was taken down; none where the steps compare nothing.
        is_published: Whether the release is published already.
        read: The plan with the digests of the files that normalize read.
        shards: What normalize left of each input shard, later without site boilerplate.
        drops: The documents that dedup drops.
        ranges: What merge wrote, by partner and id.
        manifest: Of the release candidate.
    """

    params: BuildParams
    progress: Progress
    parent: OpenedRelease | None
    plan: Sequence[InputShard]
    tombstones: Sequence[FrozenShard]
    is_published: bool
    bad_files: Sequence[BadFile] = ()
    read: Sequence[InputShard] = field(init=False)
    shards: list[NormalizedShard] = field(init=False)
    drops: Drops = field(init=False)
    ranges: list[tuple[Range, Checkpoint]] = field(init=False)
    manifest: Manifest = field(init=False)

    @property
    def alarms(self) -> list[Alarm]:
        """The losses of a merged build that are above the limits of its parameters."""
        return build_alarms(self.manifest, self.ranges, self.params.alarms)


def _normalize(build: BuildState) -> None:
    build.plan, build.shards, bad_files = normalize(
        build.plan, build.params, progress=build.progress
    )
    build.bad_files = [*build.bad_files, *bad_files]  # a second time the plan has none of the first
    build.read = read_plan(build.plan, build.shards, build.params)


def _remove_site_boilerplate(build: BuildState) -> None:
    build.shards = without_site_boilerplate(build.shards, build.params, progress=build.progress)


def _exclude_sources(build: BuildState) -> None:
    build.params = with_excluded_sites(build.shards, build.params, progress=build.progress)


def _deduplicate(build: BuildState) -> None:
    frozen = frozen_shards(build.parent.manifest) if build.parent else []
    frozen += build.tombstones
    build.drops = deduplicate(build.shards, build.params, progress=build.progress, frozen=frozen)


def _merge(build: BuildState) -> None:
    build.ranges = merge(
        build.shards,
        build.drops,
        build.params,
        progress=build.progress,
        is_published=build.is_published,
    )
    build.manifest = candidate(
        build.read,
        build.shards,
        build.ranges,
        build.params,
        parent=build.parent,
        bad_files=build.bad_files,
    )
    remember(open_store(build.params.storage), build.manifest, build.shards)


STEPS: Mapping[Stage, Callable[[BuildState], None]] = {
    Stage.NORMALIZE: _normalize,
    Stage.BOILERPLATE: _remove_site_boilerplate,
    Stage.SOURCES: _exclude_sources,
    Stage.DEDUP: _deduplicate,
    Stage.MERGE: _merge,
}
"""The steps of a build, in order."""


def run_normalize(params: BuildParams, progress: Progress) -> BuildState:
    """Make documents and facts of the deliveries."""
    return _run(params, progress, last=Stage.BOILERPLATE)


def run_dedup(params: BuildParams, progress: Progress) -> BuildState:
    """Run the steps up to the drops."""
    return _run(params, progress, last=Stage.DEDUP)


def run_merge(params: BuildParams, progress: Progress, *, will_publish: bool = False) -> BuildState:
    """Run all steps: the files of a release candidate are stored, and its manifest is known.

    Args:
        params: of the build.
        progress: called with every finished task.
        will_publish: whether a version that is published from something else is refused.
    """
    return _run(params, progress, last=Stage.MERGE, will_publish=will_publish)


def run_build(
    params: BuildParams,
    progress: Progress,
    *,
    commit_info: JsonObject,
    report: Callable[[Sequence[Alarm]], None] = lambda _: None,
) -> Published:
    """Run all steps and publish the candidate, unless an alarm stops it.

    Args:
        params: of the build.
        progress: called with every finished task.
        commit_info: the user, the time and the code, for the log.
        report: called with the alarms before they end the build.

    Raises:
        LossAlarm: there are alarms, and `params.alarms` stop for them.
        NotAccepted: the review that `params.acceptance` demands is lacking or failed.
    """
    corpus = Corpus(open_store(params.storage), params.corpus)
    generation = head(corpus).registry.epoch
    build = _unalarming(params, progress, report)
    commit_info = {**commit_info, **traffic(build.manifest)}
    if not build.is_published:
        if params.acceptance.is_demanded:
            store_candidate(corpus, build.manifest, params.acceptance)
        accepted = require_accepted(corpus, build.manifest, params.acceptance)
        commit_info |= recorded_acceptance(accepted)
    published = publish_candidate(build.manifest, params, commit_info, generation=generation)
    return replace(published, alarms=tuple(build.alarms))


def run_candidate(
    params: BuildParams,
    progress: Progress,
    *,
    report: Callable[[Sequence[Alarm]], None] = lambda _: None,
) -> BuildState:
    """Run all steps and store the candidate, unless an alarm stops it.

    Args:
        params: of the build.
        progress: called with every finished task.
        report: called with the alarms before they end the build.

    Raises:
        LossAlarm: there are alarms, and `params.alarms` stop for them.
    """
    build = _unalarming(params, progress, report)
    corpus = Corpus(open_store(params.storage), params.corpus)
    store_candidate(corpus, build.manifest, params.acceptance)
    return build


def _unalarming(
    params: BuildParams, progress: Progress, report: Callable[[Sequence[Alarm]], None]
) -> BuildState:
    """Run all steps up to the candidate; alarms are reported and may end the build."""
    require_readable(params.acceptance)
    build = run_merge(params, progress, will_publish=True)
    report(build.alarms)
    if params.alarms.is_stopping:
        stop(build.alarms, params.version)
    return build


def _run(
    params: BuildParams, progress: Progress, *, last: Stage, will_publish: bool = False
) -> BuildState:
    """Run the steps up to `last`; where they meet a damaged table, make it again and go on.

    Raises:
        DamagedTable: a table that was made again is damaged again.
    """
    names = list(STEPS)
    steps = names[: names.index(last) + 1]
    known: set[str] = set()
    with ray_session(), _hiding_private_data(params):
        build = _planned(params, progress, steps, will_publish=will_publish)
        while True:
            try:
                for step in steps:
                    STEPS[step](build)
            except DamagedTable as error:
                if str(error) in known:
                    raise
                known.add(str(error))
                logging.getLogger(__name__).warning("heliu: made again: %s", error)
            else:
                return build


@contextmanager
def _hiding_private_data(params: BuildParams) -> Iterator[None]:
    """Put placeholders into errors that may quote a delivery, as the header that a file lacks."""
    try:
        yield
    except (DeliveryError, LossAlarm, TaskError) as error:
        hidden = without_private_words(str(error), params=params.private_data)
        if hidden == str(error):
            raise
        raise type(error)(hidden) from None


def _planned(
    params: BuildParams, progress: Progress, steps: Sequence[Stage], *, will_publish: bool
) -> BuildState:
    """Plan a build; refuse before its first task what cannot end well."""
    store = open_store(params.storage)
    # Tombstones that cannot be compared with refuse a build before deliveries are read.
    tombstones = tombstone_shards(store, params) if Stage.DEDUP in steps else []
    prove_once(store, params.storage.root)
    parent = open_parent(store, params)
    params = extending(params, parent.manifest if parent else None)
    shards = plan(params, known=inputs_of(parent), progress=progress)
    for shortfall in params.signals.risks.shortfalls if params.signals.risks else ():
        logging.getLogger(__name__).warning("heliu: signals.risk_keywords: %s", shortfall)
    is_published = will_publish and require_free_version(store, shards, params, parent=parent)
    if params.alarms.is_stopping:
        require_columns(shards, params)
    compares_only_this = parent is None and not tombstones
    params = _with_small_work(params, shards) if compares_only_this else params
    return BuildState(params, progress, parent, shards, tombstones, is_published)


def _with_small_work(params: BuildParams, plan: Sequence[InputShard]) -> BuildParams:
    """Return the parameters with a note whether starting Ray would take longer than all tasks."""
    text = sum(file.text_bytes for shard in plan for file in shard.files)
    return replace(params, compute=replace(params.compute, is_small=text <= _SMALL_BYTES))
