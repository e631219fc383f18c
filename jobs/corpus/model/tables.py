"""The schema of every table, in the order in which a document passes through them.

A delivered row becomes a row of `DELIVERED`, then of `DOCUMENTS`; the few facts needed to compare
it with others travel as `FACTS`; a row of `DROPS` exists for each document that another one
replaces, for each that resembles another and stays, and for each that has copies; a release holds
`RELEASED`, its facts and `DECISIONS`.

Identity is 128 bits, stored as 16 bytes inside the flow and as 32 hexadecimal digits in a release.
"""

from __future__ import annotations

import pyarrow as pa

from jobs.corpus.model.signal_columns import MEASURED, NULLABLE_SIGNALS
from jobs.errors import SchemaError

HASH = pa.binary(16)

_MEASURED = [field.with_nullable(field.name in NULLABLE_SIGNALS) for field in MEASURED]
# Facts that only rules read; they are not needed to compare documents.
_RULE_FACTS = {"position", "site", *MEASURED.names} - {"content_chars"}

# Of the content; null where it has no letters.
_LANGUAGES = [
    pa.field(name, pa.string()) for name in ("language", "language_shares", "script_shares")
]

DELIVERED = pa.schema(
    [
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),  # the first row of a file is 1
        pa.field("source_id", pa.string()),
        pa.field("title", pa.string()),
        pa.field("text", pa.large_string()),
        pa.field("url", pa.string()),
        pa.field("published", pa.string()),
        pa.field("licence", pa.string()),  # of the row; null: its source's or its partner's
        pa.field("meta", pa.string()),  # columns of the partner's own to keep, as a JSON object
        pa.field("reason", pa.string()),  # why the row is rejected; null while it is not
        pa.field("evidence", pa.string()),
        pa.field("rights", pa.string()),  # what its page says against mining or training
    ]
)

DOCUMENTS = pa.schema(
    [
        pa.field("doc_id", HASH, nullable=False),
        pa.field("position", pa.int64(), nullable=False),  # row number inside the shard of work
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("title", pa.string()),
        pa.field("content", pa.large_string()),  # null when the row is rejected
        pa.field("url", pa.string()),
        pa.field("published", pa.string()),  # ISO 8601, as precise as it was given
        pa.field("published_as_given", pa.string()),  # where it differs; alone if unreadable
        pa.field("site", pa.string()),  # the host of `url`
        pa.field("source_tier", pa.string()),  # of the registry of sources, like the region
        pa.field("region", pa.string()),
        pa.field("licence", pa.string()),  # of the row, else of its source; null: the partner's
        pa.field("rights", pa.string()),  # opt-outs of its page; null unless a build asks
        pa.field("meta", pa.string()),
        *MEASURED,  # null when the row is rejected
        pa.field("repairs", pa.int64()),  # bits of `repairs.Repair`; null when rejected
        pa.field("script", pa.string()),  # as delivered; null if unknown
        *_LANGUAGES,
        pa.field("stage", pa.string()),  # the stage that rejected the row, null for a document
        pa.field("reason", pa.string()),
        pa.field("evidence", pa.string()),
    ]
)

STORED_DOCUMENTS = pa.schema([field for field in DOCUMENTS if field.name not in MEASURED.names])
"""DOCUMENTS as stored: their facts hold the signals."""

OF_CANONICAL = {
    "whole_hash": HASH,  # xxh3-128 of the canonical form with all that is set aside
    "letters": pa.uint64(),  # of the characters of the compared form that are in no number
    "numbers": pa.uint64(),  # of those that are, in their order; 0 for none
    "title_key": pa.string(),  # the canonical title in digits; with ? where the text lacks it
    "set_aside": pa.int32(),  # bits of `page_furniture.SetAside`
    "compared_chars": pa.int32(),  # of the compared canonical form
    "whole_chars": pa.int32(),  # of the whole one
}
"""Columns of facts beside `canonical_hash`; null for a tombstone."""


def facts_schema(num_perm: int) -> pa.Schema:
    """Return the schema of what deduplication needs of a document, without its text.

    `canonical_hash`, `whole_hash` and `signature` are null for a text without letters or digits,
    which equals no other.
    """
    return pa.schema(
        [
            pa.field("doc_id", HASH, nullable=False),
            pa.field("position", pa.int64(), nullable=False),
            pa.field("text_hash", HASH, nullable=False),  # xxh3-128 of `content`
            pa.field("record_hash", HASH, nullable=False),  # of everything a release would show
            pa.field("canonical_hash", HASH),  # xxh3-128 of the compared canonical form
            *(pa.field(name, type_) for name, type_ in OF_CANONICAL.items()),
            pa.field("published", pa.string()),
            pa.field("site", pa.string()),  # the host of `url`
            *_MEASURED,
            pa.field("signature", pa.binary(4 * num_perm)),  # uint32, little-endian
        ]
    )


def ranked_schema(num_perm: int) -> pa.Schema:
    """Return `facts_schema` plus what only a build knows: ordinal, partner and priority."""
    return pa.schema(
        [
            *(field for field in facts_schema(num_perm) if field.name not in _RULE_FACTS),
            pa.field("ordinal", pa.int64(), nullable=False),  # number of the delivered row
            pa.field("partner", pa.string(), nullable=False),
            pa.field("priority", pa.int32(), nullable=False),
            pa.field("is_frozen", pa.bool_(), nullable=False),  # kept already: ranks first, stays
            pa.field("is_taken_down", pa.bool_(), nullable=False),  # frozen, but in no release
            pa.field("is_template", pa.bool_(), nullable=False),  # stays or stayed as a sibling
        ]
    )


