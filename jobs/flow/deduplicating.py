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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.banding import meeting_keys, signature_matrix
from jobs.corpus.canonical import canonical_texts
from jobs.corpus.components import (
    Bounds,
    Words,
    buckets,
    forest,
    groups,
    meeting_words,
    ordinal_bits,
    told_buckets,
    unite,
)
from jobs.corpus.ranking import hash_halves
from jobs.corpus.survivors import survivors
from jobs.corpus.tables import facts_schema, ranked_schema
from jobs.errors import ConfigError
from jobs.flow.exchange import (
    read_cuts,
    read_group,
    read_numbers,
    write_cuts,
    write_groups,
    write_numbers,
)
from jobs.flow.marked import Marked, Marker, Progress, code_digest, map_marked
from jobs.flow.normalizing import NormalizedShard, write_table
from jobs.flow.params import BuildParams
from jobs.storage.layout import work_key
from jobs.storage.manifests import fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

STAGE = "drops"
_PARTITION_WORDS = 16_000_000  # of 8 bytes, which one edges task sorts
_MOST_ROWS = 1 << 32  # an edge holds two ordinals of 32 bits


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


@dataclass(frozen=True)
class _Cut:
    """How the keys of one build are cut: `delivered` ordinals, in `pieces` partitions of keys."""

    delivered: int
    pieces: int

    @property
    def bits(self) -> int:
        return ordinal_bits(self.delivered)


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


def ranked_facts(
    shard: NormalizedShard, params: BuildParams, *, store: ObjectStore, with_text: bool = False
) -> pa.Table:
    """The facts of one shard as rows of this build: with ordinal, partner and priority.

    With text, and if similarities are to be exact, also with the canonical texts.
    """
    schema = ranked_schema(params.signature.num_perm)
    tables = [pq.read_table(store.open(run.facts_key)) for run in shard.runs]
    facts = pa.concat_tables([facts_schema(params.signature.num_perm).empty_table(), *tables])
    priority = next(p.priority for p in params.partners if p.name == shard.partner)
    columns = {name: facts[name] for name in facts.column_names}
    columns["ordinal"] = pc.add(facts["position"], shard.base)
    columns["partner"] = pa.repeat(shard.partner, len(facts))
    columns["priority"] = pa.repeat(pa.scalar(priority, pa.int32()), len(facts))
    ranked = pa.table([columns[name] for name in schema.names], schema=schema)
    if with_text and params.bands.is_exact:
        return ranked.append_column("canonical", _canonical(shard, store))
    return ranked


def _canonical(shard: NormalizedShard, store: ObjectStore) -> pa.ChunkedArray:
    """The canonical texts of a shard's documents, in the order of its facts."""
    texts = [pa.array([], pa.large_string())]
    for run in shard.runs:
        documents = pq.read_table(store.open(run.documents_key), columns=["position", "content"])
        documents = documents.filter(pc.is_valid(documents["content"])).sort_by("position")
        texts.append(canonical_texts(documents["content"].combine_chunks()))
    return pa.chunked_array(texts, pa.large_string())


def _key(normalized: list[NormalizedShard], params: BuildParams) -> str:
    priorities = sorted((partner.name, partner.priority) for partner in params.partners)
    how = (params.bands, params.rank, params.shards.group_documents, priorities)
    return fingerprint([shard.key for shard in normalized], how, code_digest())


def _documents(shard: NormalizedShard) -> int:
    return shard.delivered - sum(count for _, _, count in shard.rejected)


def _decide_all(spec: tuple[_Place, Sequence[NormalizedShard]], *, params: BuildParams) -> Marker:
    place, normalized = spec
    store = open_store(params.storage)
    tables = [ranked_facts(shard, params, store=store, with_text=True) for shard in normalized]
    return _decided(pa.concat_tables(tables), place.at("drops-all.parquet"), params, store)


def _decided(ranked: pa.Table, file: str, params: BuildParams, store: ObjectStore) -> Marker:
    drops = survivors(ranked, bands=params.bands, rank=params.rank)
    write_table(store, file, drops, row_group_rows=1 << 16)
    return {"file": file, "rows": len(drops)}


def _decide_groups(
    normalized: list[NormalizedShard], place: _Place, params: BuildParams, progress: Progress
) -> list[Marker]:
    mapped = partial(map_marked, params=params, progress=progress)
    cut = _cut(normalized, params)
    batches = list(enumerate(_batches(normalized, params.shards.group_documents)))
    keys = mapped(
        _write_keys,
        [Marked(place.at(f"keys-{n}.json"), (place, n, some, cut)) for n, some in batches],
        label="dedup: band keys",
    )
    files = tuple(marker["file"] for marker in keys)
    edges = mapped(
        _write_edges,
        [Marked(place.at(f"edges-{p}.json"), (place, p, files, cut)) for p in range(cut.pieces)],
        label="dedup: buckets",
    )
    edge_files = tuple(marker["edges"] for marker in [*keys, *edges])
    united = [Marked(place.at("grouped.json"), (place, edge_files, cut))]
    grouped = mapped(_write_grouped, united, label="dedup: components")[0]
    file = grouped["file"]
    meeting = mapped(
        _write_meeting,
        [Marked(place.at(f"meeting-{n}.json"), (place, n, some, file)) for n, some in batches],
        label="dedup: meetings",
    )
    meeting_files = tuple(marker["file"] for marker in meeting)
    return mapped(
        _decide_group,
        [
            Marked(place.at(f"drops-{group}.json"), (place, group, meeting_files))
            for group in range(grouped["groups"])
        ],
        label="dedup: decisions",
    )


