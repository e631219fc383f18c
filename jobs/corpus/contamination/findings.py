"""Findings: which documents hold which benchmark items, and what each benchmark's policy does.

A document with a question, or a passage, of a benchmark whose policy is `drop` is dropped before
dedup, so that a copy without it may be kept; `cut` removes the span and records it; `report` only
records. No evidence shows an item's text, since readers of a release must not see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.contamination.item_index import ItemIndex, ItemNames
from jobs.corpus.contamination.search import matches
from jobs.corpus.contamination.tokens import token_spans
from jobs.corpus.contamination.verdicts import ASKED, QUOTED, READ, Match
from jobs.corpus.model.reasons import OF_BENCHMARKS

QUESTION, PASSAGE = map(str, OF_BENCHMARKS)
"""Why a document is dropped, or a span of it cut."""

QUOTATION = "quotation"
"""A text that a question quotes, without the question: reported, never dropped."""

_FOUND = {ASKED: QUESTION, READ: PASSAGE, QUOTED: QUOTATION}
_PARTS = {QUESTION: "question", PASSAGE: "passage"}

HITS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),  # of the text
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),  # its id, or its number
        pa.field("found", pa.string(), nullable=False),
        pa.field("policy", pa.string(), nullable=False),  # drop, cut or report
        pa.field("covered", pa.float64(), nullable=False),  # share of the part's tokens
        pa.field("longest_run", pa.int64(), nullable=False),  # tokens
        pa.field("options", pa.int64(), nullable=False),  # found near by
        pa.field("item_options", pa.int64(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),  # code points
        pa.field("chars", pa.int64(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # bytes
        pa.field("end", pa.int64(), nullable=False),
    ]
)


class Benchmarks(NamedTuple):
    """The items that texts are searched for, and their names."""

    items: ItemIndex
    names: ItemNames


def hits(texts: pa.Array, benchmarks: Benchmarks) -> pa.Table:
    """Return HITS: each span of a text that holds an item, by row, offset and item; none of null.

    Law: row-wise.
    """
    found = matches(texts, benchmarks.items)
    rows: list[dict[str, Any]] = []
    for row in np.unique(found[:, 0]).tolist():
        text = texts[row].as_py().encode()
        of_row = [Match(*match) for match in found[found[:, 0] == row, 1:].tolist()]
        rows += _as_hits(row, text, _distinct(of_row), benchmarks.names)
    rows.sort(key=lambda hit: (hit["row"], hit["offset"], hit["benchmark"], hit["item"]))
    return pa.Table.from_pylist(rows, schema=HITS)


def evidence_of(hit: dict[str, Any], others: int) -> str:
    """Describe a hit, and how many others there are, in one line without the item's text."""
    what = _PARTS.get(hit["found"], "quoted text")
    options = f", {hit['options']} of {hit['item_options']} options" if hit["options"] else ""
    more = f", and {others} more items" if others else ""
    return (
        f"{hit['benchmark']} item {hit['item']}: {hit['covered']:.0%} of the {what}, longest run "
        f"{hit['longest_run']}{options}, at character {hit['offset'] + 1}{more}"
    )


def dropped(found: pa.Table) -> pa.Table:
    """Return `row`, `reason` and `evidence` of each text to drop; a question ranks first."""
    wanted = found.filter(pc.equal(found["policy"], "drop")).to_pylist()
    best: dict[int, dict[str, Any]] = {}
    for hit in wanted:
        known = best.get(hit["row"])
        if known is None or _rank(hit) < _rank(known):
            best[hit["row"]] = hit
    items = Counter(row for row, _, _ in {(h["row"], h["benchmark"], h["item"]) for h in wanted})
    rows = sorted(best)
    return pa.table(
        {
            "row": pa.array(rows, pa.int64()),
            "reason": pa.array([best[row]["found"] for row in rows], pa.string()),
            "evidence": pa.array(
                [evidence_of(best[row], items[row] - 1) for row in rows], pa.string()
            ),
        }
    )


def _rank(hit: dict[str, Any]) -> tuple[bool, float, str, str]:
    return hit["found"] != QUESTION, -hit["covered"], hit["benchmark"], hit["item"]


def _distinct(found: list[Match]) -> list[Match]:
    """Return one match for each item and span: of overlapping ones the fullest."""
    kept: list[Match] = []
    for match in sorted(found, key=_fullness):
        is_known = any(
            match.item == other.item
            and (match.kind == READ) == (other.kind == READ)
            and match.first < other.last
            and other.first < match.last
            for other in kept
        )
        if not is_known:
            kept.append(match)
    return kept


def _fullness(match: Match) -> tuple[Any, ...]:
    # A question ranks before a quotation, then the larger share; the rest only makes an order.
    rank = (match.kind == QUOTED, -match.share, -match.run)
    return match.item, *rank, match.first, match.last


def _as_hits(
    row: int, text: bytes, found: list[Match], names: ItemNames
) -> Iterator[dict[str, Any]]:
    starts, ends = token_spans(text)
    for match in found:
        benchmark = names.of_item[match.item]
        what = _FOUND[match.kind]
        policy = names.policies[benchmark].get(_PARTS.get(what, ""), "report")
        start, end = int(starts[match.first]), int(ends[match.last - 1])
        yield {
            "row": row,
            "benchmark": names.benchmarks[benchmark],
            "item": names.ids[match.item],
            "found": what,
            "policy": policy,
            "covered": match.share / 1000,
            "longest_run": match.run,
            "options": match.options,
            "item_options": match.item_options,
            "offset": len(text[:start].decode()),
            "chars": len(text[start:end].decode()),
            "start": start,
            "end": end,
        }
