"""The flow itself: each function runs the stages up to its own and skips what is already there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.flow.deduplicating import Drops, deduplicate
from jobs.flow.frozen import frozen_shards
from jobs.flow.intake import InputShard, plan
from jobs.flow.marked import Marker, Progress
from jobs.flow.merging import Range, merge
from jobs.flow.normalizing import NormalizedShard, normalize
from jobs.flow.params import BuildParams
from jobs.flow.parents import inputs_of, open_parent
from jobs.flow.publishing import Published, candidate, publish_candidate, traffic
from jobs.flow.reading import OpenedRelease
from jobs.flow.renormalizing import remember
from jobs.flow.site_lines import without_site_boilerplate
from jobs.flow.starting import require_free_version
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


def run_normalize(
    params: BuildParams, progress: Progress, *, will_publish: bool = False
) -> Normalized:
    """Deliveries to documents and facts; first everything is refused that cannot end well.

    Args:
        params: of the build.
        progress: told of every finished task.
        will_publish: whether a version that is published from something else is refused.
    """
    store = open_store(params.storage)
    prove_once(store, params.storage.root)
    parent = open_parent(store, params)
    shards = plan(params, known=inputs_of(parent))
    if will_publish:
        require_free_version(store, shards, params, parent=parent)
    with ray_session():
        normalized = normalize(shards, params, progress=progress)
        rest = without_site_boilerplate(normalized, params, progress=progress)
        return Normalized(shards, rest, parent)


def run_dedup(
    params: BuildParams, progress: Progress, *, will_publish: bool = False
) -> Deduplicated:
    """Deliveries to drops; as `run_normalize`."""
    with ray_session():
        tombstones = tombstone_shards(open_store(params.storage), params)
        normalized = run_normalize(params, progress, will_publish=will_publish)
        parent = normalized.parent
        frozen = frozen_shards(parent.manifest) if parent else []
        frozen += tombstones
        drops = deduplicate(normalized.shards, params, progress=progress, frozen=frozen)
        return Deduplicated(normalized, drops)


def run_merge(
    params: BuildParams, progress: Progress, *, will_publish: bool = False
) -> dict[str, Any]:
    """Deliveries to the manifest of a release candidate, its shards stored; as `run_normalize`."""
    with ray_session():
        done = run_dedup(params, progress, will_publish=will_publish)
        normalized = done.normalized
        ranges: list[tuple[Range, Marker]] = merge(
            normalized.shards, done.drops, params, progress=progress
        )
        manifest = candidate(
            normalized.plan, normalized.shards, ranges, params, parent=normalized.parent
        )
        remember(open_store(params.storage), manifest, normalized.shards)
        return manifest


def run_build(params: BuildParams, progress: Progress, *, about: dict[str, Any]) -> Published:
    """Deliveries to a published release."""
    epoch = head(open_store(params.storage), params.corpus).registry.epoch
    manifest = run_merge(params, progress, will_publish=True)
    told = {**about, **traffic(manifest)}
    return publish_candidate(manifest, params, told, epoch=epoch)
