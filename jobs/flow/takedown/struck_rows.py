"""Struck rows: decisions and removal rows that match a takedown and belong to no document.

Rejected and dropped rows are in no release, but their decisions are: URL, id and a quotation as
evidence. Where they match the criteria, these are struck.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.reasons import Verdict
from jobs.corpus.release.struck_rows import STRUCK_COLUMNS, has_wanted_text, struck
from jobs.corpus.release.takedown import Selection
from jobs.flow.releases.opened_release import OpenedRelease, origin
from jobs.flow.takedown.restorable_duplicates import BLOCKED, licences
from jobs.storage.manifests import FileEntry
from jobs.storage.whole_objects import whole_file


@dataclass(frozen=True)
class Striking:
    """Which rows of files are struck.

    Attributes:
        selection: The criteria.
        licences: Of a partner in the build of a release, where the criteria ask for one.
        worded: Ids of documents one of whose removed spans has the characters wanted.
    """

    selection: Selection
    licences: Mapping[tuple[str, str], str]
    worded: pa.Array

    def rows(self, entry: FileEntry, decisions: pa.Table) -> pa.ChunkedArray:
        """Whether each row of a file of decisions is struck."""
        licence = self.licences.get((entry["partner"], origin(entry)), "")
        return struck(decisions, self.selection, licence=licence, with_wanted_text=self.worded)


@dataclass
class Struck:
    """The rows to strike in releases.

    Attributes:
        striking: Which rows those are.
        files: Digests of the files of decisions that have such rows.
        rows: How many, by verdict, in each release.
        span_ids: Ids whose removed spans are removed: of rejected rows, or with the characters.
        known: Those of the ids asked for that are such rows.
        blocked: `id` and `partner` of these rows, each once, unless a document has the id: two rows
            may have one, and a document that stays is not to be blocked for the other.
    """

    striking: Striking
    files: set[str] = field(default_factory=set)
    rows: dict[str, Counter[str]] = field(default_factory=dict)
    span_ids: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    blocked: pa.Table = field(default_factory=BLOCKED.empty_table)


def strike(releases: Sequence[OpenedRelease], selection: Selection) -> Struck:
    """Find the rows to strike; reads the decisions of these releases, each file once.

    Args:
        releases: the one to correct first.
        selection: the criteria.

    Raises:
        ConfigError: a build whose rows a release holds is not in this log.
    """
    ids = _worded(releases, selection) if selection.contains else []
    known = _licences(releases) if selection.licence else {}
    found = Struck(Striking(selection, known, pa.array(ids, pa.string())))
    found.span_ids.update(ids)
    counted: dict[str, Counter[str]] = {}
    for release in releases:
        counts: Counter[str] = Counter()
        for entry in release.entries("decisions"):
            if entry["sha256"] not in counted:
                counted[entry["sha256"]] = _look(release, entry, found)
            counts += counted[entry["sha256"]]
        if counts:
            found.rows[release.version] = counts
    found.blocked = _without_documents(found.blocked, releases[0])
    return found


def _look(release: OpenedRelease, entry: FileEntry, found: Struck) -> Counter[str]:
    """Count the rows that are struck in a file of decisions, by verdict."""
    if found.striking.selection.partner not in {None, entry["partner"]}:
        return Counter()
    with whole_file(release.store, entry["key"]) as stream:
        decisions = pq.read_table(stream, columns=list(STRUCK_COLUMNS))
    rows = decisions.filter(found.striking.rows(entry, decisions))
    if not len(rows):
        return Counter()
    found.files.add(entry["sha256"])
    is_rejected = pc.equal(rows["verdict"], str(Verdict.REJECTED))
    found.span_ids.update(rows.filter(is_rejected)["doc_id"].to_pylist())
    is_known = pc.is_in(
        rows["doc_id"], value_set=pa.array(found.striking.selection.ids, pa.string())
    )
    found.known.update(rows.filter(is_known)["doc_id"].to_pylist())
    blocked = rows.select(["doc_id", "partner"]).rename_columns(BLOCKED.names).cast(BLOCKED)
    found.blocked = pa.concat_tables([found.blocked, blocked])
    return Counter(rows["verdict"].to_pylist())


def _worded(releases: Sequence[OpenedRelease], selection: Selection) -> list[str]:
    """Return the ids of documents one of whose removed spans has the characters wanted."""
    ids: list[str] = []
    for release in releases:
        for entry in release.entries("removals"):
            if selection.partner in {None, entry["partner"]}:
                with whole_file(release.store, entry["key"]) as stream:
                    removals = pq.read_table(stream, columns=["doc_id", "text"])
                worded = removals.filter(has_wanted_text(removals, selection))
                ids += worded["doc_id"].unique().to_pylist()
    return ids


def _without_documents(blocked: pa.Table, release: OpenedRelease) -> pa.Table:
    """Return the rows whose id no document of a release has, each once, by id."""
    blocked = blocked.group_by(BLOCKED.names).aggregate([]).sort_by("id")
    partners = set(blocked["partner"].to_pylist())
    for entry in release.entries("shards"):
        if entry["partner"] in partners:
            with whole_file(release.store, entry["key"]) as stream:
                ids = pq.read_table(stream, columns=["id"])["id"].combine_chunks()
            blocked = blocked.filter(pc.invert(pc.is_in(blocked["id"], value_set=ids)))
    return blocked


def _licences(releases: Sequence[OpenedRelease]) -> dict[tuple[str, str], str]:
    return {name: licence for one in releases for name, licence in licences(one).items()}
