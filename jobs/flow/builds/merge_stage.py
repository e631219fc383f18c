"""Merge: the documents that stay, by partner, section and id, as shards; and every decision.

Beside each shard stand the facts of its documents, row by row, for builds that extend the release.

A partner's rows are divided into sections, a section's ids into equal ranges. One task writes a
range: it reads that range of the runs of its section, which are sorted by id, and names what it
writes by content. Sections and ranges depend on what was delivered and on nothing else, so equal
inputs give equal shards, wherever and in whatever order they were made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.reasons import Verdict
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
from jobs.corpus.sources.gate import filtered
from jobs.flow.builds.drops_exchange import drops_by_section
from jobs.flow.builds.merge_inputs import Range, dropped, range_tables
from jobs.flow.builds.merge_plan import Context, SectionPlan, Span, read_plan, write_plan
from jobs.flow.builds.sections import Section, sections
from jobs.flow.dedup.dedup_stage import Drops
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.blobs import FILES, removals_at, write_blob
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    TaskCounts,
    code_digest,
    map_checkpointed,
)
from jobs.storage.canonical_json import fingerprint
from jobs.storage.corpus import Corpus
from jobs.storage.layout import work_key
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import has_blob
from jobs.storage.stores import open_store
from jobs.storage.whole_objects import whole_file

STAGE = "merged"
MOST_LICENCES = 1000
"""Of a partner in a manifest: a column of something else has a value of its own in every row."""
_ORDER = [("doc_id", "ascending"), ("ordinal", "ascending")]


class _Work(NamedTuple):
    """Specification of a merge task: its range, and where the rest of what it reads is written."""

    range: Range
    plan: str
    context: Span
    section: Span


def merge(
    normalized: list[NormalizedShard],
    drops: Drops,
    params: BuildParams,
    *,
    progress: Progress,
    is_published: bool = False,
) -> list[tuple[Range, Checkpoint]]:
    """Write what each range holds: `shards`, `facts`, `decisions`, `removals`, and their counts.

    Args:
        normalized: the shards of the build.
        drops: of the build.
        params: of the build.
        progress: called after every finished task.
        is_published: whether the release is there, so that its files are not read again: readers
            and `heliu verify` find damage in them.

    Returns:
        Ranges and their checkpoints in the order of a release: by partner, section and id.
    """
    # Once shards were retired, checkpoints may name deleted ones: such checkpoints are not used.
    store = open_store(params.storage)
    at = head(Corpus(store, params.corpus))
    retired_files, tombstones = at.retired_files, at.registry.tombstones
    shards = [shard.key for shard in normalized]
    key = fingerprint(drops.key, shards, _recipe(params), code_digest(), retired_files, tombstones)
    place = partial(work_key, params.corpus, STAGE, key)
    found = _sections(normalized, params)
    files = drops_by_section(drops, found, place, params, progress=progress)
    context = Context(() if files else drops.files, retired_files, tombstones)
    licences = {partner.name: partner.licence for partner in params.partners}
    plans = [
        SectionPlan(section, number, licences[section.partner], files[number] if files else None)
        for number, section in enumerate(found)
    ]
    plan = write_plan(store, place("plan.json"), context, plans)
    works = [
        _Work(Range(section.partner, number, part, section.parts), plan.key, plan.context, span)
        for (number, section), span in zip(enumerate(found), plan.sections, strict=True)
        for part in range(section.parts)
    ]
    work = [
        CheckpointedTask(place(f"{number}.json"), spec, counted=_counts)
        for number, spec in enumerate(works)
    ]
    is_whole = None if is_published else partial(_is_whole, retired_files)
    checkpoints = map_checkpointed(
        merge_range, work, params=params, label="merge", progress=progress, is_whole=is_whole
    )
    return [(spec.range, checkpoint) for spec, checkpoint in zip(works, checkpoints, strict=True)]


def _counts(work: _Work, checkpoint: Checkpoint) -> TaskCounts:
    rows: Counter[str] = Counter()
    for verdict, _stage, _reason, count in checkpoint["counts"]:
        rows[verdict] += count
    return TaskCounts(
        work.range.partner,
        rows=rows.total(),
        text_bytes=sum(file["content_bytes"] for file in checkpoint["shards"]),
        kept=rows[Verdict.KEPT],
        dropped=rows[Verdict.DROPPED],
        rejected=rows[Verdict.REJECTED],
    )


def merge_range(work: _Work, *, params: BuildParams) -> Checkpoint:
    """Write the shards, facts and decisions of one range; return what was written. Idempotent."""
    store = open_store(params.storage)
    partner = work.range.partner
    context, plan = read_plan(store, work.plan, work.context, work.section)
    tables = range_tables(store, plan.section, work.range, num_perm=params.signature.num_perm)
    documents = tables.documents.sort_by(_ORDER)
    documents = filtered(documents, params.rules, params.origin.excluded, partner=partner)
    drops = dropped(store, context.drops, plan, work.range)
    verdicts = decisions(documents, drops, partner=partner)
    kept = released(documents, verdicts, licence=plan.licence, has_meta=params.has_meta)
    facts = released_facts(tables.facts, documents, verdicts)
    decided = pa.table({"ordinal": documents["ordinal"], "verdict": verdicts["verdict"]})
    # Rejected rows meet no tombstone in dedup, and decisions must not show their text either.
    is_blocked = blocked_rows(verdicts, _blocked_ids(store, context.tombstones))
    verdicts = decisions_without(verdicts, pa.array([], pa.string()), is_blocked)
    decided = decided.filter(pc.invert(is_blocked))
    removed = released_removals(tables.removals, decided, partner=partner)
    ends = list(slices_by_bytes(kept["content"], params.shards.release_bytes))
    write = partial(write_blob, store, params.corpus, context.retired_files)
    return {
        "shards": [write(kept.slice(start, stop - start)) for start, stop in ends],
        "facts": [write(facts.slice(start, stop - start)) for start, stop in ends],
        "decisions": [write(verdicts)] if len(verdicts) else [],
        "removals": [write(removed)] if len(removed) else [],
        "noted": loss_notes(verdicts),
        "licences": sorted(kept["licence"].unique().to_pylist())[:MOST_LICENCES],
        "counts": sorted([*key, count] for key, count in verdict_counts(verdicts).items()),
    }


def _is_whole(retired_files: str | None, checkpoint: Checkpoint, *, params: BuildParams) -> bool:
    """Return whether every file that a range wrote for its release is still what was written."""
    store = open_store(params.storage)
    at = removals_at(store, params.corpus, retired_files)
    there = partial(has_blob, Corpus(store, params.corpus), retired_files=at)
    return all(there(file) for kind in FILES for file in checkpoint[kind])


def _recipe(params: BuildParams) -> Any:
    licences = sorted((partner.name, partner.licence) for partner in params.partners)
    return params.shards.release_bytes, licences, params.has_meta


def _sections(normalized: Sequence[NormalizedShard], params: BuildParams) -> list[Section]:
    shards: dict[str, list[NormalizedShard]] = {}
    for shard in normalized:
        shards.setdefault(shard.partner, []).append(shard)
    names = sorted(partner.name for partner in params.partners)
    size = params.shards.release_bytes
    return [section for name in names for section in sections(name, shards.get(name, ()), size)]


@lru_cache(maxsize=1)
def _blocked_ids(store: ObjectStore, tombstones: tuple[str, ...]) -> pa.Array:
    """Return the ids of all that was taken down: 36 bytes each."""
    ids = []
    for key in tombstones:
        with whole_file(store, key) as stream:
            ids.append(pq.read_table(stream, columns=["id"])["id"])
    return pa.chunked_array(ids, pa.string()).combine_chunks()


def totals(
    merged: Sequence[tuple[Range, Checkpoint]], partner: str
) -> Counter[tuple[str, str, str]]:
    """Return rows of one partner per (verdict, stage, reason)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for within, checkpoint in merged:
        if within.partner == partner:
            for verdict, stage, reason, count in checkpoint["counts"]:
                counts[verdict, stage, reason] += count
    return counts
