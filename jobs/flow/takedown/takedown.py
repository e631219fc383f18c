"""Takedown: publish a release without certain documents, which later builds do not bring back.

Everything is stored before the one commit, under names that its content gives; run again after a
stop, a takedown finds what is there and does the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.config_errors import KeyMissing
from jobs.corpus.release.decisions import verdict_counts
from jobs.corpus.release.takedown import Policy, decisions_without, refers_to, tombstones
from jobs.errors import AlreadyPublished, ConfigError
from jobs.flow.dedup.frozen import FrozenShard, frozen_shards
from jobs.flow.dedup.tombstones import signed_tombstones, tombstone_shard, tombstone_shards
from jobs.flow.releases.described_files import write_derived
from jobs.flow.releases.opened_release import OpenedRelease, open_release, opened_beside
from jobs.flow.takedown.corrected_manifest import (
    Rewritten,
    corrected_manifest,
    renamed,
    substituted,
)
from jobs.flow.takedown.erasure import erase
from jobs.flow.takedown.matches import AffectedFile, Matches, search
from jobs.flow.takedown.renormalization import RebuildContext
from jobs.flow.takedown.restoration import Restored, origins, restored
from jobs.flow.takedown.selection import Request
from jobs.flow.tasks.blobs import ID_COLUMNS, write_blob
from jobs.storage.layout import blob_key
from jobs.storage.log import retired_files_of
from jobs.storage.manifests import (
    CommitInfo,
    FileBytes,
    FileEntry,
    JsonObject,
    Manifest,
    Substitute,
    WrittenFile,
)
from jobs.storage.publication import Takedown, redact
from jobs.storage.whole_objects import whole_file


@dataclass(frozen=True)
class TakenDown:
    """What a takedown did.

    Attributes:
        release: Without the documents.
        is_new: Whether this call published it.
        erasure: What `erase` reports, with `redact`.
    """

    release: OpenedRelease
    is_new: bool
    erasure: JsonObject | None


def take_down(
    release: OpenedRelease, request: Request, *, commit_info: CommitInfo, rebuild: RebuildContext
) -> tuple[Matches | None, TakenDown]:
    """Publish a release without the documents selected.

    Args:
        release: that is corrected.
        request: which documents, and how thoroughly.
        commit_info: the user, the time and the code, for the log; nothing private.
        rebuild: how builds are run again, for the texts of restorable duplicates.

    Returns:
        What was matched, None if the takedown had been published before; and what was done.

    Raises:
        ConfigError: no document is selected, or no reason is given.
        DeliveryMissing: the text of a copy that may return cannot be had any more.
        AlreadyPublished: the version is there and is something else.
        LostRace: a release or takedown came meanwhile; run it again.
        OutcomeUnknown: the store gave no answer; run it again.
    """
    if not request.reason.strip():
        raise KeyMissing("please give reason='…': it stays in the release for ever, so no names")
    found = None
    is_new = False
    published = release.at.registry.exactly(request.version)
    if published is None:
        found = search(release, request)
        is_new = _publish(found, commit_info, rebuild)
    else:
        _require_done(opened_beside(release, published), release, request)
    corrected = open_release(release.store, release.corpus, request.version)
    write_derived(corrected)
    erasure = erase(corrected, commit_info=commit_info) if request.is_redacting else None
    return found, TakenDown(corrected, is_new, erasure)


def _require_done(there: OpenedRelease, release: OpenedRelease, request: Request) -> None:
    """Raise AlreadyPublished unless `there` is what this takedown published before."""
    known: JsonObject = {**there.manifest.get("corrects", {})}
    if known != known | request.recorded(release):
        raise AlreadyPublished(
            f"{there.corpus} {there.version} was published at {there.published_at} and is no such "
            f"takedown from {release.version}: choose another version"
        )
    if _has_any(there, request):
        raise AlreadyPublished(
            f"{there.corpus} {there.version} is a takedown from {release.version} for the same "
            "reason, but still holds documents selected now: choose another version"
        )


def _has_any(release: OpenedRelease, request: Request) -> bool:
    try:
        search(release, request)
    except ConfigError:
        return False
    return True


def _publish(found: Matches, commit_info: CommitInfo, rebuild: RebuildContext) -> bool:
    store, request = found.release.store, found.request
    # First, because a text that cannot be restored ends the takedown before anything is written.
    copies = origins(found.release, found.copies.rows_by_build, rebuild)
    rewritten = [_rewritten(found, affected) for affected in found.files]
    tombstone_keys = tuple(_live_key(found, file) for file in _tombstones(found))
    replaced = rewritten if request.is_redacting else []
    takedown = Takedown(
        at=found.release.at,
        substitutions={one.affected.entry["sha256"]: one.instead for one in replaced},
        tombstones=tombstone_keys,
    )
    back = Restored()
    if copies:
        frozen = _frozen(found, rewritten)
        frozen += tombstone_shards(store, copies[-1].params)
        frozen += [tombstone_shard(store, key, copies[-1].params) for key in tombstone_keys]
        back = restored(copies, frozen, request.version, progress=rebuild.progress)
    manifest = corrected_manifest(found, rewritten, back)
    return redact(found.release.source, manifest, takedown, commit_info=commit_info).is_new


def _tombstones(found: Matches) -> Iterator[WrittenFile]:
    """Write and yield the tombstones of removed documents, and of other rows that match."""
    policy = found.request.policy
    table = tombstones(found.facts, policy=policy, blocked=found.copies.blocked)
    if len(table):
        signed = signed_tombstones(table, found.release.manifest["parameters"])
        yield _stored(found.release, signed)
    rows = found.struck.blocked
    if policy == Policy.REMOVE and len(rows):
        yield _stored(found.release, rows)


def _live_key(found: Matches, file: FileBytes) -> str:
    """Return the key of a file that was written by this takedown."""
    release = found.release
    retired_files = retired_files_of(release.source, release.at.retired_files)
    return blob_key(release.corpus, file["sha256"], retired_files.generation(file["sha256"]))


def _frozen(found: Matches, rewritten: list[Rewritten]) -> list[FrozenShard]:
    """Return the documents that the corrected release keeps, as frozen input of a build."""
    before, version = found.release, found.request.version
    instead = {one.affected.entry["sha256"]: one for one in rewritten}
    files: dict[str, list[FileEntry]] = {}
    for kind in ("shards", "facts"):
        now = [(entry, substituted(entry, instead, version)) for entry in before.entries(kind)]
        files[kind] = [
            file if file is entry else renamed(file, _live_key(found, file))
            for entry, file in now
            if file
        ]
    return frozen_shards(cast("Manifest", {**before.manifest, **files}))


def _rewritten(found: Matches, affected: AffectedFile) -> Rewritten:
    kind, entry, removed = affected.kind, affected.entry, affected.ids
    with whole_file(found.release.store, entry["key"]) as stream:
        table = pq.read_table(stream)
    write = partial(_written, found.release)
    if kind != "decisions":
        named = table.select(ID_COLUMNS[kind])
        file = write(table.filter(pc.invert(refers_to(named, removed))))
        return Rewritten(affected, file, file, Counter())
    after = decisions_without(table, removed, affected.striking.rows(entry, table))
    patched = after
    restorable, own = found.copies.restorable, {e["key"] for e in found.release.entries(kind)}
    if restorable is not None and entry["key"] in own:
        patched = after.filter(pc.invert(restorable.rows(entry, table)))
    count_changes = verdict_counts(patched)
    count_changes.subtract(verdict_counts(table))
    instead = write(after) if found.request.is_redacting else None
    return Rewritten(affected, instead, write(patched), count_changes)


def _written(release: OpenedRelease, table: pa.Table) -> Substitute | None:
    if not len(table):
        return None
    file = _stored(release, table)
    return {"key": blob_key(release.corpus, file["sha256"]), **file}


def _stored(release: OpenedRelease, table: pa.Table) -> WrittenFile:
    return write_blob(release.store, release.corpus, release.at.retired_files, table)
