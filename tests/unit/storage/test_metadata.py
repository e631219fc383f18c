"""Manifests, log entries and states of another shape are damage; what goes wrong later is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

import jobs
from jobs.errors import DamagedMetadata
from jobs.flow.releases import opened_release
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.entries import operation_from, parse_entry
from jobs.storage.layout import blob_key, log_key, manifest_key, state_key
from jobs.storage.log import head, history
from jobs.storage.manifests import parse_manifest
from jobs.storage.metadata import parsed_metadata
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import Redact
from jobs.storage.registry import parse_registry, parse_retired_files
from jobs.storage.releases import read_manifest
from jobs.storage.typed_json import Malformed
from tests.memory_store import MemoryStore

ROOT = Path(__file__).parents[2] / "fixtures" / "release" / "root"
ONE, TWO, THREE = ("0a" * 32, "1b" * 32, "2c" * 32)
KEY = blob_key("demo", TWO)
FREE = {"parameters", "metadata", "about", "operation"}
"""Keys whose values are parsed later or not at all."""


def within(store: ObjectStore) -> Corpus:
    return Corpus(store, "demo")


def stored(kind: str) -> Any:
    (path,) = (ROOT / "demo" / kind).glob("*.json")
    return orjson.loads(path.read_bytes())


ENTRY, STATE = stored("log"), stored("state")
REDACTION = {
    "op": "redact",
    "release": {name: value for name, value in ENTRY["operation"].items() if name != "op"},
    "substitutions": {ONE: {"key": KEY, "sha256": TWO, "bytes": 9}, THREE: None},
    "tombstones": [KEY],
    "versions": ["1.0.0"],
}
CORRECTION = {
    "version": "1.0.0",
    "digest": ONE,
    "documents": 1,
    "restored": 0,
    "policy": "remove",
    "reason": "版权",
    "is_redacting": False,
}
DOCUMENTS: dict[str, tuple[Callable[[bytes], Any], Any]] = {
    "manifest": (parse_manifest, stored("manifests") | {"corrects": CORRECTION}),
    "entry": (parse_entry, ENTRY),
    "registry": (parse_registry, STATE | {"substitutions": REDACTION["substitutions"]}),
    "removals": (parse_retired_files, {"retired": {ONE: 1}, "forbidden": [ONE]}),
    "publish": (lambda body: operation_from(orjson.loads(body)), ENTRY["operation"]),
    "redact": (lambda body: operation_from(orjson.loads(body)), REDACTION),
}
OPTIONAL = {"parent", "deliveries", "benchmarks", "corrects", "facts", "removals"}
OPTIONAL |= {"since", "origin", "reading"}


def changes(document: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every place of a document and what to put there instead; None as a value is tried, too."""
    for name, value in document.items() if isinstance(document, dict) else enumerate(document):
        for other in (None, True, -1, 0.5, "语", [], {}, [None], [{}]):
            yield (name,), other
        if isinstance(value, dict | list) and name not in FREE:
            for path, other in changes(value[:1] if isinstance(value, list) else value):
                yield (name, *path), other


def changed(document: Any, path: tuple[str | int, ...], value: Any) -> bytes:
    copy = place = orjson.loads(canonical_json(document))
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return canonical_json(copy)


def without(document: Any, path: tuple[str | int, ...]) -> bytes:
    copy = place = orjson.loads(canonical_json(document))
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return canonical_json(copy)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_reads_with_every_key_of_a_later_version(name: str) -> None:
    parse, document = DOCUMENTS[name]
    parse(canonical_json(document))
    if name not in {"publish", "redact"}:
        parse(canonical_json({**document, "later": [{"a": 1}]}))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_value_of_another_type_is_damage_and_no_other_error(name: str) -> None:
    """Whatever is put anywhere is either of the type that stands there or refused as damage."""
    parse, document = DOCUMENTS[name]
    refused = 0
    for path, value in changes(document):
        try:
            parsed_metadata(parse, changed(document, path, value), "x")
        except DamagedMetadata:
            refused += 1
    assert refused > 5


