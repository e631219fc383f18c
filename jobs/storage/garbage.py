"""Garbage: blobs that no release needs, retired in the log before they are deleted.

Age does not matter. A blob that a running publisher has just stored may be retired; the log records
that before the delete is sent, so the publisher sees it before it can commit, and stores the blob
again under the next generation of its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.errors import ObjectMissing
from jobs.storage.commits import commit
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_address
from jobs.storage.log import head, state_of
from jobs.storage.manifests import CommitInfo
from jobs.storage.objects import ObjectInfo
from jobs.storage.operations import Collect, Operation
from jobs.storage.registry import State
from jobs.storage.releases import live_blobs

# Retired keys of one entry: 100,000 bytes and less, however much garbage there is.
_BATCH = 1000
_THREADS = 16


@dataclass(frozen=True)
class Garbage:
    """Objects that may be deleted.

    Attributes:
        orphans: blobs that nothing needs; they must be retired first.
        retired: blobs retired before, whose delete was not sent or did not arrive.
        work: tables between stages, only if asked for.
    """

    orphans: tuple[ObjectInfo, ...]
    retired: tuple[ObjectInfo, ...]
    work: tuple[ObjectInfo, ...]

    @property
    def size_bytes(self) -> int:
        """Size of all of them."""
        return sum(info.size_bytes for info in (*self.orphans, *self.retired, *self.work))


def garbage(corpus: Corpus, *, with_work: bool) -> Garbage:
    """Find what may be deleted now; changes nothing.

    Args:
        corpus: to look through.
        with_work: also the tables between stages, and the blobs of builds that are not published.
            Without it those blobs stay, so that a build that was stopped can be continued.
    """
    state = state_of(corpus, head(corpus))
    return _garbage(corpus, state, with_work=with_work)


def collect(corpus: Corpus, *, with_work: bool, commit_info: CommitInfo) -> Garbage:
    """Retire and delete what may be deleted; return it.

    Args:
        corpus: to collect.
        with_work: as for `garbage`.
        commit_info: for the log entries.

    Raises:
        LostRace: other writers kept committing; run again.
        OutcomeUnknown: no answer showed whether the blobs are retired; none was deleted.
    """

    def decide(state: State) -> Operation | None:
        orphans = _garbage(corpus, state, with_work=with_work).orphans
        blobs = [address for info in orphans if (address := blob_address(info.key))]
        return Collect(dict(blobs[:_BATCH])) if blobs else None

    while commit(corpus, decide, commit_info=commit_info).is_new:
        pass
    found = garbage(corpus, with_work=with_work)
    # Delete checkpoints before the tables they name: a build must not trust half deleted tables.
    checkpoints = [info.key for info in found.work if info.key.endswith(".json")]
    tables = [info.key for info in found.work if not info.key.endswith(".json")]
    with ThreadPoolExecutor(_THREADS) as pool:
        for keys in (checkpoints, tables, [info.key for info in found.retired]):
            list(pool.map(corpus.store.delete, keys))
    return found


def _garbage(corpus: Corpus, state: State, *, with_work: bool) -> Garbage:
    live = _live(corpus, state)
    if not with_work:
        live |= _candidates(corpus)
    orphans: list[ObjectInfo] = []
    retired: list[ObjectInfo] = []
    kept = set(state.registry.tombstones)
    for info in corpus.store.list(f"{corpus.name}/blobs/"):
        address = blob_address(info.key)
        if address is None or info.key in kept:
            continue
        digest, generation = address
        if generation < state.retired_files.generation(digest):
            retired.append(info)
        elif digest not in live:
            orphans.append(info)
    work = tuple(corpus.store.list(f"{corpus.name}/work/")) if with_work else ()
    return Garbage(tuple(orphans), tuple(retired), work)


def _live(corpus: Corpus, state: State) -> set[str]:
    """Return the blobs of every release; readers that pinned a yanked one still need them."""

    def blobs(digest: str) -> set[str]:
        return live_blobs(corpus, digest, state.registry)

    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(blobs, [release["digest"] for release in state.registry.releases])
        return set().union(*found)


def _candidates(corpus: Corpus) -> set[str]:
    """Return the blobs that checkpoints of builds name, published or not."""
    checkpoints = [
        info.key for info in corpus.store.list(f"{corpus.name}/work/") if info.key.endswith(".json")
    ]
    with ThreadPoolExecutor(_THREADS) as pool:
        return {
            digest
            for found in pool.map(lambda k: _named(corpus, k), checkpoints)
            for digest in found
        }


def _named(corpus: Corpus, key: str) -> list[str]:
    try:
        return list(_digests(orjson.loads(corpus.store.get(key))))
    except (ObjectMissing, orjson.JSONDecodeError):  # collected by another, or emptied by damage
        return []


def _digests(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("sha256"), str):
            yield value["sha256"]
        for inner in value.values():
            yield from _digests(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _digests(inner)
