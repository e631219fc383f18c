"""Checks of one file of a release: its footer, or every byte and then its rows.

Every byte is read once. The stream is hashed, and the bytes of the columns that are counted (ids
and verdicts, a few per cent) are kept; the footer, read before, holds their offsets. A check holds
a few megabytes and these columns, whatever the size of the file.
"""

from __future__ import annotations

import hashlib
import mmap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.reasons import WITHOUT_KEPT, DropReason, Verdict
from jobs.corpus.release.comparison import IdKeys, id_keys, is_ascending
from jobs.corpus.release.decisions import verdict_counts
from jobs.errors import ObjectMissing
from jobs.flow.tasks.blobs import ID_COLUMNS
from jobs.storage.manifests import FileEntry
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.stores import open_store
from jobs.storage.whole_objects import CHUNK_BYTES, chunks

_FOOTER_BYTES = 1 << 18  # holds the footer of a common shard, with two texts per row group
_ENDING_BYTES = 8  # after a footer: its length and the magic number
_DECISION_COLUMNS = ["doc_id", "verdict", "stage", "reason", "kept_doc_id", "url"]
_REPEATED = {"decisions": ["verdict", "stage", "reason"]}  # cheaper to compare and count as numbers
_OF_DOCUMENTS = [kind for kind, columns in ID_COLUMNS.items() if columns == ["id"]]
_COUNTED = {kind: ID_COLUMNS[kind] for kind in _OF_DOCUMENTS} | {"decisions": _DECISION_COLUMNS}
Halves = npt.NDArray[np.uint64]
"""The upper halves of ids: two of 100 million documents share one once in 3,000 releases."""


@dataclass(frozen=True)
class FileCheck:
    """A file to check: its kind, its entry in the manifest, and whether every byte is read."""

    kind: str
    entry: FileEntry
    is_whole: bool


@dataclass
class FileReport:
    """The result of a check.

    Attributes:
        kind: Of the file.
        entry: Of the file.
        problem: Why it cannot be trusted; None if it can.
        ids: Of its documents: those it holds or has facts of, or those its decisions keep.
        named: Documents that its decisions name as staying instead of another.
        counts: Rows per (verdict, stage, reason).
    """

    kind: str
    entry: FileEntry
    problem: str | None = None
    ids: Halves = field(default_factory=lambda: np.zeros(0, np.uint64))
    named: Halves = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def check_stored(check: FileCheck, *, storage: StorageParams) -> FileReport:
    """Run `check_file` as a task on another machine, which opens the store."""
    return check_file(check, open_store(storage))


def check_file(check: FileCheck, store: ObjectStore) -> FileReport:
    """Check a file, and count what it holds if it is read whole.

    Raises:
        StorageError: the store cannot be reached; the file may be sound.
    """
    report = FileReport(check.kind, check.entry)
    key = check.entry["key"]
    try:
        if check.is_whole:
            _check_whole(report, store)
        else:
            _check_rows(_footer(report.entry, store), report)
    except ObjectMissing:
        report.problem = "it is missing"
    except (pa.ArrowInvalid, OSError) as error:
        # A reader of Parquet complains alike of damage and of a lost server: this asks the server.
        store.size(key)
        report.problem = f"it is no whole Parquet file ({error})"
    return report


def _check_whole(report: FileReport, store: ObjectStore) -> None:
    entry = report.entry
    # As long as the file, but pages that are not written take no memory.
    kept = mmap.mmap(-1, entry["bytes"])
    size, digest, spans = 0, hashlib.sha256(), _spans(report, store)
    for chunk in chunks(store, entry["key"]):
        digest.update(chunk)
        for start, end in spans:
            begin, stop = max(start, size), min(end, size + len(chunk))
            if begin < stop:
                kept[begin:stop] = chunk[begin - size : stop - size]
        size += len(chunk)
    report.problem = _byte_problem(entry, size, digest.hexdigest())
    if report.problem is None:
        body, repeated = pa.BufferReader(pa.py_buffer(kept)), _REPEATED.get(report.kind)
        reader = pq.ParquetFile(body, read_dictionary=repeated)
        _check_rows(reader.metadata, report)
        _count_rows(reader, report)


