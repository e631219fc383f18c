"""The gate of sources in a build: flagged documents are counted per site, over all partners.

::

    facts of a shard ─▶ flagged documents and documents per site     one task per shard
    all counts       ─▶ the sites over the limit                     one task

Dedup and merge reject the documents of these sites, as they apply rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pyarrow as pa

from jobs.corpus.model.reasons import Stage
from jobs.corpus.sources.gate import (
    FLAGGED,
    ExcludedSites,
    excluded_sites,
    flagged_counts,
    together,
)
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    code_digest,
    map_checkpointed,
)
from jobs.flow.tasks.run_tables import read_facts
from jobs.flow.tasks.sealed_objects import read_table
from jobs.flow.tasks.table_files import write_table
from jobs.flow.tasks.written_lists import read_list, write_list
from jobs.storage.canonical_json import fingerprint
from jobs.storage.layout import work_key
from jobs.storage.stores import open_store

_FOLDER = "sources"
_READERS = 16


class _Shard(NamedTuple):
    """Specification of a counting task.

    Attributes:
        at: The key of the table it writes, before it is sealed.
        partner: That delivered the documents.
        runs: Of the shard.
    """

    at: str
    partner: str
    runs: tuple[Run, ...]


def with_excluded_sites(
    normalized: Sequence[NormalizedShard], params: BuildParams, *, progress: Progress
) -> BuildParams:
    """Return the parameters with the sites that are over the limit of the gate, if there is one.

    Args:
        normalized: the shards of the build.
        params: of the build.
        progress: called after every finished task.
    """
    sources = params.origin.sources
    if sources.most_flagged is None or not normalized:
        return params
    key = fingerprint([shard.key for shard in normalized], params.rules, sources, code_digest())
    at = partial(work_key, params.corpus, _FOLDER, key)
    run = partial(map_checkpointed, params=params, progress=progress)
    work = [
        CheckpointedTask(
            at(f"{shard.key}.json"),
            _Shard(at(shard.key, "flagged.parquet"), shard.partner, shard.runs),
        )
        for shard in normalized
    ]
    counted = run(_count, work, label=f"{Stage.SOURCES}: count")
    files = [one["file"] for one in counted]
    inputs = write_list(open_store(params.storage), at("inputs", "files.json"), files)
    last = [CheckpointedTask(at("excluded.json"), inputs)]
    (found,) = run(_exclude, last, label=f"{Stage.SOURCES}: exclude")
    excluded = ExcludedSites(
        found["digest"], {site: (flagged, of) for site, flagged, of in found["sites"]}
    )
    return replace(params, origin=replace(params.origin, excluded=excluded))


def _count(spec: _Shard, *, params: BuildParams) -> Checkpoint:
    store, reasons = open_store(params.storage), params.origin.sources.flagged_by
    columns = [*dict.fromkeys(["site", *params.rules.columns])]
    facts = (read_facts(store, run, columns) for run in spec.runs)
    counts = [flagged_counts(one, params.rules, reasons, partner=spec.partner) for one in facts]
    table = together(pa.concat_tables([FLAGGED.empty_table(), *counts]))
    return {"file": write_table(store, spec.at, table)}


def _exclude(inputs: str, *, params: BuildParams) -> Checkpoint:
    """Find the sites over the limit; memory: a row per site of the build."""
    store = open_store(params.storage)
    files = read_list(store, inputs)
    counts = FLAGGED.empty_table()
    with ThreadPoolExecutor(_READERS) as pool:
        for start in range(0, len(files), _READERS * _READERS):
            some = pool.map(partial(read_table, store), files[start : start + _READERS * _READERS])
            counts = together(pa.concat_tables([counts, *some]))
    most = params.origin.sources.most_flagged
    excluded = excluded_sites(counts, 1.0 if most is None else most)
    return {
        "digest": excluded.digest,
        "sites": sorted([site, *numbers] for site, numbers in excluded.sites.items()),
    }
