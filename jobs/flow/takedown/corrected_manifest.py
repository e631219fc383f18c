"""The manifest of a takedown's release: the corrected one's with substituted files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import cast

from jobs.corpus.release.conservation import corrected
from jobs.flow.recorded import with_libraries
from jobs.flow.releases.opened_release import OpenedRelease, origin
from jobs.flow.takedown.matches import AffectedFile, Matches
from jobs.flow.takedown.restoration import Restored
from jobs.storage.layout import blob_key
from jobs.storage.manifests import FileEntry, Manifest, PartnerAccount, Substitute

VerdictCounts = Counter[tuple[str, str, str]]


@dataclass(frozen=True)
class Rewritten:
    """A file without the rows that a takedown removes.

    Attributes:
        affected: The file.
        instead: The file in its place in redacted releases; None if no row is left.
        patched: The file in its place in the corrected release, which decides again about copies.
        count_changes: By how much the counts of decisions change in the corrected release.
    """

    affected: AffectedFile
    instead: Substitute | None
    patched: Substitute | None
    count_changes: VerdictCounts


def corrected_manifest(found: Matches, rewritten: list[Rewritten], back: Restored) -> Manifest:
    """Return the manifest of the corrected release.

    Args:
        found: what the takedown matches.
        rewritten: the affected files.
        back: the copies that are restored.
    """
    before, request = found.release, found.request
    instead = {one.affected.entry["sha256"]: one for one in rewritten}
    files: dict[str, list[FileEntry]] = {}
    for kind in before.kinds():
        now = [substituted(file, instead, request.version) for file in before.entries(kind)]
        there = [file for file in now if file is not None] + [*back.files.get(kind, ())]
        # Manifests name the first generation of a file, wherever it is stored now.
        files[kind] = [
            renamed(file, blob_key(before.corpus, file["sha256"]))
            for file in sorted(there, key=itemgetter("partner"))
        ]
    manifest = {
        **before.manifest,
        **files,
        "version": request.version,
        "parameters": with_libraries(
            before.manifest["parameters"], before.manifest, request.version
        ),
        "parent": {"version": before.version, "digest": before.digest},
        "corrects": {
            **request.recorded(before),
            "documents": found.removed.get(before.version, 0),
            "restored": back.documents,
        },
        "documents": sum(file["rows"] for file in files["shards"]),
        "content_bytes": sum(file["content_bytes"] for file in files["shards"]),
        "partners": dict(_accounts(before, files["shards"], instead, back)),
    }
    return cast("Manifest", manifest)


def renamed(file: FileEntry, key: str) -> FileEntry:
    """Return the file under another key."""
    return {**file, "key": key}


def substituted(entry: FileEntry, instead: dict[str, Rewritten], version: str) -> FileEntry | None:
    """Return what the corrected release has in the place of a file; None if nothing is left of it.

    Args:
        entry: of the file in the release that is corrected.
        instead: rewritten files by the sha256 of the file they replace.
        version: of the corrected release.
    """
    one = instead.get(entry["sha256"])
    if one is None:
        return entry
    if one.patched is None:
        return None
    return {**entry, **one.patched, "since": version, "origin": origin(entry)}


def _accounts(
    before: OpenedRelease, shards: list[FileEntry], instead: dict[str, Rewritten], back: Restored
) -> Iterator[tuple[str, PartnerAccount]]:
    for partner, account in before.manifest["partners"].items():
        count_changes: VerdictCounts = Counter(back.counts.get(partner))
        for entry in before.entries("decisions"):
            if entry["partner"] == partner and entry["sha256"] in instead:
                count_changes.update(instead[entry["sha256"]].count_changes)
        files = [entry for entry in shards if entry["partner"] == partner]
        rows = sum(entry["rows"] for entry in files)
        size = sum(entry["content_bytes"] for entry in files)
        now = corrected(partner, account, changes=count_changes, released=rows)
        yield partner, cast("PartnerAccount", {**now, "content_bytes": size})
