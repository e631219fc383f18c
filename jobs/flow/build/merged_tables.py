"""Which tables a release was merged from, noted for takedowns that need them again."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import write_checkpoint
from jobs.storage.layout import work_key
from jobs.storage.manifests import canonical_json, sha256_hex
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import Manifest

_FOLDER = "released"


def remember(store: ObjectStore, manifest: Manifest, normalized: Sequence[NormalizedShard]) -> None:
    """Note which tables a release was merged from."""
    write_checkpoint(store, _note_key(manifest), list(normalized))


def _note_key(manifest: Manifest) -> str:
    digest = sha256_hex(canonical_json(manifest))
    return work_key(manifest["corpus"], _FOLDER, f"{digest}.json")
