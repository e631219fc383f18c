"""Mirror: copy a release to another store, byte for byte, where it has the same digest.

Every byte is hashed while it is copied. Files that are there undamaged are left, so that a stopped
copy continues; the release is committed to the log of the other store last.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from jobs.errors import RedactedRelease
from jobs.flow.releases.attestations import signature_keys
from jobs.flow.releases.described_files import write_derived
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.storage.corpus import Corpus
from jobs.storage.layout import acceptances, blob_key
from jobs.storage.log import head, retired_files_of
from jobs.storage.manifests import CommitInfo, FileEntry
from jobs.storage.objects import ObjectStore
from jobs.storage.publication import publish
from jobs.storage.registry import RetiredFiles
from jobs.storage.releases import has_blob, read_manifest
from jobs.storage.scratch import scratch_folder
from jobs.storage.whole_objects import fetch

_THREADS = 4


@dataclass(frozen=True)
class Mirrored:
    """The opened copy; files copied and found there; bytes copied."""

    release: OpenedRelease
    copied: int
    present: int
    copied_bytes: int


def mirror(release: OpenedRelease, to: ObjectStore, *, commit_info: CommitInfo) -> Mirrored:
    """Copy a release to another store and commit it to the log there.

    Args:
        release: from where it is.
        to: the other store; other releases of the corpus may be there already.
        commit_info: for the log entry.

    Raises:
        RedactedRelease: a takedown removed rows from it since.
        DamagedRelease: a file is not what was published; nothing is committed.
        AlreadyPublished: the version is there with another digest.
    """
    if release.is_redacted:
        raise RedactedRelease(
            f"{release.corpus} {release.version} was redacted: there is no manifest that a mirror "
            "could hold; copy the release that the takedown published instead"
        )
    # One content may be the file of two partners, and must not be written by two threads at once.
    entries = {entry["key"]: entry for kind in release.kinds() for entry in release.entries(kind)}
    copies = Corpus(to, release.corpus)
    retired_files = retired_files_of(copies, head(copies).retired_files)
    with ThreadPoolExecutor(_THREADS) as pool:
        copied = pool.map(
            lambda entry: _copy(release, copies, entry, retired_files), entries.values()
        )
        sizes = list(copied)
    origin = {"mirrored_from": release.store.location(release.corpus)}
    # As it was published: generations and substitutions are those of each store's own log.
    manifest = read_manifest(release.source, release.digest)
    publish(copies, manifest, commit_info=commit_info | origin, is_copy=True)
    copy = open_release(to, release.corpus, release.version, digest=release.digest)
    _copy_signatures(release, copy)
    write_derived(copy)
    new = [size for size in sizes if size is not None]
    return Mirrored(copy, len(new), len(sizes) - len(new), sum(new))


def _copy(
    release: OpenedRelease, to: Corpus, entry: FileEntry, retired_files: RetiredFiles
) -> int | None:
    """Return the number of bytes copied; None if the file was there, whole."""
    key = blob_key(release.corpus, entry["sha256"], retired_files.generation(entry["sha256"]))
    if has_blob(to, entry, retired_files=retired_files):
        return None
    with scratch_folder() as folder:
        path = folder / "copy"
        fetch(release.store, entry["key"], path)
        to.store.put_file(key, path)
        return path.stat().st_size


def _copy_signatures(release: OpenedRelease, copy: OpenedRelease) -> None:
    reviews = release.store.list(acceptances(release.corpus, release.digest))
    for key in [*signature_keys(release), *(info.key for info in reviews)]:
        copy.store.put(key, release.store.get(key))
