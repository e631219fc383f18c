"""Log entries: what one carries, and the one place where its bytes become one."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, TypedDict

from jobs.storage.grammar import check_entry
from jobs.storage.manifests import JsonObject
from jobs.storage.operations import Collect, Operation, Publish, Redact, Rollback, Tag, Yank
from jobs.storage.typed_json import Malformed, parsed, typed

LOG_FORMAT = "heliu-log/1"
_KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind for kind in (Publish, Tag, Rollback, Yank, Collect, Redact)
}


class LogEntry(TypedDict):
    """An entry of the log.

    `previous` is the sha256 of the entry before, `id` that of the write, `operation` as
    `operation_json` gives it, `about` the commit info (`at`, `by` and more), `state` the sha256 of
    the state after it.
    """

    format: str
    seq: int
    previous: str | None
    id: str
    operation: JsonObject
    about: JsonObject
    state: str


def parse_entry(body: bytes) -> LogEntry:
    """Return the log entry that some bytes are; raises Malformed. Its operation may be unknown."""
    entry = parsed(LogEntry, body)
    if not isinstance(entry["operation"].get("op"), str):
        raise Malformed("missing", "operation", "op")
    check_entry(entry)
    return entry


def operation_json(operation: Operation) -> JsonObject:
    """Return the operation as a log entry carries it."""
    return {"op": type(operation).__name__.lower(), **asdict(operation)}


def operation_from(stored: JsonObject) -> Operation:
    """Return the operation of a log entry.

    Raises:
        Malformed: no version of heliu up to this one writes such an operation.
    """
    values = {name: value for name, value in stored.items() if name != "op"}
    kind = _KINDS.get(str(stored.get("op")))
    if kind is None:
        raise Malformed(f"an operation {stored.get('op')!r}, which a newer heliu may know")
    if unknown := sorted(values.keys() - {column.name for column in fields(kind)}):
        raise Malformed("a key that a newer heliu may know", unknown[0])
    operation: Operation = typed(kind, values)
    return operation
