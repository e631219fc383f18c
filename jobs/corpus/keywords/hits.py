"""Risk hits as columns: how many of each category, how many per 1,000 characters, which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.keywords.libraries import RiskLibrary
from jobs.corpus.keywords.matching import Hits, found_hits
from jobs.corpus.model.signal_columns import FEWEST_CHARS, MEASURED

DENSITY, HITS, RISK_WORDS = "risk_hits_per_1000_chars", "risk_hits", "risk_words"
RISKS = pa.schema([MEASURED.field(name) for name in (DENSITY, HITS, RISK_WORDS)])


def risk_hits(texts: pa.LargeStringArray, library: RiskLibrary | None) -> pa.Table:
    """Return RISKS of each text, in order; null for a null text, and all null without a library.

    Law: row-wise.
    """
    if library is None:
        return pa.table([pa.nulls(len(texts), field.type) for field in RISKS], schema=RISKS)
    hits = found_hits(texts, library)
    totals = hits.counts.sum(axis=1)
    density = (1000 * totals / np.maximum(hits.chars, FEWEST_CHARS)).astype(np.float32)
    counts, words = _as_words(hits, library.names)
    is_null = texts.is_null().to_numpy(zero_copy_only=False)
    columns = (pa.array(density, mask=is_null), counts, words)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, RISKS, strict=True)]
    return pa.table(arrays, schema=RISKS)


def _as_words(hits: Hits, names: Sequence[str]) -> tuple[list[str | None], list[str | None]]:
    """Return the columns HITS and RISK_WORDS."""
    counts: list[str | None] = [None] * len(hits.counts)
    words: list[str | None] = [None] * len(hits.counts)
    found = np.nonzero(hits.counts)
    listed: list[npt.NDArray[Any]] = [*found, hits.counts[found], hits.words[found]]
    for row, category, count, numbers in zip(*(one.tolist() for one in listed), strict=True):
        name, before = names[category], counts[row]
        shown = ",".join([str(number) for number in numbers if number])
        counts[row] = f"{name}={count}" if before is None else f"{before} {name}={count}"
        words[row] = f"{name}={shown}" if before is None else f"{words[row]} {name}={shown}"
    return counts, words


def is_risk_signal(signal: str) -> bool:
    """Return whether a rule's signal is HITS, DENSITY, or either of one category."""
    return signal.partition(".")[0] in {HITS, DENSITY}


def category_of(signal: str) -> str | None:
    """Return the category that a rule's signal is of; None for all of them."""
    return signal.partition(".")[2] or None


def risk_values(rows: pa.Table, signal: str) -> npt.NDArray[Any]:
    """Return the value of a risk signal in each row; 0 where nothing was searched for.

    Args:
        rows: with the columns RISKS.
        signal: HITS or DENSITY; of a category with a dot and its name behind it.
    """
    category, density = category_of(signal), rows[DENSITY].fill_null(0).to_numpy()
    if signal == DENSITY:
        return density
    totals = _counts(rows[HITS], None)
    wanted = totals if category is None else _counts(rows[HITS], category)
    if signal.startswith(DENSITY):
        return (density * (wanted / np.maximum(totals, 1))).astype(np.float32)
    return wanted


def words_of(words: str, signal: str) -> str:
    """Return the categories and numbers of words that a risk signal counts.

    Args:
        words: of a row, as RISK_WORDS has them.
        signal: as for `risk_values`.
    """
    category = category_of(signal)
    found = [one for one in words.split() if category in {None, one.partition("=")[0]}]
    return " ".join(found)


def _counts(hits: pa.ChunkedArray, category: str | None) -> npt.NDArray[np.int64]:
    """Return the hits of a category, or of all, in each row: rows with any are few, and alike."""
    encoded = hits.combine_chunks().dictionary_encode()
    found = [_count(one, category) for one in encoded.dictionary.to_pylist()]
    counts = pa.array(found, pa.int64()).take(encoded.indices)
    return counts.fill_null(0).to_numpy(zero_copy_only=False)


def _count(hits: str, category: str | None) -> int:
    pairs = (one.partition("=") for one in hits.split())
    return sum(int(count) for name, _, count in pairs if category in {None, name})
