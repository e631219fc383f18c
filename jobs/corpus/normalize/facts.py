"""Facts: what deduplication needs to know of each document, computed while its text is at hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.banding import signature_column
from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.dedup.siblings import title_keys
from jobs.corpus.dedup.signatures import signatures
from jobs.corpus.model.identity import digest, hex_hashes
from jobs.corpus.model.signal_columns import MEASURED
from jobs.corpus.model.tables import HASH, facts_schema
from jobs.corpus.text.canonical import Canonical, canonical
from jobs.corpus.text.text_buffers import text_hashes

_LATER = ("meta", "licence", "rights")
_SHOWN = ("source_id", "title", "url", "published", "published_as_given")


def facts(documents: pa.Table, *, params: SignatureParams) -> pa.Table:
    """One row of `facts_schema` per document that is not rejected, in the same order.

    Law: row-wise.
    """
    content = documents["content"].combine_chunks()
    text_hash = text_hashes(content)
    texts = canonical(content)
    compared = texts.compared
    has_text = pc.greater(pc.binary_length(compared), 0).to_numpy(zero_copy_only=False)
    canonical_hash = pc.if_else(pa.array(has_text), text_hashes(compared), pa.scalar(None, HASH))
    table = pa.table(
        {
            "doc_id": documents["doc_id"],
            "position": documents["position"],
            "text_hash": text_hash,
            "record_hash": record_hashes(documents, text_hash),
            "canonical_hash": canonical_hash,
            "letters": pa.array(texts.sums[:, 0]),
            "numbers": pa.array(texts.sums[:, 1]),
            "title_key": title_keys(documents["title"].combine_chunks(), compared),
            **_whole(texts, canonical_hash),
            "published": documents["published"],
            "site": documents["site"],
            **{name: documents[name] for name in MEASURED.names},
            "signature": signature_column(
                signatures(compared, params=params), np.asarray(has_text, np.bool_)
            ),
        },
        schema=facts_schema(params.num_perm),
    )
    # Documents themselves are not filtered: that would copy all text.
    return table.filter(pc.is_null(documents["reason"]))


def with_signals(documents: pa.Table, facts: pa.Table, *, key: str = "position") -> pa.Table:
    """Return documents with the signals that their facts hold, null for those without facts.

    Args:
        documents: some rows and columns of STORED_DOCUMENTS.
        facts: of these documents and maybe of others; some columns of `facts_schema`.
        key: the column of both that names a document.

    Law: row-wise.
    """
    at = pc.index_in(documents[key], value_set=facts[key].combine_chunks())
    for field in MEASURED:
        if field.name in facts.column_names:
            documents = documents.append_column(field, facts[field.name].take(at))
    return documents


def _whole(texts: Canonical, canonical_hash: pa.Array) -> dict[str, pa.Array]:
    """Return what is known of the texts with all that is set aside."""
    is_aside = pa.array(texts.set_aside != 0)
    chars = pc.cast(pc.utf8_length(texts.compared), pa.int32())
    whole_chars = pc.cast(pc.utf8_length(texts.whole), pa.int32())
    whole_hash = text_hashes(texts.whole)
    return {
        "whole_hash": pc.replace_with_mask(canonical_hash, is_aside, whole_hash),
        "set_aside": pa.array(texts.set_aside),
        "compared_chars": chars,
        "whole_chars": pc.replace_with_mask(chars, is_aside, whole_chars),
    }


def _given(later: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """Return values without nulls at the end: what releases without such columns were made of."""
    there = [place for place, value in enumerate(later, start=1) if value is not None]
    return later[: there[-1]] if there else ()


def record_hashes(documents: pa.Table, text_hash: pa.Array) -> pa.Array:
    """The xxh3-128 over all that a release shows of a document: rows with equal ones may swap."""
    columns = [*(documents[name].to_pylist() for name in _SHOWN), hex_hashes(text_hash)]
    later = zip(*(documents[name].to_pylist() for name in _LATER), strict=True)
    rows = zip(zip(*columns, strict=True), later, strict=True)
    return pa.array([digest(*row, *_given(more)) for row, more in rows], HASH)
