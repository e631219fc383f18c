"""Deduplicate: facts of all partners in, one row of DROPS per document that another one replaces.

Few documents are decided by one task, many in groups of whole components, and a component too large
for one task in rounds. All ways give the same rows: a document's fate depends on its component
alone, and there on who is kept before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from jobs.corpus.dedup.survivors import survivors
from jobs.flow.dedup.candidate_groups import Cut, Meeting, Place, cut_of, meeting_facts
from jobs.flow.dedup.frozen import FrozenShard, numbered
from jobs.flow.dedup.hot_bucket_keys import refined_meeting
from jobs.flow.dedup.ranked_facts import Shard, documents_of, ranked_facts, with_texts
from jobs.flow.dedup.rounds import decided_in_rounds
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import Marked, Marker, Progress, code_digest, map_marked
from jobs.flow.tasks.exchange import gather_group
from jobs.flow.tasks.table_files import write_table
from jobs.storage.canonical_json import fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_DROPS = "drops.parquet"


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
    rules = params.rules.rules
    how = (params.bands, params.rank, rules, params.shards.group_documents, priorities)
    frozen = [shard for shard in shards if isinstance(shard, FrozenShard)]
    settled = [(shard.key, shard.priority, shard.origin) for shard in frozen]
    return fingerprint([shard.key for shard in shards], settled, how, code_digest())


def _decide_all(spec: tuple[Place, Sequence[Shard]], *, params: BuildParams) -> Marker:
    place, shards = spec
    store = open_store(params.storage)
    facts = [(ranked_facts(shard, params, store=store), shard) for shard in shards]
    tables = [with_texts(ranked, shard, params, store=store) for ranked, shard in facts]
    return _decided(pa.concat_tables(tables), place.at("drops-all", _DROPS), params, store)


def _decided(ranked: pa.Table, key: str, params: BuildParams, store: ObjectStore) -> Marker:
    drops = survivors(ranked, bands=params.bands, rank=params.rank)
    file = write_table(store, key, drops, row_group_rows=1 << 16)
    return {"file": file, "rows": len(drops)}


def _decide_groups(
    shards: Sequence[Shard], place: Place, params: BuildParams, progress: Progress
) -> list[Marker]:
    meeting = meeting_facts(shards, place, params, progress=progress)
    return decide_meeting(meeting, cut_of(shards, params), place, params, progress=progress)


def decide_meeting(
    meeting: Meeting, cut: Cut, place: Place, params: BuildParams, *, progress: Progress
) -> list[Marker]:
    """The files of drops: groups alone, oversized ones refined first, what stays so in rounds."""
    decide = partial(_decide_each, params=params, progress=progress)
    markers = decide(meeting, place)
    if meeting.oversized and not params.bands.is_exact:
        meeting = refined_meeting(meeting, cut, place, params, progress=progress)
        place = Place(place.corpus, f"{place.key}/refined")
        markers += decide(meeting, place)
    for group in meeting.oversized:
        markers += decided_in_rounds(group, meeting, place, params, progress=progress)
    return markers


def _decide_each(
    meeting: Meeting, place: Place, *, params: BuildParams, progress: Progress
) -> list[Marker]:
    work = [
        Marked(place.at(f"drops-{group}.json"), (place, group, meeting.files))
        for group in meeting.groups
    ]
    return map_marked(
        _decide_group, work, params=params, label="dedup: decisions", progress=progress
    )


def _decide_group(spec: tuple[Place, int, tuple[str, ...]], *, params: BuildParams) -> Marker:
    place, group, files = spec
    store = open_store(params.storage)
    ranked = gather_group(store, files, group)
    return _decided(ranked, place.at(f"drops-{group}", _DROPS), params, store)
