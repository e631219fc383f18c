"""Corrections of published releases (tag, rollback, yank): each is one entry of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from jobs.quantities import counted
from jobs.storage.commits import Committed, commit
from jobs.storage.corpus import Corpus
from jobs.storage.entries import operation_from
from jobs.storage.layout import LATEST, check_tag
from jobs.storage.log import history
from jobs.storage.manifests import CommitInfo, JsonObject
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


def tag(corpus: Corpus, name: str, release: str | None, *, commit_info: CommitInfo) -> Committed:
    """Set a tag to a release, or remove it; return the log after it.

    Args:
        corpus: that has the release.
        name: of the tag.
        release: a version or tag; None removes the tag.
        commit_info: for the log entry.

    Raises:
        ReleaseMissing: there is no such release or tag.
        ConfigError: the name is a version's, `latest`, or none that a version could have.
    """
    if release is not None and name != LATEST:  # which has an answer of its own
        check_tag(name)

    def wanted(version: Resolve) -> Operation:
        return Tag(name, None if release is None else version(release))

    return _corrected(corpus, wanted, commit_info)


def rollback(corpus: Corpus, release: str | None, *, commit_info: CommitInfo) -> Committed:
    """Pin `latest` to a release, or let it follow publishes again; return the log after it.

    Args:
        corpus: that has the release.
        release: a version or tag, or None.
        commit_info: for the log entry.

    Raises:
        ReleaseMissing: there is no such release.
        ConfigError: it was yanked.
    """

    def wanted(version: Resolve) -> Operation:
        return Rollback(None if release is None else version(release))

    return _corrected(corpus, wanted, commit_info)


def yank(corpus: Corpus, release: str, reason: str | None, *, commit_info: CommitInfo) -> Committed:
    """Yank a release, or undo that; return the log after it.

    Args:
        corpus: that has the release.
        release: a version or tag.
        reason: why; None undoes the yank.
        commit_info: for the log entry.

    Raises:
        ReleaseMissing: there is no such release.
        ConfigError: `latest` is rolled back to it.
    """

    def wanted(version: Resolve) -> Operation:
        return Yank(version(release), reason)

    return _corrected(corpus, wanted, commit_info)


def logged_operations(corpus: Corpus) -> list[LoggedOperation]:
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
        for entry in history(corpus)
    ]


def _corrected(
    corpus: Corpus, wanted: Callable[[Resolve], Operation], commit_info: CommitInfo
) -> Committed:
    """Commit an operation unless it would change nothing; return the log after it."""

    def decide(state: State) -> Operation | None:
        registry = state.registry
        operation = wanted(lambda asked: str(found_in(registry, corpus.name, asked)["version"]))
        return None if applied(state, operation) == state else operation

    return commit(corpus, decide, commit_info=commit_info)


def _effect(operation: JsonObject) -> str:
    done = operation_from(operation)
    match done:
        case Publish():
            effect = f"{done.version}, {counted(done.documents, 'document')}"
        case Tag():
            effect = f"{done.name} {f'means {done.version}' if done.version else 'is removed'}"
        case Rollback():
            effect = (
                f"{LATEST} {f'stays at {done.version}' if done.version else 'follows publishes'}"
            )
        case Yank():
            effect = f"{done.version} {done.reason or 'is no longer yanked'}"
        case Collect():
            effect = f"{counted(len(done.blobs), 'blob')} retired"
        case _:
            files, releases = len(done.substitutions), ", ".join(done.versions)
            redacted = f"; redacted {releases}: {counted(files, 'file')}" if files else ""
            effect = (
                f"{done.release.version}, {counted(done.release.documents, 'document')}{redacted}"
            )
    return effect
