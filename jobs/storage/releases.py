"""The commit log of a corpus: the only place where a release comes into being.

An entry is written by put-if-absent under the next number, once the manifest and every shard it
names are stored. Each entry carries the whole small state (which versions exist) and the digest of
the entry before, so that the newest one is enough to read and the history cannot be edited
unnoticed. A write whose answer was lost is read back and recognised by its id.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.errors import AlreadyPublished, DamagedRelease, LostRace, ReleaseMissing
from jobs.storage.layout import CATALOG, catalog_key, log_key, manifest_key
from jobs.storage.manifests import canonical_json, sha256_hex
from jobs.storage.objects import ObjectStore

LOG_FORMAT = "heliu-log/1"

Release = dict[str, Any]
"""What the log knows of a release: `version`, `digest`, `documents`, `at`."""


@dataclass(frozen=True)
class Head:
    """The newest entry of a log; `seq` 0 and no digest before the first commit."""

    seq: int = 0
    digest: str | None = None
    releases: tuple[Release, ...] = ()  # in order of publication

    def find(self, version: str) -> Release | None:
        """The release of that version; `latest` is the one published last."""
        if version == "latest" and self.releases:
            return self.releases[-1]
        return next((known for known in self.releases if known["version"] == version), None)


def corpora(store: ObjectStore) -> list[str]:
    """The names of the corpora in this root, sorted."""
    return [info.key.removeprefix(CATALOG).removesuffix(".json") for info in store.list(CATALOG)]


def head(store: ObjectStore, corpus: str) -> Head:
    """The newest entry of the corpus's log."""
    keys = [info.key for info in store.list(f"{corpus}/log/")]
    if not keys:
        return Head()
    body = store.get(keys[-1])
    entry = orjson.loads(body)
    return Head(entry["seq"], sha256_hex(body), tuple(entry["releases"]))


def history(store: ObjectStore, corpus: str) -> list[dict[str, Any]]:
    """Every entry of the log, oldest first, after checking that the chain is whole.

    Raises:
        DamagedRelease: an entry is missing, or is not the one its successor was written after.
    """
    entries: list[dict[str, Any]] = []
    digest: str | None = None
    for number, info in enumerate(store.list(f"{corpus}/log/"), start=1):
        body = store.get(info.key)
        entry = orjson.loads(body)
        if entry["seq"] != number or entry["previous"] != digest:
            raise DamagedRelease(
                f"{store.location(info.key)} does not follow the entry before it: the log was "
                "edited or lost an entry; compare it with a mirror"
            )
        digest = sha256_hex(body)
        entries.append(entry)
    return entries


def publish(
    store: ObjectStore, corpus: str, manifest: dict[str, Any], *, about: dict[str, Any]
) -> tuple[str, bool]:
    """Commit a release; its digest, and whether this call made it (False: it was there already).

    Args:
        store: holds every shard the manifest names.
        corpus: whose log.
        manifest: the release, `version` and `documents` among its keys.
        about: who, when (`at`) and with what; recorded in the log, no part of the digest.

    Raises:
        AlreadyPublished: the version exists with another digest.
        LostRace: another publisher committed meanwhile; running again decides anew.
        OutcomeUnknown: the store never said whether the commit landed; running again finds out.
    """
    body = canonical_json(manifest)
    digest, version = sha256_hex(body), manifest["version"]
    before = head(store, corpus)
    if _is_published(before, version, digest, corpus):
        return digest, False
    store.put_new(catalog_key(corpus), canonical_json({"corpus": corpus}))
    store.put_new(manifest_key(corpus, digest), body)
    documents = manifest["documents"]
    release = {"version": version, "digest": digest, "documents": documents, "at": about["at"]}
    entry = {
        "format": LOG_FORMAT,
        "seq": before.seq + 1,
        "previous": before.digest,
        "id": uuid.uuid4().hex,
        "op": "publish",
        "version": version,
        "about": about,
        "releases": [*before.releases, release],
    }
    if not _committed(store, log_key(corpus, before.seq + 1), entry):
        if _is_published(head(store, corpus), version, digest, corpus):
            return digest, False
        raise LostRace(
            f"another publisher of {corpus} committed entry {before.seq + 1} first: run the same "
            "command again, it continues from there"
        )
    return digest, True


def find_release(store: ObjectStore, corpus: str, version: str) -> Release:
    """The release of that version, `latest` being the one published last.

    Raises:
        ReleaseMissing: no such version; the message lists those there are.
    """
    state = head(store, corpus)
    release = state.find(version)
    if release is None:
        known = ", ".join(known["version"] for known in state.releases) or "none"
        raise ReleaseMissing(f"corpus {corpus} has no release {version!r}; it has: {known}")
    return release


def read_manifest(store: ObjectStore, corpus: str, digest: str) -> dict[str, Any]:
    """The manifest with this digest, its bytes checked.

    Raises:
        DamagedRelease: the bytes are not those that were published.
    """
    key = manifest_key(corpus, digest)
    body = store.get(key)
    if sha256_hex(body) != digest:
        raise DamagedRelease(f"{store.location(key)} is not the manifest that was published")
    manifest: dict[str, Any] = orjson.loads(body)
    return manifest


def _is_published(state: Head, version: str, digest: str, corpus: str) -> bool:
    existing = state.find(version)
    if existing is None:
        return False
    if existing["digest"] != digest:
        raise AlreadyPublished(
            f"{corpus} {version} is published with digest {existing['digest'][:16]}…, this build "
            f"has {digest[:16]}…: a version never changes, choose another corpus.version"
        )
    return True


def _committed(store: ObjectStore, key: str, entry: dict[str, Any]) -> bool:
    # A gateway may repeat a request and tell the winner it lost: the id says whose entry it is.
    if store.put_new(key, canonical_json(entry)):
        return True
    stored: dict[str, Any] = orjson.loads(store.get(key))
    return bool(stored["id"] == entry["id"])
