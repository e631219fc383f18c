"""Commits: an operation becomes an entry of the log, by one put-if-absent.

Three outcomes. *Committed*: the entry under its number has the id of this write. *Lost*: it has
another; if the operation is still possible after that entry, it is tried under the next number.
*Unknown*: neither the write nor reading it back got an answer; then nothing is deleted, and the
entry is kept under `pending/`, so that `resumed` can send the same bytes again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from jobs.errors import LostRace, ObjectMissing, OutcomeUnknown, StorageError
from jobs.storage.canonical_json import canonical_json
from jobs.storage.corpus import Corpus
from jobs.storage.entries import LOG_FORMAT, LogEntry, operation_json, parse_entry
from jobs.storage.layout import log_key, pending_key
from jobs.storage.log import Head, entry_at, head, leave_hint, state_of, store_state
from jobs.storage.manifests import CommitInfo
from jobs.storage.metadata import parsed_metadata
from jobs.storage.operations import Operation, Publish, Redact, applied
from jobs.storage.registry import Refusal, State

# Of eight publishers that start at once the last needs eight tries: one commits in each round.
_ROUNDS = 32
_SENDS = 3

Decide = Callable[[State], Operation | None]
"""Return the operation for a state, None for none; raise what makes it impossible."""


@dataclass(frozen=True)
class Committed:
    """The log after a commit: its last number and state; `is_new` if this call added the entry."""

    seq: int
    state: State
    is_new: bool


def commit(corpus: Corpus, decide: Decide, *, commit_info: CommitInfo) -> Committed:
    """Commit the operation that `decide` makes of the newest state; after a lost race decide again.

    Args:
        corpus: in the store that holds everything the operation names.
        decide: called again after every entry that another publisher committed first.
        commit_info: for the entry: the user, the time and the code.

    Raises:
        HeliuError: the state refuses the operation, or `decide` raised.
        LostRace: another publisher was first in every round.
        OutcomeUnknown: no answer showed whether the entry was written.
    """
    before = head(corpus)
    for _ in range(_ROUNDS):
        state = state_of(corpus, before)
        operation = decide(state)
        if operation is None:
            return Committed(before.seq, state, is_new=False)
        after = applied(state, operation)
        if isinstance(after, Refusal):
            newest = _newest_entry(corpus, before) if after.kind is LostRace else ""
            raise after.kind(f"{corpus.name}: {after.message}{newest}")
        entry = _entry(before, operation, store_state(corpus, after), commit_info)
        if _written(corpus, entry, is_noted=isinstance(operation, Publish | Redact)):
            leave_hint(corpus, entry["seq"])
            return Committed(entry["seq"], after, is_new=True)
        before = head(corpus)
    raise LostRace(
        f"{corpus.name}: in each of {_ROUNDS} tries another publisher committed first"
        f"{_newest_entry(corpus, before)}: run the same command again when it is quieter"
    )


def resumed(corpus: Corpus, version: str) -> tuple[bool, LogEntry | None]:
    """Settle commits of a version whose outcome was unknown.

    An entry whose number is still free is sent again, byte for byte: nothing has happened since it
    was decided. The newest is tried first, because only it can still be free.

    Returns:
        Whether anything was pending, and the entry that is in the log now, None if all were lost.

    Raises:
        OutcomeUnknown: the store does not answer this time either.
    """
    keys = [info.key for info in corpus.store.list(f"{corpus.name}/pending/")]
    noted = [
        parsed_metadata(parse_entry, corpus.store.get(key), corpus.store.location(key))
        for key in keys
    ]
    own = [entry for entry in noted if _version(entry) == version]
    for entry in sorted(own, key=lambda entry: -entry["seq"]):
        if _written(corpus, entry, is_noted=True):
            leave_hint(corpus, entry["seq"])
            return True, entry
    return bool(own), None


def _entry(before: Head, operation: Operation, state: str, commit_info: CommitInfo) -> LogEntry:
    return {
        "format": LOG_FORMAT,
        "seq": before.seq + 1,
        "previous": before.digest,
        "id": uuid.uuid4().hex,
        "operation": operation_json(operation),
        "about": commit_info,
        "state": state,
    }


def _version(entry: LogEntry) -> str | None:
    operation = entry["operation"]
    version: str | None = operation.get("release", operation).get("version")
    return version


def _written(corpus: Corpus, entry: LogEntry, *, is_noted: bool) -> bool:
    """Whether the entry is in the log; delete its note under `pending/` once that is certain."""
    note = pending_key(corpus.name, entry["id"])
    if is_noted:
        corpus.store.put(note, canonical_json(entry))
    is_committed = _sent(corpus, entry)
    if is_noted:
        with suppress(StorageError):  # publishers may lack the right to delete
            corpus.store.delete(note)
    return is_committed


def _sent(corpus: Corpus, entry: LogEntry) -> bool:
    body = canonical_json(entry)
    doubt: StorageError | None = None
    for _ in range(_SENDS):
        try:
            if corpus.store.put_new(log_key(corpus.name, entry["seq"]), body):
                return True
        except OutcomeUnknown as error:
            doubt = error
        except StorageError as error:
            if doubt is None and _read_back(corpus, entry["seq"], error) is None:
                raise
            doubt = doubt or error
        # A gateway that repeats a request may answer "taken" to the winner: the id decides.
        found = _read_back(corpus, entry["seq"], doubt)
        if found is not None:
            return bool(found["id"] == entry["id"])
    raise _unknown(corpus, entry["seq"]) from doubt


def _read_back(corpus: Corpus, seq: int, doubt: StorageError | None) -> LogEntry | None:
    try:
        return entry_at(corpus, seq)
    except StorageError as error:
        raise _unknown(corpus, seq) from doubt or error


def _unknown(corpus: Corpus, seq: int) -> OutcomeUnknown:
    location = corpus.store.location(log_key(corpus.name, seq))
    return OutcomeUnknown(
        f"no answer said if {location} was created: when the store "
        "answers again, heliu publish resume=true (or the same command) finds out"
    )


def _newest_entry(corpus: Corpus, at: Head) -> str:
    """Describe the newest entry, for the message of a lost race."""
    with suppress(ObjectMissing):
        entry = entry_at(corpus, at.seq)
        if entry is not None:
            info = entry["about"]
            what = " ".join([entry["operation"]["op"], *filter(None, [_version(entry)])])
            return f" (newest entry {at.seq}: {what} by {info.get('by')}, {info.get('at')})"
    return ""
