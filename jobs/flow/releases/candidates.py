"""Candidates: releases that are built and not published, so that people can review them first.

The manifest of a candidate is stored where that of a release would be; `work/candidates/VERSION`
names it. Both files and name stay until `heliu gc work=true`, as those of any build that stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.corpus.release.acceptance_params import AcceptanceParams
from jobs.flow.releases.opened_release import OpenedRelease, choose_corpus, open_release
from jobs.flow.tasks.checkpoints import read_checkpoint, write_checkpoint
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.layout import catalog_key, is_version, manifest_key, work_key
from jobs.storage.log import head, state_of
from jobs.storage.manifests import Manifest
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import read_manifest, resolved_candidate


@dataclass(frozen=True)
class Candidate:
    """A candidate and what its build demands before it is published."""

    release: OpenedRelease
    acceptance: AcceptanceParams


def store_candidate(corpus: Corpus, manifest: Manifest, acceptance: AcceptanceParams) -> str:
    """Store a candidate's manifest; return its digest.

    Args:
        corpus: that the candidate is of; its store holds every file that the manifest names.
        manifest: of the candidate.
        acceptance: what is demanded before it is published.
    """
    body = canonical_json(manifest)
    digest = sha256_hex(body)
    corpus.store.put(catalog_key(corpus.name), canonical_json({"corpus": corpus.name}))
    corpus.store.put(manifest_key(corpus.name, digest), body)
    note = {"digest": digest, "acceptance": acceptance}
    write_checkpoint(corpus.store, _note_key(corpus, manifest["version"]), note)
    return digest


def open_reviewed(store: ObjectStore, corpus: str | None, version: str) -> Candidate:
    """Open a candidate, or a release, for reviewing.

    Of a release the demands are those of its build while `work/` has them, else none.

    Args:
        store: where to look.
        corpus: its name; None if the root holds only one corpus or `version` names it.
        version: as for `open_release`.

    Raises:
        ReleaseMissing: there is neither.
    """
    name, _, plain = version.rpartition("/")
    source = choose_corpus(store, name or corpus)
    note = _note(source, plain)
    if note is None or head(source).find(plain) is not None:
        release = open_release(store, source.name, plain)
        demands = note if note and note["digest"] == release.digest else {}
        return Candidate(release, _demands(demands.get("acceptance")))
    return Candidate(_opened(source, note["digest"]), _demands(note["acceptance"]))


def _opened(source: Corpus, digest: str) -> OpenedRelease:
    """Open a candidate whose files are still there."""
    at = head(source)
    manifest = read_manifest(source, digest)
    return OpenedRelease(
        store=source.store,
        corpus=source.name,
        version=manifest["version"],
        digest=digest,
        published_at="",
        manifest=resolved_candidate(manifest, state_of(source, at), source.name),
        at=at,
        warning=f"{manifest['version']} is a candidate: it is not published",
    )


def _demands(stored: dict[str, Any] | None) -> AcceptanceParams:
    nothing = {"reviewed": 0, "passed": 1.0, "limits": {}, "within": 1.0, "public_key": None}
    return AcceptanceParams(**(stored or nothing))


def _note(source: Corpus, version: str) -> dict[str, Any] | None:
    if not is_version(version):  # latest, or one that is pinned by its digest
        return None
    found: dict[str, Any] | None = read_checkpoint(source.store, _note_key(source, version))
    return found


def _note_key(corpus: Corpus, version: str) -> str:
    return work_key(corpus.name, "candidates", f"{version.replace('+', '=')}.json")
