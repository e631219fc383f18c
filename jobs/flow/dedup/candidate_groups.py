"""Grouping: documents that can meet are brought together, so that each group is decided alone.

::

    facts ─ keys ──▶ words of key and ordinal, cut by key   exchanged through storage, 8 bytes each
          ─ edges ─▶ who shares a bucket with whom          one task per partition of keys
          ─ unite ─▶ components, packed into groups         one task
    facts ─ meet ──▶ facts of documents that meet anybody   exchanged through storage, by group

What a task holds, whatever the buckets look like, beside its interpreter:

- keys: 1.2 KB per document of one run, and 32 bytes per key of a batch of up to `group_documents`
  documents (270 MB for 500,000 of 17 keys) or of one shard, if that is larger.
- edges: 24 bytes per word of a partition, of which there are 16 million (400 MB). A keys task sends
  one word of a bucket and tells the rest as edges, so the hottest bucket, were all documents in
  it, adds one word per keys task.
- unite: 8 bytes per delivered row (800 MB for 100 million), and one file of edges.
- meet: the facts of one shard, and of all documents of a batch that meet anybody.

The driver holds checkpoints. In storage: 8 bytes per key and per edge, and 4 per delivered row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from jobs.corpus.dedup.banding import meeting_keys, signature_matrix
from jobs.corpus.dedup.components import (
    Bounds,
    Words,
    buckets,
    forest,
    group_sizes,
    groups,
    meeting_words,
    ordinal_bits,
    told_buckets,
    unite,
)
from jobs.corpus.dedup.ranking import hash_halves
from jobs.errors import ConfigError
from jobs.flow.dedup.frozen import FrozenShard
from jobs.flow.dedup.ranked_facts import Shard, documents_of, ranked_facts, sketches, with_texts
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import (
    read_cuts,
    read_numbers,
    write_cuts,
    write_groups,
    write_numbers,
)
from jobs.flow.tasks.sealed import read_sealed, seal
from jobs.storage.layout import work_key
from jobs.storage.stores import open_store

STAGE = "drops"
PARTITION_WORDS = 16_000_000  # of 8 bytes, which one edges task sorts
MOST_ROWS = 1 << 32  # an edge holds two ordinals of 32 bits

Batch = tuple[Shard, ...]


@dataclass(frozen=True)
class Place:
    """Where the dedup tasks of one build work."""

    corpus: str
    key: str

    def at(self, *parts: str) -> str:
        """The key of one object there."""
        return work_key(self.corpus, STAGE, self.key, *parts)


@dataclass(frozen=True)
class Cut:
    """How the keys of one build are cut: `delivered` ordinals, in `pieces` partitions of keys.

    Ordinals from `first_frozen` on are of frozen documents: where they meet each other alone,
    nothing is to be decided.
    """

    delivered: int
    first_frozen: int
    pieces: int

    @property
    def bits(self) -> int:
        """The bits of an ordinal."""
        return ordinal_bits(self.delivered)


@dataclass(frozen=True)
class Meeting:
    """The facts of all documents that meet somebody: in these files, in groups of these sizes.

    A group that whole components of up to `group_documents` fill has fewer than twice as many
    documents; a larger one holds a component too large for one task, and is oversized.
    """

    files: tuple[str, ...]
    sizes: dict[int, int]
    most: int

    @property
    def groups(self) -> list[int]:
        """The groups that one task each can decide."""
        return [group for group, size in self.sizes.items() if size < 2 * self.most]

    @property
    def oversized(self) -> list[int]:
        """The others."""
        return [group for group, size in self.sizes.items() if size >= 2 * self.most]


def meeting_facts(
    shards: Sequence[Shard], place: Place, params: BuildParams, *, progress: Progress
) -> Meeting:
    """Group the documents of a build; whole components, about `group_documents` together.

    Frozen shards come last; components of frozen documents alone are in no group.

    Raises:
        ConfigError: more rows were delivered than can be numbered.
    """
    mapped = partial(map_checkpointed, params=params, progress=progress)
    cut = cut_of(shards, params)
    most = params.shards.group_documents
    keys = mapped(
        _write_keys,
        [
            CheckpointedTask(place.at(f"keys-{n}.json"), (place, n, some, cut))
            for n, some in _batches(shards, most)
        ],
        label="dedup: band keys",
    )
    grouped = united(keys, cut, place, params, progress=progress)
    file = grouped["file"]
    batch = 0 if params.bands.is_exact else most  # texts are held, so one shard at a time
    meeting = mapped(
        _write_meeting,
        [
            CheckpointedTask(place.at(f"meeting-{n}.json"), (place, n, some, file))
            for n, some in _batches(shards, batch)
        ],
        label="dedup: meetings",
    )
    return met(meeting, grouped, most)


def united(
    keys: Sequence[Checkpoint], cut: Cut, place: Place, params: BuildParams, *, progress: Progress
) -> Checkpoint:
    """What the task says that groups the components of all words and edges of keys tasks."""
    mapped = partial(map_checkpointed, params=params, progress=progress)
    files = tuple(checkpoint["file"] for checkpoint in keys)
    edges = mapped(
        _write_edges,
        [
            CheckpointedTask(place.at(f"edges-{p}.json"), (place, p, files, cut))
            for p in range(cut.pieces)
        ],
        label="dedup: buckets",
    )
    edge_files = tuple(checkpoint["edges"] for checkpoint in [*keys, *edges])
    work = [CheckpointedTask(place.at("grouped.json"), (place, edge_files, cut))]
    return mapped(_write_grouped, work, label="dedup: components")[0]


def met(meeting: Sequence[Checkpoint], grouped: Checkpoint, most: int) -> Meeting:
    """What the meeting tasks and the task before them say together."""
    files = tuple(checkpoint["file"] for checkpoint in meeting)
    return Meeting(files, dict(map(tuple, grouped["sizes"])), most)


def cut_of(shards: Sequence[Shard], params: BuildParams) -> Cut:
    """How the keys of all documents are cut.

    Raises:
        ConfigError: more rows were delivered than can be numbered.
    """
    delivered = sum(shard.delivered for shard in shards)
    frozen = sum(shard.delivered for shard in shards if isinstance(shard, FrozenShard))
    if delivered > MOST_ROWS:
        raise ConfigError(
            f"{delivered:,} rows are delivered, and a build numbers {MOST_ROWS:,} at most: "
            "make two corpora, each of fewer partners"
        )
    keys = sum(map(documents_of, shards)) * (params.bands.bands + 1)
    return Cut(delivered, delivered - frozen, 1 + keys // PARTITION_WORDS)


def _batches(shards: Sequence[Shard], most: int) -> list[tuple[int, Batch]]:
    """Successive shards of at most so many documents together: fewer files, each range longer."""
    batches: list[list[Shard]] = []
    held = most + 1
    for shard in shards:
        held += documents_of(shard)
        if held > most:
            batches.append([])
            held = documents_of(shard)
        batches[-1].append(shard)
    return [(number, tuple(batch)) for number, batch in enumerate(batches)]


def _write_keys(spec: tuple[Place, int, Batch, Cut], *, params: BuildParams) -> Checkpoint:
    place, number, shards, cut = spec
    store = open_store(params.storage)
    facts = (some for shard in shards for some in sketches(shard, params, store=store))
    cuts = [_words(some, cut, params) for some in facts]
    words, bounds, edges = told_buckets(cuts, bits=cut.bits, partitions=cut.pieces)
    return {
        "file": write_cuts(store, place.at(f"keys-{number}", "keys.bin"), words, bounds),
        "edges": seal(store, place.at(f"keys-{number}", "edges.bin"), edges.tobytes()),
    }


def _words(facts: pa.Table, cut: Cut, params: BuildParams) -> tuple[Words, Bounds]:
    signatures, has_text = signature_matrix(facts["signature"])
    ids = np.stack(hash_halves(facts["doc_id"]), axis=1)
    keys = meeting_keys(signatures, ids, params=params.bands)
    ordinals = facts["ordinal"].to_numpy()
    return meeting_words(keys, has_text, ordinals, bits=cut.bits, partitions=cut.pieces)


def _write_edges(
    spec: tuple[Place, int, tuple[str, ...], Cut], *, params: BuildParams
) -> Checkpoint:
    place, partition, files, cut = spec
    store = open_store(params.storage)
    words = read_cuts(store, files, partition, cut.pieces)
    edges = buckets(words, bits=cut.bits)[1]
    return {"edges": seal(store, place.at(f"edges-{partition}", "edges.bin"), edges.tobytes())}


def _write_grouped(spec: tuple[Place, tuple[str, ...], Cut], *, params: BuildParams) -> Checkpoint:
    place, edge_files, cut = spec
    store = open_store(params.storage)
    parents = forest(cut.delivered)
    for file in edge_files:
        unite(parents, np.frombuffer(read_sealed(store, file), np.uint64))
    grouped = groups(
        parents,
        group_documents=params.shards.group_documents,
        first_frozen=cut.first_frozen,
    )
    file = write_numbers(store, place.at("grouped", "groups.bin"), grouped)
    sizes = group_sizes(grouped)
    present = np.flatnonzero(sizes)
    return {"file": file, "sizes": np.stack([present, sizes[present]], axis=1).tolist()}


def _write_meeting(spec: tuple[Place, int, Batch, str], *, params: BuildParams) -> Checkpoint:
    place, number, shards, grouped_file = spec
    store = open_store(params.storage)
    tables, numbers = [], []
    for shard in shards:
        ranked = ranked_facts(shard, params, store=store)
        grouped = read_numbers(store, grouped_file, shard.base, shard.delivered)
        grouped = grouped[ranked["ordinal"].to_numpy() - shard.base]
        ranked = ranked.filter(pa.array(grouped >= 0))
        tables.append(with_texts(ranked, shard, params, store=store))
        numbers.append(grouped[grouped >= 0])
    key = place.at(f"meeting-{number}", "facts.arrow")
    return {"file": write_groups(store, key, pa.concat_tables(tables), np.concatenate(numbers))}
