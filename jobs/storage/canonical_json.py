"""Canonical JSON and digests: equal values have equal bytes, so equal names."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import orjson
import xxhash


def canonical_json(value: Any) -> bytes:
    """Return UTF-8 JSON with sorted keys and no spaces; dataclasses become objects."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)


def fingerprint(*values: Any) -> str:
    """Return 32 hex digits that name all that determines a table: its inputs and parameters."""
    return xxhash.xxh3_128_hexdigest(canonical_json(values))


def sha256_hex(data: bytes) -> str:
    """Return the sha256 of some bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a local file, read a few megabytes at a time."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON")
