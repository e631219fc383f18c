"""A corpus under fire: real publishers, collectors and takedowns on a store that fails them.

Every action runs the functions heliu runs. A plan says at which of its requests what goes wrong, or
who else acts in between. What the actions reported is compared with a dictionary model, which is
fed by the bytes of the log and knows nothing of the code that wrote them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pyarrow as pa

from jobs.errors import HeliuError, ObjectMissing, OutcomeUnknown, StorageError
from jobs.storage import garbage
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_key
from jobs.storage.log import head, history, retired_files_of
from jobs.storage.objects import ObjectInfo, ObjectStore
from jobs.storage.releases import read_manifest, resolved
from tests.log_model import Model
from tests.manifests import file_entry

CORPUS = "cci"
Answer = TypeVar("Answer")
Action = Callable[["Actor"], bool | None]
"""Does something through the actor's store; whether it is certain that an entry was committed."""

FAULTS = (
    "crash-before",
    "crash-after",
    "lose-answer",
    "lose-request",
    "late",
    "duplicate",
    "cut-off",  # the answer is lost, and so is the next request
)
PLACES = ("commit", "upload", "delete", "check")
"""Requests that a plan can name instead of counting: the first one of its kind."""


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Actor:
    """Somebody with a name of its own in the log, and a store that fails by plan."""

    world: World
    name: str
    store: FaultyStore

    @property
    def about(self) -> dict[str, Any]:
        return {"at": "2023-11-29T00:00:00+00:00", "by": self.name}


class FaultyStore(ObjectStore):
    """Passes requests on; to the n-th, or the first of a kind, happens what the plan says."""

    def __init__(self, world: World, plan: dict[Any, Any]) -> None:
        self.world = world
        self.plan = plan
        self.count = 0
        self.is_dead = False

    def _ask(
        self, request: Callable[[], Answer], lost: StorageError, kind: str = "other"
    ) -> Answer:
        fault = self.plan.pop(self.count, None) or self.plan.pop(kind, None)
        self.count += 1
        self.is_dead = self.is_dead or fault == "crash-before"
        if self.is_dead:
            raise Crash
        if callable(fault):
            fault()
        if fault == "late":
            self.world.late.append(request)
        if fault in {"late", "lose-request"}:
            raise lost
        answers = [request() for _ in range(2 if fault == "duplicate" else 1)]
        self.is_dead = fault == "crash-after"
        if self.is_dead:
            raise Crash
        if fault == "cut-off":
            self.plan[self.count] = "lose-request"
        if fault in {"lose-answer", "cut-off"}:
            raise lost
        return answers[-1]

    def get(self, key: str) -> bytes:
        return self._ask(lambda: self.world.inner.get(key), StorageError(f"get {key}"))

    def put(self, key: str, body: bytes) -> None:
        self._ask(lambda: self.world.inner.put(key, body), StorageError(f"put {key}"))

    def put_new(self, key: str, body: bytes) -> bool:
        if not self.world.is_atomic:
            return self._put_new_without_lock(key, body)
        lost = OutcomeUnknown(f"new {key}")
        return self._ask(lambda: self.world.inner.put_new(key, body), lost, "commit")

    def _put_new_without_lock(self, key: str, body: bytes) -> bool:
        is_free = self.world.inner.size(key) is None

        def write() -> bool:
            if is_free:
                self.world.inner.put(key, body)
            return is_free

        return self._ask(write, OutcomeUnknown(f"new {key}"), "commit")

    def put_file(self, key: str, path: Path) -> None:
        lost = StorageError(f"file {key}")
        self._ask(lambda: self.world.inner.put_file(key, path), lost, "upload")

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        return iter(
            self._ask(lambda: list(self.world.inner.list(prefix)), StorageError(f"list {prefix}"))
        )

    def size(self, key: str) -> int | None:
        kind = "check" if "/blobs/" in key else "other"
        return self._ask(lambda: self.world.inner.size(key), StorageError(f"head {key}"), kind)

    def delete(self, key: str) -> None:
        kind = "delete" if "/blobs/" in key else "other"
        self._ask(lambda: self.world.inner.delete(key), StorageError(f"delete {key}"), kind)

    def location(self, key: str) -> str:
        return self.world.inner.location(key)

    def open(self, key: str) -> pa.NativeFile:
        return self.world.inner.open(key)


