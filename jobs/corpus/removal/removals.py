"""Removals: pieces cut out of texts, each recorded with what is needed to put it back.

Inserting the pieces of one kind at their offsets, in ascending order, gives the text before they
were cut; kinds are undone in the reverse of `RemovalKind`, the order in which they are cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.identity import hex_hashes
from jobs.corpus.model.tables import REMOVALS, REMOVED

_CUT = ("kind", "line", "offset", "chars", "text", "first_line", "documents", "site_documents")
_ROWS = pa.schema([pa.field("row", pa.int64()), *(REMOVALS.field(name) for name in _CUT)])


class RemovalKind(StrEnum):
    """Why a piece is cut, in the order in which they are. Releases store these words."""

    REPEATED_PARAGRAPH = "repeated_paragraph"
    BENCHMARK_ITEM = "benchmark_item"
    SITE_BOILERPLATE = "site_boilerplate"


class RemovedSpan(NamedTuple):
    """A piece of a text in UTF-8, and why it goes.

    Attributes:
        start: Its first byte.
        end: The byte after its last.
        line: The number of its line, from 1.
        first_line: The line it repeats, None if it repeats none.
        documents: Documents of the site that have it, None if that is not why.
        site_documents: Documents of the site.
    """

    start: int
    end: int
    line: int
    first_line: int | None
    documents: int | None
    site_documents: int | None


def without_spans(
    content: pa.LargeStringArray, cuts: Mapping[int, list[RemovedSpan]], kind: RemovalKind
) -> tuple[pa.LargeStringArray, pa.Table]:
    """The texts without what is cut out of them, and a row for each cut.

    Args:
        content: texts; null stays null.
        cuts: row number to its cuts, ascending, none overlapping.
        kind: of all of them.

    Returns:
        The texts, and a table of `row` and the columns of REMOVALS that tell of a cut.
    """
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    for row in sorted(cuts):
        text, told = _cut(content[row].as_py().encode(), cuts[row])
        texts.append(text)
        rows += [{"row": row, "kind": str(kind), **one} for one in told]
    table = pa.Table.from_pylist(rows, schema=_ROWS)
    if not texts:
        return content, table
    mask = np.zeros(len(content), np.bool_)
    mask[sorted(cuts)] = True
    replaced = pc.replace_with_mask(content, pa.array(mask), pa.array(texts, pa.large_string()))
    return replaced, table


def _cut(text: bytes, cuts: list[RemovedSpan]) -> tuple[str, list[dict[str, Any]]]:
    kept: list[str] = []
    told: list[dict[str, Any]] = []
    position = offset = 0
    for cut in cuts:
        kept.append(text[position : cut.start].decode())
        piece = text[cut.start : cut.end].decode()
        offset += len(kept[-1])
        told.append(
            {
                "line": cut.line,
                "offset": offset,
                "chars": len(piece),
                "text": piece,
                "first_line": cut.first_line,
                "documents": cut.documents,
                "site_documents": cut.site_documents,
            }
        )
        offset += len(piece)
        position = cut.end
    kept.append(text[position:].decode())
    return "".join(kept), told


def removals(documents: pa.Table, cuts: pa.Table) -> pa.Table:
    """REMOVALS: the cuts of `without_spans` with the identity of the documents they were in."""
    rows = cuts["row"]
    columns = {name: documents[name].take(rows) for name in ("doc_id", "position")}
    columns |= {name: cuts[name] for name in _CUT}
    return pa.table([columns[name] for name in REMOVALS.names], schema=REMOVALS)


def released_removals(cuts: pa.Table, decided: pa.Table, *, partner: str) -> pa.Table:
    """REMOVED: what a release tells of the removals of one partner's documents.

    Args:
        cuts: REMOVALS with an `ordinal` column.
        decided: `ordinal` and `verdict` of the delivered rows; what was dropped is not told of,
            since its text is not in the release.
        partner: whose.
    """
    told = decided.filter(pc.not_equal(decided["verdict"], "dropped"))["ordinal"]
    cuts = cuts.filter(pc.is_in(cuts["ordinal"], value_set=told.combine_chunks()))
    cuts = cuts.sort_by([(n, "ascending") for n in ("doc_id", "ordinal", "kind", "offset")])
    columns = {name: cuts[name] for name in _CUT}
    columns["doc_id"] = pa.array(hex_hashes(cuts["doc_id"]), pa.string())
    columns["partner"] = pa.repeat(partner, len(cuts))
    return pa.table([columns[name] for name in REMOVED.names], schema=REMOVED)


def restored_text(text: str, pieces: Iterable[Mapping[str, Any]]) -> str:
    """The text before its removals, rows of REMOVALS or REMOVED, were cut out of it."""
    for kind in reversed(RemovalKind):
        of_kind = [piece for piece in pieces if piece["kind"] == kind]
        for piece in sorted(of_kind, key=lambda piece: piece["offset"]):
            text = text[: piece["offset"]] + piece["text"] + text[piece["offset"] :]
    return text
