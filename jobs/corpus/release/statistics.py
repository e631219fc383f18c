"""Statistics of the decisions of a release: duplicates between partners, and losses."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import Verdict
from jobs.corpus.model.sites import sites


def cluster_sizes(decisions: pa.Table, *, by: str = "kept_doc_id") -> pa.Table:
    """Return `kept_doc_id` and `documents`, the size of its cluster with itself, largest first.

    Only clusters of two or more; ties by id.

    Args:
        decisions: DECISIONS.
        by: `kept_doc_id` for copies, `template_of` for siblings, which all stay.
    """
    drops = decisions.filter(pc.is_valid(decisions[by]))
    counted = drops.group_by(by).aggregate([("doc_id", "count")])
    sizes = pa.table(
        {
            "kept_doc_id": counted[by],
            "documents": pc.add(counted["doc_id_count"], 1),
        }
    )
    return sizes.sort_by([("documents", "descending"), ("kept_doc_id", "ascending")])


def size_distribution(sizes: pa.Table) -> pa.Table:
    """Return `documents` and `clusters`: how many clusters have that size, small first."""
    counted = sizes.group_by("documents").aggregate([("kept_doc_id", "count")])
    table = pa.table({"documents": counted["documents"], "clusters": counted["kept_doc_id_count"]})
    return table.sort_by("documents")


def duplication(decisions: pa.Table) -> pa.Table:
    """Return `partner`, `kept_partner`, `reason` and `dropped`: duplicates between partners."""
    keys = ["partner", "kept_partner", "reason"]
    drops = decisions.filter(pc.is_valid(decisions["kept_doc_id"]))
    counted = drops.group_by(keys).aggregate([("doc_id", "count")])
    columns = {name: counted[name] for name in keys} | {"dropped": counted["doc_id_count"]}
    return pa.table(columns).sort_by([(name, "ascending") for name in keys])


def losses(decisions: pa.Table, *, by: str) -> pa.Table:
    """Count rows `delivered`, `dropped` and `rejected`, and the `lost` share, per partner or site.

    Args:
        decisions: DECISIONS.
        by: `partner` or `site`, the host of `url`; rows without one are left out.

    Returns:
        One row per partner or site, the greatest share first.
    """
    place = decisions["partner"] if by == "partner" else sites(decisions["url"])
    is_dropped, is_rejected = (
        pc.cast(pc.equal(decisions["verdict"], str(verdict)), pa.int64())
        for verdict in (Verdict.DROPPED, Verdict.REJECTED)
    )
    table = pa.table({by: place, "dropped": is_dropped, "rejected": is_rejected})
    table = table.filter(pc.is_valid(table[by]))
    counts = [([], "count_all"), ("dropped", "sum"), ("rejected", "sum")]
    summed = table.group_by(by).aggregate(counts)
    delivered, dropped, rejected = (
        summed[name] for name in ("count_all", "dropped_sum", "rejected_sum")
    )
    lost = pc.divide(pc.cast(pc.add(dropped, rejected), pa.float64()), delivered)
    columns = {by: summed[by], "delivered": delivered, "dropped": dropped, "rejected": rejected}
    return pa.table(columns | {"lost": lost}).sort_by([("lost", "descending"), (by, "ascending")])
