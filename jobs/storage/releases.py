"""Releases in a storage root: find one, and resolve its files to those of today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from jobs.config_errors import nearest
from jobs.errors import ReleaseMissing
from jobs.storage.corpus import Corpus
from jobs.storage.layout import CATALOG, blob_key, is_corpus, manifest_key
from jobs.storage.manifests import (
    FileBytes,
    FileEntry,
    Manifest,
    file_lists,
    files_of,
    parse_manifest,
)
from jobs.storage.metadata import checked_metadata, parsed_metadata
from jobs.storage.objects import ObjectStore
from jobs.storage.registry import Registry, Release, RetiredFiles, State
from jobs.storage.whole_objects import is_stored


def corpora(store: ObjectStore) -> list[str]:
    """Return the names of the corpora in this root, sorted."""
    names = (info.key.removeprefix(CATALOG).removesuffix(".json") for info in store.list(CATALOG))
    return [name for name in names if is_corpus(name)]


def has_blob(corpus: Corpus, file: FileBytes, *, retired_files: RetiredFiles) -> bool:
    """Whether a file is stored under the key that its release will read, undamaged.

    Args:
        corpus: of the file.
        file: its sha256 and size.
        retired_files: of a head read when the build began or later.
    """
    digest = file["sha256"]
    key = blob_key(corpus.name, digest, retired_files.generation(digest))
    return is_stored(corpus.store, key, file["bytes"], digest)


def put_blob(corpus: Corpus, path: Path, digest: str, *, retired_files: RetiredFiles) -> None:
    """Store a finished file under the key that its release will read, unless it is there undamaged.

    Args:
        corpus: takes it.
        path: of a local file that no longer changes.
        digest: its sha256.
        retired_files: of a head read when the build began or later.
    """
    file: FileBytes = {"sha256": digest, "bytes": path.stat().st_size}
    if not has_blob(corpus, file, retired_files=retired_files):
        corpus.store.put_file(blob_key(corpus.name, digest, retired_files.generation(digest)), path)


def found_in(registry: Registry, corpus: str, version: str) -> Release:
    """Return the release of that version or tag, `latest` being the newest not yanked.

    Args:
        registry: of the log now.
        corpus: name of the corpus, for the message.
        version: or tag.

    Raises:
        ReleaseMissing: no such version or tag; the message lists those there are.
    """
    release = registry.find(version)
    if release is None:
        known = [release["version"] for release in registry.releases]
        there = ", ".join([*known, *sorted(registry.tags)]) or "none"
        near = nearest(version, [*known, *registry.tags])
        meant = f": did you mean {near}?" if near else ";"
        raise ReleaseMissing(f"corpus {corpus} has no release {version}{meant} it has: {there}")
    return release


def read_manifest(corpus: Corpus, digest: str) -> Manifest:
    """Return the manifest with this digest as it was published, its bytes checked.

    Raises:
        DamagedMetadata: it is missing, or the bytes are not those that were published.
    """
    key = manifest_key(corpus.name, digest)
    body = checked_metadata(corpus.store, key, digest, "the manifest that was published")
    return parsed_metadata(parse_manifest, body, corpus.store.location(key))


def resolved(manifest: Manifest, registry: Registry, corpus: str) -> Manifest:
    """Return the manifest with substituted files, and the key of each file's live generation.

    The published manifest itself never changes. Pure.

    Args:
        manifest: as published.
        registry: of the log now.
        corpus: name of the corpus.
    """
    if not registry.substitutions and not registry.moved:
        return manifest
    lists = {
        name: [file for entry in files for file in _resolved_file(entry, registry, corpus)]
        for name, files in file_lists(manifest).items()
    }
    return cast("Manifest", {**manifest, **lists})


def resolved_candidate(manifest: Manifest, state: State, corpus: str) -> Manifest:
    """Return the manifest of a candidate with the keys under which publishing will name its files.

    A file that was retired once is stored under the next generation of its key.

    Args:
        manifest: of the candidate.
        state: of the log now.
        corpus: name of the corpus.
    """
    retired, registry = state.retired_files, state.registry
    digests = {file["sha256"] for file in files_of(manifest)} & retired.retired.keys()
    again = {digest: retired.generation(digest) for digest in digests}
    return resolved(manifest, replace(registry, moved={**again, **registry.moved}), corpus)


def _resolved_file(entry: FileEntry, registry: Registry, corpus: str) -> Iterator[FileEntry]:
    now = registry.file_now(entry)
    if now is not None:
        key = blob_key(corpus, now["sha256"], registry.moved.get(now["sha256"], 0))
        yield cast("FileEntry", {**entry, **now, "key": key})


def live_blobs(corpus: Corpus, digest: str, registry: Registry) -> set[str]:
    """Return the sha256 of every blob that a release needs now.

    Args:
        corpus: of the release.
        digest: of its manifest.
        registry: of the log now.

    Raises:
        DamagedMetadata: the manifest is not the one that was published.
    """
    manifest = read_manifest(corpus, digest)
    files = map(registry.file_now, files_of(manifest))
    return {file["sha256"] for file in files if file is not None}
