"""Documents: delivered rows after normalization, each with its identity and its signals."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.identity import document_ids
from jobs.corpus.normalization import normalized_texts
from jobs.corpus.paragraphs import RepeatParams, without_repeats
from jobs.corpus.removals import removals
from jobs.corpus.rows import RejectReason
from jobs.corpus.signals import signals
from jobs.corpus.tables import DELIVERED, DOCUMENTS, require

_FIELDS = ("title", "url", "published")


def documents(
    delivered: pa.Table, *, partner: str, first_position: int, repeats: RepeatParams
) -> tuple[pa.Table, pa.Table]:
    """One row per delivered row, in the same order; a rejected row has no content.

    Args:
        delivered: rows of DELIVERED.
        partner: whose rows.
        first_position: the position of the first row inside its input shard.
        repeats: which repeated paragraphs are removed.

    Returns:
        DOCUMENTS, and the REMOVALS from them.

    Law: row-wise, `first_position` moving along.
    """
    require(delivered, DELIVERED, "delivered")
    delivered = delivered.combine_chunks()
    content = normalized_texts(delivered["text"].combine_chunks())
    content, cuts = without_repeats(content, params=repeats)
    # Nothing may be left of a text that was only markup and white space.
    is_empty = pc.fill_null(pc.equal(pc.binary_length(content), 0), fill_value=False)
    content = pc.if_else(is_empty, pa.scalar(None, pa.large_string()), content)
    is_rejected = pc.is_valid(delivered["reason"])
    stage = pc.if_else(is_rejected, "intake", pc.if_else(is_empty, "normalize", None))
    columns = {
        "doc_id": document_ids(delivered, partner=partner),
        "position": pa.array(np.arange(len(delivered)) + first_position, pa.int64()),
        "content": content,
        "stage": stage,
        "reason": pc.coalesce(
            delivered["reason"], pc.if_else(is_empty, str(RejectReason.EMPTY_TEXT), None)
        ),
        **{name: _field(delivered[name].combine_chunks()) for name in _FIELDS},
        **{field.name: delivered[field.name] for field in DELIVERED if field.name in _KEPT},
    }
    measured = signals(content)
    columns |= {name: measured[name] for name in measured.column_names}
    table = pa.table({field.name: columns[field.name] for field in DOCUMENTS}).cast(DOCUMENTS)
    return table, removals(table, cuts)


_KEPT = ("source_file", "source_row", "source_id", "evidence")


def _field(values: pa.Array) -> pa.Array:
    """A title, address or date on one line; null when nothing is left."""
    text = normalized_texts(values.cast(pa.large_string()))
    line = pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"\s+", " "))
    return pc.if_else(pc.equal(pc.binary_length(line), 0), None, line).cast(pa.string())
