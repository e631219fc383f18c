"""What actors do to a corpus in the tests of its log, through the functions heliu runs."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from jobs.errors import OutcomeUnknown, StorageError
from jobs.storage import garbage, publication
from jobs.storage.commits import commit, resumed
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_address, blob_key
from jobs.storage.log import head, retired_files_of
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import Collect, Operation, Rollback, Tag, Yank
from jobs.storage.registry import State
from jobs.storage.releases import live_blobs, put_blob, read_manifest, resolved
from tests.log_world import CORPUS, Action, Actor, World
from tests.manifests import manifest_of


def within(store: ObjectStore) -> Corpus:
    return Corpus(store, CORPUS)


def build(version: str, texts: list[str], *, on_parent: bool) -> Action:
    """Build and publish a release, on the newest one or from nothing."""

    def act(actor: Actor) -> bool:
        store, world = actor.store, actor.world
        begun = head(within(store))
        retired_files = retired_files_of(within(store), begun.retired_files)
        parent = begun.registry.find("latest") if on_parent else None
        inherited = _shards(store, begun, parent["digest"]) if parent else []
        new = [world.blob(text) for text in texts]
        new = [(path, file) for path, file in new if file["sha256"] not in retired_files.forbidden]
        known = {file["sha256"] for file in inherited}
        new = [(path, file) for path, file in new if file["sha256"] not in known]
        for path, file in new:
            put_blob(within(store), path, file["sha256"], retired_files=retired_files)
        shards = inherited + [file for _, file in new]
        manifest = _manifest(world, version, shards, parent)
        try:
            return publication.publish(
                within(store), manifest, generation=begun.registry.epoch, commit_info=actor.about
            )[1]
        except OutcomeUnknown:
            if world.deletes_on_doubt:
                for _, file in new:
                    store.delete(
                        blob_key(CORPUS, file["sha256"], retired_files.generation(file["sha256"]))
                    )
            raise

    return act


def abandon(texts: list[str]) -> Action:
    """Begin a build that is stopped before it publishes."""

    def act(actor: Actor) -> bool:
        retired_files = retired_files_of(
            within(actor.store), head(within(actor.store)).retired_files
        )
        for path, file in map(actor.world.blob, texts):
            put_blob(within(actor.store), path, file["sha256"], retired_files=retired_files)
        return False

    return act


def take_down(version: str, text: str) -> Action:
    """Replace a text in every release, and publish the newest release without it."""

    def act(actor: Actor) -> bool:
        store, world = actor.store, actor.world
        at = head(within(store))
        newest = at.registry.find("latest")
        if newest is None:
            return False
        retired_files = retired_files_of(within(store), at.retired_files)
        gone = world.blob(text)[1]["sha256"]
        path, instead = world.blob(f"{text}-")
        shards = _shards(store, at, newest["digest"])
        everywhere = set().union(*(_live(store, at, release["digest"]) for release in at.releases))
        if gone not in everywhere:
            return False
        put_blob(within(store), path, instead["sha256"], retired_files=retired_files)
        stone, listed = world.blob(f"墓碑{text}")
        put_blob(within(store), stone, listed["sha256"], retired_files=retired_files)
        key = blob_key(CORPUS, listed["sha256"], retired_files.generation(listed["sha256"]))
        takedown = publication.Takedown(at, {gone: instead}, (key,))
        kept = [instead if file["sha256"] == gone else file for file in shards]
        manifest = _manifest(world, version, kept, newest)
        return publication.redact(within(store), manifest, takedown, commit_info=actor.about)[1]

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
        actor.world.collect(within(actor.store), with_work=True, commit_info=actor.about)
    except StorageError as error:
        raise OutcomeUnknown("half done") from error
    # Whether something was retired is not told: any outcome agrees with the log.
    raise OutcomeUnknown("done")


def resume(version: str) -> Action:
    """Settle what is pending of a version: what was unknown is known then."""

    def act(actor: Actor) -> bool:
        notes = actor.store.list(f"{CORPUS}/pending/")
        pending = [orjson.loads(actor.store.get(info.key)) for info in notes]
        _, entry = resumed(within(actor.store), version)
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

        return commit(within(actor.store), decide, commit_info=actor.about).is_new

    return act


def _shards(store: ObjectStore, at: Any, digest: str) -> list[dict[str, Any]]:
    files = resolved(read_manifest(within(store), digest), at.registry, CORPUS)["shards"]
    return [{**file, "key": blob_key(CORPUS, file["sha256"])} for file in files]


def _live(store: ObjectStore, at: Any, digest: str) -> set[str]:
    return live_blobs(within(store), digest, at.registry)


def _manifest(
    world: World, version: str, shards: list[dict[str, Any]], parent: dict[str, Any] | None
) -> dict[str, Any]:
    manifest = manifest_of(CORPUS, version, shards)
    if parent:
        manifest["parent"] = {"version": parent["version"], "digest": parent["digest"]}
    digest = hashlib.sha256(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)).hexdigest()
    world.manifests[digest] = [file["text"] for file in shards]
    return manifest


def collect_by_age(corpus: Corpus, *, with_work: bool, **_: Any) -> None:
    """The mutant that needs no log: what looks old is deleted."""
    for info in garbage.garbage(corpus, with_work=with_work).orphans:
        corpus.store.delete(info.key)


def collect_and_reuse(corpus: Corpus, *, with_work: bool, commit_info: Any) -> None:
    """The mutant whose retired keys may be used again, so it deletes what it has just marked."""
    found = garbage.garbage(corpus, with_work=with_work).orphans
    blobs = {blob_address(info.key).digest: 0 for info in found}
    if blobs:
        commit(corpus, lambda _: Collect(blobs), commit_info=commit_info)
        for info in found:
            corpus.store.delete(info.key)
