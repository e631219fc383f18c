"""Site boilerplate: lines that most pages of a site begin or end with, found by counting.

Only the ends of a text are looked at, up to `EDGE_LINES` lines from either: navigation stands
above an article and the editors, sharing and copyright below it. A line is common where it stands
that close to the same end of at least `min_documents` texts of its site, and of `min_share` of them
all, addresses, dates and numbers masked; copies of one text count once. A common line is cut if it
shows what it is for (`furniture_signs`), or stands beside such lines; a line between that only this
page has stays. A text that would lose more than `max_share` of its letters stays whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from jobs.corpus.model.identity import hash_halves
from jobs.corpus.model.reasons import RejectReason, RemovalKind, Stage
from jobs.corpus.model.sites import sites
from jobs.corpus.model.tables import DOCUMENTS
from jobs.corpus.removal.edge_lines import EDGE_LINES, EdgeArray, Edges, edge_lines
from jobs.corpus.removal.edge_spans import edge_spans
from jobs.corpus.removal.furniture_edges import has_furniture, is_furniture
from jobs.corpus.removal.line_keys import Keys, Mask
from jobs.corpus.removal.params import SiteBoilerplateParams
from jobs.corpus.removal.removals import removals, without_spans
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.signals import signals
from jobs.corpus.text.text_buffers import text_buffers, text_hashes

BATCH_BITS = 5
"""Bits of a text in which it may be noted, while edges are counted, where it is from."""

EDGE_KEY = ~np.uint64((1 << 16) - 1)
"""The bits of a key that edges have: of a billion keys, one in 300,000 is that of another line."""

EDGE_TEXT = np.uint64((1 << 48) - 1)
"""The bits of a text that edges have: of ten million texts of a site six are not counted."""

_TEXT = EDGE_TEXT & ~np.uint64((1 << BATCH_BITS) - 1)


class KeyCounts(NamedTuple):
    """For each key, of a site or of a line at an end, how many texts have it; keys ascend."""

    keys: Keys
    documents: npt.NDArray[np.int64]


class PageEnds(NamedTuple):
    """What is known of the ends of documents before any is compared with others.

    Attributes:
        keys: What to count: uint64 (m, 2), distinct rows of a key and a text, sorted. Of keys the
            bits of `EDGE_KEY` are kept, of the hashes of texts those of `EDGE_TEXT` but the lowest
            `BATCH_BITS`. A document gives a key for its site, and one for each line at either end;
            none if it has no address.
        may_lose: bool (n,): whether a document has a line of furniture there; others lose nothing.
    """

    keys: Keys
    may_lose: Mask


def page_ends(documents: pa.Table) -> PageEnds:
    """Return what the ends of documents hold.

    Law: keys are key-wise, those of two tables are the sorted union; `may_lose` is row-wise.
    """
    pairs, may_lose = [np.zeros((0, 2), np.uint64)], [np.zeros(0, np.bool_)]
    for batch in documents.select(["content", "url"]).to_batches():
        found = _ends_of(*batch.columns)
        pairs.append(found.keys)
        may_lose.append(found.may_lose)
    return PageEnds(unique_pairs(np.concatenate(pairs)), np.concatenate(may_lose))


def _ends_of(content: pa.LargeStringArray, urls: pa.StringArray) -> PageEnds:
    """Return what the ends of texts hold; keys are in order of the texts, and may be repeated."""
    site = _site_keys(pa.chunked_array([urls]))
    site[pc.is_null(content).to_numpy(zero_copy_only=False)] = 0
    ends = edge_lines(content, site)
    texts = hash_halves(text_hashes(content))[0] & _TEXT
    edges = ends.keys.reshape(len(site), 2 * EDGE_LINES)
    keys = np.concatenate([_site_count_keys(site)[:, None], edges], axis=1)
    is_key = keys != 0
    pairs = np.stack(
        [keys[is_key] & EDGE_KEY, np.broadcast_to(texts[:, None], keys.shape)[is_key]], 1
    )
    return PageEnds(pairs, has_furniture(content, ends))


def count_keys(pairs: Keys, *, least: int) -> KeyCounts:
    """Return the keys of at least `least` texts, of whatever batches.

    Law: whole, for all pairs of a key.
    """
    texts = pairs[:, 1] & _TEXT
    order = np.lexsort((texts, pairs[:, 0]))
    keys, texts = pairs[order, 0], texts[order]
    del order  # columns, one at a time: a task holds as many pairs as fit
    is_new = np.ones(len(keys), np.bool_)
    is_new[1:] = (keys[1:] != keys[:-1]) | (texts[1:] != texts[:-1])
    keys, documents = np.unique(keys[is_new], return_counts=True)
    return KeyCounts(keys[documents >= least], documents[documents >= least].astype(np.int64))


def batch_numbers(pairs: Keys) -> Keys:
    """Return what the lowest `BATCH_BITS` bits of texts hold."""
    return pairs[:, 1] & ~_TEXT & EDGE_TEXT


def remove_site_boilerplate(
    documents: pa.Table,
    counts: KeyCounts,
    *,
    params: SiteBoilerplateParams,
    signal_params: SignalParams,
) -> tuple[pa.Table, pa.Table]:
    """Cut site boilerplate out of documents and measure their signals again.

    A document without any other text is rejected.

    Args:
        documents: DOCUMENTS.
        counts: `count_keys` of the whole build, at least of `min_documents`.
        params: what counts as boilerplate.
        signal_params: for the signals of the remaining texts.

    Returns:
        DOCUMENTS in the same order, and REMOVALS.

    Law: row-wise, given the counts.
    """
    site = _site_keys(documents["url"])
    content = documents["content"].combine_chunks()
    ends = edge_lines(content, site)
    site_documents = _documents_of(counts, _site_count_keys(site))
    line_documents = _documents_of(counts, ends.keys)
    least = np.maximum(params.min_documents, params.min_share * site_documents)[:, None, None]
    is_common = (line_documents >= least) & (ends.keys != 0)
    spans = {}
    line_documents *= is_common
    for row in _with_furniture(content, ends, is_common):
        lines = (ends.starts[row], ends.ends[row], line_documents[row])
        found = edge_spans(content[row].as_py().encode(), *lines, max_share=params.max_share)
        if found:
            spans[row] = [span._replace(site_documents=int(site_documents[row])) for span in found]
    content, removed = without_spans(content, spans, RemovalKind.SITE_BOILERPLATE)
    removed = removals(documents, removed)
    if not spans:
        return documents, removed
    has_spans = np.zeros(len(documents), np.bool_)
    has_spans[list(spans)] = True
    return _with_content(documents, content, pa.array(has_spans), signal_params), removed


def _with_furniture(content: pa.LargeStringArray, ends: Edges, is_common: Mask) -> list[int]:
    """Return the rows with a common line that is furniture; texts are long, their ends short."""
    data, offsets, _ = text_buffers(content)
    lines = data.data
    rows = np.nonzero(is_common)[0]
    starts, stops = (
        (offsets[rows] + edge[is_common]).tolist() for edge in (ends.starts, ends.ends)
    )
    found = [
        row
        for row, start, stop in zip(rows.tolist(), starts, stops, strict=True)
        if is_furniture(bytes(lines[start:stop]))
    ]
    return sorted(set(found))


def _with_content(
    documents: pa.Table,
    content: pa.LargeStringArray,
    has_spans: pa.BooleanArray,
    signal_params: SignalParams,
) -> pa.Table:
    some = content.filter(has_spans)
    is_empty = pc.equal(pc.binary_length(some), 0)
    left = pc.if_else(is_empty, pa.scalar(None, pa.large_string()), some)
    measured = signals(left, params=signal_params)
    reason = str(RejectReason.ONLY_BOILERPLATE)
    changed = {
        **{name: measured[name].combine_chunks() for name in measured.column_names},
        "stage": pc.if_else(is_empty, str(Stage.BOILERPLATE), pa.scalar(None, pa.string())),
        "reason": pc.if_else(is_empty, reason, pa.scalar(None, pa.string())),
    }
    columns = {name: documents[name] for name in documents.column_names}
    for name, values in changed.items():
        columns[name] = pc.replace_with_mask(columns[name].combine_chunks(), has_spans, values)
    is_whole = not pc.any(is_empty).as_py()  # else a copy of all text for nothing
    columns["content"] = content if is_whole else pc.replace_with_mask(content, has_spans, left)
    return pa.table([columns[name] for name in DOCUMENTS.names], schema=DOCUMENTS)


def _site_keys(urls: pa.ChunkedArray) -> Keys:
    """Return a key per document for its site, 0 for none."""
    hosts = sites(urls).combine_chunks().dictionary_encode()
    keys = [xxhash.xxh3_64_intdigest(host.encode()) for host in hosts.dictionary.to_pylist()]
    codes = pc.fill_null(hosts.indices, len(keys)).to_numpy(zero_copy_only=False)
    return np.array([*keys, 0], np.uint64)[codes]


def _site_count_keys(site: Keys) -> Keys:
    return np.where(site == 0, np.uint64(0), ~site)


def _documents_of(counts: KeyCounts, keys: Keys) -> EdgeArray:
    keys = keys & EDGE_KEY
    at = np.searchsorted(counts.keys, keys)
    found = np.append(counts.keys, np.uint64(0))[at] == keys
    return np.where(found, np.append(counts.documents, 0)[at], 0)


def unique_pairs(pairs: Keys) -> Keys:
    """Return the distinct rows, sorted."""
    ordered = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return ordered[is_new]
