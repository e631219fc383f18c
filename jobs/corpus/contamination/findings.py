"""Which documents hold which benchmark items, and what follows from it by each benchmark's policy.

A document with a question, or a passage, of a benchmark whose policy is `drop` leaves before
documents are compared, so that a copy without it may stay; `cut` takes the stretch out and records
it; `report` only tells. No evidence shows an item's text: a release is read by people who must not
see it.
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
from jobs.corpus.contamination.tokens import token_places
from jobs.corpus.contamination.verdicts import ASKED, QUOTED, READ
from jobs.corpus.model.reasons import OF_BENCHMARKS

"""The stage that drops documents for the benchmark items they hold."""

QUESTION, PASSAGE = map(str, OF_BENCHMARKS)
"""Why a document is dropped, or a stretch of it cut."""

QUOTATION = "quotation"
"""What a question quotes, without the question: told of, and nobody is condemned for it."""

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
    """What texts are searched for: the items, and what they are called."""

    items: ItemIndex
    names: ItemNames


def hits(texts: pa.Array, benchmarks: Benchmarks) -> pa.Table:
    """HITS: each place of a text that holds an item, by row, offset and item; null holds nothing.

    Law: row-wise.
    """
    found = matches(texts, benchmarks.items)
    rows: list[dict[str, Any]] = []
    for row in np.unique(found[:, 0]).tolist():
        text = texts[row].as_py().encode()
        rows += _told(
            row, text, _distinct(found[found[:, 0] == row, 1:].tolist()), benchmarks.names
        )
    rows.sort(key=lambda hit: (hit["row"], hit["offset"], hit["benchmark"], hit["item"]))
    return pa.Table.from_pylist(rows, schema=HITS)


def evidence_of(hit: dict[str, Any], others: int) -> str:
    """One line that tells of a hit and how many others there are, without the item's text."""
    what = _PARTS.get(hit["found"], "quoted text")
    options = f", {hit['options']} of {hit['item_options']} options" if hit["options"] else ""
    more = f", and {others} more items" if others else ""
    return (
        f"{hit['benchmark']} item {hit['item']}: {hit['covered']:.0%} of the {what}, longest run "
        f"{hit['longest_run']}{options}, at character {hit['offset'] + 1}{more}"
    )


def hit_counts(found: pa.Table) -> Counter[tuple[str, str, str]]:
    """Hits per (benchmark, found, policy)."""
    return Counter(
        zip(*(found[name].to_pylist() for name in ("benchmark", "found", "policy")), strict=True)
    )


def dropped(found: pa.Table) -> pa.Table:
    """`row`, `reason` and `evidence` of each text that a hit condemns; a question goes first."""
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


def _distinct(found: list[list[int]]) -> list[list[int]]:
    """One match for each item and place: of those that overlap the fullest."""
    kept: list[list[int]] = []
    # A question says more than a quotation, then what covers more; the rest only orders.
    for match in sorted(found, key=lambda m: (m[0], m[1] == QUOTED, -m[2], -m[4], m[5], m[6])):
        is_known = any(
            match[0] == other[0]
            and (match[1] == READ) == (other[1] == READ)
            and match[5] < other[6]
            and other[5] < match[6]
            for other in kept
        )
        if not is_known:
            kept.append(match)
    return kept


def _told(
    row: int, text: bytes, found: list[list[int]], names: ItemNames
) -> Iterator[dict[str, Any]]:
    starts, ends = token_places(text)
    for item, kind, share, _, run, first, last, options, total in found:
        benchmark = names.of_item[item]
        what = _FOUND[kind]
        policy = names.policies[benchmark].get(_PARTS.get(what, ""), "report")
        start, end = int(starts[first]), int(ends[last - 1])
        yield {
            "row": row,
            "benchmark": names.benchmarks[benchmark],
            "item": names.ids[item],
            "found": what,
            "policy": policy,
            "covered": share / 1000,
            "longest_run": run,
            "options": options,
            "item_options": total,
            "offset": len(text[:start].decode()),
            "chars": len(text[start:end].decode()),
            "start": start,
            "end": end,
        }
