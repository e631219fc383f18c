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
from jobs.storage import garbage, publication
from jobs.storage.commits import commit, resumed
from jobs.storage.layout import blob_key
from jobs.storage.log import head, history, removals_of
from jobs.storage.objects import ObjectInfo, ObjectStore
from jobs.storage.operations import Collect, Operation, Rollback, Tag, Yank
from jobs.storage.registry import State
from jobs.storage.releases import live_blobs, put_blob, read_manifest, resolved

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
        entry = {"sha256": digest, "bytes": len(body), "rows": 1, "text": text}
        return path, {"key": blob_key(CORPUS, digest), **entry}

    # --- what holds after every step

    def check(self) -> None:
        log = self._log()
        model = Model(self.manifests)
        for entry in log:
            model.apply(entry["operation"])
        self._check_reports(log)
        if not log:
            return
        now = head(self.inner, CORPUS)
        assert now.seq == len(log), "the head is not the newest entry"
        assert history(self.inner, CORPUS) == log, "the replay is not the log"
        assert {r["version"]: r["digest"] for r in now.releases} == model.digests
        assert dict(now.registry.tags) == model.tags
        latest = now.registry.find("latest")
        assert (latest and latest["version"]) == model.latest()
        removals = removals_of(self.inner, CORPUS, now.removals)
        for release in now.releases:
            manifest = read_manifest(self.inner, CORPUS, release["digest"])
            files = resolved(manifest, now.registry, CORPUS)["shards"]
            texts = [file["text"] for file in files]
            assert texts == model.texts(release["version"]), "a release reads as it should not"
            for file in files:
                body = self.inner.get(file["key"])
                assert hashlib.sha256(body).hexdigest() == file["sha256"], "wrong bytes"
                home = blob_key(CORPUS, file["sha256"], removals.home(file["sha256"]))
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


@dataclass
class Model:
    """What a corpus is, in plain dictionaries."""

    manifests: dict[str, list[str]]
    digests: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    yanked: set[str] = field(default_factory=set)
    replaced: dict[str, str] = field(default_factory=dict)

    def apply(self, operation: dict[str, Any]) -> None:
        match operation:
            case {"op": "publish"}:
                self._publish(operation)
            case {"op": "tag", "name": name, "version": version}:
                self._name(name, version)
            case {"op": "rollback", "version": version}:
                self._name("latest", version)
            case {"op": "yank", "version": version, "reason": reason}:
                (self.yanked.add if reason else self.yanked.discard)(version)
            case {"op": "redact", "release": release, "substitutions": gone}:
                self._publish(release)
                for digest, file in gone.items():
                    self.replaced[digest] = file["text"]

    def _publish(self, operation: dict[str, Any]) -> None:
        assert operation["version"] not in self.digests, "one version was published twice"
        self.digests[operation["version"]] = operation["digest"]

    def _name(self, name: str, version: str | None) -> None:
        self.tags.pop(name, None)
        if version:
            self.tags[name] = version

    def latest(self) -> str | None:
        good = [version for version in self.digests if version not in self.yanked]
        return self.tags.get("latest", good[-1] if good else None)

    def texts(self, version: str) -> list[str]:
        return [self._now(text) for text in self.manifests[self.digests[version]]]

    def _now(self, text: str) -> str:
        digest = hashlib.sha256(f"正文：{text}。".encode()).hexdigest()
        return self._now(self.replaced[digest]) if digest in self.replaced else text


# --- what actors do


def build(version: str, texts: list[str], *, on_parent: bool) -> Action:
    """Build and publish a release, on the newest one or from nothing."""

    def act(actor: Actor) -> bool:
        store, world = actor.store, actor.world
        begun = head(store, CORPUS)
        removals = removals_of(store, CORPUS, begun.removals)
        parent = begun.registry.find("latest") if on_parent else None
        inherited = _shards(store, begun, parent["digest"]) if parent else []
        new = [world.blob(text) for text in texts]
        new = [(path, file) for path, file in new if file["sha256"] not in removals.forbidden]
        known = {file["sha256"] for file in inherited}
        new = [(path, file) for path, file in new if file["sha256"] not in known]
        for path, file in new:
            put_blob(store, CORPUS, path, file["sha256"], removals=removals)
        shards = inherited + [file for _, file in new]
        manifest = _manifest(world, version, shards, parent)
        try:
            return publication.publish(
                store, CORPUS, manifest, epoch=begun.registry.epoch, about=actor.about
            )[1]
        except OutcomeUnknown:
            if world.deletes_on_doubt:
                for _, file in new:
                    store.delete(blob_key(CORPUS, file["sha256"], removals.home(file["sha256"])))
            raise

    return act


