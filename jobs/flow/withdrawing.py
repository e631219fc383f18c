"""Withdrawing: which documents of which releases a takedown takes, and which files hold them.

The patch release of a takedown is the release it corrects without them: files that hold nothing of
theirs are taken over by name, the others are written again. Nothing else is decided anew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.banding import BandParams
from jobs.corpus.identity import document_id
from jobs.corpus.statistics import sites
from jobs.corpus.withdrawal import (
    KNOWN_BY,
    Policy,
    Selection,
    concerns,
    copies,
    same_text,
    selected,
)
from jobs.errors import ConfigError
from jobs.flow.reading import OpenedRelease, open_release
from jobs.flow.tombstones import compared_by
from jobs.storage.log import Head, head
from jobs.storage.objects import ObjectStore

Entry = dict[str, Any]

_ID = re.compile("[0-9a-f]{32}")
_EXAMPLES = 5
_BATCH_ROWS = 1 << 14  # of texts read at a time: some 100 MB
_NAMING = {
    "shards": ["id"],
    "facts": ["id"],
    "decisions": ["doc_id", "kept_doc_id"],
    "removals": ["doc_id"],
}


@dataclass(frozen=True)
class Request:
    """What somebody wants to be taken down.

    Attributes:
        release: The version that is corrected.
        version: Of the release without them.
        selection: Which documents.
        reason: Why; it stays for ever.
        policy: What becomes of copies.
        is_redacting: Whether every other release loses them too, and all bytes that held them go.
    """

    release: str
    version: str
    selection: Selection
    reason: str
    policy: Policy
    is_redacting: bool


@dataclass(frozen=True)
class Concerned:
    """A file with rows of what goes: its kind, its entry in a manifest, and whose rows go."""

    kind: str
    entry: Entry
    gone: pa.Array


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
    """

    at: Head
    release: OpenedRelease
    facts: pa.Table
    files: tuple[Concerned, ...]
    gone: dict[str, int]
    partners: dict[str, int]
    sites: dict[str, int]
    missing: int

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
        }


@dataclass
class _Chosen:
    """The documents that were selected so far: their facts, and how many per partner and host."""

    facts: list[pa.Table]
    partners: Counter[str]
    sites: Counter[str]


def document_ids(asked: Sequence[str]) -> tuple[str, ...]:
    """Ids from ids or PARTNER/ID.

    Raises:
        ConfigError: one is neither; only its place is told.
    """
    ids = []
    for number, one in enumerate(asked, start=1):
        partner, slash, source_id = one.partition("/")
        if slash:
            ids.append(document_id(partner, source_id).hex())
        elif _ID.fullmatch(one):
            ids.append(one)
        else:
            raise ConfigError(
                f"ids: number {number} is neither 32 hexadecimal digits nor PARTNER/ID"
            )
    return tuple(ids)


def search(store: ObjectStore, corpus: str, request: Request) -> Found:
    """What a request comes to; writes nothing.

    Raises:
        ConfigError: no document is selected, or a release has no facts.
        ReleaseMissing: there is no such release.
    """
    at = head(store, corpus)
    release = open_release(store, corpus, request.release)
    versions = [known["version"] for known in at.releases] if request.is_redacting else []
    others = [open_release(store, corpus, name) for name in versions if name != release.version]
    releases = [release, *others]
    chosen = _chosen(releases, request.selection)
    if not chosen.facts:
        searched = "no release has" if request.is_redacting else f"{release.version} does not have"
        raise ConfigError(
            f"{searched} any document that meets all of {', '.join(_criteria(request))}: nothing "
            "was done; heliu explain id=… says what became of a document"
        )
    facts = pa.concat_tables(chosen.facts)
    if request.is_redacting:
        gone = {each.version: _gone(each, release, facts, request.policy) for each in releases}
    else:
        # One build keeps no two copies, so there is none beside what was selected.
        gone = {release.version: set(facts["id"].to_pylist())}
    known = set(facts["id"].to_pylist())
    return Found(
        at=at,
        release=release,
        facts=facts,
        files=tuple(_concerned(releases, gone)),
        gone={version: len(ids) for version, ids in gone.items() if ids},
        partners=dict(sorted(chosen.partners.items())),
        sites=dict(sorted(chosen.sites.items(), key=lambda item: (-item[1], item[0]))),
        missing=len(set(request.selection.ids) - known),
    )


def _criteria(request: Request) -> list[str]:
    given = vars(request.selection)
    return [name for name, value in given.items() if value]


def bands_of(manifest: dict[str, Any]) -> BandParams:
    """What a release took for a copy; similarities are estimated."""
    minhash = manifest["parameters"]["minhash"]
    names = ("num_perm", "bands", "rows", "threshold", "shingle_chars")
    return BandParams(verify="signature", **{name: minhash[name] for name in names})


