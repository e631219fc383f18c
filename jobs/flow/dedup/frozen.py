"""Frozen documents: their fate is settled, and new documents are compared with them.

They come as facts, without text: those a parent release keeps, and tombstones of documents that
were taken down. Nothing of theirs is written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from jobs.storage.manifests import Manifest


class Origin(StrEnum):
    """Whose fate was settled how."""

    PARENT = "parent"  # in the parent release: who matches it is dropped for it
    TOMBSTONE = "tombstone"  # in no release any more: who matches it is dropped for nobody


# Priorities are at most a million either way; an explicit order holds among whatever else a round
# of decisions has frozen.
_AHEAD = {Origin.PARENT: 1_000_000_000, Origin.TOMBSTONE: 2_000_000_000}


@dataclass(frozen=True)
class FrozenShard:
    """A file of facts, its rows as in `released_facts_schema`.

    Attributes:
        key: Digest of the file.
        facts_key: Where it is.
        text_key: The shard with the texts of the same documents, row by row; None if none is left.
        delivered: Rows; every one is a document.
        priority: The partner's in the parent: which of several frozen matches is named.
        origin: Where the documents are.
        base: The ordinal of the first row in this build.
    """

    key: str
    facts_key: str
    text_key: str | None
    delivered: int
    priority: int
    origin: Origin
    base: int = 0

    @property
    def rank(self) -> int:
        """The priority that ranks tombstones first, and the parent's documents before new ones."""
        return self.priority - _AHEAD[self.origin]


def frozen_shards(manifest: Manifest) -> list[FrozenShard]:
    """All documents of a release, as a build that extends it sees them."""
    return [
        FrozenShard(
            key=facts["sha256"],
            facts_key=facts["key"],
            text_key=shard["key"],
            delivered=facts["rows"],
            priority=manifest["partners"][facts["partner"]]["priority"],
            origin=Origin.PARENT,
        )
        for facts, shard in zip(manifest["facts"], manifest["shards"], strict=True)
    ]


def numbered(frozen: Sequence[FrozenShard], first: int) -> list[FrozenShard]:
    """The same shards, their rows numbered through from `first`."""
    shards: list[FrozenShard] = []
    for shard in frozen:
        shards.append(replace(shard, base=first))
        first += shard.delivered
    return shards
