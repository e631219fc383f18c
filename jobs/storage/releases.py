"""Releases in a storage root: finding one, and what its files are by now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from jobs.errors import DamagedRelease, ReleaseMissing
from jobs.storage.grammar import check_manifest
from jobs.storage.layout import CATALOG, blob_key, is_corpus, manifest_key
from jobs.storage.log import head
from jobs.storage.manifests import sha256_hex
from jobs.storage.objects import ObjectStore
from jobs.storage.registry import FileEntry, Registry, Release, Removals
from jobs.storage.whole import is_stored

Manifest = dict[str, Any]


def corpora(store: ObjectStore) -> list[str]:
    """The names of the corpora in this root, sorted."""
    names = (info.key.removeprefix(CATALOG).removesuffix(".json") for info in store.list(CATALOG))
    return [name for name in names if is_corpus(name)]


def has_blob(store: ObjectStore, corpus: str, file: FileEntry, *, removals: Removals) -> bool:
    """Whether a file, `sha256` and `bytes`, is where its release will look for it, undamaged."""
    digest = file["sha256"]
    key = blob_key(corpus, digest, removals.home(digest))
    return is_stored(store, key, file["bytes"], digest)


def put_blob(
    store: ObjectStore, corpus: str, path: Path, digest: str, *, removals: Removals
) -> None:
    """Store a finished shard where its release will look for it, unless it is there, undamaged.

    Args:
        store: takes it.
        corpus: whose shard.
        path: a local file nobody changes any more.
        digest: its sha256.
        removals: of a head read when the build began or later.
    """
    file = {"sha256": digest, "bytes": path.stat().st_size}
    if not has_blob(store, corpus, file, removals=removals):
        store.put_file(blob_key(corpus, digest, removals.home(digest)), path)


def find_release(store: ObjectStore, corpus: str, version: str) -> Release:
    """The release of that version or tag, `latest` being the newest good one.

    Raises:
        ReleaseMissing: no such version or tag; the message lists those there are.
    """
    return found_in(head(store, corpus).registry, corpus, version)


def found_in(registry: Registry, corpus: str, version: str) -> Release:
    """As `find_release`, in a registry at hand."""
    release = registry.find(version)
    if release is None:
        known = [release["version"] for release in registry.releases]
        there = ", ".join([*known, *sorted(registry.tags)]) or "none"
        raise ReleaseMissing(f"corpus {corpus} has no release {version!r}; it has: {there}")
    return release


def read_manifest(store: ObjectStore, corpus: str, digest: str) -> Manifest:
    """The manifest with this digest, its bytes checked, as it was published.

    Raises:
        DamagedRelease: the bytes are not those that were published, or no manifest of heliu's.
    """
    key = manifest_key(corpus, digest)
    body = store.get(key)
    if sha256_hex(body) != digest:
        raise DamagedRelease(f"{store.location(key)} is not the manifest that was published")
    manifest: Manifest = orjson.loads(body)
    check_manifest(manifest)
    return manifest


def resolved(manifest: Manifest, registry: Registry, corpus: str) -> Manifest:
    """The manifest with the files as they are by now: taken down ones replaced, moved ones moved.

    The published manifest itself never changes; this is how it reads under a registry. Pure.
    """
    if not registry.substitutions and not registry.moved:
        return manifest
    lists = {
        name: [file for entry in value for file in _resolved_file(entry, registry, corpus)]
        for name, value in manifest.items()
        if _is_files(value)
    }
    return manifest | lists


def _resolved_file(entry: FileEntry, registry: Registry, corpus: str) -> Iterator[FileEntry]:
    now = registry.substitutions.get(entry["sha256"], entry)
    if now is not None:
        generation = registry.moved.get(now["sha256"], 0)
        yield {**entry, **now, "key": blob_key(corpus, now["sha256"], generation)}


def _is_files(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and "key" in value[0] and "sha256" in value[0]


def files_of(manifest: Manifest) -> Iterator[FileEntry]:
    """Every file a manifest lists, of whatever kind."""
    for value in manifest.values():
        if _is_files(value):
            yield from value


def live_blobs(manifest: Manifest, registry: Registry, corpus: str) -> set[str]:
    """The sha256 of every blob that a release needs now."""
    return {file["sha256"] for file in files_of(resolved(manifest, registry, corpus))}
