"""Statistics of a release: duplicates between partners, losses, and the boilerplate of sites."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import RemovalKind, Verdict
from jobs.corpus.model.sites import sites

_VARYING = r"(?:https?://|www\.)[!-~]+|[!-~]+@[!-~]+|[0-9]+"
_VALUE = r"^([^:：]{1,12}[:：]).+"
_LINE_CHARS = 60


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


def boilerplate(removed: pa.Table, decisions: pa.Table) -> pa.Table:
    """Count what was cut as boilerplate, by site and line; what varies in a line is #.

    Args:
        removed: `doc_id`, `kind`, `text`, `chars` and `site_documents` of REMOVED.
        decisions: `doc_id` and `url` of DECISIONS, of all these documents.

    Returns:
        `site`, `line`, `documents` that lost it, `site_documents`, and `chars` that went; by site,
        the commonest line first. Law: tables of two parts of `removed` can be added up.
    """
    rows = removed.filter(pc.equal(removed["kind"], str(RemovalKind.SITE_BOILERPLATE)))
    at = pc.index_in(rows["doc_id"], value_set=decisions["doc_id"].combine_chunks())
    lines = pc.utf8_trim_whitespace(pc.cast(rows["text"], pa.string()))
    for pattern, sign in ((r"\s+", " "), (_VARYING, "#"), (_VALUE, r"\1#")):
        lines = pc.replace_substring_regex(lines, pattern, sign)
    columns = {
        "site": sites(decisions["url"].take(at)),
        "line": pc.utf8_slice_codeunits(lines, 0, _LINE_CHARS),
        "documents": pa.repeat(1, len(rows)),
        "site_documents": rows["site_documents"],
        "chars": rows["chars"],
    }
    return summed_boilerplate(pa.table(columns))


def summed_boilerplate(tables: pa.Table) -> pa.Table:
    """Return the rows of several `boilerplate`, one for each site and line."""
    keys = ["site", "line"]
    sums = [("documents", "sum"), ("site_documents", "max"), ("chars", "sum")]
    counted = tables.group_by(keys).aggregate(sums)
    columns = {name: counted[name] for name in keys}
    columns |= {name: counted[f"{name}_{how}"] for name, how in sums}
    order = [("site", "ascending"), ("documents", "descending"), ("line", "ascending")]
    return pa.table(columns).sort_by(order)
