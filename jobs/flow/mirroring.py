"""Mirror: a release copied to another store, byte for byte, readable there under the same digest.

Every byte is hashed on its way. What is already there whole is hashed and left alone, so that a
copy that was stopped continues where it stopped; the log of the other store names the release last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from jobs.errors import DamagedRelease, ObjectMissing, RedactedRelease
from jobs.flow.attesting import attestation_of
from jobs.flow.checking import chunks
from jobs.flow.derived import write_derived
from jobs.flow.reading import OpenedRelease, open_release
from jobs.flow.scratch import scratch_folder
from jobs.storage.layout import blob_key
from jobs.storage.log import head, removals_of
from jobs.storage.objects import ObjectStore
from jobs.storage.publication import publish
from jobs.storage.registry import Removals
from jobs.storage.releases import read_manifest

_THREADS = 4


@dataclass(frozen=True)
class Mirrored:
    """The copy, opened where it is, and what it took."""

    release: OpenedRelease
    copied: int
    present: int
    copied_bytes: int


def mirror(release: OpenedRelease, to: ObjectStore, *, about: dict[str, Any]) -> Mirrored:
    """Copy a release to another store and commit it to the log there.

    Args:
        release: from where it is.
        to: the other store; other releases of the corpus may be there already.
        about: who and when, for the log entry.

    Raises:
        RedactedRelease: rows were taken out of it since.
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
    removals = removals_of(to, release.corpus, head(to, release.corpus).removals)
    with ThreadPoolExecutor(_THREADS) as pool:
        copied = pool.map(lambda entry: _copy(release, to, entry, removals), entries.values())
        sizes = list(copied)
    origin = {"mirrored_from": release.store.location(release.corpus)}
    # As it was published: where files live now is another matter in every store.
    manifest = read_manifest(release.store, release.corpus, release.digest)
    publish(to, release.corpus, manifest, about=about | origin, is_copy=True)
    copy = open_release(to, release.corpus, release.version, digest=release.digest)
    _copy_signatures(release, copy)
    write_derived(copy)
    new = [size for size in sizes if size is not None]
    return Mirrored(copy, len(new), len(sizes) - len(new), sum(new))


def _copy(
    release: OpenedRelease, to: ObjectStore, entry: dict[str, Any], removals: Removals
) -> int | None:
    """The bytes copied; None if the file was there, whole."""
    store, source = release.store, entry["key"]
    key = blob_key(release.corpus, entry["sha256"], removals.home(entry["sha256"]))
    if to.size(key) == entry["bytes"]:
        if _sha256(chunks(to, key)) == entry["sha256"]:
            return None
        to.delete(key)  # an object of the right size would be taken for the right one
    with scratch_folder() as folder:
        path = folder / "copy"
        with path.open("wb") as file:
            digest = _sha256(_written(_source(store, source), file))
        if digest != entry["sha256"]:
            raise DamagedRelease(
                f"{store.location(source)} is not what was published: nothing was committed to the "
                "mirror; restore the file from another copy, then run again"
            )
        to.put_file(key, path)
        return path.stat().st_size


def _source(store: ObjectStore, key: str) -> Iterable[bytes]:
    try:
        yield from chunks(store, key)
    except ObjectMissing as error:
        raise DamagedRelease(
            f"{error}: nothing was committed to the mirror; restore it from another copy"
        ) from error


def _written(parts: Iterable[bytes], file: Any) -> Iterable[bytes]:
    for part in parts:
        file.write(part)
        yield part


def _sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _copy_signatures(release: OpenedRelease, copy: OpenedRelease) -> None:
    key, body = attestation_of(release)
    if body is not None:
        copy.store.put(key, body)
