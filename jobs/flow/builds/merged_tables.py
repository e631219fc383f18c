"""The tables that a release was merged from, recorded for takedowns that read them again."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import write_checkpoint
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.layout import work_key
from jobs.storage.manifests import Manifest
from jobs.storage.objects import ObjectStore

_FOLDER = "released"


def remember(store: ObjectStore, manifest: Manifest, normalized: Sequence[NormalizedShard]) -> None:
    """Record which tables a release was merged from.

    Args:
        store: of the release.
        manifest: as published.
        normalized: the tables.
    """
    write_checkpoint(store, _note_key(manifest), list(normalized))


def _note_key(manifest: Manifest) -> str:
    digest = sha256_hex(canonical_json(manifest))
    return work_key(manifest["corpus"], _FOLDER, f"{digest}.json")
