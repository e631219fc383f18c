"""Decontamination: documents without benchmark items, dropped or cut by each set's policy."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.contamination.findings import (
    QUOTATION,
    Benchmarks,
    dropped,
    evidence_of,
    hits,
)
from jobs.corpus.model.reasons import RemovalKind, Stage
from jobs.corpus.model.tables import DOCUMENTS
from jobs.corpus.removal.removals import RemovedSpan, removals, without_spans
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.signals import signals

_OUTCOMES = {"drop": "dropped", "cut": "cut", "report": "reported"}


class FoundCounts(NamedTuple):
    """What was found in some documents.

    Attributes:
        documents: How many per (benchmark, outcome): dropped, cut, reported or quoted.
        items: (benchmark, item) of each whose question or passage was found.
    """

    documents: Counter[tuple[str, str]]
    items: set[tuple[str, str]]


def decontaminated(
    documents: pa.Table, benchmarks: Benchmarks, *, signal_params: SignalParams
) -> tuple[pa.Table, pa.Table, FoundCounts]:
    """Apply each benchmark's policy to documents.

    A dropped document has no content from here on, like a rejected one. The signals of cut ones
    are measured again; a document without any other text is dropped.

    Args:
        documents: DOCUMENTS.
        benchmarks: the items to search for.
        signal_params: for the signals of the remaining texts.

    Returns:
        DOCUMENTS in the same order, REMOVALS, and what was found.

    Law: row-wise.
    """
    content = documents["content"].combine_chunks()
    found = hits(content, benchmarks)
    drops = dropped(found)
    spans = _spans_to_cut(content, found, set(drops["row"].to_pylist()))
    after, cut = without_spans(content, spans, RemovalKind.BENCHMARK_ITEM)
    if len(drops) or spans:
        reasons = dict(zip(*(drops[n].to_pylist() for n in ("row", "reason")), strict=True))
        why = dict(zip(*(drops[n].to_pylist() for n in ("row", "evidence")), strict=True))
        for row in set(spans) - set(reasons):
            if not after[row].as_py().strip():
                hit = found.filter(pc.equal(found["row"], row)).to_pylist()[0]
                reasons[row], why[row] = hit["found"], evidence_of(hit, 0)
        changed = sorted({*reasons, *spans})
        documents = _with(documents, after, changed, (reasons, why), signal_params)
    return documents, removals(documents, cut), _counted(found)


def _counted(found: pa.Table) -> FoundCounts:
    rows = {
        (
            hit["row"],
            hit["benchmark"],
            "quoted" if hit["found"] == QUOTATION else _OUTCOMES[hit["policy"]],
        )
        for hit in found.select(["row", "benchmark", "found", "policy"]).to_pylist()
    }
    read = found.filter(pc.not_equal(found["found"], QUOTATION))
    items = zip(read["benchmark"].to_pylist(), read["item"].to_pylist(), strict=True)
    documents = Counter((benchmark, outcome) for _, benchmark, outcome in rows)
    return FoundCounts(documents, set(items))


def _spans_to_cut(
    content: pa.LargeStringArray, found: pa.Table, dropped_rows: set[int]
) -> dict[int, list[RemovedSpan]]:
    """Return the spans to cut out of documents that stay, ascending, none overlapping."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for hit in found.filter(pc.equal(found["policy"], "cut")).to_pylist():
        if hit["row"] not in dropped_rows:
            spans[hit["row"]].append((hit["start"], hit["end"]))
    return {row: _merged_spans(content[row].as_py().encode(), sorted(spans[row])) for row in spans}


def _merged_spans(text: bytes, spans: list[tuple[int, int]]) -> list[RemovedSpan]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return [
        RemovedSpan(start, end, text.count(b"\n", 0, start) + 1, None, None, None)
        for start, end in merged
    ]


def _with(
    documents: pa.Table,
    content: pa.LargeStringArray,
    changed: list[int],
    verdicts: tuple[dict[int, str], dict[int, str]],
    signal_params: SignalParams,
) -> pa.Table:
    """Replace the content of some rows, with null where dropped, and measure them again."""
    reasons, why = verdicts
    is_changed = _mask(len(documents), changed)
    is_dropped = pa.array([row in reasons for row in changed])
    left = pc.if_else(is_dropped, pa.scalar(None, pa.large_string()), content.filter(is_changed))
    measured = signals(left, params=signal_params)
    new: dict[str, Any] = {
        **{name: measured[name].combine_chunks() for name in measured.column_names},
        "content": left,
        "stage": pc.if_else(is_dropped, str(Stage.DECONTAMINATE), pa.scalar(None, pa.string())),
        "reason": pa.array([reasons.get(row) for row in changed], pa.string()),
        "evidence": pa.array([why.get(row) for row in changed], pa.string()),
    }
    columns = {name: documents[name] for name in documents.column_names} | {"content": content}
    for name, values in new.items():
        column = columns[name]
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        columns[name] = pc.replace_with_mask(whole, is_changed, values)
    return pa.table([columns[name] for name in DOCUMENTS.names], schema=DOCUMENTS)


def _mask(rows: int, some: list[int]) -> pa.BooleanArray:
    mask: npt.NDArray[np.bool_] = np.zeros(rows, np.bool_)
    mask[some] = True
    return pa.array(mask)