def _cut(normalized: list[NormalizedShard], params: BuildParams) -> _Cut:
    delivered = sum(shard.delivered for shard in normalized)
    if delivered > _MOST_ROWS:
        raise ConfigError(
            f"{delivered:,} rows are delivered, and a build numbers {_MOST_ROWS:,} at most: "
            "make two corpora, each of fewer partners"
        )
    keys = sum(map(_documents, normalized)) * (params.bands.bands + 1)
    return _Cut(delivered, 1 + keys // _PARTITION_WORDS)


def _batches(normalized: list[NormalizedShard], most: int) -> Iterator[tuple[NormalizedShard, ...]]:
    """Successive shards of at most so many documents together: fewer files, each range longer."""
    batch: list[NormalizedShard] = []
    held = 0
    for shard in normalized:
        if batch and held + _documents(shard) > most:
            yield tuple(batch)
            batch, held = [], 0
        batch.append(shard)
        held += _documents(shard)
    yield tuple(batch)


def _write_keys(
    spec: tuple[_Place, int, Sequence[NormalizedShard], _Cut], *, params: BuildParams
) -> Marker:
    place, number, shards, cut = spec
    store = open_store(params.storage)
    runs = [(run.facts_key, shard.base) for shard in shards for run in shard.runs]
    cuts = [_run_words(store, *run, cut, params) for run in runs]
    words, bounds, edges = told_buckets(cuts, bits=cut.bits, partitions=cut.pieces)
    file, edge_file = place.at(f"keys-{number}.bin"), place.at(f"keys-{number}-edges.bin")
    write_cuts(store, file, words, bounds)
    store.put(edge_file, edges.tobytes())
    return {"file": file, "edges": edge_file}


def _run_words(
    store: ObjectStore, facts_key: str, base: int, cut: _Cut, params: BuildParams
) -> tuple[Words, Bounds]:
    columns = ["doc_id", "position", "signature"]
    facts = pq.read_table(store.open(facts_key), columns=columns)
    signatures, has_text = signature_matrix(facts["signature"])
    ids = np.stack(hash_halves(facts["doc_id"]), axis=1)
    keys = meeting_keys(signatures, ids, params=params.bands)
    ordinals = facts["position"].to_numpy() + base
    return meeting_words(keys, has_text, ordinals, bits=cut.bits, partitions=cut.pieces)


def _write_edges(spec: tuple[_Place, int, tuple[str, ...], _Cut], *, params: BuildParams) -> Marker:
    place, partition, files, cut = spec
    store = open_store(params.storage)
    words = read_cuts(store, files, partition, cut.pieces)
    edges = buckets(words, bits=cut.bits)[1]
    file = place.at(f"edges-{partition}.bin")
    store.put(file, edges.tobytes())
    return {"edges": file}


def _write_grouped(spec: tuple[_Place, tuple[str, ...], _Cut], *, params: BuildParams) -> Marker:
    place, edge_files, cut = spec
    store = open_store(params.storage)
    parents = forest(cut.delivered)
    for file in edge_files:
        unite(parents, np.frombuffer(store.get(file), np.uint64))
    grouped = groups(parents, group_documents=params.shards.group_documents)
    file = place.at("grouped.bin")
    write_numbers(store, file, grouped)
    return {"file": file, "groups": int(grouped.max(initial=-1)) + 1}


def _write_meeting(
    spec: tuple[_Place, int, Sequence[NormalizedShard], str], *, params: BuildParams
) -> Marker:
    place, number, shards, grouped_file = spec
    store = open_store(params.storage)
    tables, numbers = [], []
    for shard in shards:
        ranked = ranked_facts(shard, params, store=store)
        grouped = read_numbers(store, grouped_file, shard.base, shard.delivered)
        grouped = grouped[ranked["ordinal"].to_numpy() - shard.base]
        tables.append(ranked.filter(pa.array(grouped >= 0)))
        numbers.append(grouped[grouped >= 0])
    file = place.at(f"meeting-{number}.arrow")
    write_groups(store, file, pa.concat_tables(tables), np.concatenate(numbers))
    return {"file": file}


def _decide_group(spec: tuple[_Place, int, tuple[str, ...]], *, params: BuildParams) -> Marker:
    place, group, files = spec
    store = open_store(params.storage)
    tables = [read_group(store, file, group) for file in files]
    return _decided(pa.concat_tables(tables), place.at(f"drops-{group}.parquet"), params, store)
