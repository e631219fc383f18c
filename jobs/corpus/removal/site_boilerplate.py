"""Site boilerplate: lines that most pages of a site begin or end with, found by counting.

Only the ends of a text are looked at, up to `EDGE_LINES` lines from either: navigation stands
above an article and the editors, sharing and copyright below it, while the line that half of all
statutes share, 第一章　总则, stands inside. A line is boilerplate where it stands that close to the
same end of at least `min_documents` texts of its site, and of `min_share` of them all; copies of
one text count once. It is cut if only boilerplate stands between it and the end of the text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from jobs.corpus.model.reasons import RejectReason, Stage
from jobs.corpus.model.sites import sites
from jobs.corpus.model.tables import DOCUMENTS
from jobs.corpus.removal.line_keys import Keys, Mask, is_structure, line_key
from jobs.corpus.removal.params import SiteBoilerplateParams
from jobs.corpus.removal.removals import RemovalKind, RemovedSpan, removals, without_spans
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.signals import signals
from jobs.corpus.text.canonical import FoldingTable, folding_table
from jobs.corpus.text.kernels import kernel, mix
from jobs.corpus.text.text_buffers import Offsets, text_buffers, text_hashes
from jobs.corpus.text.utf8 import Bytes

EDGE_LINES = 8
_LONGEST_BYTES = 600  # a longer line is a paragraph of the text
_FEWEST_LETTERS = 2
_HEAD, _TAIL = 0, 1

EdgeArray = npt.NDArray[np.int64]


class KeyCounts(NamedTuple):
    """For each key, of a site or of a line at an end, how many texts have it; keys ascend."""

    keys: Keys
    documents: npt.NDArray[np.int64]


class _Edges(NamedTuple):
    """The lines at the ends of texts: arrays of shape (n, 2, EDGE_LINES), the outermost first.

    A key is 0 where there is no such line; else it stands for site, end and line.
    """

    keys: Keys
    starts: EdgeArray
    ends: EdgeArray


def edge_keys(documents: pa.Table) -> Keys:
    """Return what to count: uint64 (m, 2), distinct rows of a key and 64 bits of a text's hash.

    Rows are sorted. A document gives a key for its site, and one for each line at either end; none
    if it has no address. Law: key-wise; those of two tables are the sorted union.
    """
    documents = documents.filter(pc.is_valid(documents["content"]))
    site = _site_keys(documents["url"])
    texts = text_hashes(documents["content"].combine_chunks())
    ids = [0 if text is None else int.from_bytes(text[:8], "big") for text in texts.to_pylist()]
    ends = _edge_lines(documents["content"].combine_chunks(), site)
    keys = np.concatenate(
        [_site_count_keys(site)[:, None], ends.keys.reshape(len(site), 2 * EDGE_LINES)], axis=1
    )
    pairs = np.stack([keys, np.broadcast_to(np.array(ids, np.uint64)[:, None], keys.shape)], 2)
    return unique_pairs(pairs[keys != 0])


def count_keys(pairs: Keys, *, least: int) -> KeyCounts:
    """Return the keys of at least `least` texts. Law: whole, for all pairs of a key."""
    pairs = unique_pairs(pairs)
    keys, documents = np.unique(pairs[:, 0], return_counts=True)
    return KeyCounts(keys[documents >= least], documents[documents >= least].astype(np.int64))


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
    ends = _edge_lines(content, site)
    site_documents = _documents_of(counts, _site_count_keys(site))
    line_documents = _documents_of(counts, ends.keys)
    least = np.maximum(params.min_documents, params.min_share * site_documents)[:, None, None]
    is_common = (line_documents >= least) & (ends.keys != 0)
    spans = {}
    for row in np.flatnonzero(is_common[:, :, 0].any(axis=1)).tolist():
        edge = _EdgeLines(content[row].as_py().encode(), ends.starts[row], ends.ends[row])
        found = edge.spans(is_common[row], line_documents[row], int(site_documents[row]))
        if found:
            spans[row] = found
    content, removed = without_spans(content, spans, RemovalKind.SITE_BOILERPLATE)
    removed = removals(documents, removed)
    if not spans:
        return documents, removed
    has_spans = np.zeros(len(documents), np.bool_)
    has_spans[list(spans)] = True
    return _with_content(documents, content, pa.array(has_spans), signal_params), removed


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


class _EdgeLines:
    """One text and the lines at its ends."""

    def __init__(self, data: bytes, starts: EdgeArray, ends: EdgeArray) -> None:
        self.data, self.starts, self.ends = data, starts, ends

    def spans(
        self, is_common: Mask, line_documents: EdgeArray, site_documents: int
    ) -> list[RemovedSpan]:
        """Return the lines to cut: from either end inwards, up to the first that is not common."""
        common: dict[int, tuple[int, int]] = {}  # start of a line: its end, documents that have it
        for end in (_HEAD, _TAIL):
            for at in range(EDGE_LINES):
                start, stop = int(self.starts[end, at]), int(self.ends[end, at])
                line = self.data[start:stop].decode()
                # Menus are set with the bars of tables, but do not begin with one.
                is_menu = " | " in line and not line.startswith("|")
                if not is_common[end, at] or (is_structure(line) and not is_menu):
                    break
                common.setdefault(start, (stop, int(line_documents[end, at])))
        return list(self._spans(common, site_documents))

    def _spans(self, common: dict[int, tuple[int, int]], site_documents: int) -> list[RemovedSpan]:
        """Return lines with the line breaks, and the indentation after them, that are cut too."""
        spans: list[RemovedSpan] = []
        done = 0  # all before is cut
        for start, (stop, documents) in sorted(common.items()):
            if start <= done:
                rest = self.data[stop:]
                first, last = done, stop + len(rest) - len(rest.lstrip(b" \t\n"))
                done = last
            else:
                before = len(self.data[:start].rstrip(b"\n"))
                first, last = max(before, spans[-1].end if spans else 0), stop
            line = self.data.count(b"\n", 0, start) + 1
            spans.append(RemovedSpan(first, last, line, None, documents, site_documents))
        return spans


def _site_keys(urls: pa.ChunkedArray) -> Keys:
    """Return a key per document for its site, 0 for none."""
    hosts = sites(urls).combine_chunks().dictionary_encode()
    keys = [xxhash.xxh3_64_intdigest(host.encode()) for host in hosts.dictionary.to_pylist()]
    codes = pc.fill_null(hosts.indices, len(keys)).to_numpy(zero_copy_only=False)
    return np.array([*keys, 0], np.uint64)[codes]


def _site_count_keys(site: Keys) -> Keys:
    return np.where(site == 0, np.uint64(0), ~site)


def _documents_of(counts: KeyCounts, keys: Keys) -> EdgeArray:
    at = np.searchsorted(counts.keys, keys)
    found = np.append(counts.keys, np.uint64(0))[at] == keys
    return np.where(found, np.append(counts.documents, 0)[at], 0)


def unique_pairs(pairs: Keys) -> Keys:
    """Return the distinct rows, sorted."""
    ordered = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return ordered[is_new]


def _edge_lines(content: pa.LargeStringArray, site: Keys) -> _Edges:
    data, offsets, _ = text_buffers(content)
    shape = (len(site), 2, EDGE_LINES)
    keys, spans = np.zeros(shape, np.uint64), np.zeros((2, *shape), np.int64)
    _find_edges(data, offsets, folding_table(), site, keys, spans)
    return _Edges(keys, spans[0], spans[1])


@kernel
def _find_edges(
    data: Bytes, offsets: Offsets, table: FoldingTable, site: Keys, keys: Keys, spans: EdgeArray
) -> None:
    """Find the lines from either end inwards, up to one too long or without letters."""
    for row in range(len(site)):
        first, last = offsets[row], offsets[row + 1]
        for end in range(2):
            if site[row] == np.uint64(0):
                break
            low, high = first, last
            for at in range(EDGE_LINES):
                start, stop = _next_line(data, low, high, end)
                if stop == start or stop - start > _LONGEST_BYTES:
                    break
                low, high = (stop, high) if end == _HEAD else (low, start)
                key, letters, _ = line_key(data, np.uint64(start), np.uint64(stop), table)
                if letters < _FEWEST_LETTERS:
                    break
                side = np.uint64(0x9E3779B97F4A7C15) * np.uint64(end + 1)
                keys[row, end, at] = mix(key ^ mix(site[row] ^ side))
                spans[0, row, end, at], spans[1, row, end, at] = start - first, stop - first


@kernel
def _next_line(data: Bytes, low: int, high: int, end: int) -> tuple[int, int]:
    """Return the outermost non-empty line between two bytes; an empty span if there is none."""
    if end == _HEAD:
        while low < high and data[low] == 0x0A:
            low += 1
        stop = low
        while stop < high and data[stop] != 0x0A and stop - low <= _LONGEST_BYTES:
            stop += 1
        return low, stop
    while low < high and data[high - 1] == 0x0A:
        high -= 1
    start = high
    while start > low and data[start - 1] != 0x0A and high - start <= _LONGEST_BYTES:
        start -= 1
    return start, high
