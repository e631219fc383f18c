"""Withdrawing: which documents of which releases a takedown takes, and which files hold them.

The patch release of a takedown is the release it corrects without them: files that hold nothing of
theirs are taken over by name, the others are written again. Nothing else is decided anew.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.dedup.banding import BandParams
from jobs.corpus.release.takedown import MATCHING_FACTS, Policy, has_same_text, is_copy, refers_to
from jobs.errors import ConfigError
from jobs.flow.releases.opened import OpenedRelease, open_release
from jobs.flow.takedown.restorable_duplicates import NO_COPIES, Copies, copies_of
from jobs.flow.takedown.selection import Entry, Request, choose, is_comparable, known_facts, pairs
from jobs.flow.takedown.struck_rows import Striking, Struck, strike
from jobs.flow.tasks.blobs import FILES
from jobs.storage.log import Head, head
from jobs.storage.objects import ObjectStore
from jobs.storage.whole import whole_file

_EXAMPLES = 5
_NAMING = dict(zip(FILES, (["id"], ["id"], ["doc_id", "kept_doc_id"], ["doc_id"]), strict=True))


@dataclass(frozen=True)
class Concerned:
    """A file with rows of what goes: its kind, its entry in a manifest, and whose rows go.

    Attributes:
        kind: Of the file.
        entry: In a manifest.
        gone: Ids of the documents that go, of removals also of rows whose pieces go.
        striking: Which other rows of decisions are struck.
    """

    kind: str
    entry: Entry
    gone: pa.Array
    striking: Striking


@dataclass(frozen=True)
class Found:
    """What a request comes to.

    Attributes:
        at: The head of the log it was worked out on.
        release: The release that is corrected.
        facts: Of the documents selected.
        files: The files concerned, of the release and with `redact` of every other.
        gone: How many documents each release loses.
        partners: Documents selected per partner.
        sites: Documents selected per host.
        missing: How many of the ids asked for are documents of no release searched.
        copies: With `restore`, what may return.
        struck: Rows of decisions that are struck besides.
    """

    at: Head
    release: OpenedRelease
    facts: pa.Table
    files: tuple[Concerned, ...]
    gone: dict[str, int]
    partners: dict[str, int]
    sites: dict[str, int]
    missing: int
    copies: Copies
    struck: Struck

    def report(self) -> dict[str, Any]:
        """Numbers and ids, nothing of any text."""
        files = Counter(file.kind for file in self.files)
        return {
            "release": self.release.version,
            "digest": self.release.digest,
            "documents": self.gone,
            "partners": self.partners,
            "sites": self.sites,
            "files": {kind: files[kind] for kind in _NAMING},
            "examples": pc.unique(self.facts["id"]).to_pylist()[:_EXAMPLES],
            "missing_ids": self.missing,
            "copies": self.copies.counts(),
            "rows": {
                version: dict(sorted(rows.items())) for version, rows in self.struck.rows.items()
            },
        }


def search(store: ObjectStore, corpus: str, request: Request) -> Found:
    """What a request comes to; writes nothing.

    Raises:
        ConfigError: no document is selected, the release was redacted, or one has no facts.
        ReleaseMissing: there is no such release.
    """
    at = head(store, corpus)
    release = open_release(store, corpus, request.release)
    if release.is_redacted:
        raise ConfigError(
            f"release={release.version} lost documents since it was published: correct the release "
            "of the takedown instead (heliu log names it), or a later one; with redact=true older "
            "releases lose the documents as well"
        )
    versions = [known["version"] for known in at.releases] if request.is_redacting else []
    others = [open_release(store, corpus, name) for name in versions if name != release.version]
    releases = [release, *others]
    chosen = choose(releases, request.selection)
    struck = strike(releases, request.selection)
    if not chosen.facts and not struck.rows:
        searched = "no release has" if request.is_redacting else f"{release.version} does not have"
        raise ConfigError(
            f"{searched} any document or row that meets all of {', '.join(_criteria(request))}: "
            "nothing was done; heliu explain id=… says what became of a document"
        )
    facts = pa.concat_tables([_no_facts(release), *chosen.facts])
    if request.is_redacting:
        gone = {each.version: _gone(each, release, facts, request.policy) for each in releases}
    else:
        # One build keeps no two copies, so there is none beside what was selected.
        gone = {release.version: set(facts["id"].to_pylist())}
    known = {*facts["id"].to_pylist(), *struck.known}
    copies = NO_COPIES
    if request.policy == Policy.RESTORE:
        copies = copies_of(release, pc.unique(facts["id"]), request.selection)
    return Found(
        at=at,
        release=release,
        facts=facts,
        files=tuple(_concerned(releases, gone, struck)),
        gone={version: len(ids) for version, ids in gone.items() if ids},
        partners=dict(sorted(chosen.partners.items())),
        sites=dict(sorted(chosen.sites.items(), key=lambda item: (-item[1], item[0]))),
        missing=len(set(request.selection.ids) - known),
        copies=copies,
        struck=struck,
    )


def _no_facts(release: OpenedRelease) -> pa.Table:
    schema = release.schema("facts")
    return pa.schema([schema.field(name) for name in MATCHING_FACTS]).empty_table()


def _criteria(request: Request) -> list[str]:
    given = vars(request.selection)
    return [name for name, value in given.items() if value]


def bands_of(manifest: dict[str, Any]) -> BandParams:
    """What a release took for a copy; similarities are estimated."""
    minhash = manifest["parameters"]["minhash"]
    names = ("num_perm", "bands", "rows", "threshold", "shingle_chars")
    return BandParams(verify="signature", **{name: minhash[name] for name in names})


def _gone(
    release: OpenedRelease, corrected: OpenedRelease, facts: pa.Table, policy: Policy
) -> set[str]:
    """The documents that a release loses: those selected, and copies of them if none may stay."""
    gone: set[str] = set()
    for _, entry in pairs(release):
        known = known_facts(release, entry, corrected)
        if policy == Policy.RESTORE:
            is_gone = pc.is_in(known["id"], value_set=facts["id"].combine_chunks())
        elif is_comparable(release, corrected):
            is_gone = is_copy(known, facts, bands=bands_of(release.manifest))
        else:
            is_gone = has_same_text(known, facts)
        gone.update(known["id"].filter(is_gone).to_pylist())
    return gone


def _concerned(
    releases: Sequence[OpenedRelease], gone: dict[str, set[str]], struck: Struck
) -> Iterator[Concerned]:
    """The files with rows of what goes, each once, however many releases have it."""
    files: dict[tuple[str, str], Entry] = {}
    owners: dict[tuple[str, str], tuple[str, ...]] = {}
    for release in releases:
        for kind in release.kinds():
            for entry in release.entries(kind):
                name = kind, entry["sha256"]
                files[name] = entry
                owners[name] = (*owners.get(name, ()), release.version)
    # A file that two releases share lies with the same others in both: what one of them loses in
    # it, the other loses too.
    ids = {
        versions: sorted(set().union(*(gone[version] for version in versions)))
        for versions in set(owners.values())
    }
    told = sorted(struck.told)
    for (kind, digest), entry in files.items():
        known = ids[owners[kind, digest]]
        if kind == "removals":
            known = sorted({*known, *told}) if told else known
        concerned = Concerned(kind, entry, pa.array(known, pa.string()), struck.how)
        if digest in struck.files or (
            _may_name(kind, entry, known) and _names_any(releases[0].store, concerned)
        ):
            yield concerned


def _may_name(kind: str, entry: Entry, gone: list[str]) -> bool:
    """Whether a file's range of ids has any of these; decisions may name what is beyond it."""
    first, last = bisect_left(gone, entry["first_id"]), bisect_right(gone, entry["last_id"])
    return first < last or (kind == "decisions" and bool(gone))


def _names_any(store: ObjectStore, file: Concerned) -> bool:
    with whole_file(store, file.entry["key"]) as stream:
        table = pq.read_table(stream, columns=_NAMING[file.kind])
    return bool(pc.any(refers_to(table, file.gone)).as_py())
