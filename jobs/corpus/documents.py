"""Documents: delivered rows after normalization, each with its identity and its signals."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dates import dates
from jobs.corpus.identity import document_ids
from jobs.corpus.keywords import SignalParams
from jobs.corpus.normalization import normalized_texts
from jobs.corpus.rows import RejectReason
from jobs.corpus.signals import signals
from jobs.corpus.tables import DELIVERED, DOCUMENTS, require

_FIELDS = ("title", "url")


def documents(
    delivered: pa.Table, *, partner: str, first_position: int, signal_params: SignalParams
) -> pa.Table:
    """One row per delivered row, in the same order; a rejected row has no content.

    Args:
        delivered: rows of DELIVERED.
        partner: whose rows.
        first_position: the position of the first row inside its input shard.
        signal_params: the keyword lists.

    Returns:
        DOCUMENTS.

    Law: row-wise, `first_position` moving along.
    """
    require(delivered, DELIVERED, "delivered")
    delivered = delivered.combine_chunks()
    content = normalized_texts(delivered["text"].combine_chunks())
    # Nothing may be left of a text that was only markup and white space.
    is_empty = pc.fill_null(pc.equal(pc.binary_length(content), 0), fill_value=False)
    content = pc.if_else(is_empty, pa.scalar(None, pa.large_string()), content)
    is_rejected = pc.is_valid(delivered["reason"])
    stage = pc.if_else(is_rejected, "intake", pc.if_else(is_empty, "normalize", None))
    published, published_as_given = dates(_field(delivered["published"].combine_chunks()))
    columns = {
        "doc_id": document_ids(delivered, partner=partner),
        "position": pa.array(np.arange(len(delivered)) + first_position, pa.int64()),
        "content": content,
        "stage": stage,
        "reason": pc.coalesce(
            delivered["reason"], pc.if_else(is_empty, str(RejectReason.EMPTY_TEXT), None)
        ),
        "published": published,
        "published_as_given": published_as_given,
        **{name: _field(delivered[name].combine_chunks()) for name in _FIELDS},
        **{field.name: delivered[field.name] for field in DELIVERED if field.name in _KEPT},
    }
    measured = signals(content, params=signal_params)
    columns |= {name: measured[name] for name in measured.column_names}
    return pa.table({field.name: columns[field.name] for field in DOCUMENTS}).cast(DOCUMENTS)


_KEPT = ("source_file", "source_row", "source_id", "evidence")


def _field(values: pa.Array) -> pa.Array:
    """A title, address or date on one line; null when nothing is left."""
    text = normalized_texts(values.cast(pa.large_string()))
    line = pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"\s+", " "))
    return pc.if_else(pc.equal(pc.binary_length(line), 0), None, line).cast(pa.string())
