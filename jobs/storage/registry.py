"""What a corpus's log says at one moment: its releases, names for them, and what was taken away.

Blobs are meant by their digest. A blob that was taken away is retired for good: its key is never
used again, so that a delete request that arrives hours late can hurt nobody. The same bytes, when
they are needed again, live under the next generation of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from jobs.errors import HeliuError

LATEST = "latest"

Release = dict[str, Any]
"""A published release: `version`, `digest`, `documents`, `at`, `by`, and what befell it: `yanked`
(why), `redacted` (the epoch of the last takedown that removed rows from it)."""

FileEntry = dict[str, Any]
"""A file as manifests list it: `key`, `sha256`, `bytes`, `rows` and more."""


@dataclass(frozen=True)
class Registry:
    """The part that readers need.

    Attributes:
        releases: in order of publication.
        tags: other names of releases; `latest` is among them only while it is rolled back.
        epoch: takedowns so far; a build that began in another epoch must not be published.
        tombstones: keys of the blobs that list what was taken down.
        moved: digest of a blob to the generation it lives in, where that is not the first.
        substitutions: digest of a blob that was taken down to the file that replaces it, or None.
    """

    releases: tuple[Release, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    epoch: int = 0
    tombstones: tuple[str, ...] = ()
    moved: Mapping[str, int] = field(default_factory=dict)
    substitutions: Mapping[str, FileEntry | None] = field(default_factory=dict)

    def exactly(self, version: str) -> Release | None:
        """The release published under this very version."""
        return next((known for known in self.releases if known["version"] == version), None)

    def find(self, name: str) -> Release | None:
        """The release of that version or tag; `latest` skips yanked ones."""
        if name == LATEST and LATEST not in self.tags:
            good = (known for known in reversed(self.releases) if "yanked" not in known)
            return next(good, None)
        return self.exactly(self.tags.get(name, name))


@dataclass(frozen=True)
class Removals:
    """The part that only writers need.

    Attributes:
        retired: digest of a blob to its newest generation that was taken away.
        forbidden: digests of blobs that a takedown removed; nothing may name them again.
    """

    retired: Mapping[str, int] = field(default_factory=dict)
    forbidden: frozenset[str] = frozenset()

    def home(self, digest: str) -> int:
        """The generation in which a blob of this digest can live."""
        return self.retired.get(digest, -1) + 1


@dataclass(frozen=True)
class State:
    """Everything the log says."""

    registry: Registry = field(default_factory=Registry)
    removals: Removals = field(default_factory=Removals)


@dataclass(frozen=True)
class Refusal:
    """Why an operation cannot be: the error to raise and its message."""

    kind: type[HeliuError]
    message: str


def status(release: Release) -> str:
    """One word for a release: active, yanked or redacted."""
    return next((word for word in ("yanked", "redacted") if word in release), "active")


def registry_json(registry: Registry, removals: str | None) -> dict[str, Any]:
    """The registry as it is stored; `removals` is the digest of its other part."""
    stored = {column.name: getattr(registry, column.name) for column in fields(Registry)}
    return {**stored, "removals": removals}


def registry_from(stored: dict[str, Any]) -> Registry:
    """The registry again."""
    values = {column.name: stored[column.name] for column in fields(Registry)}
    values["releases"] = tuple(stored["releases"])
    values["tombstones"] = tuple(stored["tombstones"])
    return Registry(**values)


def removals_json(removals: Removals) -> dict[str, Any]:
    """The removals as they are stored."""
    return {"retired": dict(removals.retired), "forbidden": sorted(removals.forbidden)}


def removals_from(stored: dict[str, Any]) -> Removals:
    """The removals again."""
    return Removals(stored["retired"], frozenset(stored["forbidden"]))
