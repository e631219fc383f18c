"""Manifests made by hand: whole, so that they can be read again, and as short as a test likes."""

from __future__ import annotations

from typing import Any

from jobs.storage.canonical_json import sha256_hex
from jobs.storage.layout import blob_key
from jobs.storage.objects import ObjectStore

_ZERO = "0" * 32


def file_entry(corpus: str, digest: str, size_bytes: int, **more: Any) -> dict[str, Any]:
    """A file of one row as a manifest lists it."""
    return {
        "key": blob_key(corpus, digest),
        "sha256": digest,
        "bytes": size_bytes,
        "partner": "gov",
        "rows": 1,
        "content_bytes": size_bytes,
        "first_id": _ZERO,
        "last_id": _ZERO,
        **more,
    }


def stored_file(store: ObjectStore, corpus: str, text: str) -> dict[str, Any]:
    """The entry of a file of a text, which is in the store."""
    body = text.encode()
    digest = sha256_hex(body)
    store.put(blob_key(corpus, digest), body)
    return file_entry(corpus, digest, len(body))


def manifest_of(
    corpus: str, version: str, shards: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """A manifest that lists some shards and nothing else."""
    return {
        "format": "heliu-release/1",
        "corpus": corpus,
        "version": version,
        "documents": len(shards),
        "content_bytes": sum(file["content_bytes"] for file in shards),
        "partners": {},
        "parameters": {},
        "inputs": [],
        "schema": {},
        "shards": shards,
        "decisions": [],
        **more,
    }
