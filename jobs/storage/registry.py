"""The state of a corpus's log: its releases, tags, substituted and retired files.

Blobs are identified by their digest. The key of a retired blob is never used again, so that a
delete request that arrives hours late does no harm. If the same bytes are needed again, they are
stored under the next generation of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict

import orjson

from jobs.errors import HeliuError
from jobs.storage.grammar import check_registry, check_retired_files
from jobs.storage.layout import LATEST
from jobs.storage.manifests import StoredFile
from jobs.storage.typed_json import parsed


class _Changes(TypedDict, total=False):
    yanked: str
    redacted: int


class Release(_Changes):
    """A published release: time, user, and later entries of the log about it.

    `yanked` is the reason; `redacted` the epoch of the last takedown that removed rows from it.
    """

    version: str
    digest: str
    documents: int
    at: str
    by: str


@dataclass(frozen=True)
class Registry:
    """The part of the state for readers.

    Attributes:
        releases: in order of publication.
        tags: other names of releases; `latest` is among them only while it is rolled back.
        epoch: number of takedowns; a build that began at another number must not be published.
        tombstones: keys of the blobs that list documents taken down.
        moved: digest of a blob to the generation it lives in, where that is not the first.
        substitutions: digest of a blob that was taken down to the file that replaces it, or None.
    """

    releases: tuple[Release, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    epoch: int = 0
    tombstones: tuple[str, ...] = ()
    moved: Mapping[str, int] = field(default_factory=dict)
    substitutions: Mapping[str, StoredFile | None] = field(default_factory=dict)

    @property
    def digests(self) -> frozenset[str]:
        """The digests of the manifests of all releases; a manifest has its version in it."""
        return frozenset(release["digest"] for release in self.releases)

    def exactly(self, version: str) -> Release | None:
        """Return the release of exactly this version, None if there is none."""
        return next((known for known in self.releases if known["version"] == version), None)

    def find(self, name: str) -> Release | None:
        """Return the release of that version or tag; `latest` skips yanked ones."""
        if name == LATEST and LATEST not in self.tags:
            good = (known for known in reversed(self.releases) if "yanked" not in known)
            return next(good, None)
        return self.exactly(self.tags.get(name, name))

    def names_of(self, release: Release) -> list[str]:
        """Return the other names of a release: its tags, and `latest` if it is that."""
        version = release["version"]
        tags = [tag for tag, tagged in self.tags.items() if tagged == version and tag != LATEST]
        newest = self.find(LATEST)
        is_latest = newest is not None and newest["version"] == version
        return [*([LATEST] if is_latest else []), *sorted(tags)]

    def file_now(self, file: StoredFile) -> StoredFile | None:
        """Return the file that a release reads in the place of one its manifest names, if any."""
        return self.substitutions.get(file["sha256"], file)


@dataclass(frozen=True)
class RetiredFiles:
    """The part of the state for writers: files that were retired.

    Attributes:
        retired: digest of a blob to its newest retired generation.
        forbidden: digests of blobs that a takedown removed; no release may list them again.
    """

    retired: Mapping[str, int] = field(default_factory=dict)
    forbidden: frozenset[str] = frozenset()

    def generation(self, digest: str) -> int:
        """Return the generation under which a blob of this digest can be stored."""
        return self.retired.get(digest, -1) + 1


@dataclass(frozen=True)
class State:
    """The whole state of a log."""

    registry: Registry = field(default_factory=Registry)
    retired_files: RetiredFiles = field(default_factory=RetiredFiles)


@dataclass(frozen=True)
class Refusal:
    """Why an operation is refused: the error to raise and its message."""

    kind: type[HeliuError]
    message: str


def status(release: Release) -> str:
    """Return active, yanked or redacted."""
    return next((word for word in ("yanked", "redacted") if word in release), "active")


@dataclass(frozen=True)
class _StoredRegistry(Registry):
    """A registry as it is stored, every key of it; `removals` is the digest of the other part."""

    removals: str | None = None


def registry_json(registry: Registry, removals: str | None) -> Mapping[str, Any]:
    """Return the registry as it is stored; `removals` is the digest of its other part."""
    stored = {column.name: getattr(registry, column.name) for column in fields(Registry)}
    return {**stored, "removals": removals}


def parse_registry(body: bytes) -> tuple[Registry, str | None]:
    """Return a stored registry and the digest of the state's other part; raises Malformed."""
    stored = parsed(_StoredRegistry, body)
    check_registry(orjson.loads(body))
    values = {column.name: getattr(stored, column.name) for column in fields(Registry)}
    return Registry(**values), stored.removals


def retired_files_json(retired_files: RetiredFiles) -> Mapping[str, Any]:
    """Return the retired files as they are stored."""
    return {"retired": dict(retired_files.retired), "forbidden": sorted(retired_files.forbidden)}


def parse_retired_files(body: bytes) -> RetiredFiles:
    """Return stored retired files; raises Malformed."""
    retired_files = parsed(RetiredFiles, body)
    check_retired_files(orjson.loads(body))
    return retired_files
