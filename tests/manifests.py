"""Manifests made by hand: whole, so that they can be read again, and as short as a test likes."""

from __future__ import annotations

from typing import Any

from jobs.storage.layout import blob_key

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
