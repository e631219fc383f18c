"""Survey: losses, duplication, clusters and site boilerplate, from decisions and removals."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.corpus.model.tables import DECISIONS, with_columns
from jobs.corpus.release.statistics import (
    boilerplate,
    cluster_sizes,
    duplication,
    losses,
    size_distribution,
    summed_boilerplate,
)
from jobs.flow.releases.explanation import Row, rows_with
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.whole_objects import whole_file

_COLUMNS = (
    *("doc_id", "partner", "url", "verdict", "reason", "kept_doc_id", "kept_partner"),
    "template_of",
)
_SCHEMA = pa.schema([DECISIONS.field(name) for name in _COLUMNS])
_OF_SPANS = ["doc_id", "kind", "text", "chars", "site_documents"]


@dataclass(frozen=True)
class Survey:
    """Tables over all decisions of a release, as rows.

    Attributes:
        partners: Losses per partner, the greatest share first.
        sites: Losses per site, likewise.
        duplication: Drops per partner, partner of the kept document, and reason.
        cluster_sizes: How many clusters have how many documents.
        largest: The largest clusters: size, kept id, partner, title and beginning of the text.
        templates: Likewise of the largest clusters of siblings, which all stay.
        boilerplate: Lines that were cut from the pages of each site, what varies as #.
    """

    partners: list[Row]
    sites: list[Row]
    duplication: list[Row]
    cluster_sizes: list[Row]
    largest: list[Row]
    templates: list[Row]
    boilerplate: list[Row]


def survey(release: OpenedRelease, *, largest: int) -> Survey:
    """Survey a release, with that many of its largest clusters.

    Memory: a few columns of all decisions, about 150 bytes per delivered row.
    """
    files = release.manifest["decisions"]
    tables = [_decisions(release, file["key"]) for file in files]
    decisions = pa.concat_tables([_SCHEMA.empty_table(), *tables])
    sizes, siblings = (cluster_sizes(decisions, by=by) for by in ("kept_doc_id", "template_of"))
    return Survey(
        partners=losses(decisions, by="partner").to_pylist(),
        sites=losses(decisions, by="site").to_pylist(),
        duplication=duplication(decisions).to_pylist(),
        cluster_sizes=size_distribution(sizes).to_pylist(),
        largest=[_described(release, row) for row in sizes.slice(0, largest).to_pylist()],
        templates=[_described(release, row) for row in siblings.slice(0, largest).to_pylist()],
        boilerplate=_boilerplate(release, decisions),
    )


def _decisions(release: OpenedRelease, key: str) -> pa.Table:
    with whole_file(release.store, key) as stream:
        found = pq.ParquetFile(stream).read(columns=list(_COLUMNS))  # older releases have fewer
    return with_columns(found, _SCHEMA).select(_COLUMNS).cast(_SCHEMA)


def _boilerplate(release: OpenedRelease, decisions: pa.Table) -> list[Row]:
    """Count file by file: a site's lines are few, whatever was cut."""
    counted = []
    for file in release.manifest["removals"]:
        with whole_file(release.store, file["key"]) as stream:
            counted.append(boilerplate(pq.read_table(stream, columns=_OF_SPANS), decisions))
    return summed_boilerplate(pa.concat_tables(counted)).to_pylist() if counted else []


def _described(release: OpenedRelease, cluster: Row) -> Row:
    (document,) = rows_with(release, "shards", "id", cluster["kept_doc_id"])
    return {
        **cluster,
        "partner": document["partner"],
        "title": document["title"],
        "excerpt": document["content"][:80],
    }