def abandon(texts: list[str]) -> Action:
    """Begin a build that is stopped before it publishes."""

    def act(actor: Actor) -> bool:
        removals = removals_of(actor.store, CORPUS, head(actor.store, CORPUS).removals)
        for path, file in map(actor.world.blob, texts):
            put_blob(actor.store, CORPUS, path, file["sha256"], removals=removals)
        return False

    return act


def take_down(version: str, text: str) -> Action:
    """Replace a text in every release, and publish the newest release without it."""

    def act(actor: Actor) -> bool:
        store, world = actor.store, actor.world
        at = head(store, CORPUS)
        newest = at.registry.find("latest")
        if newest is None:
            return False
        removals = removals_of(store, CORPUS, at.removals)
        gone = world.blob(text)[1]["sha256"]
        path, instead = world.blob(f"{text}-")
        shards = _shards(store, at, newest["digest"])
        everywhere = set().union(*(_live(store, at, release["digest"]) for release in at.releases))
        if gone not in everywhere:
            return False
        put_blob(store, CORPUS, path, instead["sha256"], removals=removals)
        stone, listed = world.blob(f"墓碑{text}")
        put_blob(store, CORPUS, stone, listed["sha256"], removals=removals)
        key = blob_key(CORPUS, listed["sha256"], removals.home(listed["sha256"]))
        takedown = publication.Takedown(at, {gone: instead}, (key,))
        kept = [instead if file["sha256"] == gone else file for file in shards]
        manifest = _manifest(world, version, kept, newest)
        return publication.redact(store, CORPUS, manifest, takedown, about=actor.about)[1]

    return act


def name(tag: str, version: str | None) -> Action:
    return _operate(Tag(tag, version))


def roll_back(version: str | None) -> Action:
    return _operate(Rollback(version))


def withdraw(version: str, reason: str | None) -> Action:
    return _operate(Yank(version, reason))


def collect_garbage(actor: Actor) -> bool | None:
    """Collect garbage; a collector may commit and fail afterwards, so it reports nothing."""
    try:
        actor.world.collect(actor.store, CORPUS, with_work=True, about=actor.about)
    except StorageError as error:
        raise OutcomeUnknown("half done") from error
    # Whether something was retired is not told: any outcome agrees with the log.
    raise OutcomeUnknown("done")


def resume(version: str) -> Action:
    """Settle what is pending of a version: what was unknown is known then."""

    def act(actor: Actor) -> bool:
        notes = actor.store.list(f"{CORPUS}/pending/")
        pending = [orjson.loads(actor.store.get(info.key)) for info in notes]
        _, entry = resumed(actor.store, CORPUS, version)
        if entry is not None:
            actor.world.outcomes[entry["about"]["by"]] = "ok"
            return False
        for lost in pending:
            operation = lost["operation"]
            if operation.get("release", operation)["version"] == version:
                actor.world.outcomes[lost["about"]["by"]] = "failed"
        return False

    return act


def _operate(operation: Operation) -> Action:
    def act(actor: Actor) -> bool:
        def decide(_: State) -> Operation:
            return operation

        return commit(actor.store, CORPUS, decide, about=actor.about).is_new

    return act


def _shards(store: ObjectStore, at: Any, digest: str) -> list[dict[str, Any]]:
    files = resolved(read_manifest(store, CORPUS, digest), at.registry, CORPUS)["shards"]
    return [{**file, "key": blob_key(CORPUS, file["sha256"])} for file in files]


def _live(store: ObjectStore, at: Any, digest: str) -> set[str]:
    return live_blobs(read_manifest(store, CORPUS, digest), at.registry, CORPUS)


def _manifest(
    world: World, version: str, shards: list[dict[str, Any]], parent: dict[str, Any] | None
) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "corpus": CORPUS,
        "version": version,
        "documents": len(shards),
        "shards": shards,
    }
    if parent:
        manifest["parent"] = {"version": parent["version"], "digest": parent["digest"]}
    digest = hashlib.sha256(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)).hexdigest()
    world.manifests[digest] = [file["text"] for file in shards]
    return manifest


def collect_by_age(store: ObjectStore, corpus: str, *, with_work: bool, **_: Any) -> None:
    """The mutant that needs no log: what looks old is deleted."""
    for info in garbage.garbage(store, corpus, with_work=with_work).orphans:
        store.delete(info.key)


def collect_and_reuse(store: ObjectStore, corpus: str, *, with_work: bool, about: Any) -> None:
    """The mutant whose retired keys may be used again, so it deletes what it has just marked."""
    found = garbage.garbage(store, corpus, with_work=with_work).orphans
    blobs = {garbage.blob_address(info.key)[0]: 0 for info in found}
    if blobs:
        commit(store, corpus, lambda _: Collect(blobs), about=about)
        for info in found:
            store.delete(info.key)
