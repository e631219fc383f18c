"""The flow itself: each function runs the stages up to its own and skips what is already there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.corpus.alarms import Alarm
from jobs.flow.alarming import build_alarms, stop
from jobs.flow.deduplicating import Drops, deduplicate
from jobs.flow.frozen import frozen_shards
from jobs.flow.intake import InputShard, plan
from jobs.flow.mapping import require_columns
from jobs.flow.marked import Marker, Progress
from jobs.flow.merging import Range, merge
from jobs.flow.normalizing import NormalizedShard, normalize
from jobs.flow.params import BuildParams
from jobs.flow.parents import inputs_of, open_parent
from jobs.flow.publishing import Published, candidate, publish_candidate, traffic
from jobs.flow.reading import OpenedRelease
from jobs.flow.renormalizing import remember
from jobs.flow.site_lines import without_site_boilerplate
from jobs.flow.tombstones import tombstone_shards
from jobs.on_ray.session import ray_session
from jobs.storage.log import head
from jobs.storage.probing import prove_once
from jobs.storage.stores import open_store


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


def run_normalize(params: BuildParams, progress: Progress) -> Normalized:
    """Deliveries to documents and facts."""
    store = open_store(params.storage)
    prove_once(store, params.storage.root)
    parent = open_parent(store, params)
    shards = plan(params, known=inputs_of(parent))
    if params.alarms.is_stopping:
        require_columns(shards, params)
    with ray_session():
        normalized = normalize(shards, params, progress=progress)
        rest = without_site_boilerplate(normalized, params, progress=progress)
        return Normalized(shards, rest, parent)


def run_dedup(params: BuildParams, progress: Progress) -> Deduplicated:
    """Deliveries to drops."""
    with ray_session():
        normalized = run_normalize(params, progress)
        parent = normalized.parent
        frozen = frozen_shards(parent.manifest) if parent else []
        frozen += tombstone_shards(open_store(params.storage), params)
        drops = deduplicate(normalized.shards, params, progress=progress, frozen=frozen)
        return Deduplicated(normalized, drops)


def run_merge(params: BuildParams, progress: Progress) -> tuple[dict[str, Any], list[Alarm]]:
    """Deliveries to the manifest of a release candidate, its shards stored; and its alarms."""
    with ray_session():
        done = run_dedup(params, progress)
        normalized = done.normalized
        ranges: list[tuple[Range, Marker]] = merge(
            normalized.shards, done.drops, params, progress=progress
        )
        manifest = candidate(
            normalized.plan, normalized.shards, ranges, params, parent=normalized.parent
        )
        remember(open_store(params.storage), manifest, normalized.shards)
        return manifest, build_alarms(manifest, ranges, params.alarms)


def run_build(
    params: BuildParams,
    progress: Progress,
    *,
    about: dict[str, Any],
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
    epoch = head(open_store(params.storage), params.corpus).registry.epoch
    manifest, found = run_merge(params, progress)
    tell(found)
    if params.alarms.is_stopping:
        stop(found, params.version)
    told = {**about, **traffic(manifest)}
    published = publish_candidate(manifest, params, told, epoch=epoch)
    return replace(published, alarms=tuple(found))
