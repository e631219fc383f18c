"""Verify: a release's bytes are hashed again and its rows counted again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.conservation import balance
from jobs.corpus.merging import Verdict, verdict_counts
from jobs.errors import ConservationError, StorageError
from jobs.flow.reading import OpenedRelease
from jobs.storage.log import history
from jobs.storage.objects import ObjectStore

_THREADS = 4
_DECISION_COLUMNS = ["doc_id", "verdict", "stage", "reason", "kept_doc_id"]
Ids = npt.NDArray[np.bytes_]


@dataclass
class Findings:
    """What verification saw: `problems` is empty for a sound release."""

    files: int = 0
    size_bytes: int = 0
    documents: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _File:
    """One file read again: its rows' columns, or why it cannot be trusted."""

    entry: dict[str, Any]
    table: pa.Table | None
    problem: str | None


def verify(release: OpenedRelease) -> Findings:
    """Read every byte of a release and compare it with the manifest.

    Checked: the log's chain; sha256, size and row count of every file; that ids ascend in every
    shard and none comes twice; that facts are those of the shards, row by row; counts per partner,
    verdict and reason; that kept rows are exactly the documents of the shards; that every drop
    names a document of this release.
    """
    findings = Findings()
    history(release.store, release.corpus)
    shards = _read(release, "shards", ["id"], findings)
    kept = {name: np.sort(_ids(tables, "id")) for name, tables in shards.items()}
    facts = _read(release, "facts", ["id"], findings)
    findings.documents = sum(map(len, kept.values()))
    decided = _read(release, "decisions", _DECISION_COLUMNS, findings)
    _read(release, "removals", ["doc_id"], findings)
    everything = np.sort(np.concatenate([np.zeros(0, "S32"), *kept.values()]))
    for partner, account in release.manifest["partners"].items():
        tables = decided.get(partner, [])
        ids = kept.get(partner, np.zeros(0, "S32"))
        findings.problems += _partner_problems(partner, account, tables, ids)
        findings.problems += _order_problems(partner, shards.get(partner, []), ids)
        findings.problems += _facts_problems(partner, shards, facts)
        findings.problems += _stray_drops(partner, tables, everything)
    if findings.documents != release.manifest["documents"]:
        findings.problems.append(
            f"shards hold {findings.documents} documents, the manifest says "
            f"{release.manifest['documents']}"
        )
    return findings


def _read(
    release: OpenedRelease, kind: str, columns: list[str], findings: Findings
) -> dict[str, list[pa.Table]]:
    tables: dict[str, list[pa.Table]] = {}
    entries = release.manifest[kind]
    with ThreadPoolExecutor(_THREADS) as pool:
        for file in pool.map(lambda entry: _checked(release.store, entry, columns), entries):
            findings.files += 1
            findings.size_bytes += file.entry["bytes"]
            if file.problem is not None:
                findings.problems.append(
                    f"{release.store.location(file.entry['key'])}: {file.problem}"
                )
            if file.table is not None:
                tables.setdefault(file.entry["partner"], []).append(file.table)
    return tables


def _checked(store: ObjectStore, entry: dict[str, Any], columns: list[str]) -> _File:
    try:
        body = store.get(entry["key"])
    except StorageError as error:
        return _File(entry, None, str(error))
    if hashlib.sha256(body).hexdigest() != entry["sha256"]:
        return _File(entry, None, f"{len(body)} bytes that are not the {entry['bytes']} published")
    table = pq.read_table(pa.BufferReader(body), columns=columns)
    if len(table) != entry["rows"]:
        return _File(entry, table, f"{len(table)} rows, the manifest says {entry['rows']}")
    return _File(entry, table, None)


def _partner_problems(
    partner: str, account: dict[str, Any], decided: list[pa.Table], kept: Ids
) -> Iterator[str]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for table in decided:
        counts.update(verdict_counts(table))
    rows = sum(map(len, decided))
    try:
        again = balance(partner, delivered=rows, counts=counts, released=len(kept))
    except ConservationError as error:
        yield str(error)
        return
    for name, value in again.items():
        if account[name] != value:
            yield f"partner {partner}: {name} is {value}, the manifest says {account[name]}"
    is_kept = [table.filter(pc.equal(table["verdict"], str(Verdict.KEPT))) for table in decided]
    if not np.array_equal(np.sort(_ids(is_kept, "doc_id")), kept):
        yield f"partner {partner}: the documents in the shards are not those decided to be kept"


def _order_problems(partner: str, shards: list[pa.Table], kept: Ids) -> Iterator[str]:
    if any((ids[1:] <= ids[:-1]).any() for ids in (_ids([table], "id") for table in shards)):
        yield f"partner {partner}: documents of a shard are not in ascending order of id"
    if (kept[1:] == kept[:-1]).any():
        yield f"partner {partner}: a document is in two shards"


def _facts_problems(
    partner: str, shards: dict[str, list[pa.Table]], facts: dict[str, list[pa.Table]]
) -> Iterator[str]:
    ids = [[_ids([table], "id") for table in kind.get(partner, [])] for kind in (shards, facts)]
    if len(ids[0]) != len(ids[1]) or not all(map(np.array_equal, *ids)):
        yield f"partner {partner}: facts are not row by row those of the shards"


def _stray_drops(partner: str, decided: list[pa.Table], everything: Ids) -> Iterator[str]:
    named = _ids(
        [table.filter(pc.is_valid(table["kept_doc_id"])) for table in decided], "kept_doc_id"
    )
    at = np.searchsorted(everything, named)
    inside = at < len(everything)
    found = np.zeros(len(named), np.bool_)
    found[inside] = everything[at[inside]] == named[inside]
    if not found.all():
        stray = named[~found][0].decode()
        yield f"partner {partner}: {np.sum(~found)} drops name no document here, such as {stray}"


def _ids(tables: list[pa.Table], column: str) -> Ids:
    arrays = [np.array(table[column].to_pylist(), "S32") for table in tables]
    return np.concatenate([np.zeros(0, "S32"), *arrays])
