"""Corrections: what can be done to releases that are published, each one entry of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobs.flow.releases.opened import choose_corpus
from jobs.storage.commits import Committed, commit
from jobs.storage.layout import check_tag
from jobs.storage.log import history
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import (
    Collect,
    Operation,
    Publish,
    Rollback,
    Tag,
    Yank,
    applied,
    operation_from,
)
from jobs.storage.registry import LATEST, State
from jobs.storage.releases import found_in

Named = Callable[[str], str]
"""The version that a version or tag means now."""


def tag(
    store: ObjectStore, corpus: str | None, name: str, release: str | None, *, about: dict[str, Any]
) -> tuple[Committed, str]:
    """Let a name mean a release, or with None nothing; the log after it, and the corpus.

    Raises:
        ReleaseMissing: there is no such release or tag.
        ConfigError: the name is a version's, `latest`, or none that a version could have.
    """
    if release is not None and name != LATEST:  # which has an answer of its own
        check_tag(name)

    def wanted(version: Named) -> Operation:
        return Tag(name, None if release is None else version(release))

    return _corrected(store, corpus, wanted, about)


def rollback(
    store: ObjectStore, corpus: str | None, release: str | None, *, about: dict[str, Any]
) -> tuple[Committed, str]:
    """Let `latest` stay at a release, or with None follow publishes again; as `tag`.

    Raises:
        ReleaseMissing: there is no such release.
        ConfigError: it was yanked.
    """

    def wanted(version: Named) -> Operation:
        return Rollback(None if release is None else version(release))

    return _corrected(store, corpus, wanted, about)


def yank(
    store: ObjectStore,
    corpus: str | None,
    release: str,
    reason: str | None,
    *,
    about: dict[str, Any],
) -> tuple[Committed, str]:
    """Withdraw a release for a reason, or with None take that back; as `tag`.

    Raises:
        ReleaseMissing: there is no such release.
        ConfigError: `latest` is rolled back to it.
    """

    def wanted(version: Named) -> Operation:
        return Yank(version(release), reason)

    return _corrected(store, corpus, wanted, about)


def happened(store: ObjectStore, corpus: str | None) -> list[dict[str, Any]]:
    """Everything that happened to a corpus: `seq`, `at`, `by`, `op`, `what`, oldest first.

    Raises:
        DamagedRelease: the log's chain is broken.
    """
    name = choose_corpus(store, corpus)
    return [
        {
            "seq": entry["seq"],
            "at": entry["about"].get("at", ""),
            "by": entry["about"].get("by", ""),
            "op": entry["operation"]["op"],
            "what": _told(entry["operation"]),
        }
        for entry in history(store, name)
    ]


def _corrected(
    store: ObjectStore,
    corpus: str | None,
    wanted: Callable[[Named], Operation],
    about: dict[str, Any],
) -> tuple[Committed, str]:
    """Commit an operation unless things are already as it would make them."""
    name = choose_corpus(store, corpus)

    def decide(state: State) -> Operation | None:
        registry = state.registry
        operation = wanted(lambda asked: str(found_in(registry, name, asked)["version"]))
        return None if applied(state, operation) == state else operation

    return commit(store, name, decide, about=about), name


def _told(operation: dict[str, Any]) -> str:
    done = operation_from(operation)
    match done:
        case Publish():
            told = f"{done.version}, {done.documents:,} documents"
        case Tag():
            told = f"{done.name} {f'means {done.version}' if done.version else 'is gone'}"
        case Rollback():
            told = f"{LATEST} {f'stays at {done.version}' if done.version else 'follows publishes'}"
        case Yank():
            told = f"{done.version} {done.reason or 'is good again'}"
        case Collect():
            told = f"{len(done.blobs):,} blobs retired"
        case _:
            files, releases = len(done.substitutions), ", ".join(done.versions)
            redacted = f"; redacted {releases}: {files:,} files" if files else ""
            told = f"{done.release.version}, {done.release.documents:,} documents{redacted}"
    return told
