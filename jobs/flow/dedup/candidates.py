"""Candidates: documents that share a bucket, as files and groups of a build's tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from jobs.corpus.dedup.components import ordinal_bits
from jobs.errors import ConfigError
from jobs.flow.dedup.frozen import FrozenShard
from jobs.flow.dedup.ranked_facts import Shard, documents_of
from jobs.flow.params import BuildParams
from jobs.flow.tasks.exchange import read_group
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore

STAGE = "drops"
PARTITION_KEYS = 16_000_000  # of 8 bytes, which one edges task sorts
MOST_ROWS = 1 << 32  # an edge holds two ordinals of 32 bits


@dataclass(frozen=True)
class WorkFolder:
    """The folder of the dedup tasks of one build."""

    corpus: str
    key: str

    def at(self, *parts: str) -> str:
        """Return the key of one object in it."""
        return work_key(self.corpus, STAGE, self.key, *parts)

    def below(self, name: str) -> WorkFolder:
        """Return a folder in it."""
        return WorkFolder(self.corpus, f"{self.key}/{name}")


@dataclass(frozen=True)
class Partitioning:
    """How the keys of one build are partitioned.

    Attributes:
        delivered: Rows of the build, which are numbered by ordinals below this.
        first_frozen: Documents from this ordinal on are frozen; candidates that are all frozen need
            no decision.
        partitions: Partitions of keys.
    """

    delivered: int
    first_frozen: int
    partitions: int

    @property
    def bits(self) -> int:
        """The bits of an ordinal."""
        return ordinal_bits(self.delivered)


@dataclass(frozen=True)
class CandidateFile:
    """A file of candidates as the input of a task.

    Attributes:
        folder: Where the task writes.
        number: Number of the file.
        file: Key of the file.
        groups: The groups in question.
    """

    folder: WorkFolder
    number: int
    file: str
    groups: tuple[int, ...]

    def rows(self, store: ObjectStore) -> pa.Table:
        """Return the documents of these groups."""
        return pa.concat_tables([read_group(store, self.file, group) for group in self.groups])


@dataclass(frozen=True)
class CandidateGroups:
    """The facts of all documents that share a bucket with another.

    A group that whole components of up to `group_documents` fill has fewer than twice as many
    documents; a larger one holds a component too large for one task, and is oversized.

    Attributes:
        files: Keys of the files that hold the facts, by group.
        sizes: Documents of each group.
        group_documents: How many documents a group should hold.
    """

    files: tuple[str, ...]
    sizes: dict[int, int]
    group_documents: int

    @property
    def decidable(self) -> list[int]:
        """The groups that one task each can decide."""
        return [group for group, size in self.sizes.items() if size < 2 * self.group_documents]

    @property
    def oversized(self) -> list[int]:
        """The others."""
        return [group for group, size in self.sizes.items() if size >= 2 * self.group_documents]

    def inputs(self, folder: WorkFolder, groups: Sequence[int]) -> list[CandidateFile]:
        """Return the input of one task per file, which concerns these groups."""
        return [
            CandidateFile(folder, number, file, tuple(groups))
            for number, file in enumerate(self.files)
        ]


def partitioning_of(shards: Sequence[Shard], params: BuildParams) -> Partitioning:
    """Return how the keys of all documents are partitioned.

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
    return Partitioning(delivered, delivered - frozen, 1 + keys // PARTITION_KEYS)
