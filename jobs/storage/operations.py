"""Operations on a corpus, as pure steps from one state of its log to the next.

A log entry carries a whole operation, so replaying the log gives every state again; `verify` checks
the stored states that way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from jobs.config_errors import nearest
from jobs.errors import AlreadyPublished, ConfigError, LostRace, ReleaseMissing
from jobs.storage.layout import LATEST
from jobs.storage.manifests import ReleaseName, StoredFile
from jobs.storage.registry import Refusal, Registry, Release, State


@dataclass(frozen=True)
class Publish:
    """A release is published.

    Attributes:
        version: of the release.
        digest: of its manifest.
        documents: it holds.
        at: when.
        by: the user that published it.
        parent: version and digest it was built on, if any.
        epoch: of the log when the build began.
        moved: generations of those of its blobs that are not in the first.
    """

    version: str
    digest: str
    documents: int
    at: str
    by: str
    parent: ReleaseName | None
    epoch: int
    moved: Mapping[str, int]


@dataclass(frozen=True)
class Tag:
    """A tag is set to a release, or with None removed."""

    name: str
    version: str | None


@dataclass(frozen=True)
class Rollback:
    """`latest` is pinned to a release, or with None follows publishes again."""

    version: str | None


@dataclass(frozen=True)
class Yank:
    """A release is yanked: `latest` skips it; with None it no longer is."""

    version: str
    reason: str | None


@dataclass(frozen=True)
class Collect:
    """Blobs that no release needs are retired, by digest and generation; deleting may follow."""

    blobs: Mapping[str, int]


@dataclass(frozen=True)
class Redact:
    """Rows are removed from every release that holds them, and a patch release records it.

    Attributes:
        release: the patch release; its `epoch` is the one the takedown was worked out in.
        substitutions: digest of every blob that held such rows to the file that replaces it.
        tombstones: keys of the blobs that list documents which later builds must drop.
        versions: the releases that read differently from now on.
    """

    release: Publish
    substitutions: Mapping[str, StoredFile | None]
    tombstones: tuple[str, ...]
    versions: tuple[str, ...]


Operation = Publish | Tag | Rollback | Yank | Collect | Redact

_OF_A_RELEASE = ("version", "digest", "documents", "at", "by")


def applied(state: State, operation: Operation) -> State | Refusal:
    """Return the state after the operation, or why it is refused. Pure."""
    match operation:
        case Publish():
            return _published(state, operation)
        case Tag():
            return _tagged(state, operation)
        case Rollback():
            return _rolled_back(state, operation)
        case Yank():
            return _yanked(state, operation)
        case Collect():
            return _collected(state, operation)
        case Redact():
            return _redacted(state, operation)


def _published(state: State, operation: Publish) -> State | Refusal:
    registry = state.registry
    refusal = _unpublishable(registry, operation)
    if refusal is not None:
        return refusal
    release = cast("Release", {name: getattr(operation, name) for name in _OF_A_RELEASE})
    return replace(
        state,
        registry=replace(
            registry,
            releases=(*registry.releases, release),
            moved={**registry.moved, **operation.moved},
        ),
    )


def _unpublishable(registry: Registry, operation: Publish) -> Refusal | None:
    version = operation.version
    existing = registry.exactly(version)
    if existing is not None:
        return Refusal(
            AlreadyPublished,
            f"{version} was published by {existing['by']} at {existing['at']} with digest "
            f"{existing['digest'][:16]}…, this build has {operation.digest[:16]}…: a version never "
            "changes, choose another corpus.version",
        )
    if version in registry.tags:
        tagged = registry.tags[version]
        return Refusal(ConfigError, f"{version!r} is a tag of {tagged}: choose another version")
    if operation.epoch != registry.epoch:
        return Refusal(
            LostRace,
            f"documents were taken down while {version} was built (takedown {registry.epoch}, the "
            f"build began after {operation.epoch}): run the build again, it leaves them out",
        )
    return _unfit_parent(registry, operation)


def _unfit_parent(registry: Registry, operation: Publish) -> Refusal | None:
    if operation.parent is None:
        return None
    version = operation.parent["version"]
    parent = registry.exactly(version)
    if parent is None or parent["digest"] != operation.parent["digest"]:
        return Refusal(
            ReleaseMissing,
            f"{operation.version} was built on {version} with digest "
            f"{operation.parent['digest'][:16]}…, which is not in this log: build it on a release "
            "of this corpus",
        )
    if "yanked" in parent:
        return Refusal(
            LostRace,
            f"{operation.version} was built on {version}, which was yanked ({parent['yanked']}): "
            "build it on another release, or undo the yank",
        )
    return None


def _tagged(state: State, operation: Tag) -> State | Refusal:
    registry, name = state.registry, operation.name
    if name == LATEST:
        return Refusal(ConfigError, "latest follows publishes: heliu rollback moves it")
    if registry.exactly(name) is not None:
        return Refusal(ConfigError, f"{name!r} is a published version: choose another tag")
    return _named(state, name, operation.version)


def _rolled_back(state: State, operation: Rollback) -> State | Refusal:
    release = state.registry.exactly(operation.version or "")
    if release is not None and "yanked" in release:
        return Refusal(
            ConfigError,
            f"{operation.version} was yanked ({release['yanked']}): choose another release",
        )
    return _named(state, LATEST, operation.version)


def _named(state: State, name: str, version: str | None) -> State | Refusal:
    registry = state.registry
    others = {known: at for known, at in registry.tags.items() if known != name}
    if version is None:
        if name not in registry.tags:
            return Refusal(ReleaseMissing, f"there is no tag {name}{_known(registry, name)}")
        return replace(state, registry=replace(registry, tags=others))
    if registry.exactly(version) is None:
        return _missing(registry, version)
    return replace(state, registry=replace(registry, tags={**others, name: version}))


def _yanked(state: State, operation: Yank) -> State | Refusal:
    registry, version = state.registry, operation.version
    if registry.exactly(version) is None:
        return _missing(registry, version)
    if operation.reason is not None and registry.tags.get(LATEST) == version:
        return Refusal(
            ConfigError, f"latest is rolled back to {version}: heliu rollback undo=true first"
        )
    changes = {} if operation.reason is None else {"yanked": operation.reason}
    releases = _changed(registry, {version}, drop="yanked", **changes)
    return replace(state, registry=replace(registry, releases=releases))


def _collected(state: State, operation: Collect) -> State:
    retired_files = state.retired_files
    retired = {**retired_files.retired}
    for digest, generation in operation.blobs.items():
        retired[digest] = max(generation, retired.get(digest, -1))
    return replace(state, retired_files=replace(retired_files, retired=retired))


def _redacted(state: State, operation: Redact) -> State | Refusal:
    after = _published(state, operation.release)
    if isinstance(after, Refusal):
        return after
    registry, retired_files = after.registry, after.retired_files
    replaced = operation.substitutions
    # What replaced a blob in an earlier takedown may be replaced itself.
    earlier = {
        digest: replaced.get(file["sha256"], file) if file else None
        for digest, file in registry.substitutions.items()
    }
    retired = {digest: registry.moved.get(digest, 0) for digest in replaced}
    epoch = registry.epoch + 1
    return State(
        replace(
            registry,
            releases=_changed(registry, set(operation.versions), drop="redacted", redacted=epoch),
            epoch=epoch,
            tombstones=tuple(dict.fromkeys((*registry.tombstones, *operation.tombstones))),
            moved={digest: at for digest, at in registry.moved.items() if digest not in replaced},
            substitutions={**earlier, **replaced},
        ),
        replace(
            retired_files,
            retired={**retired_files.retired, **retired},
            forbidden=retired_files.forbidden | set(replaced),
        ),
    )


def _changed(
    registry: Registry, versions: set[str], *, drop: str, **changes: Any
) -> tuple[Release, ...]:
    return tuple(
        cast("Release", {**{k: v for k, v in release.items() if k != drop}, **changes})
        if release["version"] in versions
        else release
        for release in registry.releases
    )


def _missing(registry: Registry, version: str) -> Refusal:
    return Refusal(ReleaseMissing, f"there is no release {version}{_known(registry, version)}")


def _known(registry: Registry, wanted: str) -> str:
    """Return what there is, as the end of a message, beginning with what was probably meant."""
    near = nearest(wanted, [*(known["version"] for known in registry.releases), *registry.tags])
    versions = ", ".join(known["version"] for known in registry.releases) or "none"
    tags = ", ".join(sorted(registry.tags))
    meant = f": did you mean {near}?" if near else ";"
    return f"{meant} releases: {versions}" + (f"; tags: {tags}" if tags else "")
