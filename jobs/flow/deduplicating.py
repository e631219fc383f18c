"""Deduplicate: facts of all partners in, one row of DROPS per document that another one replaces.

Few documents are decided by one task, many in groups of whole components. Both ways give the same
rows: a document's fate depends on its component alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from jobs.corpus.survivors import survivors
from jobs.flow.exchange import read_group
from jobs.flow.frozen import FrozenShard, numbered
from jobs.flow.grouping import Place, meeting_facts
from jobs.flow.marked import Marked, Marker, Progress, code_digest, map_marked
from jobs.flow.normalizing import NormalizedShard, write_table
from jobs.flow.params import BuildParams
from jobs.flow.ranked import Shard, documents_of, ranked_facts, with_texts
from jobs.storage.manifests import fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_READS = 16  # files of a group read at once: each read is short, and far away on S3


@dataclass(frozen=True)
class Drops:
    """The table of drops of a build: its name, its files and its number of rows."""

    key: str
    files: tuple[str, ...]
    rows: int


def deduplicate(
    normalized: Sequence[NormalizedShard],
    params: BuildParams,
    *,
    progress: Progress,
    frozen: Sequence[FrozenShard] = (),
) -> Drops:
    """The drops of all documents of a build, found again if they are already there.

    Args:
        normalized: what was delivered, numbered from 0.
        params: of the build.
        progress: told of every finished task.
        frozen: documents whose fate is settled, numbered here: none of them is dropped, and they
            rank before all that was delivered.
    """
    delivered = sum(shard.delivered for shard in normalized)
    shards: list[Shard] = [*normalized, *numbered(frozen, delivered)]
    place = Place(params.corpus, _key(shards, params))
    if sum(map(documents_of, shards)) <= params.shards.group_documents:
        everything = [Marked(place.at("drops-all.json"), (place, tuple(shards)))]
        markers = map_marked(
            _decide_all, everything, params=params, label="dedup", progress=progress
        )
    else:
        markers = _decide_groups(shards, place, params, progress)
    return Drops(
        place.key,
        tuple(marker["file"] for marker in markers),
        sum(marker["rows"] for marker in markers),
    )


def _key(shards: Sequence[Shard], params: BuildParams) -> str:
    priorities = sorted((partner.name, partner.priority) for partner in params.partners)
    how = (params.bands, params.rank, params.shards.group_documents, priorities)
    frozen = [shard for shard in shards if isinstance(shard, FrozenShard)]
    settled = [(shard.key, shard.priority, shard.origin) for shard in frozen]
    return fingerprint([shard.key for shard in shards], settled, how, code_digest())


def _decide_all(spec: tuple[Place, Sequence[Shard]], *, params: BuildParams) -> Marker:
    place, shards = spec
    store = open_store(params.storage)
    facts = [(ranked_facts(shard, params, store=store), shard) for shard in shards]
    tables = [with_texts(ranked, shard, params, store=store) for ranked, shard in facts]
    return _decided(pa.concat_tables(tables), place.at("drops-all.parquet"), params, store)


def _decided(ranked: pa.Table, file: str, params: BuildParams, store: ObjectStore) -> Marker:
    drops = survivors(ranked, bands=params.bands, rank=params.rank)
    write_table(store, file, drops, row_group_rows=1 << 16)
    return {"file": file, "rows": len(drops)}


def _decide_groups(
    shards: Sequence[Shard], place: Place, params: BuildParams, progress: Progress
) -> list[Marker]:
    meeting = meeting_facts(shards, place, params, progress=progress)
    work = [
        Marked(place.at(f"drops-{group}.json"), (place, group, meeting.files))
        for group in range(meeting.groups)
    ]
    return map_marked(
        _decide_group, work, params=params, label="dedup: decisions", progress=progress
    )


def _decide_group(spec: tuple[Place, int, tuple[str, ...]], *, params: BuildParams) -> Marker:
    place, group, files = spec
    store = open_store(params.storage)
    with ThreadPoolExecutor(_READS) as pool:
        tables = list(pool.map(lambda file: read_group(store, file, group), files))
    return _decided(pa.concat_tables(tables), place.at(f"drops-{group}.parquet"), params, store)
