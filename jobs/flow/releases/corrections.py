"""Corrections of published releases (tag, rollback, yank): each is one entry of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from jobs.flow.releases.opened_release import choose_corpus
from jobs.storage.commits import Committed, commit
from jobs.storage.entries import operation_from
from jobs.storage.layout import LATEST, check_tag
from jobs.storage.log import history
from jobs.storage.manifests import CommitInfo, JsonObject
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import (
    Collect,
    Operation,
    Publish,
    Rollback,
    Tag,
    Yank,
    applied,
)
from jobs.storage.registry import State
from jobs.storage.releases import found_in


class LoggedOperation(TypedDict):
    """An entry of the log for people: `op` is the operation, `what` its effect."""

    seq: int
    at: str
    by: str
    op: str
    what: str


Resolve = Callable[[str], str]
"""Return the current version for a version or tag."""


def tag(
    store: ObjectStore,
    corpus: str | None,
    name: str,
    release: str | None,
    *,
    commit_info: CommitInfo,
) -> tuple[Committed, str]:
    """Set a tag to a release, or remove it.

    Args:
        store: holds the corpus.
        corpus: its name; None for the only one in the store.
        name: of the tag.
        release: a version or tag; None removes the tag.
        commit_info: for the log entry.

    Returns:
        The log after it, and the name of the corpus.

    Raises:
        ReleaseMissing: there is no such release or tag.
        ConfigError: the name is a version's, `latest`, or none that a version could have.
    """
    if release is not None and name != LATEST:  # which has an answer of its own
        check_tag(name)

    def wanted(version: Resolve) -> Operation:
        return Tag(name, None if release is None else version(release))

    return _corrected(store, corpus, wanted, commit_info)


def rollback(
    store: ObjectStore, corpus: str | None, release: str | None, *, commit_info: CommitInfo
) -> tuple[Committed, str]:
    """Pin `latest` to a release, or with None let it follow publishes again.

    Args:
        store: holds the corpus.
        corpus: its name; None for the only one in the store.
        release: a version or tag, or None.
        commit_info: for the log entry.

    Returns:
        As for `tag`.

    Raises:
        ReleaseMissing: there is no such release.
        ConfigError: it was yanked.
    """

    def wanted(version: Resolve) -> Operation:
        return Rollback(None if release is None else version(release))

    return _corrected(store, corpus, wanted, commit_info)


def yank(
    store: ObjectStore,
    corpus: str | None,
    release: str,
    reason: str | None,
    *,
    commit_info: CommitInfo,
) -> tuple[Committed, str]:
    """Yank a release, or undo that.

    Args:
        store: holds the corpus.
        corpus: its name; None for the only one in the store.
        release: a version or tag.
        reason: why; None undoes the yank.
        commit_info: for the log entry.

    Returns:
        As for `tag`.

    Raises:
        ReleaseMissing: there is no such release.
        ConfigError: `latest` is rolled back to it.
    """

    def wanted(version: Resolve) -> Operation:
        return Yank(version(release), reason)

    return _corrected(store, corpus, wanted, commit_info)


def logged_operations(store: ObjectStore, corpus: str | None) -> list[LoggedOperation]:
    """Return every entry of the log for people, oldest first.

    Raises:
        DamagedMetadata: the log's chain is broken.
    """
    return [
        {
            "seq": entry["seq"],
            "at": entry["about"].get("at", ""),
            "by": entry["about"].get("by", ""),
            "op": entry["operation"]["op"],
            "what": _effect(entry["operation"]),
        }
        for entry in history(choose_corpus(store, corpus))
    ]


def _corrected(
    store: ObjectStore,
    corpus: str | None,
    wanted: Callable[[Resolve], Operation],
    commit_info: CommitInfo,
) -> tuple[Committed, str]:
    """Commit an operation unless it would change nothing."""
    source = choose_corpus(store, corpus)

    def decide(state: State) -> Operation | None:
        registry = state.registry
        operation = wanted(lambda asked: str(found_in(registry, source.name, asked)["version"]))
        return None if applied(state, operation) == state else operation

    return commit(source, decide, commit_info=commit_info), source.name


def _effect(operation: JsonObject) -> str:
    done = operation_from(operation)
    match done:
        case Publish():
            effect = f"{done.version}, {done.documents:,} documents"
        case Tag():
            effect = f"{done.name} {f'means {done.version}' if done.version else 'is removed'}"
        case Rollback():
            effect = (
                f"{LATEST} {f'stays at {done.version}' if done.version else 'follows publishes'}"
            )
        case Yank():
            effect = f"{done.version} {done.reason or 'is no longer yanked'}"
        case Collect():
            effect = f"{len(done.blobs):,} blobs retired"
        case _:
            files, releases = len(done.substitutions), ", ".join(done.versions)
            redacted = f"; redacted {releases}: {files:,} files" if files else ""
            effect = f"{done.release.version}, {done.release.documents:,} documents{redacted}"
    return effect
