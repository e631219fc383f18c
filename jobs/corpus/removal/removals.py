"""Removals: spans cut out of texts, each recorded with what is needed to put it back.

Inserting the spans of one kind at their offsets, in ascending order, gives the text before they
were cut; kinds are undone in the reverse of `RemovalKind`, the order in which they are cut. Private
data is replaced first and never put back: its rows hold the placeholder that stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.identity import hex_hashes
from jobs.corpus.model.reasons import RemovalKind, Verdict
from jobs.corpus.model.tables import REMOVALS, REMOVED

_OF_SPAN = ("kind", "line", "offset", "chars", "text", "first_line", "documents", "site_documents")
SPANS = pa.schema([pa.field("row", pa.int64()), *(REMOVALS.field(name) for name in _OF_SPAN)])
"""Spans that were cut out of a column of texts: the row, and what REMOVALS records of each."""


class RemovedSpan(NamedTuple):
    """A span of a text in UTF-8 that is cut out, and why.

    Attributes:
        start: Its first byte.
        end: The byte after its last.
        line: The number of its line, from 1.
        first_line: The line it repeats, None if it repeats none.
        documents: Documents of the site that have it, None if that is not why.
        site_documents: Documents of the site.
        placeholder: What replaces the span and is recorded instead of it; None: nothing.
    """

    start: int
    end: int
    line: int
    first_line: int | None
    documents: int | None
    site_documents: int | None
    placeholder: str | None = None


def without_spans(
    content: pa.LargeStringArray, spans: Mapping[int, list[RemovedSpan]], kind: RemovalKind
) -> tuple[pa.LargeStringArray, pa.Table]:
    """Cut spans out of texts, or replace them by their placeholders.

    Args:
        content: texts; null stays null.
        spans: row number to its spans, ascending, none overlapping.
        kind: of all of them.

    Returns:
        The texts, and SPANS.
    """
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    for row in sorted(spans):
        text, removed = _without(content[row].as_py().encode(), spans[row])
        texts.append(text)
        rows += [{"row": row, "kind": str(kind), **one} for one in removed]
    table = pa.Table.from_pylist(rows, schema=SPANS)
    if not texts:
        return content, table
    mask = np.zeros(len(content), np.bool_)
    mask[sorted(spans)] = True
    replaced = pc.replace_with_mask(content, pa.array(mask), pa.array(texts, pa.large_string()))
    return replaced, table


def _without(text: bytes, spans: list[RemovedSpan]) -> tuple[str, list[dict[str, Any]]]:
    kept: list[str] = []
    rows: list[dict[str, Any]] = []
    position = offset = 0
    for span in spans:
        kept.append(text[position : span.start].decode())
        removed = text[span.start : span.end].decode()
        offset += len(kept[-1])
        rows.append(
            {
                "line": span.line,
                "offset": offset,
                "chars": len(removed),
                "text": removed if span.placeholder is None else span.placeholder,
                "first_line": span.first_line,
                "documents": span.documents,
                "site_documents": span.site_documents,
            }
        )
        offset += len(removed)
        kept += [span.placeholder] if span.placeholder else []
        position = span.end
    kept.append(text[position:].decode())
    return "".join(kept), rows


def removals(documents: pa.Table, spans: pa.Table) -> pa.Table:
    """Return REMOVALS: the spans of `without_spans` with the identity of their documents."""
    rows = spans["row"]
    columns = {name: documents[name].take(rows) for name in ("doc_id", "position")}
    columns |= {name: spans[name] for name in _OF_SPAN}
    return pa.table([columns[name] for name in REMOVALS.names], schema=REMOVALS)


def released_removals(spans: pa.Table, decided: pa.Table, *, partner: str) -> pa.Table:
    """Return REMOVED: the removals of one partner's documents as a release shows them.

    Args:
        spans: REMOVALS with an `ordinal` column.
        decided: `ordinal` and `verdict` of the delivered rows; removals of dropped rows are left
            out, since their texts are not in the release.
        partner: the name of the partner that delivered the documents.
    """
    shown = decided.filter(pc.not_equal(decided["verdict"], str(Verdict.DROPPED)))["ordinal"]
    spans = spans.filter(pc.is_in(spans["ordinal"], value_set=shown.combine_chunks()))
    spans = spans.sort_by([(n, "ascending") for n in ("doc_id", "ordinal", "kind", "offset")])
    columns = {name: spans[name] for name in _OF_SPAN}
    columns["doc_id"] = pa.array(hex_hashes(spans["doc_id"]), pa.string())
    columns["partner"] = pa.repeat(partner, len(spans))
    return pa.table([columns[name] for name in REMOVED.names], schema=REMOVED)


def restored_text(text: str, spans: Iterable[Mapping[str, Any]]) -> str:
    """Return the text before its removals, rows of REMOVALS or REMOVED, were cut out of it.

    Placeholders of private data stay.
    """
    for kind in reversed([kind for kind in RemovalKind if kind != RemovalKind.PRIVATE_DATA]):
        of_kind = [span for span in spans if span["kind"] == kind]
        for span in sorted(of_kind, key=lambda span: span["offset"]):
            text = text[: span["offset"]] + span["text"] + text[span["offset"] :]
    return text