def _chosen(releases: Sequence[OpenedRelease], selection: Selection) -> _Chosen:
    chosen = _Chosen([], Counter(), Counter())
    seen: set[str] = set()
    for release in releases:
        for shard, facts in _pairs(release):
            if shard["sha256"] not in seen and _may_hold(shard, selection):
                seen.add(shard["sha256"])
                known = partial(_known, release, facts, releases[0])
                _choose(release, shard, known, selection, chosen)
    return chosen


def _pairs(release: OpenedRelease) -> Iterator[tuple[Entry, Entry]]:
    shards, facts = release.entries("shards"), release.entries("facts")
    if len(shards) != len(facts):
        raise ConfigError(
            f"{release.corpus} {release.version} has no facts of its documents, by which copies are "
            "known: build it again with this version of heliu"
        )
    return zip(shards, facts, strict=True)


def _may_hold(shard: Entry, selection: Selection) -> bool:
    if selection.partner not in {None, shard["partner"]}:
        return False
    first, last = shard["first_id"], shard["last_id"]
    return not selection.ids or any(first <= one <= last for one in selection.ids)


def _choose(
    release: OpenedRelease,
    shard: Entry,
    facts_of: Callable[[], pa.Table],
    selection: Selection,
    chosen: _Chosen,
) -> None:
    ids: list[str] = []
    columns = [*dict.fromkeys(["id", "url", *selection.columns])]
    with release.store.open(shard["key"]) as stream:
        reader = pq.ParquetFile(stream)
        for batch in reader.iter_batches(_BATCH_ROWS, columns=columns):
            table = pa.Table.from_batches([batch])
            table = table.filter(selected(table, selection))
            ids += table["id"].to_pylist()
            chosen.sites.update(host or "" for host in sites(table["url"]).to_pylist())
    if ids:
        chosen.partners[shard["partner"]] += len(ids)
        known = facts_of()
        chosen.facts.append(known.filter(pc.is_in(known["id"], value_set=pa.array(ids))))


def _known(release: OpenedRelease, facts: Entry, corrected: OpenedRelease) -> pa.Table:
    """The columns KNOWN_BY of a file; without signatures if they are of another kind."""
    with release.store.open(facts["key"]) as stream:
        known = pq.read_table(stream, columns=list(KNOWN_BY))
    schema = corrected.schema("facts")
    if not _is_comparable(release, corrected):
        for name in ("canonical_hash", "signature"):
            at = known.schema.get_field_index(name)
            field = schema.field(name)
            known = known.set_column(at, field, pa.nulls(len(known), field.type))
    return known.cast(pa.schema([schema.field(name) for name in KNOWN_BY]))


def _is_comparable(release: OpenedRelease, corrected: OpenedRelease) -> bool:
    ours, theirs = (compared_by(one.manifest["parameters"]) for one in (corrected, release))
    return ours == theirs


def _gone(
    release: OpenedRelease, corrected: OpenedRelease, facts: pa.Table, policy: Policy
) -> set[str]:
    """The documents that a release loses: those selected, and copies of them if none may stay."""
    gone: set[str] = set()
    for _, entry in _pairs(release):
        known = _known(release, entry, corrected)
        if policy == Policy.RESTORE:
            is_gone = pc.is_in(known["id"], value_set=facts["id"].combine_chunks())
        elif _is_comparable(release, corrected):
            is_gone = copies(known, facts, bands=bands_of(release.manifest))
        else:
            is_gone = same_text(known, facts)
        gone.update(known["id"].filter(is_gone).to_pylist())
    return gone


def _concerned(releases: Sequence[OpenedRelease], gone: dict[str, set[str]]) -> Iterator[Concerned]:
    """The files with rows of what goes, each once, however many releases have it."""
    files: dict[tuple[str, str], Entry] = {}
    ids: dict[tuple[str, str], set[str]] = {}
    for release in releases:
        for kind in release.kinds():
            for entry in release.entries(kind):
                name = kind, entry["sha256"]
                files[name] = entry
                # A file that two releases share lies with the same others in both: what one of
                # them loses in it, the other loses too.
                ids[name] = ids.get(name, set()) | gone[release.version]
    store = releases[0].store
    for name, entry in files.items():
        known = pa.array(sorted(ids[name]), pa.string())
        if len(known) and _names_any(store, name[0], entry, known):
            yield Concerned(name[0], entry, known)


def _names_any(store: ObjectStore, kind: str, entry: Entry, gone: pa.Array) -> bool:
    with store.open(entry["key"]) as stream:
        table = pq.read_table(stream, columns=_NAMING[kind])
    return bool(pc.any(concerns(table, gone)).as_py())
