"""Candidates in files and groups as a build writes them, without a build."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.drop_evidence import is_drop
from jobs.corpus.model.reasons import COPIES
from jobs.corpus.model.tables import DROPS, OF_CANONICAL, ranked_schema
from jobs.flow.dedup.candidates import CandidateGroups, Partitioning, WorkFolder
from jobs.flow.dedup.dedup_stage import decide_candidates
from jobs.flow.params import BuildParams
from jobs.flow.tasks.exchange import write_groups
from jobs.flow.tasks.sealed_objects import read_table
from jobs.storage.stores import open_store
from tests.builds import build_parameters, in_this_process, silent, write_partner

FOLDER = WorkFolder("demo", "k")
_EMPTY_PARTNER = "format: jsonl\nlicence: none\npriority: 1\ndeliveries: /nowhere"


def parameters(folder: Path, *overrides: str) -> BuildParams:
    params = _composed(*overrides)
    return replace(params, storage=replace(params.storage, root=str(folder / "store")))


@cache
def _composed(*overrides: str) -> BuildParams:
    with tempfile.TemporaryDirectory() as name:
        write_partner(Path(name), "empty", _EMPTY_PARTNER)
        return build_parameters(Path(name), "/nowhere", "partners=[empty]", *overrides)


def decided(ranked: pa.Table, params: BuildParams, *, files: int, most: int) -> pa.Table:
    """The drops of documents that make one group, spread over some files, sorted by ordinal."""
    store = open_store(params.storage)
    params = replace(params, shards=replace(params.shards, group_documents=most))
    keys = []
    for n in range(files):
        rows = ranked.take(pa.array(np.arange(n, len(ranked), files)))
        key = FOLDER.at(f"candidates-{n}", "facts.arrow")
        keys.append(write_groups(store, key, rows, np.zeros(len(rows), np.int32)))
    candidates = CandidateGroups(tuple(keys), {0: len(ranked)}, most)
    delivered = max(ranked["ordinal"].to_pylist()) + 1
    with in_this_process():
        by = Partitioning(delivered, delivered, partitions=1)
        checkpoints = decide_candidates(candidates, by, FOLDER, params, progress=silent)
    tables = [read_table(store, checkpoint["file"]) for checkpoint in checkpoints]
    drops = pa.concat_tables([DROPS.empty_table(), *tables]).sort_by("ordinal")
    gone = drops.filter(is_drop(drops))
    assert len(gone) == sum(checkpoint["rows"] for checkpoint in checkpoints)
    copies = drops.filter(pc.equal(drops["reason"], COPIES))
    named = gone["kept_doc_id"].drop_null()
    assert (pc.sum(copies["copies"]).as_py() or 0) == len(named)
    return drops.filter(pc.not_equal(drops["reason"], COPIES))


def signed(signatures: np.ndarray, *, seed: int) -> pa.Table:
    """Ranked rows of signatures without text, their ranks as random as their hashes."""
    count, num_perm = signatures.shape
    random = np.random.default_rng(seed)
    hashes = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), count, [None, pa.py_buffer(random.bytes(16 * count))]
    )
    columns = {
        "doc_id": hashes,
        "signature": pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(4 * num_perm), count, [None, pa.py_buffer(signatures.tobytes())]
        ),
        "content_chars": pa.array(random.integers(90, 100, count), pa.int32()),
        "ordinal": pa.array(np.arange(count)),
        "partner": pa.repeat("甲", count),
        "priority": pa.array(random.integers(1, 3, count), pa.int32()),
        "is_frozen": pa.repeat(pa.scalar(value=False), count),
        "is_taken_down": pa.repeat(pa.scalar(value=False), count),
        "is_template": pa.repeat(pa.scalar(value=False), count),
        **{name: pa.nulls(count, kind) for name, kind in OF_CANONICAL.items()},
        "published": pa.nulls(count, pa.string()),
    }
    schema = ranked_schema(num_perm)
    return pa.table([columns.get(name, hashes) for name in schema.names], schema=schema)
