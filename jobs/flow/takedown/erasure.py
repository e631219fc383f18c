"""Erasure: after a takedown that redacts, delete every object that may hold removed text.

Blobs that were replaced are deleted, and with them every table between stages and every file of a
build that was not published: any of these may hold the text, and all can be made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import orjson

from jobs.errors import ObjectMissing, ReleaseMissing, StorageError
from jobs.flow.releases.described_files import write_derived
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.storage.canonical_json import canonical_json
from jobs.storage.entries import operation_from
from jobs.storage.garbage import collect, garbage
from jobs.storage.layout import blob_key, erasure_key
from jobs.storage.log import history, retired_files_of
from jobs.storage.manifests import CommitInfo, JsonObject
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import Redact

ERASURE_FORMAT = "heliu-erasure/1"
_THREADS = 16


def erase(release: OpenedRelease, *, commit_info: CommitInfo) -> JsonObject:
    """Delete the files that a takedown replaced, and return the stored record of it. Repeatable.

    Args:
        release: that the takedown published.
        commit_info: for the log entry that retires files which no release lists.

    Raises:
        StorageError: something is still there after it was deleted.
        LostRace: others kept committing; run again.
    """
    corpus, store = release.source, release.store
    seq, redaction = _redaction(release)
    where = erasure_key(corpus.name, release.version)
    keys = {*_known(store, where), *_replaced(release, redaction)}
    found = garbage(corpus, with_work=True)
    keys |= {info.key for info in (*found.orphans, *found.retired, *found.work)}
    record = {
        "format": ERASURE_FORMAT,
        "corpus": corpus.name,
        "version": release.version,
        "digest": release.digest,
        "entry": seq,
        "releases": list(redaction.versions),
        "at": commit_info["at"],
    }
    # Write the record before deleting, so that a restarted run reports the same list.
    _write(store, where, record, keys, is_deleted=False)
    store.discard_unfinished(f"{corpus.name}/")
    done = collect(corpus, with_work=True, commit_info=commit_info)
    keys |= {info.key for info in (*done.orphans, *done.retired, *done.work)}
    for version in redaction.versions:
        write_derived(open_release(store, corpus.name, version))
    _require_deleted(store, keys)
    written = _write(store, where, record, keys, is_deleted=True)
    return {**written, "stored": store.location(where)}


def _redaction(release: OpenedRelease) -> tuple[int, Redact]:
    """Return the log entry that published the release by a takedown: its number and operation."""
    for entry in history(release.source):
        operation = operation_from(entry["operation"])
        if isinstance(operation, Redact) and operation.release.version == release.version:
            return entry["seq"], operation
    raise ReleaseMissing(f"{release.corpus} {release.version} was published by no takedown")


def _replaced(release: OpenedRelease, redaction: Redact) -> set[str]:
    retired_files = retired_files_of(release.source, release.at.retired_files)
    return {
        blob_key(release.corpus, digest, generation)
        for digest in redaction.substitutions
        for generation in range(retired_files.generation(digest))
    }


def _known(store: ObjectStore, where: str) -> list[str]:
    try:
        return [file["key"] for file in orjson.loads(store.get(where))["deleted"]]
    except ObjectMissing:
        return []


def _require_deleted(store: ObjectStore, keys: Iterable[str]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        sizes = pool.map(lambda key: (key, store.size(key)), sorted(keys))
        left = [key for key, size in sizes if size is not None]
    if left:
        raise StorageError(
            f"{len(left)} objects are there again after they were deleted, such as "
            f"{store.location(left[0])}: a build is running; stop it, then run the same takedown "
            "again"
        )


def _write(
    store: ObjectStore, where: str, record: JsonObject, keys: set[str], *, is_deleted: bool
) -> JsonObject:
    whole = {**record, "deleted": [{"key": key, "is_gone": is_deleted} for key in sorted(keys)]}
    store.put(where, canonical_json(whole))
    return whole
