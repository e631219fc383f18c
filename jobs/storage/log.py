"""The commit log of a corpus: the only place where anything happens to it.

An entry is small: it carries one operation, the digest of the entry before, and the digest of the
state after it, which is an object of its own. So the newest entry and one more object are enough
to read, and the history cannot be edited unnoticed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from jobs.errors import DamagedRelease, ObjectMissing, StorageError
from jobs.storage.grammar import check_entry, check_registry, check_removals
from jobs.storage.layout import hint_key, log_key, state_key
from jobs.storage.manifests import canonical_json, sha256_hex
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import applied, operation_from
from jobs.storage.registry import (
    Refusal,
    Registry,
    Release,
    Removals,
    State,
    registry_from,
    registry_json,
    removals_from,
    removals_json,
)

LOG_FORMAT = "heliu-log/1"
_MOST_ENTRIES = 10**18

Entry = dict[str, Any]
"""`format`, `seq`, `previous`, `id`, `operation`, `about` (`at`, `by` and more), `state`."""


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
        DamagedRelease: the state it names is not the one that was stored.
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
    entry = orjson.loads(body)
    check_entry(entry)
    stored = _part(store, corpus, entry["state"])
    check_registry(stored)
    return Head(seq, sha256_hex(body), registry_from(stored), stored["removals"])


def removals_of(store: ObjectStore, corpus: str, digest: str | None) -> Removals:
    """What was taken away, as a head's `removals` names it."""
    if digest is None:
        return Removals()
    stored = _part(store, corpus, digest)
    check_removals(stored)
    return removals_from(stored)


def state_of(store: ObjectStore, corpus: str, at: Head) -> State:
    """The whole state at a head, as writers need it."""
    return State(at.registry, removals_of(store, corpus, at.removals))


def store_state(store: ObjectStore, corpus: str, state: State) -> str:
    """Store a state; its digest. Its parts are named by their content, so repeating is harmless."""
    rest = None
    if state.removals != Removals():
        rest = _store_part(store, corpus, removals_json(state.removals))
    return _store_part(store, corpus, registry_json(state.registry, rest))


def entry_at(store: ObjectStore, corpus: str, seq: int) -> Entry | None:
    """The entry of that number, None if there is none."""
    with suppress(ObjectMissing):
        entry: Entry = orjson.loads(store.get(log_key(corpus, seq)))
        check_entry(entry)
        return entry
    return None


def leave_hint(store: ObjectStore, corpus: str, seq: int) -> None:
    """Tell later readers where to start looking; losing it costs them requests, nothing else."""
    with suppress(StorageError):
        store.put(hint_key(corpus), canonical_json({"seq": seq}))


def history(store: ObjectStore, corpus: str) -> list[Entry]:
    """Every entry of the log, oldest first, after replaying it.

    Raises:
        DamagedRelease: an entry is missing, is not the one its successor was written after, or
            names another state than its operations lead to.
    """
    entries: list[Entry] = []
    digest: str | None = None
    state = State()
    for number, info in enumerate(store.list(f"{corpus}/log/"), start=1):
        body = store.get(info.key)
        entry = orjson.loads(body)
        check_entry(entry)
        if entry["seq"] != number or entry["previous"] != digest:
            raise DamagedRelease(
                f"{store.location(info.key)} does not follow the entry before it: the log was "
                "edited or lost an entry; compare it with a mirror"
            )
        after = applied(state, operation_from(entry["operation"]))
        if isinstance(after, Refusal) or _digest(after) != entry["state"]:
            raise DamagedRelease(
                f"{store.location(info.key)} names a state that its operation does not lead to: "
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
        hint: int = orjson.loads(store.get(hint_key(corpus)))["seq"]
    except ObjectMissing:
        return 0
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0  # somebody's hand was here; the log itself is the truth
    return hint if type(hint) is int and 0 < hint < _MOST_ENTRIES else 0


def _part(store: ObjectStore, corpus: str, digest: str) -> dict[str, Any]:
    key = state_key(corpus, digest)
    body = store.get(key)
    if sha256_hex(body) != digest:
        raise DamagedRelease(f"{store.location(key)} is not what the log says: restore it")
    part: dict[str, Any] = orjson.loads(body)
    return part


def _store_part(store: ObjectStore, corpus: str, part: dict[str, Any]) -> str:
    body = canonical_json(part)
    digest = sha256_hex(body)
    store.put(state_key(corpus, digest), body)
    return digest


def _digest(state: State) -> str:
    rest = None
    if state.removals != Removals():
        rest = sha256_hex(canonical_json(removals_json(state.removals)))
    return sha256_hex(canonical_json(registry_json(state.registry, rest)))
