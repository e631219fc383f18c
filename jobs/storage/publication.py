"""Publication: the checks before a release, or the release of a takedown, is committed.

Each is made again on the state after which the entry is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

from jobs.errors import ConservationError, LostRace
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.commits import commit
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_address, blob_key, catalog_key, manifest_key
from jobs.storage.log import Head
from jobs.storage.manifests import CommitInfo, Manifest, StoredFile, files_of
from jobs.storage.operations import Operation, Publish, Redact
from jobs.storage.registry import Registry, Release, State
from jobs.storage.releases import live_blobs

_THREADS = 16


class CommittedManifest(NamedTuple):
    """The digest of a manifest, and whether this call committed it."""

    digest: str
    is_new: bool


class _Candidate(NamedTuple):
    """A manifest that may be committed, with what each decision about it asks for.

    Attributes:
        manifest: The release.
        body: The bytes of the manifest.
        digest: The sha256 of these.
        files: All files it names, by sha256.
    """

    manifest: Manifest
    body: bytes
    digest: str
    files: Mapping[str, StoredFile]


def _candidate(manifest: Manifest) -> _Candidate:
    body = canonical_json(manifest)
    files = {file["sha256"]: file for file in files_of(manifest)}
    return _Candidate(manifest, body, sha256_hex(body), files)


def publish(
    corpus: Corpus,
    manifest: Manifest,
    *,
    generation: int | None = None,
    commit_info: CommitInfo,
    is_copy: bool = False,
) -> CommittedManifest:
    """Commit a release.

    Apart from the commit, whose cost is fixed, this sends one request for each file that the
    parent does not have; files of the parent exist, because no operation removes them.

    Args:
        corpus: in the store that holds every file the manifest names.
        manifest: the release, `version` and `documents` among its keys.
        generation: takedowns in the log when the build began; None for those there are now.
        commit_info: user, time (`at`) and code of the commit; for the log, not in the digest.
        is_copy: whether it is copied from another store; its parent need not be in this log.

    Returns:
        The digest, and whether this call made the release (False: it was published before).

    Raises:
        AlreadyPublished: the version exists with another digest.
        LostRace: a file was retired or taken down meanwhile; build again.
        OutcomeUnknown: no answer showed whether the commit was written.
    """
    candidate = _candidate(manifest)
    checked: list[Mapping[str, int]] = []

    def decide(state: State) -> Operation | None:
        if candidate.digest in state.registry.digests:
            return None
        publication = _publication(candidate, candidate.files, state, generation, commit_info)
        if is_copy:
            publication = replace(publication, parent=None)
        if publication.moved not in checked:
            _check_files(corpus, candidate, candidate.files, state)
            checked.append(publication.moved)
        return publication

    corpus.store.put(catalog_key(corpus.name), canonical_json({"corpus": corpus.name}))
    corpus.store.put(manifest_key(corpus.name, candidate.digest), candidate.body)
    committed = commit(corpus, decide, commit_info=commit_info)
    return CommittedManifest(candidate.digest, committed.is_new)


@dataclass(frozen=True)
class Takedown:
    """A takedown, ready to be committed.

    Attributes:
        at: the head that it was planned on; its releases are all that were searched.
        substitutions: sha256 of every file that holds rows to remove, in any of those releases, to
            the entry of the file that replaces it, or None for nothing.
        tombstones: keys of the blobs that list documents which later builds must drop.
    """

    at: Head
    substitutions: Mapping[str, StoredFile | None]
    tombstones: tuple[str, ...]


def redact(
    corpus: Corpus,
    manifest: Manifest,
    takedown: Takedown,
    *,
    commit_info: CommitInfo,
) -> CommittedManifest:
    """Commit a patch release and make every release read without the rows it leaves out.

    Args:
        corpus: in the store that holds the files of the manifest, substitutes and tombstones.
        manifest: the patch release.
        takedown: the files that are replaced, and by what.
        commit_info: as for `publish`.

    Returns:
        Digest of the patch release, and whether this call made it.

    Raises:
        LostRace: a release or another takedown was committed meanwhile.
        OutcomeUnknown: no answer showed whether the commit was written.
    """
    candidate = _candidate(manifest)
    substitutes = (file for file in takedown.substitutions.values() if file is not None)
    files = {**candidate.files, **{file["sha256"]: file for file in substitutes}}
    generation = takedown.at.registry.epoch

    def decide(state: State) -> Operation | None:
        if candidate.digest in state.registry.digests:
            return None
        _check_takedown(corpus, takedown, state, candidate)
        release = _publication(candidate, files, state, generation, commit_info)
        _check_files(corpus, candidate, files, state)
        touched = _touched(corpus, state.registry, set(takedown.substitutions))
        return Redact(release, takedown.substitutions, takedown.tombstones, touched)

    corpus.store.put(manifest_key(corpus.name, candidate.digest), candidate.body)
    committed = commit(corpus, decide, commit_info=commit_info)
    return CommittedManifest(candidate.digest, committed.is_new)


def _check_takedown(
    corpus: Corpus, takedown: Takedown, state: State, candidate: _Candidate
) -> None:
    version = candidate.manifest["version"]
    searched = [release["digest"] for release in takedown.at.releases]
    if searched != [release["digest"] for release in state.registry.releases]:
        raise LostRace(
            f"a release was published while {version} was worked out, which may hold what it takes "
            "down: run the takedown again"
        )
    if candidate.files.keys() & takedown.substitutions.keys():
        raise ConservationError(f"{version} still names files that it takes down: nothing was done")
    for key in takedown.tombstones:
        digest, generation = blob_address(key) or ("", -1)
        if generation != state.retired_files.generation(digest) or corpus.store.size(key) is None:
            raise LostRace(
                f"{corpus.store.location(key)} was collected as garbage: run the takedown again"
            )


def _publication(
    candidate: _Candidate,
    files: Mapping[str, StoredFile],
    state: State,
    generation: int | None,
    commit_info: CommitInfo,
) -> Publish:
    manifest, retired = candidate.manifest, state.retired_files.retired
    parent = manifest.get("parent")
    return Publish(
        version=manifest["version"],
        digest=candidate.digest,
        documents=manifest["documents"],
        at=commit_info["at"],
        by=commit_info["by"],
        parent=parent and {"version": parent["version"], "digest": parent["digest"]},
        epoch=state.registry.epoch if generation is None else generation,
        moved={
            blob: state.retired_files.generation(blob) for blob in sorted(files) if blob in retired
        },
    )


def _check_files(
    corpus: Corpus, candidate: _Candidate, files: Mapping[str, StoredFile], state: State
) -> None:
    """Refuse a candidate if one of the files that it needs was taken down or is not there.

    Raises:
        LostRace: a file was collected as garbage or taken down after the build stored it.
    """
    version, retired_files = candidate.manifest["version"], state.retired_files
    inherited = _inherited(corpus, candidate.manifest, state.registry)
    new = {digest: file for digest, file in files.items() if digest not in inherited}
    fallen = sorted(retired_files.forbidden & new.keys())
    if fallen:
        raise LostRace(
            f"{corpus.name} {version} names {len(fallen)} files that a takedown removed, such as "
            f"{fallen[0]}: run the build again, it leaves them out"
        )

    def is_stored(file: StoredFile) -> bool:
        key = blob_key(corpus.name, file["sha256"], retired_files.generation(file["sha256"]))
        return corpus.store.size(key) == file["bytes"]

    with ThreadPoolExecutor(_THREADS) as pool:
        there = pool.map(is_stored, new.values())
        absent = [file for file, is_there in zip(new.values(), there, strict=True) if not is_there]
    if absent:
        raise LostRace(
            f"{corpus.name} {version} needs {len(absent)} files that are not there, such as "
            f"{absent[0]['sha256']}: they were collected as garbage before they were published; "
            "run the build again, it writes them anew"
        )


def _inherited(corpus: Corpus, manifest: Manifest, registry: Registry) -> set[str]:
    parent = manifest.get("parent")
    if parent is None or parent["digest"] not in registry.digests:
        return set()
    return live_blobs(corpus, parent["digest"], registry)


def _touched(corpus: Corpus, registry: Registry, replaced: set[str]) -> tuple[str, ...]:
    """Return the releases that need one of these blobs."""

    def is_touched(release: Release) -> bool:
        return bool(replaced & live_blobs(corpus, release["digest"], registry))

    with ThreadPoolExecutor(_THREADS) as pool:
        touched = pool.map(is_touched, registry.releases)
        return tuple(
            release["version"]
            for release, is_hit in zip(registry.releases, touched, strict=True)
            if is_hit
        )
