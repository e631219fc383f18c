"""The commit log of a corpus: the only place where anything happens to it.

An entry is small: it carries one operation, the digest of the entry before, and the digest of the
state after it, which is an object of its own. So the newest entry and one more object are enough
to read, and the history cannot be edited unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar

from jobs.errors import DamagedMetadata, ObjectMissing, StorageError
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.entries import LogEntry, operation_from, parse_entry
from jobs.storage.layout import hint_key, log_key, state_key
from jobs.storage.metadata import checked_metadata, parsed_metadata
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import applied
from jobs.storage.registry import (
    Refusal,
    Registry,
    Release,
    Removals,
    State,
    parse_registry,
    parse_removals,
    registry_json,
    removals_json,
)
from jobs.storage.typed_json import Malformed, parsed

Part = TypeVar("Part")


class _Hint(TypedDict):
    seq: int


@dataclass(frozen=True)
class Head:
    """The newest entry of a log; `seq` 0 and no digests before the first commit.

    Attributes:
        seq: its number.
        digest: of the entry.
        registry: what readers need of the state.
        removals: digest of the rest of the state, None while nothing was ever taken away.
    """

    seq: int = 0
    digest: str | None = None
    registry: Registry = field(default_factory=Registry)
    removals: str | None = None

    @property
    def releases(self) -> tuple[Release, ...]:
        """All releases, in order of publication."""
        return self.registry.releases

    def find(self, version: str) -> Release | None:
        """See `Registry.find`."""
        return self.registry.find(version)


def head(store: ObjectStore, corpus: str) -> Head:
    """The newest entry of the corpus's log: four requests, however long the log is.

    Raises:
        DamagedMetadata: the entry is none, or the state it names is not the one that was stored.
    """
    seq = _beyond(store, corpus, _hinted(store, corpus))
    body = None
    if seq:
        with suppress(ObjectMissing):
            body = store.get(log_key(corpus, seq))
    if body is None:  # no hint, or a wrong one
        seq = _listed(store, corpus)
        if seq == 0:
            return Head()
        body = store.get(log_key(corpus, seq))
    entry = parsed_metadata(parse_entry, body, store.location(log_key(corpus, seq)))
    registry, removals = _part(store, corpus, entry["state"], parse_registry)
    return Head(seq, sha256_hex(body), registry, removals)


def removals_of(store: ObjectStore, corpus: str, digest: str | None) -> Removals:
    """What was taken away, as a head's `removals` names it."""
    return Removals() if digest is None else _part(store, corpus, digest, parse_removals)


def state_of(store: ObjectStore, corpus: str, at: Head) -> State:
    """The whole state at a head, as writers need it."""
    return State(at.registry, removals_of(store, corpus, at.removals))


def store_state(store: ObjectStore, corpus: str, state: State) -> str:
    """Store a state; its digest. Its parts are named by their content, so repeating is harmless."""
    rest = None
    if state.removals != Removals():
        rest = _store_part(store, corpus, removals_json(state.removals))
    return _store_part(store, corpus, registry_json(state.registry, rest))


def entry_at(store: ObjectStore, corpus: str, seq: int) -> LogEntry | None:
    """The entry of that number, None if there is none."""
    key = log_key(corpus, seq)
    with suppress(ObjectMissing):
        return parsed_metadata(parse_entry, store.get(key), store.location(key))
    return None


def leave_hint(store: ObjectStore, corpus: str, seq: int) -> None:
    """Tell later readers where to start looking; losing it costs them requests, nothing else."""
    with suppress(StorageError):
        store.put(hint_key(corpus), canonical_json({"seq": seq}))


def history(store: ObjectStore, corpus: str) -> list[LogEntry]:
    """Every entry of the log, oldest first, after replaying it.

    Raises:
        DamagedMetadata: an entry is missing, is none, is not the one its successor was written
            after, or names another state than its operations lead to.
    """
    entries: list[LogEntry] = []
    digest: str | None = None
    state = State()
    for number, info in enumerate(store.list(f"{corpus}/log/"), start=1):
        body = store.get(info.key)
        location = store.location(info.key)
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


def _listed(store: ObjectStore, corpus: str) -> int:
    keys = [info.key for info in store.list(f"{corpus}/log/")]
    return int(keys[-1].rpartition("/")[2].removesuffix(".json")) if keys else 0


def _beyond(store: ObjectStore, corpus: str, seq: int) -> int:
    """The last entry after `seq`, or `seq`; steps that double find the end in few requests.

    Entries have no gaps: where one is missing, there is none after it.
    """
    step = 1
    while seq:
        if store.size(log_key(corpus, seq + step)) is not None:
            seq, step = seq + step, step * 2
        elif step == 1:
            return seq
        else:
            step = 1
    return seq


def _hinted(store: ObjectStore, corpus: str) -> int:
    try:
        return max(0, parsed(_Hint, store.get(hint_key(corpus)))["seq"])
    except (ObjectMissing, Malformed):  # it was lost or edited; the log itself is the truth
        return 0


def _part(store: ObjectStore, corpus: str, digest: str, parse: Callable[[bytes], Part]) -> Part:
    key = state_key(corpus, digest)
    body = checked_metadata(store, key, digest, "the state that the log names")
    return parsed_metadata(parse, body, store.location(key))


def _store_part(store: ObjectStore, corpus: str, part: Mapping[str, Any]) -> str:
    body = canonical_json(part)
    digest = sha256_hex(body)
    store.put(state_key(corpus, digest), body)
    return digest


def _digest(state: State) -> str:
    rest = None
    if state.removals != Removals():
        rest = sha256_hex(canonical_json(removals_json(state.removals)))
    return sha256_hex(canonical_json(registry_json(state.registry, rest)))