def released_facts_schema(num_perm: int) -> pa.Schema:
    """Return the schema of a release's facts, with which a build that extends it compares.

    `ranked_schema` without what holds for one build only.
    """
    passing = {"doc_id", "ordinal", "priority", "is_frozen", "is_taken_down"}
    lasting = [field for field in ranked_schema(num_perm) if field.name not in passing]
    return pa.schema([pa.field("id", pa.string(), nullable=False), *lasting])


DROPS = pa.schema(
    [
        pa.field("partner", pa.string(), nullable=False),
        pa.field("doc_id", HASH, nullable=False),
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("kept_doc_id", HASH),  # null where what it matches was taken down
        pa.field("kept_partner", pa.string()),
        pa.field("kept_ordinal", pa.int64()),
        pa.field("similarity", pa.float64()),
        pa.field("containment", pa.float64()),  # the share of its text that the kept one has
        pa.field("novel_chars", pa.int64()),  # of the canonical form, that the kept one lacks
        pa.field("copies", pa.int64()),  # with the reason `copies`: of `kept_partner`
        pa.field("evidence", pa.string()),
    ]
)

REMOVALS = pa.schema(
    [
        pa.field("doc_id", HASH, nullable=False),
        pa.field("position", pa.int64(), nullable=False),  # of the document, as in DOCUMENTS
        pa.field("kind", pa.string(), nullable=False),
        pa.field("line", pa.int32(), nullable=False),  # of the text before this kind of removal
        pa.field("offset", pa.int64(), nullable=False),  # likewise, in code points
        pa.field("chars", pa.int64(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),  # with the line breaks removed
        pa.field("first_line", pa.int32()),  # the line that is repeated
        pa.field("documents", pa.int64()),  # how many documents of the site have it
        pa.field("site_documents", pa.int64()),
    ]
)


def _wide(field: pa.Field) -> pa.Field:
    """Widen an integer to 64 bits: readers sum columns of a release, some in the column's type."""
    return field.with_type(pa.int64()) if pa.types.is_int32(field.type) else field


_COPIES = (
    pa.field("copies", pa.int64()),  # documents that a kept one stands for, with itself
    pa.field("copy_partners", pa.int64()),  # how many partners gave them
)

RELEASED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("partner", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("title", pa.string()),
        pa.field("content", pa.large_string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("published", pa.string()),  # ISO 8601, as precise as it was given
        pa.field("published_as_given", pa.string()),  # where it differs; alone if unreadable
        pa.field("licence", pa.string()),
        pa.field("site", pa.string()),  # the host of `url`
        pa.field("source_tier", pa.string()),  # of the registry of sources
        pa.field("region", pa.string()),
        pa.field("rights", pa.string()),  # opt-outs of its page, where a build asks
        *map(_wide, _MEASURED),
        pa.field("repairs", pa.int64(), nullable=False),
        pa.field("script", pa.string()),
        *_COPIES,
        *_LANGUAGES,
    ]
)

WITH_META = RELEASED.append(pa.field("meta", pa.string()))
"""RELEASED where a partner's own columns are kept: their values as a JSON object of strings."""

DECISIONS = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("partner", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("evidence", pa.string()),
        pa.field("kept_doc_id", pa.string()),
        pa.field("kept_partner", pa.string()),
        pa.field("similarity", pa.float64()),
        pa.field("containment", pa.float64()),  # the share of its text that the kept one has
        pa.field("novel_chars", pa.int64()),  # letters, digits, signs that the kept one lacks
        pa.field("template_of", pa.string()),  # of a kept document: the one whose sibling it is
        *_COPIES,
        pa.field("url", pa.string()),
    ]
)

REMOVED = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("partner", pa.string(), nullable=False),
        *(field for field in REMOVALS if field.name not in {"doc_id", "position"}),
    ]
)


def with_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Add the columns of a schema that a table lacks, as null, or zero where not nullable.

    For tombstones, which have fewer columns than facts: the others only rank documents.
    """
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, _unknown(field, len(table)))
    return table


def _unknown(field: pa.Field, rows: int) -> pa.Array:
    if field.nullable:
        return pa.nulls(rows, field.type)
    value: bytes | int = 0
    if pa.types.is_fixed_size_binary(field.type):
        value = bytes(field.type.byte_width)
    elif pa.types.is_boolean(field.type):
        value = False
    return pa.repeat(pa.scalar(value, field.type), rows)


def require(table: pa.Table, schema: pa.Schema, name: str) -> None:
    """Raise `SchemaError` unless `table` has exactly the columns and types of `schema`.

    Args:
        table: to be checked.
        schema: expected.
        name: of the table, for the error.
    """
    if table.schema.equals(schema, check_metadata=False):
        return
    expected, got = _fields(schema), _fields(table.schema)
    missing, surplus = sorted(expected - got), sorted(got - expected)
    raise SchemaError(f"table {name}: expected also {missing}, got instead {surplus}")


def _fields(schema: pa.Schema) -> set[str]:
    return {f"{f.name}: {f.type}{'' if f.nullable else ' not null'}" for f in schema}
