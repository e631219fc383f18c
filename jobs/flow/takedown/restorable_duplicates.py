"""RestorableRows: rows that were dropped for documents that go, and may return in their place.

Read from decisions alone; whether they do return is decided as any build decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.reasons import Verdict
from jobs.corpus.release.takedown import Selection, meant, waits
from jobs.errors import ConfigError
from jobs.flow.releases.opened import OpenedRelease, origin
from jobs.storage.log import head
from jobs.storage.manifests import FileEntry, Manifest
from jobs.storage.releases import read_manifest
from jobs.storage.whole import whole_file

DELIVERED_ROW = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("partner", pa.string(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
    ]
)
"""What tells a delivered row from all others of a build."""


@dataclass(frozen=True)
class RestorableRows:
    """Which rows of a release's decisions wait, and which are meant themselves.

    Attributes:
        gone: Ids of the documents that go.
        selection: What meant them.
        licences: Of a partner in the build of a release.
    """

    gone: pa.Array
    selection: Selection
    licences: Mapping[tuple[str, str], str]

    def rows(self, entry: FileEntry, decisions: pa.Table) -> pa.ChunkedArray:
        """Whether each row of a file of decisions waits."""
        return waits(decisions, self.gone, self.selection, licence=self._licence(entry))

    def meant(self, entry: FileEntry, decisions: pa.Table) -> pa.ChunkedArray:
        """Whether each row of a file of decisions is meant, kept or not."""
        return meant(decisions, self.selection, licence=self._licence(entry))

    def _licence(self, entry: FileEntry) -> str:
        return self.licences[entry["partner"], origin(entry)]


@dataclass(frozen=True)
class RestorableDuplicates:
    """What decisions tell of the rows beside those documents.

    Attributes:
        restorable: Which rows wait; None where nothing is to return.
        places: Of the rows that wait, by the release whose build decided them, in order.
        blocked: `id` and `partner` of every row that is meant and in no release.
    """

    restorable: RestorableRows | None
    places: dict[str, pa.Table]
    blocked: pa.Table

    def counts(self) -> dict[str, int]:
        """Rows that wait, per partner."""
        partners = Counter(
            name for rows in self.places.values() for name in rows["partner"].to_pylist()
        )
        return dict(sorted(partners.items()))


BLOCKED = pa.schema([DELIVERED_ROW.field("doc_id").with_name("id"), DELIVERED_ROW.field("partner")])
NO_DUPLICATES = RestorableDuplicates(None, {}, BLOCKED.empty_table())


def restorable_duplicates(
    release: OpenedRelease, gone: pa.Array, selection: Selection
) -> RestorableDuplicates:
    """What waits for the places of these documents; reads all decisions of the release.

    Raises:
        ConfigError: a build whose rows the release holds is not in this log.
    """
    restorable = RestorableRows(gone, selection, licences(release))
    places: dict[str, list[pa.Table]] = {}
    blocked = [BLOCKED.empty_table()]
    for entry in release.entries("decisions"):
        with whole_file(release.store, entry["key"]) as stream:
            columns = [*DELIVERED_ROW.names, "verdict", "kept_doc_id", "url"]
            decisions = pq.read_table(stream, columns=columns)
        is_out = pc.not_equal(decisions["verdict"], str(Verdict.KEPT))
        blocked_rows = decisions.filter(pc.and_(restorable.meant(entry, decisions), is_out))
        ids = blocked_rows.select(["doc_id", "partner"])
        blocked.append(ids.rename_columns(BLOCKED.names).cast(BLOCKED))
        found = decisions.filter(restorable.rows(entry, decisions)).select(DELIVERED_ROW.names)
        if len(found):
            places.setdefault(origin(entry), []).append(found.cast(DELIVERED_ROW))
    ordered = [known["version"] for known in head(release.source).releases]
    tables = {
        version: pa.concat_tables(places[version]) for version in ordered if version in places
    }
    return RestorableDuplicates(restorable, tables, pa.concat_tables(blocked))


def build_manifest(release: OpenedRelease, version: str) -> Manifest:
    """The manifest of a build that a release goes back to, as it was published.

    Raises:
        ConfigError: it is not in this log.
    """
    known = head(release.source).registry.exactly(version)
    if known is None:
        raise ConfigError(
            f"{release.corpus} {release.version} has rows of {version}, which is not in this store "
            "(a mirror holds what was copied): take them down where the corpus is built"
        )
    return read_manifest(release.source, known["digest"])


def licences(release: OpenedRelease) -> dict[tuple[str, str], str]:
    """The licence of each partner in each build whose rows a release has.

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
