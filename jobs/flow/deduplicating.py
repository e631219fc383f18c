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

from jobs.corpus.survivors import survivors
from jobs.flow.exchange import gather_group
from jobs.flow.grouping import Meeting, Place, meeting_facts
from jobs.flow.marked import Marked, Marker, Progress, code_digest, map_marked
from jobs.flow.normalizing import NormalizedShard, write_table
from jobs.flow.params import BuildParams
from jobs.flow.ranked import documents_of, ranked_facts
from jobs.flow.refining import refined_meeting
from jobs.flow.rounds import decided_in_rounds
from jobs.storage.manifests import fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store


@dataclass(frozen=True)
class Drops:
    """The table of drops of a build: its name, its files and its number of rows."""

    key: str
    files: tuple[str, ...]
    rows: int


def deduplicate(
    normalized: list[NormalizedShard], params: BuildParams, *, progress: Progress
) -> Drops:
    """The drops of all documents of a build, found again if they are already there."""
    place = Place(params.corpus, _key(normalized, params))
    documents = sum(documents_of(shard) for shard in normalized)
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


def _key(normalized: list[NormalizedShard], params: BuildParams) -> str:
    priorities = sorted((partner.name, partner.priority) for partner in params.partners)
    rules = params.rules.rules
    how = (params.bands, params.rank, rules, params.shards.group_documents, priorities)
    return fingerprint([shard.key for shard in normalized], how, code_digest())


def _decide_all(spec: tuple[Place, Sequence[NormalizedShard]], *, params: BuildParams) -> Marker:
    place, normalized = spec
    store = open_store(params.storage)
    tables = [ranked_facts(shard, params, store=store, with_text=True) for shard in normalized]
    return _decided(pa.concat_tables(tables), place.at("drops-all.parquet"), params, store)


def _decided(ranked: pa.Table, file: str, params: BuildParams, store: ObjectStore) -> Marker:
    drops = survivors(ranked, bands=params.bands, rank=params.rank)
    write_table(store, file, drops, row_group_rows=1 << 16)
    return {"file": file, "rows": len(drops)}


def _decide_groups(
    normalized: list[NormalizedShard], place: Place, params: BuildParams, progress: Progress
) -> list[Marker]:
    meeting = meeting_facts(normalized, place, params, progress=progress)
    delivered = sum(shard.delivered for shard in normalized)
    return decide_meeting(meeting, delivered, place, params, progress=progress)


def decide_meeting(
    meeting: Meeting, delivered: int, place: Place, params: BuildParams, *, progress: Progress
) -> list[Marker]:
    """The files of drops: groups alone, oversized ones refined first, what stays so in rounds."""
    decide = partial(_decide_each, params=params, progress=progress)
    markers = decide(meeting, place)
    if meeting.oversized and not params.bands.is_exact:
        meeting = refined_meeting(meeting, delivered, place, params, progress=progress)
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
    return _decided(ranked, place.at(f"drops-{group}.parquet"), params, store)
