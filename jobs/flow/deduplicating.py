"""Deduplicate: facts of all partners in, one row of DROPS per document that another one replaces.

Few documents are decided by one task. Many are decided in groups of whole components::

    facts ─ keys ──▶ (key, ordinal) rows, cut by key      exchanged through storage, 12 bytes each
          ─ edges ─▶ neighbours in equal buckets          one task per partition of keys
          ─ unite ─▶ components, packed into groups       here, 4 bytes per document
    facts ─ groups ▶ facts of documents that meet         exchanged through storage, by group
          ─ decide ▶ drops                                one task per group

Both ways give the same rows: a document's fate depends on its component alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.banding import meeting_keys, signature_matrix
from jobs.corpus.components import forest, groups, meeting_edges, unite
from jobs.corpus.ranking import hash_halves
from jobs.corpus.survivors import survivors
from jobs.corpus.tables import ranked_schema
from jobs.flow.exchange import read_arrays, read_group, write_arrays, write_groups
from jobs.flow.marked import Marked, Marker, Progress, code_digest, map_marked
from jobs.flow.normalizing import NormalizedShard, write_table
from jobs.flow.params import BuildParams
from jobs.storage.layout import work_key
from jobs.storage.manifests import fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

STAGE = "drops"
_PARTITION_ROWS = 16_000_000  # rows of 12 bytes that one edges task sorts


@dataclass(frozen=True)
class Drops:
    """The table of drops of a build: its name, its files and its number of rows."""

    key: str
    files: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class _Place:
    """Where the dedup tasks of one build work."""

    corpus: str
    key: str

    def at(self, *parts: str) -> str:
        return work_key(self.corpus, STAGE, self.key, *parts)


def deduplicate(
    normalized: list[NormalizedShard], params: BuildParams, *, progress: Progress
) -> Drops:
    """The drops of all documents of a build, found again if they are already there."""
    place = _Place(params.corpus, _key(normalized, params))
    documents = sum(_documents(shard) for shard in normalized)
    if documents <= params.shards.group_documents:
        everything = [Marked(place.at("drops-all.json"), (place, tuple(normalized)))]
        markers = map_marked(
            _decide_all, everything, params=params, label="dedup", progress=progress
        )
    else:
        markers = _decide_groups(normalized, place, params, progress)
    return Drops(
        place.key,
        tuple(marker["file"] for marker in markers),
        sum(marker["rows"] for marker in markers),
    )


def ranked_facts(shard: NormalizedShard, params: BuildParams, *, store: ObjectStore) -> pa.Table:
    """The facts of one shard as rows of this build: with ordinal, partner and priority."""
    schema = ranked_schema(params.signature.num_perm)
    tables = [pq.read_table(store.open(run.facts_key)) for run in shard.runs]
    if not tables:
        return schema.empty_table()
    facts = pa.concat_tables(tables)
    priority = next(p.priority for p in params.partners if p.name == shard.partner)
    columns = {name: facts[name] for name in facts.column_names}
    columns["ordinal"] = pc.add(facts["position"], shard.base)
    columns["partner"] = pa.repeat(shard.partner, len(facts))
    columns["priority"] = pa.repeat(pa.scalar(priority, pa.int32()), len(facts))
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _key(normalized: list[NormalizedShard], params: BuildParams) -> str:
    priorities = sorted((partner.name, partner.priority) for partner in params.partners)
    how = (params.bands, params.rank, params.shards.group_documents, priorities)
    return fingerprint([shard.key for shard in normalized], how, code_digest())


def _documents(shard: NormalizedShard) -> int:
    return shard.delivered - sum(count for _, _, count in shard.rejected)


def _decide_all(spec: tuple[_Place, Sequence[NormalizedShard]], *, params: BuildParams) -> Marker:
    place, normalized = spec
    store = open_store(params.storage)
    tables = [ranked_facts(shard, params, store=store) for shard in normalized]
    return _decided(pa.concat_tables(tables), place.at("drops-all.parquet"), params, store)


def _decided(ranked: pa.Table, file: str, params: BuildParams, store: ObjectStore) -> Marker:
    drops = survivors(ranked, bands=params.bands, rank=params.rank)
    write_table(store, file, drops, row_group_rows=1 << 16)
    return {"file": file, "rows": len(drops)}


def _decide_groups(
    normalized: list[NormalizedShard], place: _Place, params: BuildParams, progress: Progress
) -> list[Marker]:
    mapped = partial(map_marked, params=params, progress=progress)
    documents = sum(_documents(shard) for shard in normalized)
    partitions = 1 + documents * (params.bands.bands + 1) // _PARTITION_ROWS
    sources = list(enumerate(normalized))
    keys = mapped(
        _write_keys,
        [Marked(place.at(f"keys-{n}.json"), (place, n, s, partitions)) for n, s in sources],
        label="dedup: band keys",
    )
    files = tuple(marker["file"] for marker in keys)
    edges = mapped(
        _write_edges,
        [Marked(place.at(f"edges-{p}.json"), (place, p, files)) for p in range(partitions)],
        label="dedup: buckets",
    )
    store = open_store(params.storage)
    grouped = _grouped([marker["file"] for marker in edges], normalized, params, store)
    slices = [grouped[shard.base : shard.base + shard.delivered] for shard in normalized]
    meeting = mapped(
        _write_meeting,
        [Marked(place.at(f"meeting-{n}.json"), (place, n, s, slices[n])) for n, s in sources],
        label="dedup: components",
    )
    meeting_files = tuple(marker["file"] for marker in meeting)
    return mapped(
        _decide_group,
        [
            Marked(place.at(f"drops-{group}.json"), (place, group, meeting_files))
            for group in range(int(grouped.max(initial=-1)) + 1)
        ],
        label="dedup: decisions",
    )


def _write_keys(spec: tuple[_Place, int, NormalizedShard, int], *, params: BuildParams) -> Marker:
    place, number, shard, partitions = spec
    store = open_store(params.storage)
    ranked = ranked_facts(shard, params, store=store)
    signatures, has_text = signature_matrix(ranked["signature"])
    ids = np.stack(hash_halves(ranked["doc_id"]), axis=1)
    keys = meeting_keys(signatures, ids, params=params.bands)
    holds = np.ones(keys.shape, np.bool_)
    holds[~has_text, :-1] = False
    ordinals = np.broadcast_to(ranked["ordinal"].to_numpy()[:, None], keys.shape)
    rows, who = keys[holds], ordinals[holds].astype(np.uint32)
    # The high bits choose the partition: the low ones choose slots later.
    owner = ((rows >> np.uint64(32)) * np.uint64(partitions)) >> np.uint64(32)
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(partitions + 1))
    file = place.at(f"keys-{number}.bin")
    write_arrays(store, file, (rows[order], who[order]), bounds)
    return {"file": file}


def _write_edges(spec: tuple[_Place, int, tuple[str, ...]], *, params: BuildParams) -> Marker:
    place, partition, files = spec
    store = open_store(params.storage)
    parts = [read_arrays(store, file, partition, (np.uint64, np.uint32)) for file in files]
    keys, ordinals = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    edges = meeting_edges(keys, ordinals)
    file = place.at(f"edges-{partition}.bin")
    store.put(file, edges.tobytes())
    return {"file": file}


def _grouped(
    edge_files: list[str],
    normalized: list[NormalizedShard],
    params: BuildParams,
    store: ObjectStore,
) -> npt.NDArray[np.int32]:
    parents = forest(sum(shard.delivered for shard in normalized))
    for file in edge_files:
        unite(parents, np.frombuffer(store.get(file), np.uint32).reshape(-1, 2))
    return groups(parents, group_documents=params.shards.group_documents)


def _write_meeting(
    spec: tuple[_Place, int, NormalizedShard, npt.NDArray[np.int32]], *, params: BuildParams
) -> Marker:
    place, number, shard, grouped = spec
    store = open_store(params.storage)
    ranked = ranked_facts(shard, params, store=store)
    file = place.at(f"meeting-{number}.arrow")
    write_groups(store, file, ranked, grouped[ranked["ordinal"].to_numpy() - shard.base])
    return {"file": file}


def _decide_group(spec: tuple[_Place, int, tuple[str, ...]], *, params: BuildParams) -> Marker:
    place, group, files = spec
    store = open_store(params.storage)
    tables = [read_group(store, file, group) for file in files]
    return _decided(pa.concat_tables(tables), place.at(f"drops-{group}.parquet"), params, store)