def _spans(report: FileReport, store: ObjectStore) -> list[tuple[int, int]]:
    """Return (start, end) offsets of the bytes that counting needs: of columns and the footer."""
    size = report.entry["bytes"]
    if size <= CHUNK_BYTES:  # held anyway
        return [(0, size)]
    try:
        metadata = _footer(report.entry, store)
    except (pa.ArrowInvalid, OSError):  # its hash will show what is wrong with it
        return []
    spans = list(_column_spans(metadata, _COUNTED.get(report.kind, [])))
    return [(start, min(end, size)) for start, end in [*spans, (size - _length(metadata), size)]]


def _column_spans(metadata: pq.FileMetaData, names: list[str]) -> Iterator[tuple[int, int]]:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for column in map(group.column, range(group.num_columns)):
            if column.path_in_schema in names:
                pages = (column.dictionary_page_offset, column.data_page_offset)
                start = min(page for page in pages if page is not None)
                yield start, start + column.total_compressed_size


def _footer(entry: FileEntry, store: ObjectStore) -> pq.FileMetaData:
    tail = store.tail(entry["key"], _FOOTER_BYTES)
    needed = int.from_bytes(tail[-_ENDING_BYTES:][:4], "little") + _ENDING_BYTES
    if len(tail) < needed <= entry["bytes"]:
        tail = store.tail(entry["key"], needed)
    return pq.read_metadata(pa.BufferReader(tail))


def _length(metadata: pq.FileMetaData) -> int:
    return int(metadata.serialized_size) + _ENDING_BYTES


def _byte_problem(entry: FileEntry, size: int, digest: str) -> str | None:
    if size != entry["bytes"]:
        return f"it has {size:,} bytes, {entry['bytes']:,} were published"
    if digest != entry["sha256"]:
        return f"its {size:,} bytes are not those that were published"
    return None


def _check_rows(metadata: pq.FileMetaData, report: FileReport) -> None:
    rows = metadata.num_rows
    if rows != report.entry["rows"]:
        report.problem = f"it has {rows:,} rows, the manifest says {report.entry['rows']:,}"


def _count_rows(reader: pq.ParquetFile, report: FileReport) -> None:
    if report.kind in _OF_DOCUMENTS:
        _read_documents(reader, report)
    elif report.kind == "decisions":
        _read_decisions(reader, report)


def _read_documents(reader: pq.ParquetFile, report: FileReport) -> None:
    ids = reader.iter_batches(columns=_COUNTED[report.kind])
    words = _words([batch.column(0) for batch in ids])
    report.ids = words[:, 0].copy()
    if not is_ascending(words):
        report.problem = "its documents are not in ascending order of id"


def _read_decisions(reader: pq.ParquetFile, report: FileReport) -> None:
    kept, named = [], []
    for batch in reader.iter_batches(columns=_DECISION_COLUMNS):
        table = pa.Table.from_batches([batch])
        report.counts.update(verdict_counts(table))
        report.problem = report.problem or _naming_problem(table)
        kept.append(table.filter(pc.equal(table["verdict"], str(Verdict.KEPT)))["doc_id"])
        named.append(table["kept_doc_id"].drop_null())
    report.ids, report.named = (_words(columns)[:, 0].copy() for columns in (kept, named))


def _naming_problem(decisions: pa.Table) -> str | None:
    """Return a problem if a duplicate names no kept document, or a row taken down one or a URL."""
    is_down = pc.equal(decisions["reason"], str(DropReason.TAKEN_DOWN))
    down = decisions.filter(is_down)
    if len(down) > down["kept_doc_id"].null_count or len(down) > down["url"].null_count:
        return "a row that was taken down names a document or an address"
    others = decisions.filter(pc.invert(pc.fill_null(is_down, pa.scalar(value=False))))
    is_alone = pc.is_in(others["reason"], pa.array(map(str, WITHOUT_KEPT), pa.string()))
    others = others.filter(pc.invert(is_alone))
    dropped = others.filter(pc.equal(others["verdict"], str(Verdict.DROPPED)))
    if dropped["kept_doc_id"].null_count:
        return "a duplicate does not name the document that stays"
    return None


def _words(columns: list[Any]) -> IdKeys:
    return np.concatenate([np.zeros((0, 2), np.uint64), *map(id_keys, columns)])
