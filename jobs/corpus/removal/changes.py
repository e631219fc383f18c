"""Changes: the new signals and hashes of documents that lose site boilerplate, without texts.

A table of documents is not written again for the few rows that lose lines. The rows' new signals
and hashes are CHANGES, the lines are REMOVALS, and readers of the table apply both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import RemovalKind
from jobs.corpus.model.signal_columns import MEASURED
from jobs.corpus.model.tables import HASH, OF_CANONICAL, facts_schema

_OF_TEXT = ("text_hash", "record_hash", "canonical_hash", *OF_CANONICAL, "signature")
_OF_DOCUMENT = ("stage", "reason")
_SPAN = ("kind", "offset", "chars")


def changes_schema(num_perm: int) -> pa.Schema:
    """Return the schema of CHANGES; a row without `text_hash` is rejected now."""
    return pa.schema(
        [
            pa.field("doc_id", HASH, nullable=False),
            pa.field("position", pa.int64(), nullable=False),
            *(pa.field(name, pa.string()) for name in _OF_DOCUMENT),
            *(field.with_nullable(nullable=True) for field in MEASURED),
            *(pa.field(name, facts_schema(num_perm).field(name).type) for name in _OF_TEXT),
        ]
    )


def changes(documents: pa.Table, facts: pa.Table, *, num_perm: int) -> pa.Table:
    """Return CHANGES of documents that lost boilerplate.

    Args:
        documents: DOCUMENTS, as they are without it.
        facts: the facts of those that are not rejected, in the same order.
        num_perm: values of a signature.
    """
    at = pc.index_in(documents["position"], value_set=facts["position"].combine_chunks())
    columns = {name: documents[name] for name in documents.column_names}
    columns |= {name: facts[name].take(at) for name in _OF_TEXT}
    schema = changes_schema(num_perm)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def changed_documents(
    documents: pa.Table, changes: pa.Table, removals: pa.Table, *, key: str = "position"
) -> pa.Table:
    """Return documents with the changes applied, in the same order.

    Args:
        documents: some rows and columns of DOCUMENTS.
        changes: CHANGES; none for rows that nothing changes.
        removals: the REMOVALS of the same documents.
        key: the column of all three that names a document: `position` in one input shard.

    Law: row-wise.
    """
    at = pc.index_in(documents[key], value_set=changes[key].combine_chunks())
    if at.null_count == len(at):
        return documents
    documents = _replaced(documents, changes, at, [*_OF_DOCUMENT, *MEASURED.names])
    if "content" not in documents.column_names:
        return documents
    is_changed = pc.is_valid(at).combine_chunks()
    rows = np.flatnonzero(is_changed.to_numpy(zero_copy_only=False))
    content = documents["content"].combine_chunks()
    left = _without_boilerplate(
        content, rows, documents[key].to_numpy()[rows], removals.select([key, *_SPAN])
    )
    is_rejected = pc.is_null(changes["text_hash"].take(pc.drop_null(at))).combine_chunks()
    left = pc.if_else(is_rejected, pa.scalar(None, left.type), left)
    content = pc.replace_with_mask(content, is_changed, left)
    return documents.set_column(
        documents.column_names.index("content"), documents.schema.field("content"), content
    )


def changed_facts(facts: pa.Table, changes: pa.Table, *, key: str = "position") -> pa.Table:
    """Return facts with the changes applied, without those of rejected documents.

    Args:
        facts: some columns of `facts_schema`.
        changes: CHANGES; none for rows that nothing changes.
        key: as for `changed_documents`.
    """
    at = pc.index_in(facts[key], value_set=changes[key].combine_chunks())
    if at.null_count == len(at):
        return facts
    is_rejected = pc.fill_null(pc.is_null(changes["text_hash"]).take(at), fill_value=False)
    is_rejected = pc.and_(is_rejected, pc.is_valid(at))
    facts = _replaced(facts, changes, at, [*_OF_TEXT, *MEASURED.names], keep=is_rejected)
    return facts.filter(pc.invert(is_rejected))


def _replaced(
    table: pa.Table,
    changes: pa.Table,
    at: pa.ChunkedArray,
    names: list[str],
    keep: pa.ChunkedArray | None = None,
) -> pa.Table:
    """Return the table with the named columns' values of changed rows, but those to keep."""
    is_changed = pc.is_valid(at) if keep is None else pc.and_(pc.is_valid(at), pc.invert(keep))
    for name in names:
        if name in table.column_names:
            new = pc.if_else(is_changed, changes[name].take(at), table[name])
            number = table.column_names.index(name)
            table = table.set_column(number, table.schema.field(name), new)
    return table


def _without_boilerplate(
    content: pa.LargeStringArray,
    rows: npt.NDArray[np.int64],
    keys: npt.NDArray[np.int64],
    spans: pa.Table,
) -> pa.LargeStringArray:
    """Return the texts of these rows without the boilerplate recorded under their keys."""
    found: dict[int, list[tuple[int, int]]] = {key: [] for key in keys.tolist()}
    spans = spans.filter(pc.equal(spans["kind"], str(RemovalKind.SITE_BOILERPLATE)))
    columns = (spans[number].to_pylist() for number in (0, 2, 3))
    for key, offset, chars in zip(*columns, strict=True):
        if key in found:
            found[key].append((offset, offset + chars))
    texts = []
    for row, key in zip(rows.tolist(), keys.tolist(), strict=True):
        text, kept, done = content[row].as_py(), [], 0
        for start, end in sorted(found[key]):
            kept.append(text[done:start])
            done = end
        texts.append("".join([*kept, text[done:]]))
    return pa.array(texts, content.type)
