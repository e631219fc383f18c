"""Matches of a takedown: the documents of releases that it removes, and the files that hold them.

The corrected release takes over files without such rows by name; the others are written again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.config_errors import NothingSelected
from jobs.corpus.dedup.params import BandParams, SignatureParams
from jobs.corpus.release.takedown import MATCHING_FACTS, Policy, has_same_text, is_copy, refers_to
from jobs.errors import ConfigError
from jobs.flow.releases.opened_release import OpenedRelease, opened_beside
from jobs.flow.takedown.restorable_duplicates import (
    NO_DUPLICATES,
    RestorableDuplicates,
    restorable_duplicates,
)
from jobs.flow.takedown.selection import Request, choose, is_comparable, known_facts, pairs
from jobs.flow.takedown.struck_rows import Striking, Struck, strike
from jobs.flow.tasks.blobs import FILES, ID_COLUMNS
from jobs.storage.manifests import FileEntry, JsonObject, Manifest
from jobs.storage.objects import ObjectStore
from jobs.storage.whole_objects import whole_file

_EXAMPLES = 5


@dataclass(frozen=True)
class AffectedFile:
    """A file with rows that a takedown removes.

    Attributes:
        kind: Of the file.
        entry: In a manifest.
        ids: Of the documents removed; of removal files also ids of rows whose spans are removed.
        striking: Which other rows of decisions are struck.
    """

    kind: str
    entry: FileEntry
    ids: pa.Array
    striking: Striking


@dataclass(frozen=True)
class Matches:
    """The documents and files that a takedown request affects.

    Attributes:
        release: The release that is corrected.
        request: Which documents to remove, and how.
        facts: Of the documents selected.
        files: The files affected, of the release and with `redact` of every other.
        removed: How many documents each release loses.
        partners: Documents selected per partner.
        sites: Documents selected per host.
        missing: How many of the ids asked for are documents of no release searched.
        copies: With `restore`, what may return.
        struck: Other rows of decisions that are struck.
    """

    release: OpenedRelease
    request: Request
    facts: pa.Table
    files: tuple[AffectedFile, ...]
    removed: dict[str, int]
    partners: dict[str, int]
    sites: dict[str, int]
    missing: int
    copies: RestorableDuplicates
    struck: Struck

    def report(self) -> JsonObject:
        """Return counts and ids; no text is in it."""
        files = Counter(file.kind for file in self.files)
        return {
            "release": self.release.version,
            "digest": self.release.digest,
            "documents": self.removed,
            "partners": self.partners,
            "sites": self.sites,
            "files": {kind: files[kind] for kind in FILES},
            "examples": pc.unique(self.facts["id"]).to_pylist()[:_EXAMPLES],
            "missing_ids": self.missing,
            "copies": self.copies.counts(),
            "rows": {
                version: dict(sorted(rows.items())) for version, rows in self.struck.rows.items()
            },
        }


def search(release: OpenedRelease, request: Request) -> Matches:
    """Find the documents and files that a takedown from a release affects; writes nothing.

    Raises:
        ConfigError: no document is selected, the release was redacted, or one has no facts.
    """
    if release.is_redacted:
        raise ConfigError(
            f"release={release.version} lost documents since it was published: correct the release "
            "of the takedown instead (heliu log names it), or a later one; with redact=true older "
            "releases lose the documents as well"
        )
    releases = [release, *(_others(release) if request.is_redacting else ())]
    chosen = choose(releases, request.selection)
    struck = strike(releases, request.selection)
    if not chosen.facts and not struck.rows:
        searched = "no release has" if request.is_redacting else f"{release.version} does not have"
        raise NothingSelected(
            f"{searched} any document or row that has all of {', '.join(_criteria(request))}: "
            "nothing was done; heliu explain id=… says what became of a document"
        )
    facts = pa.concat_tables([_no_facts(release), *chosen.facts])
    if request.is_redacting:
        removed = {
            each.version: _removed_ids(each, release, facts, request.policy) for each in releases
        }
    else:
        # One build keeps no two copies, so there is none beside what was selected.
        removed = {release.version: set(facts["id"].to_pylist())}
    known = {*facts["id"].to_pylist(), *struck.known}
    copies = NO_DUPLICATES
    if request.policy == Policy.RESTORE:
        copies = restorable_duplicates(release, pc.unique(facts["id"]), request.selection)
    return Matches(
        release=release,
        request=request,
        facts=facts,
        files=tuple(_affected_files(releases, removed, struck)),
        removed={version: len(ids) for version, ids in removed.items() if ids},
        partners=dict(sorted(chosen.partners.items())),
        sites=dict(sorted(chosen.sites.items(), key=lambda item: (-item[1], item[0]))),
        missing=len(set(request.selection.ids) - known),
        copies=copies,
        struck=struck,
    )


def _others(release: OpenedRelease) -> Iterator[OpenedRelease]:
    known = release.at.releases
    return (opened_beside(release, one) for one in known if one["version"] != release.version)


def _no_facts(release: OpenedRelease) -> pa.Table:
    schema = release.schema("facts")
    return pa.schema([schema.field(name) for name in MATCHING_FACTS]).empty_table()


def _criteria(request: Request) -> list[str]:
    given = vars(request.selection)
    return [name for name, value in given.items() if value]


def bands_of(manifest: Manifest) -> BandParams:
    """Return the bands by which a release found duplicates; similarities are estimated."""
    minhash = manifest["parameters"]["minhash"]
    signature = SignatureParams(**{one.name: minhash[one.name] for one in fields(SignatureParams)})
    given = {name: minhash[name] for name in ("bands", "rows", "threshold")}
    return BandParams(signature, verify="signature", **given)


def _removed_ids(
    release: OpenedRelease, corrected: OpenedRelease, facts: pa.Table, policy: Policy
) -> set[str]:
    """Return the ids that a release loses: those selected, and copies of them if none may stay."""
    removed: set[str] = set()
    for _, entry in pairs(release):
        known = known_facts(release, entry, corrected)
        if policy == Policy.RESTORE:
            is_removed = pc.is_in(known["id"], value_set=facts["id"].combine_chunks())
        elif is_comparable(release, corrected):
            is_removed = is_copy(known, facts, bands=bands_of(release.manifest))
        else:
            is_removed = has_same_text(known, facts)
        removed.update(known["id"].filter(is_removed).to_pylist())
    return removed


def _affected_files(
    releases: Sequence[OpenedRelease], removed: dict[str, set[str]], struck: Struck
) -> Iterator[AffectedFile]:
    """Yield the files with rows that are removed, each once, however many releases list it."""
    files: dict[tuple[str, str], FileEntry] = {}
    owners: dict[tuple[str, str], tuple[str, ...]] = {}
    for release in releases:
        for kind in release.kinds():
            for entry in release.entries(kind):
                name = kind, entry["sha256"]
                files[name] = entry
                owners[name] = (*owners.get(name, ()), release.version)
    # Two releases that share a file lose the same of its rows: its documents meet the same
    # selection in both.
    ids = {
        versions: sorted(set().union(*(removed[version] for version in versions)))
        for versions in set(owners.values())
    }
    span_ids = sorted(struck.span_ids)
    for (kind, digest), entry in files.items():
        known = ids[owners[kind, digest]]
        if kind == "removals":
            known = sorted({*known, *span_ids}) if span_ids else known
        affected = AffectedFile(kind, entry, pa.array(known, pa.string()), struck.striking)
        if digest in struck.files or (
            _may_name(kind, entry, known) and _names_any(releases[0].store, affected)
        ):
            yield affected


def _may_name(kind: str, entry: FileEntry, removed: list[str]) -> bool:
    """Whether a file's range of ids has any of these; decisions also name ids outside of it."""
    first, last = bisect_left(removed, entry["first_id"]), bisect_right(removed, entry["last_id"])
    return first < last or (kind == "decisions" and bool(removed))


def _names_any(store: ObjectStore, file: AffectedFile) -> bool:
    with whole_file(store, file.entry["key"]) as stream:
        table = pq.ParquetFile(stream).read(columns=ID_COLUMNS[file.kind])  # those that it has
    return bool(pc.any(refers_to(table, file.ids)).as_py())
