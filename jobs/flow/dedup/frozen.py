"""Frozen documents: already decided, and compared with the new documents of a build.

They come as facts, without text: the documents of a parent release, and tombstones of documents
that were taken down. Their files are not written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from jobs.storage.manifests import Manifest


class Origin(StrEnum):
    """Where a frozen document comes from."""

    PARENT = "parent"  # in the parent release: a match is dropped for it
    TOMBSTONE = "tombstone"  # in no release any more: a match is dropped, and no document named


# Priorities are at most a million either way, so these order frozen documents by origin, also among
# those that a round of decisions has frozen.
_AHEAD = {Origin.PARENT: 1_000_000_000, Origin.TOMBSTONE: 2_000_000_000}


@dataclass(frozen=True)
class FrozenShard:
    """A file of facts, with rows of `released_facts_schema`.

    Attributes:
        key: Digest of the file.
        facts_key: Key of the file.
        text_key: Key of the shard with their texts, in the same rows; None if no text is left.
        delivered: Rows; every one is a document.
        priority: Of the partner in the parent; decides which of several frozen matches is named.
        origin: Where the documents come from.
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
        """The priority by which tombstones rank first, then the parent's documents."""
        return self.priority - _AHEAD[self.origin]


def frozen_shards(manifest: Manifest) -> list[FrozenShard]:
    """Return all documents of a release as frozen ones of a build that extends it."""
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
    """Return the same shards with their rows numbered from `first` on."""
    shards: list[FrozenShard] = []
    for shard in frozen:
        shards.append(replace(shard, base=first))
        first += shard.delivered
    return shards
