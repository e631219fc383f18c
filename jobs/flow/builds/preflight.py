"""Checks before a build's first task, so that a build fails at once and not after hours."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from jobs.errors import AlreadyPublished
from jobs.flow.builds.publish_stage import known_before
from jobs.flow.intake.input_shards import InputShard, without_files
from jobs.flow.intake.plan import with_digests
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.canonical_json import canonical_json
from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.manifests import InputEntry, Manifest
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import read_manifest


def require_free_version(
    store: ObjectStore,
    plan: Sequence[InputShard],
    params: BuildParams,
    *,
    parent: OpenedRelease | None,
) -> bool:
    """Refuse a version that is published from other content; the same build may run again.

    Args:
        store: of the releases.
        plan: the input shards.
        params: of the build.
        parent: the release it extends, if any.

    Returns:
        Whether the version is published, from the same content.

    Raises:
        AlreadyPublished: names what is different.
    """
    release = head(Corpus(store, params.corpus)).registry.exactly(params.version)
    if release is None:
        return False
    there = read_manifest(Corpus(store, params.corpus), release["digest"])
    plan = _without_bad(plan, there, params)
    if _names(known_before(plan, params, parent=parent)["inputs"]) == _names(there["inputs"]):
        plan = with_digests(plan, params)
    here = orjson.loads(canonical_json(known_before(plan, params, parent=parent)))
    different = [name for name, value in here.items() if there.get(name) != value]
    if different:
        raise AlreadyPublished(
            f"{params.corpus} {params.version} is published already and was built from other "
            f"{' and '.join(different)}: a published version never changes, "
            "choose another corpus.version"
        )
    return True


def _without_bad(
    plan: Sequence[InputShard], there: Manifest, params: BuildParams
) -> list[InputShard]:
    """Return the plan without the files that the release set aside: they would be so again."""
    bad = {(one["partner"], one["file"]) for one in there.get("bad_files", [])}
    return [one for shard in plan for one in without_files(shard, bad, params)]


def _names(inputs: Sequence[InputEntry]) -> list[tuple[str, str, int]]:
    """Return partner, name and size of each input: where these differ, no digest need be known."""
    return [(file["partner"], file["file"], file["bytes"]) for file in inputs]
