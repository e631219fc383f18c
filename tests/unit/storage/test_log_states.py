"""The steps from one state of a log to the next, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from jobs.errors import AlreadyPublished, ConfigError, LostRace, ReleaseMissing
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.entries import operation_from, operation_json
from jobs.storage.layout import blob_key
from jobs.storage.operations import (
    Collect,
    Operation,
    Publish,
    Redact,
    Rollback,
    Tag,
    Yank,
    applied,
)
from jobs.storage.registry import (
    Refusal,
    Registry,
    State,
    parse_registry,
    parse_retired_files,
    registry_json,
    retired_files_json,
    status,
)
from jobs.storage.releases import resolved
from jobs.storage.typed_json import Malformed

OLD, NEW, NEWER = "0a" * 32, "1b" * 32, "2c" * 32


def digest_of(version: str) -> str:
    return sha256_hex(version.encode())


def publication(version: str, **changes) -> Publish:
    plain = Publish(version, digest_of(version), 3, "2023-11-29T08:00:00Z", "甲", None, 0, {})
    return replace(plain, **changes)


def after(*operations: Operation) -> State:
    state = State()
    for operation in operations:
        following = applied(state, operation)
        assert isinstance(following, State), following
        state = following
    return state


def refusal(state: State, operation: Operation) -> Refusal:
    refused = applied(state, operation)
    assert isinstance(refused, Refusal)
    return refused


def version_of(state: State, name: str) -> str | None:
    release = state.registry.find(name)
    return release["version"] if release else None


TWO = (publication("1.0.0"), publication("1.1.0"))


def entry(digest: str) -> dict[str, object]:
    return {"key": f"cci/blobs/{digest[:2]}/{digest}.parquet", "sha256": digest, "bytes": 9}


def redaction(version: str, gone: str, instead: str | None, **changes) -> Redact:
    file = None if instead is None else entry(instead)
    return Redact(
        publication(version, **changes), {gone: file}, (blob_key("cci", NEWER),), ("1.0.0",)
    )


EVERY_KIND = [
    publication("1.0.0", parent={"version": "0.9", "digest": "x"}, moved={OLD: 1}),
    Tag("stable", "1.0.0"),
    Rollback(None),
    Yank("1.0.0", "重复交付"),
    Collect({OLD: 0}),
    redaction("1.0.1", OLD, NEW),
    redaction("1.0.1", OLD, None),
]


@pytest.mark.parametrize("operation", EVERY_KIND, ids=lambda operation: type(operation).__name__)
def test_operation_survives_its_log_entry(operation: Operation):
    stored = orjson.loads(canonical_json(operation_json(operation)))
    assert operation_from(stored) == operation


def test_operation_of_a_newer_heliu_is_named():
    with pytest.raises(Malformed, match="'split'"):
        operation_from({"op": "split"})


def test_state_survives_its_objects():
    state = after(*TWO, Tag("stable", "1.0.0"), Collect({OLD: 0}), redaction("1.1.1", NEW, NEWER))
    stored = canonical_json(registry_json(state.registry, "0" * 64))
    assert parse_registry(stored) == (state.registry, "0" * 64)
    assert (
        parse_retired_files(canonical_json(retired_files_json(state.retired_files)))
        == state.retired_files
    )


def test_latest_follows_publishes_until_rolled_back_and_again_after_undoing():
    assert version_of(after(*TWO), "latest") == "1.1.0"
    rolled = after(*TWO, Rollback("1.0.0"), publication("1.2.0"))
    assert version_of(rolled, "latest") == "1.0.0"
    assert version_of(applied(rolled, Rollback(None)), "latest") == "1.2.0"
    assert refusal(after(*TWO), Rollback(None)).kind is ReleaseMissing


def test_latest_skips_what_was_yanked_until_that_is_undone():
    yanked = after(*TWO, Yank("1.1.0", "重复交付"))
    assert version_of(yanked, "latest") == "1.0.0"
    assert status(yanked.registry.exactly("1.1.0")) == "yanked"
    assert version_of(applied(yanked, Yank("1.1.0", None)), "latest") == "1.1.0"
    assert version_of(after(TWO[0], Yank("1.0.0", "x")), "latest") is None


def test_latest_cannot_stand_on_a_yanked_release():
    assert refusal(after(*TWO, Yank("1.0.0", "x")), Rollback("1.0.0")).kind is ConfigError
    assert refusal(after(*TWO, Rollback("1.0.0")), Yank("1.0.0", "x")).kind is ConfigError


def test_tag_moves_and_goes():
    state = after(*TWO, Tag("stable", "1.0.0"), Tag("stable", "1.1.0"))
    assert version_of(state, "stable") == "1.1.0"
    assert version_of(applied(state, Tag("stable", None)), "stable") is None


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (publication("1.0.0", digest="other"), AlreadyPublished),
        (publication("stable"), ConfigError),
        (publication("2", epoch=1), LostRace),
        (publication("2", parent={"version": "1.0.0", "digest": "other"}), ReleaseMissing),
        (publication("2", parent={"version": "0.1", "digest": "x"}), ReleaseMissing),
        (publication("2", parent={"version": "1.1.0", "digest": digest_of("1.1.0")}), LostRace),
        (Tag("latest", "1.0.0"), ConfigError),
        (Tag("1.0.0", "1.1.0"), ConfigError),
        (Tag("new", "3"), ReleaseMissing),
        (Tag("gone", None), ReleaseMissing),
        (Rollback("3"), ReleaseMissing),
        (Yank("3", "x"), ReleaseMissing),
        (redaction("1.0.1", OLD, NEW, epoch=3), LostRace),
    ],
)
def test_operation_that_does_not_fit_is_refused(operation: Operation, kind: type[Exception]):
    state = after(*TWO, Tag("stable", "1.0.0"), Yank("1.1.0", "重复交付"))
    assert refusal(state, operation).kind is kind


def test_build_that_began_before_a_takedown_is_refused():
    state = after(*TWO, redaction("1.1.1", OLD, NEW))
    refused = refusal(state, publication("1.2.0"))
    assert refused.kind is LostRace
    assert "run the build again" in refused.message
    assert isinstance(applied(state, publication("1.2.0", epoch=1)), State)


def test_takedown_replaces_its_files_in_every_release_and_forbids_them():
    state = after(*TWO, redaction("1.1.1", OLD, NEW))
    manifest = {"version": "1.0.0", "shards": [entry(OLD), entry(NEWER)], "inputs": [{"file": "a"}]}
    read = resolved(manifest, state.registry, "cci")
    assert [file["sha256"] for file in read["shards"]] == [NEW, NEWER]
    assert read["inputs"] == manifest["inputs"]
    assert status(state.registry.exactly("1.0.0")) == "redacted"
    assert status(state.registry.exactly("1.1.0")) == "active"
    assert (state.retired_files.forbidden, state.retired_files.generation(OLD)) == ({OLD}, 1)
    assert version_of(state, "latest") == "1.1.1"


def test_takedown_of_what_replaced_another_is_followed_to_the_end():
    state = after(*TWO, redaction("1.1.1", OLD, NEW), redaction("1.1.2", NEW, NEWER, epoch=1))
    for digest in (OLD, NEW):
        (file,) = resolved({"shards": [entry(digest)]}, state.registry, "cci")["shards"]
        assert file["sha256"] == NEWER
    nothing = applied(state, redaction("1.1.3", NEWER, None, epoch=2))
    assert resolved({"shards": [entry(OLD)]}, nothing.registry, "cci")["shards"] == []


def test_retired_bytes_live_again_under_the_next_generation():
    state = after(Collect({OLD: 0}))
    assert state.retired_files.generation(OLD) == 1
    again = applied(state, publication("1.0.0", moved={OLD: 1}))
    (file,) = resolved({"shards": [entry(OLD)]}, again.registry, "cci")["shards"]
    assert file["key"] == f"cci/blobs/0a/{OLD}.g1.parquet"
    assert applied(again, Collect({OLD: 0})).retired_files.generation(OLD) == 1


def test_manifest_of_a_corpus_without_corrections_reads_as_it_is():
    manifest = {"shards": [entry(OLD)]}
    assert resolved(manifest, Registry(), "cci") is manifest


def test_generation_that_was_retired_stays_retired() -> None:
    state = after(*TWO, Collect({OLD: 1}), Collect({OLD: 0}))
    assert state.retired_files.generation(OLD) == 2
