"""The commit log of a corpus: every change of the corpus is an entry of it.

An entry carries one operation, the digest of the entry before, and the digest of the state after
it, which is an object of its own. So readers need the newest entry and its state alone, and an
edited history is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar

from jobs.errors import DamagedMetadata, ObjectMissing, StorageError
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.entries import LogEntry, operation_from, parse_entry
from jobs.storage.layout import hint_key, log_key, state_key
from jobs.storage.metadata import checked_metadata, parsed_metadata
from jobs.storage.operations import applied
from jobs.storage.registry import (
    Refusal,
    Registry,
    Release,
    RetiredFiles,
    State,
    parse_registry,
    parse_retired_files,
    registry_json,
    retired_files_json,
)
from jobs.storage.typed_json import Malformed, parsed

Part = TypeVar("Part")
_MOST_ENTRIES = 10**18


class _Hint(TypedDict):
    seq: int


@dataclass(frozen=True)
class Head:
    """The newest entry of a log; `seq` 0 and no digests before the first commit.

    Attributes:
        seq: its number.
        digest: of the entry.
        registry: the part of the state for readers.
        retired_files: digest of the part for writers, None while no file was ever retired.
    """

    seq: int = 0
    digest: str | None = None
    registry: Registry = field(default_factory=Registry)
    retired_files: str | None = None

    @property
    def releases(self) -> tuple[Release, ...]:
        """All releases, in order of publication."""
        return self.registry.releases

    def find(self, version: str) -> Release | None:
        """See `Registry.find`."""
        return self.registry.find(version)


def head(corpus: Corpus) -> Head:
    """Return the newest entry of the log; four requests, however long the log is.

    Raises:
        DamagedMetadata: the entry is none, or the state it names is not the one that was stored.
    """
    seq = _beyond(corpus, _hinted(corpus))
    body = None
    if seq:
        with suppress(ObjectMissing):
            body = corpus.store.get(log_key(corpus.name, seq))
    if body is None:  # no hint, or a wrong one
        seq = _listed(corpus)
        if seq == 0:
            return Head()
        body = corpus.store.get(log_key(corpus.name, seq))
    entry = parsed_metadata(parse_entry, body, corpus.store.location(log_key(corpus.name, seq)))
    registry, retired_files = _part(corpus, entry["state"], parse_registry)
    return Head(seq, sha256_hex(body), registry, retired_files)


def retired_files_of(corpus: Corpus, digest: str | None) -> RetiredFiles:
    """Return the retired files that a head's `retired_files` names."""
    return RetiredFiles() if digest is None else _part(corpus, digest, parse_retired_files)


def state_of(corpus: Corpus, at: Head) -> State:
    """Return the whole state at a head, as writers need it."""
    return State(at.registry, retired_files_of(corpus, at.retired_files))


def store_state(corpus: Corpus, state: State) -> str:
    """Store a state and return its digest; parts are named by their content, so this may repeat."""
    rest = None
    if state.retired_files != RetiredFiles():
        rest = _store_part(corpus, retired_files_json(state.retired_files))
    return _store_part(corpus, registry_json(state.registry, rest))


def entry_at(corpus: Corpus, seq: int) -> LogEntry | None:
    """Return the entry of that number, None if there is none."""
    key = log_key(corpus.name, seq)
    with suppress(ObjectMissing):
        return parsed_metadata(parse_entry, corpus.store.get(key), corpus.store.location(key))
    return None


def leave_hint(corpus: Corpus, seq: int) -> None:
    """Store a hint where the log ends; without it readers need more requests."""
    with suppress(StorageError):
        corpus.store.put(hint_key(corpus.name), canonical_json({"seq": seq}))


def history(corpus: Corpus) -> list[LogEntry]:
    """Return every entry of the log, oldest first, after replaying it.

    Raises:
        DamagedMetadata: an entry is missing, is none, is not the one its successor was written
            after, or names another state than its operations lead to.
    """
    entries: list[LogEntry] = []
    digest: str | None = None
    state = State()
    for number, info in enumerate(corpus.store.list(f"{corpus.name}/log/"), start=1):
        body = corpus.store.get(info.key)
        location = corpus.store.location(info.key)
        entry = parsed_metadata(parse_entry, body, location)
        if entry["seq"] != number or entry["previous"] != digest:
            raise DamagedMetadata(
                f"{location} does not follow the entry before it: the log was "
                "edited or lost an entry; compare it with a mirror"
            )
        after = applied(state, parsed_metadata(operation_from, entry["operation"], location))
        if isinstance(after, Refusal) or _digest(after) != entry["state"]:
            raise DamagedMetadata(
                f"{location} names a state that its operation does not lead to: "
                "compare it with a mirror"
            )
        state, digest = after, sha256_hex(body)
        entries.append(entry)
    return entries


def _listed(corpus: Corpus) -> int:
    keys = [info.key for info in corpus.store.list(f"{corpus.name}/log/")]
    return int(keys[-1].rpartition("/")[2].removesuffix(".json")) if keys else 0


def _beyond(corpus: Corpus, seq: int) -> int:
    """Return the last number from `seq` on, found in few requests by steps that double.

    Entries have no gaps: where one is missing, there is none after it.
    """
    step = 1
    while seq:
        if corpus.store.size(log_key(corpus.name, seq + step)) is not None:
            seq, step = seq + step, step * 2
        elif step == 1:
            return seq
        else:
            step = 1
    return seq


def _hinted(corpus: Corpus) -> int:
    try:
        seq = parsed(_Hint, corpus.store.get(hint_key(corpus.name)))["seq"]
    except (ObjectMissing, Malformed):  # it was lost or edited; the log itself is the truth
        return 0
    return seq if 0 < seq < _MOST_ENTRIES else 0


def _part(corpus: Corpus, digest: str, parse: Callable[[bytes], Part]) -> Part:
    key = state_key(corpus.name, digest)
    body = checked_metadata(corpus.store, key, digest, "the state that the log names")
    return parsed_metadata(parse, body, corpus.store.location(key))


def _store_part(corpus: Corpus, part: Mapping[str, Any]) -> str:
    body = canonical_json(part)
    digest = sha256_hex(body)
    corpus.store.put(state_key(corpus.name, digest), body)
    return digest


def _digest(state: State) -> str:
    rest = None
    if state.retired_files != RetiredFiles():
        rest = sha256_hex(canonical_json(retired_files_json(state.retired_files)))
    return sha256_hex(canonical_json(registry_json(state.registry, rest)))