@dataclass
class World:
    """The store, requests still on their way, and what was reported by whom."""

    inner: ObjectStore
    folder: Path
    is_atomic: bool = True
    deletes_on_doubt: bool = False
    late: list[Callable[[], Any]] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, list[str]] = field(default_factory=dict)
    """digest of a manifest to the texts its publisher meant"""
    collect: Callable[..., Any] = garbage.collect

    def attempt(self, action: Action, plan: dict[Any, Any]) -> str:
        """Let an actor act; what it reported: ok, same, failed, unknown or crashed."""
        name = f"actor-{len(self.outcomes)}"
        self.outcomes[name] = "running"
        try:
            outcome = "ok" if action(Actor(self, name, FaultyStore(self, plan))) else "same"
        except OutcomeUnknown:
            outcome = "unknown"
        except HeliuError:
            outcome = "failed"
        except Crash:
            outcome = "crashed"
        self.outcomes[name] = outcome
        return outcome

    def land(self, number: int) -> None:
        """One of the requests that are on their way arrives."""
        if self.late:
            request = self.late.pop(number % len(self.late))
            with suppress(ObjectMissing):  # a read that nobody waits for
                request()

    def blob(self, text: str) -> tuple[Path, dict[str, Any]]:
        """A shard that holds one text, and its entry in a manifest."""
        body = f"正文：{text}。".encode()
        digest = hashlib.sha256(body).hexdigest()
        path = self.folder / digest
        if not path.exists():
            path.write_bytes(body)
        return path, file_entry(CORPUS, digest, len(body), text=text)

    # --- what holds after every step

    def check(self) -> None:
        log = self._log()
        model = Model(self.manifests)
        for entry in log:
            model.apply(entry["operation"])
        self._check_reports(log)
        if not log:
            return
        now = head(Corpus(self.inner, CORPUS))
        assert now.seq == len(log), "the head is not the newest entry"
        assert history(Corpus(self.inner, CORPUS)) == log, "the replay is not the log"
        assert {r["version"]: r["digest"] for r in now.releases} == model.digests
        assert dict(now.registry.tags) == model.tags
        latest = now.registry.find("latest")
        assert (latest and latest["version"]) == model.latest()
        retired_files = retired_files_of(Corpus(self.inner, CORPUS), now.retired_files)
        for release in now.releases:
            manifest = read_manifest(Corpus(self.inner, CORPUS), release["digest"])
            files = resolved(manifest, now.registry, CORPUS)["shards"]
            texts = [file["text"] for file in files]
            assert texts == model.texts(release["version"]), "a release reads as it should not"
            for file in files:
                body = self.inner.get(file["key"])
                assert hashlib.sha256(body).hexdigest() == file["sha256"], "wrong bytes"
                home = blob_key(CORPUS, file["sha256"], retired_files.generation(file["sha256"]))
                assert file["key"] == home, "a live blob is retired"

    def _log(self) -> list[dict[str, Any]]:
        infos = list(self.inner.list(f"{CORPUS}/log/"))
        log, previous = [], None
        for number, info in enumerate(infos, start=1):
            body = self.inner.get(info.key)
            entry = orjson.loads(body)
            assert info.key == f"{CORPUS}/log/{number:020d}.json", "the log has a gap"
            assert (entry["seq"], entry["previous"]) == (number, previous), "the chain is broken"
            previous = hashlib.sha256(body).hexdigest()
            log.append(entry)
        ids = [entry["id"] for entry in log]
        assert len(ids) == len(set(ids)), "one write was committed twice"
        return log

    def _check_reports(self, log: list[dict[str, Any]]) -> None:
        writers = [entry["about"]["by"] for entry in log]
        for name, outcome in self.outcomes.items():
            if outcome == "ok":
                assert name in writers, f"{name} reported success and is not in the log"
            if outcome in {"failed", "same"}:
                assert name not in writers, f"{name} reported {outcome} and is in the log"
