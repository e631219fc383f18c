"""The flow itself: each function runs the stages up to its own and skips what is already there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.flow.deduplicating import Drops, deduplicate
from jobs.flow.intake import InputShard, plan
from jobs.flow.marked import Marker, Progress
from jobs.flow.merging import Range, merge
from jobs.flow.normalizing import NormalizedShard, normalize
from jobs.flow.params import BuildParams
from jobs.flow.publishing import Published, candidate, publish_candidate
from jobs.on_ray.session import ray_session
from jobs.storage.log import head
from jobs.storage.probing import prove_once
from jobs.storage.stores import open_store


@dataclass(frozen=True)
class Normalized:
    """The plan of a build and what became of each of its shards."""

    plan: list[InputShard]
    shards: list[NormalizedShard]


@dataclass(frozen=True)
class Deduplicated:
    """`Normalized`, and who is dropped."""

    normalized: Normalized
    drops: Drops


def run_normalize(params: BuildParams, progress: Progress) -> Normalized:
    """Deliveries to documents and facts."""
    prove_once(open_store(params.storage), params.storage.root)
    shards = plan(params)
    with ray_session(params.compute):
        return Normalized(shards, normalize(shards, params, progress=progress))


def run_dedup(params: BuildParams, progress: Progress) -> Deduplicated:
    """Deliveries to drops."""
    with ray_session(params.compute):
        normalized = run_normalize(params, progress)
        return Deduplicated(normalized, deduplicate(normalized.shards, params, progress=progress))


def run_merge(params: BuildParams, progress: Progress) -> dict[str, Any]:
    """Deliveries to the manifest of a release candidate; its shards are stored."""
    with ray_session(params.compute):
        done = run_dedup(params, progress)
        ranges: list[tuple[Range, Marker]] = merge(
            done.normalized.shards, done.drops, params, progress=progress
        )
        return candidate(done.normalized.plan, done.normalized.shards, ranges, params)


def run_build(params: BuildParams, progress: Progress, *, about: dict[str, Any]) -> Published:
    """Deliveries to a published release."""
    epoch = head(open_store(params.storage), params.corpus).registry.epoch
    return publish_candidate(run_merge(params, progress), params, about, epoch=epoch)
