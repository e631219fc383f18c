"""Publish: count a release candidate, describe it by a manifest, and commit that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from jobs.corpus.release.conservation import added, balance
from jobs.corpus.release.loss_alarms import Alarm
from jobs.errors import LostRace, ReleaseMissing
from jobs.flow.builds.bad_files import BadFile
from jobs.flow.builds.loss_alarms import deliveries
from jobs.flow.builds.merge_inputs import Range
from jobs.flow.builds.merge_stage import totals
from jobs.flow.builds.recorded_terms import recorded_publisher, recorded_terms
from jobs.flow.contamination.records import recorded_benchmarks
from jobs.flow.intake.input_shards import DeliveredFile, InputShard, delivered_files, input_name
from jobs.flow.params import BuildParams, PartnerParams
from jobs.flow.recorded import (
    recorded_parameters,
    recorded_private_data,
    recorded_schema,
    with_libraries,
)
from jobs.flow.releases.described_files import write_derived
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.blobs import FILES
from jobs.flow.tasks.checkpoints import Checkpoint
from jobs.storage.commits import resumed
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_key
from jobs.storage.log import head
from jobs.storage.manifests import FileEntry, InputEntry, JsonObject, Manifest, files_of
from jobs.storage.objects import ObjectStore
from jobs.storage.publication import publish
from jobs.storage.releases import read_manifest
from jobs.storage.stores import open_store

RELEASE_FORMAT = "heliu-release/1"
_NOTHING = cast(
    "Manifest", {"partners": {}, "parameters": {}, "inputs": [], **{kind: [] for kind in FILES}}
)


@dataclass(frozen=True)
class Published:
    """The outcome of a publish: which release exists, and whether this call committed it."""

    corpus: str
    version: str
    digest: str
    is_new: bool
    manifest: Manifest
    alarms: tuple[Alarm, ...] = ()

    @property
    def traffic(self) -> dict[str, int]:
        """Bytes read, written and reused, as `traffic` counts them."""
        return traffic(self.manifest)


def publish_candidate(
    manifest: Manifest,
    params: BuildParams,
    commit_info: JsonObject,
    *,
    generation: int | None = None,
) -> Published:
    """Commit a candidate's manifest; the same content again changes nothing.

    Args:
        manifest: of the candidate.
        params: of its build.
        commit_info: the user, the time and the code, for the log.
        generation: of the log when the build began; a takedown since then refuses the candidate.

    Raises:
        AlreadyPublished: the version exists with other content.
        LostRace: a file that it needs was taken away meanwhile.
        OutcomeUnknown: the store gave no answer.
    """
    store = open_store(params.storage)
    digest, is_new = publish(
        Corpus(store, params.corpus), manifest, generation=generation, commit_info=commit_info
    )
    write_derived(open_release(store, params.corpus, params.version))
    return Published(params.corpus, params.version, digest, is_new, manifest)


def settle(store: ObjectStore, corpus: str, version: str) -> Published:
    """Find the outcome of a publish; send it again if nothing was committed since.

    Args:
        store: of the corpus.
        corpus: its name.
        version: of the release whose publish had an unknown outcome.

    Raises:
        ReleaseMissing: nothing of that version is pending, and it is not published.
        LostRace: another entry took its place; the build must be run again.
        OutcomeUnknown: the store does not answer this time either.
    """
    was_pending, entry = resumed(Corpus(store, corpus), version)
    release = head(Corpus(store, corpus)).registry.exactly(version)
    if release is not None:
        manifest = read_manifest(Corpus(store, corpus), release["digest"])
        return Published(corpus, version, release["digest"], entry is not None, manifest)
    if was_pending:
        raise LostRace(
            f"{corpus} {version} was not published, another commit came first: run the build "
            "again, it continues from there"
        )
    raise ReleaseMissing(f"no publish of {corpus} {version} is pending: run the build")


def candidate(
    plan: Sequence[InputShard],
    normalized: Sequence[NormalizedShard],
    merged: Sequence[tuple[Range, Checkpoint]],
    params: BuildParams,
    *,
    parent: OpenedRelease | None,
    bad_files: Sequence[BadFile] = (),
) -> Manifest:
    """Return the manifest of a release: what determines and describes its content, no more.

    No clock, host, worker count, path or version of heliu is in it, so its digest is the digest
    of the content; the log entry that publishes it has those. Files of a parent are taken over by
    name: none is read or copied.

    Args:
        plan: the input shards of the build.
        normalized: what normalize left of them.
        merged: each range with the checkpoint of its merge.
        params: of the build.
        parent: the release it extends, if any.
        bad_files: files that were set aside.

    Raises:
        ConservationError: a partner's counts do not add up.
    """
    before = parent.manifest if parent else _NOTHING
    files = {kind: _files(before, merged, kind, params) for kind in FILES}
    given = {partner.name: partner for partner in params.partners}
    built = {name: _built(name, normalized, merged) for name in given}
    manifest = {
        "format": RELEASE_FORMAT,
        "corpus": params.corpus,
        "version": params.version,
        **known_before(plan, params, parent=parent),
        "documents": sum(file["rows"] for file in files["shards"]),
        "content_bytes": sum(file["content_bytes"] for file in files["shards"]),
        **recorded_publisher(params, before),
        "partners": {
            name: _account(given[name], built[name], merged, before)
            if name in given
            else before["partners"][name]
            for name in sorted({*given, *before["partners"]})
        },
        "deliveries": before.get("deliveries", {})
        | deliveries(plan, normalized, built, bad_files, params),
        "schema": recorded_schema(params),
        **_recorded_bad_files(plan, bad_files, params, before),
        **recorded_benchmarks(params, normalized, before),
        **recorded_private_data(params, normalized, before),
        **files,
    }
    return cast("Manifest", manifest)


def _recorded_bad_files(
    plan: Sequence[InputShard],
    bad_files: Sequence[BadFile],
    params: BuildParams,
    before: Manifest,
) -> JsonObject:
    """Return the manifest's `bad_files`, those of the parent that were not read since included."""
    read = {(one.partner.name, one.file.source.name) for one in delivered_files(plan)}
    now = {(one.partner, one.file): one._asdict() | {"since": params.version} for one in bad_files}
    known = {(one["partner"], one["file"]): one for one in before.get("bad_files", [])}
    found = {name: one for name, one in (known | now).items() if name not in read}
    return {"bad_files": [found[name] for name in sorted(found)]} if found else {}


