"""Replacement: texts and titles without private data, by the policy of each kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import RemovalKind
from jobs.corpus.private_data.findings import private_data
from jobs.corpus.private_data.kinds import PLACEHOLDERS, PrivateKind
from jobs.corpus.private_data.params import PrivateDataParams, PrivatePolicy
from jobs.corpus.removal.removals import SPANS, RemovedSpan, without_spans

_TITLE = 0  # its line; those of a text are counted from 1
_UNRELEASED = (PrivatePolicy.REPLACE, PrivatePolicy.DROP)


class WithoutPrivateData(NamedTuple):
    """Texts and titles of some rows after the policies were applied.

    Attributes:
        texts: large_string; null where the document is dropped.
        titles: As given, with placeholders.
        spans: What was replaced, as `without_spans` returns it.
        evidence: Of dropped documents: kinds and how many of each; null for others.
        counts: Per (kind, "documents" or "values").
    """

    texts: pa.LargeStringArray
    titles: pa.Array
    spans: pa.Table
    evidence: pa.StringArray
    counts: Counter[tuple[str, str]]


def without_private_data(
    texts: pa.LargeStringArray, titles: pa.Array, *, params: PrivateDataParams
) -> WithoutPrivateData:
    """Apply the policy of each kind to texts and their titles.

    A title loses the values of kinds that drop a document too, since tables between stages keep it.

    Args:
        texts: null stays null.
        titles: of the same rows.
        params: a policy for each kind.

    Law: row-wise.
    """
    nothing = pa.nulls(len(texts), pa.string())
    if not params.policies:
        return WithoutPrivateData(texts, titles, SPANS.empty_table(), nothing, Counter())
    found, in_titles = (
        _of_kinds(private_data(column), frozenset(params.policies)) for column in (texts, titles)
    )
    both = pa.concat_tables([found, in_titles])
    evidence = _evidence(_of_kinds(both, params.kinds(PrivatePolicy.DROP)))
    spans = _spans(texts, _of_kinds(found, params.kinds(PrivatePolicy.REPLACE)), first_line=1)
    kept = {row: some for row, some in spans.items() if row not in evidence}
    replaced, removed = without_spans(texts, kept, RemovalKind.PRIVATE_DATA)
    titles, of_titles = _without_values(titles, in_titles, params)
    if evidence:
        nothing = pa.array([evidence.get(row) for row in range(len(texts))], pa.string())
        replaced = pc.if_else(pc.is_valid(nothing), pa.scalar(None, pa.large_string()), replaced)
    removed = pa.concat_tables([removed, of_titles])
    return WithoutPrivateData(replaced, titles, removed, nothing, _counts(both))


def without_private_values(words: pa.Array, *, params: PrivateDataParams) -> pa.Array:
    """Return words about rows, such as evidence, with placeholders for what may not be released.

    Law: row-wise.
    """
    if not params.kinds(*_UNRELEASED) or words.null_count == len(words):
        return words
    return _without_values(words, private_data(words), params)[0]


def _without_values(
    words: pa.Array, found: pa.Table, params: PrivateDataParams
) -> tuple[pa.Array, pa.Table]:
    given = words.cast(pa.large_string())
    spans = _spans(given, _of_kinds(found, params.kinds(*_UNRELEASED)), first_line=_TITLE)
    replaced, removed = without_spans(given, spans, RemovalKind.PRIVATE_DATA)
    return (replaced.cast(words.type) if spans else words), removed


def _of_kinds(found: pa.Table, kinds: frozenset[str]) -> pa.Table:
    return found.filter(pc.is_in(found["kind"], pa.array(sorted(kinds), pa.string())))


def _spans(
    texts: pa.LargeStringArray, found: pa.Table, *, first_line: int
) -> dict[int, list[RemovedSpan]]:
    """Return the spans of FINDINGS by row, each with its line and placeholder."""
    spans: defaultdict[int, list[RemovedSpan]] = defaultdict(list)
    text, line, position = b"", first_line, 0
    for one in found.to_pylist():
        row, start = one["row"], one["start"]
        if row not in spans:
            text, line, position = texts[row].as_py().encode(), first_line, 0
        line += text.count(b"\n", position, start)
        position = start
        placeholder = PLACEHOLDERS[PrivateKind(one["kind"])]
        spans[row].append(RemovedSpan(start, one["end"], line, None, None, None, placeholder))
    return spans


def _evidence(found: pa.Table) -> dict[int, str]:
    """Return the number of values of each kind in each row that has any."""
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row, kind in zip(found["row"].to_pylist(), found["kind"].to_pylist(), strict=True):
        counts[row][kind] += 1
    return {
        row: ", ".join(f"{count} {kind}" for kind, count in sorted(counts[row].items()))
        for row in counts
    }


def _counts(found: pa.Table) -> Counter[tuple[str, str]]:
    rows, kinds = found["row"].to_pylist(), found["kind"].to_pylist()
    pairs = {*zip(rows, kinds, strict=True)}
    counts = Counter((kind, "documents") for _, kind in pairs)
    return counts + Counter((kind, "values") for kind in kinds)
