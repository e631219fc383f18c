"""One file of a release read again: its footer, or every byte and then its rows.

Bytes are hashed as they stream, and of the rows only ids and verdicts are read, row group by row
group: a check holds a few megabytes and 8 bytes a document, whatever the size of the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.comparing import Words, id_words, is_ascending
from jobs.corpus.merging import Verdict, verdict_counts
from jobs.corpus.survivors import DropReason
from jobs.errors import ObjectMissing, StorageError
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.stores import open_store

_CHUNK_BYTES = 8 << 20  # from S3 each is one request
_DECISION_COLUMNS = ["doc_id", "verdict", "stage", "reason", "kept_doc_id", "url"]
Halves = npt.NDArray[np.uint64]
"""The upper halves of ids: two of 100 million documents share one once in 3,000 releases."""


@dataclass(frozen=True)
class FileCheck:
    """What to check: a file of a kind, as the manifest describes it, by its footer or whole."""

    kind: str
    entry: dict[str, Any]
    is_whole: bool


@dataclass
class FileReport:
    """What a check saw.

    Attributes:
        kind: Of the file.
        entry: Of the file.
        problem: Why it cannot be trusted; None if it can.
        ids: Of its documents: those it holds or has facts of, or those its decisions keep.
        named: Documents that its decisions name as staying instead of another.
        counts: Rows per (verdict, stage, reason).
    """

    kind: str
    entry: dict[str, Any]
    problem: str | None = None
    ids: Halves = field(default_factory=lambda: np.zeros(0, np.uint64))
    named: Halves = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def check_stored(check: FileCheck, *, storage: StorageParams) -> FileReport:
    """`check_file` as a task on another machine: the store is opened there."""
    return check_file(check, open_store(storage))


def check_file(check: FileCheck, store: ObjectStore) -> FileReport:
    """What is wrong with a file, and what it holds if it is read whole.

    Raises:
        StorageError: the store cannot be reached, so nothing is known of the file.
    """
    report = FileReport(check.kind, check.entry)
    key = check.entry["key"]
    try:
        report.problem = _byte_problem(check, store) if check.is_whole else None
        if report.problem is None:
            with store.open(key) as stream:
                _read(pq.ParquetFile(stream), report, is_whole=check.is_whole)
    except ObjectMissing:
        report.problem = "it is missing"
    except (pa.ArrowInvalid, OSError) as error:
        # A reader of Parquet complains alike of damage and of a lost server: this asks the server.
        store.size(key)
        report.problem = f"it is no whole Parquet file ({error})"
    return report


def _byte_problem(check: FileCheck, store: ObjectStore) -> str | None:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks(store, check.entry["key"]):
        digest.update(chunk)
        size += len(chunk)
    if size != check.entry["bytes"]:
        return f"it has {size:,} bytes, {check.entry['bytes']:,} were published"
    if digest.hexdigest() != check.entry["sha256"]:
        return f"its {size:,} bytes are not those that were published"
    return None


def chunks(store: ObjectStore, key: str) -> Iterator[bytes]:
    """The bytes of an object, a few megabytes at a time.

    Raises:
        ObjectMissing: there is none.
        StorageError: the store cannot be reached, at the beginning or in between.
    """
    with closing(store.stream(key)) as stream:
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
        except OSError as error:
            raise StorageError(
                f"cannot read {store.location(key)} to its end ({error}): check the disk or the "
                "network, then run again"
            ) from error


def _read(reader: pq.ParquetFile, report: FileReport, *, is_whole: bool) -> None:
    rows = reader.metadata.num_rows
    if rows != report.entry["rows"]:
        report.problem = f"it has {rows:,} rows, the manifest says {report.entry['rows']:,}"
    elif is_whole and report.kind in {"shards", "facts"}:
        _read_documents(reader, report)
    elif is_whole and report.kind == "decisions":
        _read_decisions(reader, report)


def _read_documents(reader: pq.ParquetFile, report: FileReport) -> None:
    words = _words([batch.column(0) for batch in reader.iter_batches(columns=["id"])])
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
    """A duplicate names who stays; who was taken down names nobody and has no address."""
    is_down = pc.equal(decisions["reason"], str(DropReason.TAKEN_DOWN))
    down = decisions.filter(is_down)
    if len(down) > down["kept_doc_id"].null_count or len(down) > down["url"].null_count:
        return "a row that was taken down names a document or an address"
    others = decisions.filter(pc.invert(pc.fill_null(is_down, pa.scalar(value=False))))
    dropped = others.filter(pc.equal(others["verdict"], str(Verdict.DROPPED)))
    if dropped["kept_doc_id"].null_count:
        return "a duplicate does not name the document that stays"
    return None


def _words(columns: list[Any]) -> Words:
    return np.concatenate([np.zeros((0, 2), np.uint64), *map(id_words, columns)])
