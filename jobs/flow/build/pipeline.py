"""The flow itself: each function runs the stages up to its own and skips what is already there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from jobs.corpus.release.loss_alarms import Alarm
from jobs.errors import DamagedTable
from jobs.flow.build.loss_alarms import build_alarms, stop
from jobs.flow.build.merge_stage import merge
from jobs.flow.build.merged_tables import remember
from jobs.flow.build.normalize_stage import normalize
from jobs.flow.build.parent_release import inputs_of, open_parent
from jobs.flow.build.preflight import require_free_version
from jobs.flow.build.publish_stage import Published, candidate, publish_candidate, traffic
from jobs.flow.build.site_boilerplate_stage import without_site_boilerplate
from jobs.flow.dedup.dedup_stage import Drops, deduplicate
from jobs.flow.dedup.frozen import FrozenShard, frozen_shards
from jobs.flow.dedup.tombstones import tombstone_shards
from jobs.flow.intake.column_check import require_columns
from jobs.flow.intake.plan import InputShard, plan
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened import OpenedRelease
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import Progress
from jobs.on_ray.session import ray_session
from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.manifests import JsonObject, Manifest
from jobs.storage.probing import prove_once
from jobs.storage.stores import open_store

Result = TypeVar("Result")


@dataclass(frozen=True)
class Normalized:
    """The plan of a build, what became of each of its shards, and the release it extends."""

    plan: list[InputShard]
    shards: list[NormalizedShard]
    parent: OpenedRelease | None


@dataclass(frozen=True)
class Deduplicated:
    """`Normalized`, and who is dropped."""

    normalized: Normalized
    drops: Drops


@dataclass(frozen=True)
class _Planned:
    """What a build reads."""

    plan: list[InputShard]
    parent: OpenedRelease | None


def run_normalize(params: BuildParams, progress: Progress) -> Normalized:
    """Deliveries to documents and facts; first everything is refused that cannot end well."""
    return _run(_normalized, params, progress)


def run_dedup(params: BuildParams, progress: Progress) -> Deduplicated:
    """Deliveries to drops; as `run_normalize`."""
    stages = partial(_deduplicated, tombstones=_tombstones(params))
    return _run(stages, params, progress)


def run_merge(
    params: BuildParams, progress: Progress, *, will_publish: bool = False
) -> tuple[Manifest, list[Alarm]]:
    """Deliveries to the manifest of a release candidate, its shards stored; and its alarms.

    Args:
        params: of the build.
        progress: told of every finished task.
        will_publish: whether a version that is published from something else is refused.
    """
    stages = partial(_merged, tombstones=_tombstones(params))
    return _run(stages, params, progress, will_publish=will_publish)


def run_build(
    params: BuildParams,
    progress: Progress,
    *,
    about: JsonObject,
    tell: Callable[[Sequence[Alarm]], None] = lambda _: None,
) -> Published:
    """Deliveries to a published release, unless something is alarming.

    Args:
        params: of the build.
        progress: told of every finished task.
        about: who, when and with what.
        tell: told of what is alarming, before that ends the build.

    Raises:
        LossAlarm: something is, and `params.alarms` stop for it.
    """
    epoch = head(Corpus(open_store(params.storage), params.corpus)).registry.epoch
    manifest, found = run_merge(params, progress, will_publish=True)
    tell(found)
    if params.alarms.is_stopping:
        stop(found, params.version)
    told = {**about, **traffic(manifest)}
    published = publish_candidate(manifest, params, told, epoch=epoch)
    return replace(published, alarms=tuple(found))


def _run(
    stages: Callable[[_Planned, BuildParams, Progress], Result],
    params: BuildParams,
    progress: Progress,
    *,
    will_publish: bool = False,
) -> Result:
    """What the stages give; where they meet a damaged table they make it again and go on.

    Raises:
        DamagedTable: a table that was made again is damaged again.
    """
    store = open_store(params.storage)
    prove_once(store, params.storage.root)
    parent = open_parent(store, params)
    planned = _Planned(plan(params, known=inputs_of(parent)), parent)
    if will_publish:
        require_free_version(store, planned.plan, params, parent=parent)
    if params.alarms.is_stopping:
        require_columns(planned.plan, params)
    known: set[str] = set()
    with ray_session():
        while True:
            try:
                return stages(planned, params, progress)
            except DamagedTable as error:
                if str(error) in known:
                    raise
                known.add(str(error))
                logging.getLogger(__name__).warning("heliu: made again: %s", error)


def _normalized(planned: _Planned, params: BuildParams, progress: Progress) -> Normalized:
    normalized = normalize(planned.plan, params, progress=progress)
    rest = without_site_boilerplate(normalized, params, progress=progress)
    return Normalized(planned.plan, rest, planned.parent)


def _tombstones(params: BuildParams) -> list[FrozenShard]:
    """Read once, before anything else: those that cannot be compared with refuse the build."""
    return tombstone_shards(open_store(params.storage), params)


def _deduplicated(
    planned: _Planned,
    params: BuildParams,
    progress: Progress,
    *,
    tombstones: Sequence[FrozenShard],
) -> Deduplicated:
    normalized = _normalized(planned, params, progress)
    frozen = frozen_shards(planned.parent.manifest) if planned.parent else []
    frozen += tombstones
    drops = deduplicate(normalized.shards, params, progress=progress, frozen=frozen)
    return Deduplicated(normalized, drops)


def _merged(
    planned: _Planned,
    params: BuildParams,
    progress: Progress,
    *,
    tombstones: Sequence[FrozenShard],
) -> tuple[Manifest, list[Alarm]]:
    done = _deduplicated(planned, params, progress, tombstones=tombstones)
    shards = done.normalized.shards
    ranges = merge(shards, done.drops, params, progress=progress)
    manifest = candidate(planned.plan, shards, ranges, params, parent=planned.parent)
    remember(open_store(params.storage), manifest, shards)
    return manifest, build_alarms(manifest, ranges, params.alarms)