@pytest.mark.parametrize("name", DOCUMENTS)
def test_missing_key_is_damage_unless_older_versions_lack_it(name: str) -> None:
    parse, document = DOCUMENTS[name]
    paths = {path for path, _ in changes(document)}
    for path in {path for path in paths if isinstance(path[-1], str)}:
        is_free = path[-1] in OPTIONAL and name == "manifest"
        if is_free or (path[:-1] and path[-2] in MAPPINGS):
            parse(without(document, path))
        else:
            with pytest.raises(Malformed):
                parse(without(document, path))


MAPPINGS = {"partners", "reasons", "schema", "substitutions", "moved", "tags", "retired"}
"""Keys whose values are objects with free names."""


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"format": 1}', b"\xff"])
def test_what_is_no_document_is_damage(body: bytes) -> None:
    for parse in (parse_manifest, parse_entry, parse_registry, parse_retired_files):
        with pytest.raises(DamagedMetadata):
            parsed_metadata(parse, body, "x")


def copied() -> MemoryStore:
    store = MemoryStore()
    for path in ROOT.rglob("*"):
        if path.is_file():
            store.put(path.relative_to(ROOT).as_posix(), path.read_bytes())
    return store


def resigned(store: MemoryStore, changes: dict[str, Any]) -> str:
    """Put another manifest into the fixture, under the digest of its bytes."""
    body = canonical_json(stored("manifests") | changes)
    store.put(manifest_key("demo", sha256_hex(body)), body)
    return sha256_hex(body)


def test_manifest_that_is_none_and_has_its_digest_is_damage() -> None:
    store = copied()
    with pytest.raises(DamagedMetadata, match=r"shards\.0\.bytes: missing"):
        read_manifest(within(store), resigned(store, {"shards": [{"key": KEY, "sha256": ONE}]}))
    with pytest.raises(DamagedMetadata, match=r"later\.0\.bytes: missing"):
        read_manifest(within(store), resigned(store, {"later": [{"key": KEY, "sha256": ONE}]}))


def test_lost_or_malformed_metadata_is_damage_wherever_it_is_read() -> None:
    store = copied()
    entry = parse_entry(store.get(log_key("demo", 1)))
    for broken in ({"state": ONE}, {"operation": {"op": "publish"}}):
        store.put(log_key("demo", 1), canonical_json({**entry, **broken}))
        with pytest.raises(DamagedMetadata):
            history(within(store))
    store.put(log_key("demo", 1), canonical_json(entry))
    store.delete(state_key("demo", entry["state"]))
    with pytest.raises(DamagedMetadata, match="restore it"):
        head(within(store))


@pytest.mark.parametrize("kind", [KeyError, TypeError, AttributeError, ValueError])
def test_fault_of_ours_is_not_called_damage(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: Any) -> Any:
        raise kind("rows")

    monkeypatch.setattr(opened_release, "resolved", faulty)
    with pytest.raises(kind, match="rows"):
        jobs.open_release(str(ROOT), corpus="demo")


def test_operation_of_an_entry_is_constructed() -> None:
    redaction = operation_from(REDACTION)
    assert isinstance(redaction, Redact)
    assert redaction.release.documents == 50
    assert asdict(redaction)["versions"] == ("1.0.0",)


@pytest.mark.parametrize("seq", [-7, "语", None, 1.5, 10**30])
def test_hint_that_is_none_costs_a_listing(seq: Any) -> None:
    store = copied()
    store.put("demo/head.json", orjson.dumps({"seq": str(seq) if seq == 10**30 else seq}))
    assert head(within(store)).seq == 1


def test_truth_value_is_no_number() -> None:
    with pytest.raises(Malformed, match="documents: bool instead of int"):
        parse_manifest(changed(stored("manifests"), ("documents",), True))