def known_before(
    plan: Sequence[InputShard], params: BuildParams, *, parent: OpenedRelease | None
) -> JsonObject:
    """Return the parts of a manifest that a plan determines: parent, parameters and inputs.

    Args:
        plan: the input shards of the build.
        params: of the build.
        parent: the release it extends, if any.
    """
    before = parent.manifest if parent else _NOTHING
    return {
        "parent": {"version": parent.version, "digest": parent.digest} if parent else None,
        "parameters": with_libraries(
            _with_readings(recorded_parameters(params), before), before, params.version
        ),
        "inputs": before["inputs"] + [_input(one, params.version) for one in delivered_files(plan)],
    }


def traffic(manifest: Manifest) -> dict[str, int]:
    """Count the bytes of deliveries read for a release, of files written for it and reused."""
    version = manifest["version"]
    files = list(files_of(manifest))
    return {
        "read_bytes": sum(f["bytes"] for f in manifest["inputs"] if f["since"] == version),
        "written_bytes": sum(f["bytes"] for f in files if f["since"] == version),
        "reused_bytes": sum(f["bytes"] for f in files if f["since"] != version),
    }


def _files(
    before: Manifest,
    merged: Sequence[tuple[Range, Checkpoint]],
    kind: str,
    params: BuildParams,
) -> list[FileEntry]:
    """Return the files of a kind by partner, then by the release that wrote them, then by id."""
    inherited = cast("list[FileEntry]", before.get(kind, []))
    written = [
        cast("FileEntry", {"partner": within.partner, "since": params.version, **file})
        for within, checkpoint in merged
        for file in checkpoint[kind]
    ]
    # A redaction may have moved a parent's file; manifests name the key it was written to.
    named: list[FileEntry] = [
        {**file, "key": blob_key(params.corpus, file["sha256"])} for file in [*inherited, *written]
    ]
    return sorted(named, key=lambda file: file["partner"])


def _built(
    partner: str, normalized: Sequence[NormalizedShard], merged: Sequence[tuple[Range, Checkpoint]]
) -> dict[str, Any]:
    """Return the account of a partner in this build alone."""
    return balance(
        partner,
        delivered=sum(shard.delivered for shard in normalized if shard.partner == partner),
        counts=totals(merged, partner),
        released=sum(file["rows"] for file in _shards(partner, merged)),
    )


def _shards(partner: str, merged: Sequence[tuple[Range, Checkpoint]]) -> list[dict[str, Any]]:
    return [
        file for w, checkpoint in merged if w.partner == partner for file in checkpoint["shards"]
    ]


def _account(
    partner: PartnerParams,
    account: dict[str, Any],
    merged: Sequence[tuple[Range, Checkpoint]],
    before: Manifest,
) -> JsonObject:
    written = _shards(partner.name, merged)
    inherited = [file for file in before["shards"] if file["partner"] == partner.name]
    known = [before["partners"][partner.name]] if partner.name in before["partners"] else []
    shards = [*inherited, *written]
    return {
        **added(partner.name, account, *known, released=sum(file["rows"] for file in shards)),
        "content_bytes": sum(file["content_bytes"] for file in shards),
        "licence": partner.licence,
        "priority": partner.priority,
        "metadata": partner.metadata,
        **recorded_terms(partner, merged, known),
    }


def _with_readings(parameters: JsonObject, before: Manifest) -> JsonObject:
    known = before["parameters"].get("reading", {})
    return {**parameters, "reading": {**known, **parameters["reading"]}}


def _input(one: DeliveredFile, version: str) -> InputEntry:
    size = {"bytes": one.file.source.size_bytes, "since": version}
    return cast("InputEntry", input_name(one)._asdict() | size)
