"""The probe: check once that a store supports create-if-absent and reads what was written.

Some S3 servers accept If-None-Match and ignore it, or check it without a lock; some file systems
cannot create a file exclusively. Two publishers would then both take their release for published,
and no later step could notice.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import orjson

from jobs.errors import ObjectMissing, StorageError, StorageUnwritable
from jobs.storage.canonical_json import canonical_json
from jobs.storage.layout import PASSED_KEY
from jobs.storage.objects import ObjectStore

PROBE_VERSION = 1
_RACERS = 8
_RACES = 3


@dataclass(frozen=True)
class Check:
    """One property of a store: its name, what was seen, and whether that is enough."""

    name: str
    seen: str
    is_passed: bool


def prove_once(store: ObjectStore, root: str) -> None:
    """Probe the store unless a record in the store says that it passed.

    Raises:
        StorageUnwritable: it cannot hold releases, or cannot be written at all.
    """
    try:
        if _is_on_record(store):
            _write_and_forget(store)
        else:
            prove(store, root)
    except StorageUnwritable:
        raise
    except StorageError as error:
        raise StorageUnwritable(f"cannot store releases under {root}: {error}") from error


def prove(store: ObjectStore, root: str) -> list[Check]:
    """Run all checks and record in the store that it passed.

    Raises:
        StorageUnwritable: a check failed; the message has what was seen.
        StorageError: it refused a request.
    """
    seen = checks(store)
    for check in seen:
        if not check.is_passed:
            raise StorageUnwritable(
                f"{root} {check.seen}, so releases could be lost or overwrite each other: use a "
                "store that honours If-None-Match and checks what it is sent (heliu doctor)"
            )
    record(store)
    return seen


def record(store: ObjectStore) -> None:
    """Record in the store that it passed, so that later builds skip the probe."""
    store.put(PASSED_KEY, canonical_json({"probe": PROBE_VERSION}))


def checks(store: ObjectStore) -> list[Check]:
    """Run each check on objects of its own, and delete them."""
    prefix = f"probe/{uuid.uuid4().hex}"
    probes: list[Callable[[ObjectStore, str], Check]]
    probes = [_first_stays, _race, _reads, _lists, _damage]
    try:
        return [probe(store, f"{prefix}/{probe.__name__.strip('_')}") for probe in probes]
    finally:
        # Publishers may lack the right to delete; what is left is a few bytes and never reused.
        with suppress(StorageError):
            for info in list(store.list(prefix)):
                store.delete(info.key)


def _is_on_record(store: ObjectStore) -> bool:
    try:
        noted = orjson.loads(store.get(PASSED_KEY))
    except (ObjectMissing, orjson.JSONDecodeError):
        return False
    return bool(noted == {"probe": PROBE_VERSION})


def _write_and_forget(store: ObjectStore) -> None:
    key = f"probe/{uuid.uuid4().hex}"
    store.put(key, b"heliu")
    with suppress(StorageError):
        store.delete(key)


def _first_stays(store: ObjectStore, key: str) -> Check:
    answers = [store.put_new(key, body) for body in (b"first", b"second")]
    kept = store.get(key)
    is_passed = answers == [True, False] and kept == b"first"
    said = " and ".join("created" if is_new else "there already" for is_new in answers)
    seen = f"two writers in turn got {said}, stored is what {kept.decode(errors='replace')} wrote"
    return Check("put-if-absent", seen, is_passed)


def _race(store: ObjectStore, key: str) -> Check:
    for number in range(_RACES):
        name = f"{key}/{number}"
        start = threading.Barrier(_RACERS)

        def enter(racer: int, name: str = name, start: threading.Barrier = start) -> bool:
            start.wait()
            return store.put_new(name, f"{name} {racer}".encode())

        with ThreadPoolExecutor(_RACERS) as pool:
            created = list(pool.map(enter, range(_RACERS)))
        winners = [f"{name} {racer}".encode() for racer, has_won in enumerate(created) if has_won]
        if winners != [store.get(name)]:
            seen = f"let {len(winners)} of {_RACERS} simultaneous writers create the same object"
            return Check("race", seen, is_passed=False)
    seen = f"let one of {_RACERS} simultaneous writers win, {_RACES} times"
    return Check("race", seen, is_passed=True)


def _reads(store: ObjectStore, key: str) -> Check:
    bodies = [b"old", b"new and longer"]
    seen = []
    for body in bodies:
        store.put(key, body)
        seen.append(store.get(key))
    return Check("read after write", f"answered {seen} after {bodies} were written", seen == bodies)


def _lists(store: ObjectStore, key: str) -> Check:
    names = [f"{key}/{number}" for number in range(3)]
    for name in names:
        store.put(name, b"x")
    listed = [info.key for info in store.list(f"{key}/")]
    seen = f"listed {len(listed)} of {len(names)} objects after they were written"
    return Check("list after write", seen, listed == names)


def _damage(store: ObjectStore, key: str) -> Check:
    has_refused = store.refuses_damage(key)
    if has_refused is None:
        return Check("damaged bytes", "sends no bytes through a network", is_passed=True)
    verb = "refused" if has_refused else "stored"
    return Check("damaged bytes", f"{verb} bytes that their Content-MD5 denies", has_refused)
