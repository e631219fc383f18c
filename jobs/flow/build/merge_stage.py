"""Merge: the documents that stay, ordered by partner and id, as shards; and every row's decision.

Beside each shard stand the facts of its documents, row by row, for builds that extend the release.

A partner's ids are cut into equal ranges. One task writes a range: it reads that range of every
run the partner's deliveries left (they are sorted by id) and of every drops file, and names what
it writes by content. Ranges depend on how much text was delivered and on nothing else, so equal
inputs give equal shards, wherever and in whatever order they were made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.tables import DOCUMENTS, DROPS, REMOVALS, facts_schema
from jobs.corpus.release.decisions import (
    decisions,
    released,
    released_facts,
    slices_by_bytes,
    verdict_counts,
)
from jobs.corpus.release.loss_alarms import loss_notes
from jobs.corpus.release.struck_rows import blocked_rows
from jobs.corpus.release.takedown import decisions_without
from jobs.corpus.removal.removals import released_removals
from jobs.corpus.signals.rules import filtered_by_rules
from jobs.flow.dedup.dedup_stage import Drops
from jobs.flow.params import BuildParams, PartnerParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.blobs import FILES, removals_at, write_blob
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    code_digest,
    map_checkpointed,
)
from jobs.flow.tasks.sealed_objects import open_sealed
from jobs.storage.canonical_json import fingerprint
from jobs.storage.corpus import Corpus
from jobs.storage.layout import work_key
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import has_blob
from jobs.storage.stores import open_store
from jobs.storage.whole_objects import whole_file

STAGE = "merged"
_ORDER = [("doc_id", "ascending"), ("ordinal", "ascending")]


@dataclass(frozen=True)
class Range:
    """A range of one partner's ids: the `part`-th of `parts` equal ones."""

    partner: str
    part: int
    parts: int

    @property
    def first(self) -> bytes:
        """The smallest id inside."""
        return (self.part * 2**128 // self.parts).to_bytes(16, "big")

    @property
    def last(self) -> bytes:
        """The largest id inside."""
        return ((self.part + 1) * 2**128 // self.parts - 1).to_bytes(16, "big")


@dataclass(frozen=True)
class _Work:
    """What a merge task needs to know."""

    range: Range
    partner: PartnerParams
    normalized: tuple[NormalizedShard, ...]
    drops: tuple[str, ...]
    removals: str | None  # of the log when the build began: where shards may be stored
    tombstones: tuple[str, ...]  # of the log likewise: whose rejected rows tell nothing


def merge(
    normalized: list[NormalizedShard], drops: Drops, params: BuildParams, *, progress: Progress
) -> list[tuple[Range, Checkpoint]]:
    """What each range holds: `shards`, `facts`, `decisions` (files), `counts` (rows by verdict).

    Returns:
        Ranges in the order of a release: by partner, then by id.
    """
    # Once shards were retired, checkpoints may name some that are gone: they are not believed.
    store = open_store(params.storage)
    at = head(Corpus(store, params.corpus))
    removals, tombstones = at.retired_files, at.registry.tombstones
    shards = [shard.key for shard in normalized]
    key = fingerprint(drops.key, shards, _recipe(params), code_digest(), removals, tombstones)
    works = enumerate(_works(normalized, drops, params, removals, tombstones))
    work = [
        CheckpointedTask(work_key(params.corpus, STAGE, key, f"{number}.json"), piece)
        for number, piece in works
    ]
    is_whole = partial(_is_whole, store, params.corpus, removals)
    checkpoints = map_checkpointed(
        merge_range, work, params=params, label="merge", progress=progress, is_whole=is_whole
    )
    return [
        (piece.spec.range, checkpoint) for piece, checkpoint in zip(work, checkpoints, strict=True)
    ]


def merge_range(work: _Work, *, params: BuildParams) -> Checkpoint:
    """Write the shards, facts and decisions of one range; what was written. Harmless to repeat."""
    store = open_store(params.storage)
    documents = _documents(work, store).sort_by(_ORDER)
    documents = filtered_by_rules(documents, params.rules, partner=work.range.partner)
    drops = _drops(work, store)
    verdicts = decisions(documents, drops, partner=work.range.partner)
    kept = released(documents, verdicts, licence=work.partner.licence)
    facts = released_facts(_facts(work, store, params), documents, verdicts)
    decided = pa.table({"ordinal": documents["ordinal"], "verdict": verdicts["verdict"]})
    # Rejected rows meet no tombstone in dedup, and their text must not be told again either.
    is_barred = blocked_rows(verdicts, _barred(store, work.tombstones))
    verdicts = decisions_without(verdicts, pa.array([], pa.string()), is_barred)
    decided = decided.filter(pc.invert(is_barred))
    cuts = released_removals(_cuts(work, store), decided, partner=work.range.partner)
    ends = list(slices_by_bytes(kept["content"], params.shards.release_bytes))
    write = partial(write_blob, store, params.corpus, work.removals)
    return {
        "shards": [write(kept.slice(start, stop - start)) for start, stop in ends],
        "facts": [write(facts.slice(start, stop - start)) for start, stop in ends],
        "decisions": [write(verdicts)] if len(verdicts) else [],
        "removals": [write(cuts)] if len(cuts) else [],
        "noted": loss_notes(verdicts),
        "counts": sorted([*key, count] for key, count in verdict_counts(verdicts).items()),
    }


def _is_whole(
    store: ObjectStore, corpus: str, removals: str | None, checkpoint: Checkpoint
) -> bool:
    """Whether every file that a range left for its release is still what was written."""
    there = partial(
        has_blob, Corpus(store, corpus), retired_files=removals_at(store, corpus, removals)
    )
    return all(there(file) for kind in FILES for file in checkpoint[kind])


def _recipe(params: BuildParams) -> Any:
    licences = sorted((partner.name, partner.licence) for partner in params.partners)
    return params.shards.release_bytes, licences


def _works(
    normalized: list[NormalizedShard],
    drops: Drops,
    params: BuildParams,
    removals: str | None,
    tombstones: tuple[str, ...],
) -> Iterator[_Work]:
    for partner in sorted(params.partners, key=lambda partner: partner.name):
        mine = tuple(shard for shard in normalized if shard.partner == partner.name)
        parts = _parts(sum(shard.content_bytes for shard in mine), params.shards.release_bytes)
        for part in range(parts):
            within = Range(partner.name, part, parts)
            yield _Work(within, partner, mine, drops.files, removals, tombstones)


def _parts(content_bytes: int, release_bytes: int) -> int:
    """The power of two that makes ranges of half a shard to a whole one.

    A power of two, so that a corpus that grows a little keeps most of its ranges.
    """
    parts = 1
    while parts * release_bytes < content_bytes:
        parts *= 2
    return parts


def _documents(work: _Work, store: ObjectStore) -> pa.Table:
    return _delivered(work, store, DOCUMENTS, lambda run: run.documents_key)


def _facts(work: _Work, store: ObjectStore, params: BuildParams) -> pa.Table:
    schema = facts_schema(params.signature.num_perm)
    return _delivered(work, store, schema, lambda run: run.facts_key)


def _cuts(work: _Work, store: ObjectStore) -> pa.Table:
    return _delivered(work, store, REMOVALS, lambda run: run.removals_key)


def _delivered(
    work: _Work, store: ObjectStore, schema: pa.Schema, key_of: Callable[[Run], str]
) -> pa.Table:
    """The rows of one kind of table of all runs that are in the range, with their ordinals."""
    schema = schema.append(pa.field("ordinal", pa.int64()))
    tables = [schema.empty_table()]
    for shard in work.normalized:
        for run in shard.runs:
            table = read_range(store, key_of(run), work.range)
            ordinals = pc.add(table["position"], shard.base)
            tables.append(table.append_column("ordinal", ordinals).cast(schema))
    return pa.concat_tables(tables)


def _drops(work: _Work, store: ObjectStore) -> pa.Table:
    tables = [read_range(store, file, work.range) for file in work.drops]
    drops = pa.concat_tables([DROPS.empty_table(), *tables])
    return drops.filter(pc.equal(drops["partner"], work.range.partner))


def read_range(store: ObjectStore, key: str, within: Range) -> pa.Table:
    """The rows of a stored table whose `doc_id` is in the range; reads few row groups more."""
    reader = _reader(store, key)
    column = reader.schema_arrow.names.index("doc_id")
    wanted = [
        group
        for group in range(reader.num_row_groups)
        if _overlaps(reader.metadata.row_group(group).column(column).statistics, within)
    ]
    table = reader.read_row_groups(wanted)
    first, last = (pa.scalar(end, pa.binary(16)) for end in (within.first, within.last))
    ids = table["doc_id"]
    is_inside = pc.and_(pc.greater_equal(ids, first), pc.less_equal(ids, last))
    rows = np.flatnonzero(is_inside.to_numpy())
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:  # sorted by id: no copy of its text
        return table.slice(rows[0], len(rows))
    return table.filter(is_inside)


@lru_cache(maxsize=256)
def _reader(store: ObjectStore, key: str) -> pq.ParquetFile:
    # A worker merges many ranges of the same files: their footers are read once.
    return pq.ParquetFile(pa.PythonFile(open_sealed(store, key), "r"))


def _overlaps(statistics: Any, within: Range) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= within.last and statistics.max >= within.first)


@lru_cache(maxsize=1)
def _barred(store: ObjectStore, tombstones: tuple[str, ...]) -> pa.Array:
    """The ids of all that was taken down: 36 bytes each."""
    ids = []
    for key in tombstones:
        with whole_file(store, key) as stream:
            ids.append(pq.read_table(stream, columns=["id"])["id"])
    return pa.chunked_array(ids, pa.string()).combine_chunks()


def totals(
    merged: Sequence[tuple[Range, Checkpoint]], partner: str
) -> Counter[tuple[str, str, str]]:
    """Rows of one partner per (verdict, stage, reason)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for within, checkpoint in merged:
        if within.partner == partner:
            for verdict, stage, reason, count in checkpoint["counts"]:
                counts[verdict, stage, reason] += count
    return counts
