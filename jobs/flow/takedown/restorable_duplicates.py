"""Restorable duplicates: rows that were dropped for documents that are taken down.

They are found from decisions alone; which of them return is decided as in any build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.reasons import Verdict
from jobs.corpus.release.takedown import Selection, is_restorable, matched
from jobs.errors import ConfigError
from jobs.flow.releases.opened_release import OpenedRelease, origin
from jobs.storage.manifests import FileEntry, Manifest
from jobs.storage.releases import read_manifest
from jobs.storage.whole_objects import whole_file

DELIVERED_ROW = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("partner", pa.string(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
    ]
)
"""The identity of a delivered row within a build."""


@dataclass(frozen=True)
class RestorableRows:
    """Find the rows of a release's decisions that are restorable or that match the selection.

    Attributes:
        removed: Ids of the documents taken down.
        selection: The criteria that they match.
        licences: By partner and the release whose build read it.
    """

    removed: pa.Array
    selection: Selection
    licences: Mapping[tuple[str, str], str]

    def rows(self, entry: FileEntry, decisions: pa.Table) -> pa.ChunkedArray:
        """Whether each row of a file of decisions is restorable."""
        return is_restorable(decisions, self.removed, self.selection, licence=self._licence(entry))

    def matched(self, entry: FileEntry, decisions: pa.Table) -> pa.ChunkedArray:
        """Whether each row of a file of decisions matches, kept or not."""
        return matched(decisions, self.selection, licence=self._licence(entry))

    def _licence(self, entry: FileEntry) -> str:
        return self.licences[entry["partner"], origin(entry)]


@dataclass(frozen=True)
class RestorableDuplicates:
    """Restorable duplicates of the documents taken down, and what must not return.

    Attributes:
        restorable: Which rows those are; None where nothing is restored.
        rows_by_build: The rows as DELIVERED_ROW, by the release whose build decided them.
        blocked: `id` and `partner` of every row that matches and is in no release.
    """

    restorable: RestorableRows | None
    rows_by_build: dict[str, pa.Table]
    blocked: pa.Table

    def counts(self) -> dict[str, int]:
        """Count restorable rows per partner."""
        partners = Counter(
            name for rows in self.rows_by_build.values() for name in rows["partner"].to_pylist()
        )
        return dict(sorted(partners.items()))


BLOCKED = pa.schema([DELIVERED_ROW.field("doc_id").with_name("id"), DELIVERED_ROW.field("partner")])
NO_DUPLICATES = RestorableDuplicates(None, {}, BLOCKED.empty_table())


def restorable_duplicates(
    release: OpenedRelease, removed: pa.Array, selection: Selection
) -> RestorableDuplicates:
    """Find the restorable duplicates of documents; reads all decisions of the release.

    Args:
        release: that loses the documents.
        removed: their ids.
        selection: the criteria that they match.

    Raises:
        ConfigError: a build whose rows the release holds is not in this log.
    """
    restorable = RestorableRows(removed, selection, licences(release))
    places: dict[str, list[pa.Table]] = {}
    blocked = [BLOCKED.empty_table()]
    for entry in release.entries("decisions"):
        with whole_file(release.store, entry["key"]) as stream:
            columns = [*DELIVERED_ROW.names, "verdict", "kept_doc_id", "url"]
            decisions = pq.read_table(stream, columns=columns)
        is_out = pc.not_equal(decisions["verdict"], str(Verdict.KEPT))
        blocked_rows = decisions.filter(pc.and_(restorable.matched(entry, decisions), is_out))
        ids = blocked_rows.select(["doc_id", "partner"])
        blocked.append(ids.rename_columns(BLOCKED.names).cast(BLOCKED))
        found = decisions.filter(restorable.rows(entry, decisions)).select(DELIVERED_ROW.names)
        if len(found):
            places.setdefault(origin(entry), []).append(found.cast(DELIVERED_ROW))
    ordered = [known["version"] for known in release.at.releases]
    tables = {
        version: pa.concat_tables(places[version]) for version in ordered if version in places
    }
    return RestorableDuplicates(restorable, tables, pa.concat_tables(blocked))


def build_manifest(release: OpenedRelease, version: str) -> Manifest:
    """Return the manifest, as published, of a build that a release goes back to.

    Raises:
        ConfigError: it is not in this log.
    """
    known = release.at.registry.exactly(version)
    if known is None:
        raise ConfigError(
            f"{release.corpus} {release.version} has rows of {version}, which is not in this store "
            "(a mirror holds what was copied): take them down where the corpus is built"
        )
    return read_manifest(release.source, known["digest"])


def licences(release: OpenedRelease) -> dict[tuple[str, str], str]:
    """Return the licence of each partner in each build whose rows a release has.

    Raises:
        ConfigError: such a build is not in this log.
    """
    needed = {(entry["partner"], origin(entry)) for entry in release.entries("decisions")}
    versions = {version for _, version in needed}
    manifests = {version: build_manifest(release, version) for version in versions}
    return {
        (partner, version): manifests[version]["partners"][partner]["licence"]
        for partner, version in needed
    }
