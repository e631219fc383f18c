"""Sizes of a rehearsal: every number of bytes or rows that is a task's or a file's, divided."""

from __future__ import annotations

import importlib
from typing import Any

_CONSTANTS = (
    ("jobs.corpus.release.sections", "GRAIN_BYTES"),
    ("jobs.flow.builds.sections", "GRAIN_BYTES"),
    ("jobs.flow.builds.run_files", "_ROW_GROUP_BYTES"),
    ("jobs.flow.builds.boilerplate_counts", "TASK_PAIRS"),
    ("jobs.flow.builds.boilerplate_counts", "_SMALL_PAIRS"),
    ("jobs.flow.dedup.candidates", "PARTITION_KEYS"),
    ("jobs.flow.dedup.hot_bucket_keys", "PARTITION_KEYS"),
    ("jobs.flow.intake.scans", "_BATCH_BYTES"),
    ("jobs.flow.intake.scans", "_LIGHT_BYTES"),
    ("jobs.flow.tasks.blobs", "_ROW_GROUP_BYTES"),
    ("jobs.storage.source_bytes", "_BLOCK_BYTES"),
)
_KEYS = ("release_bytes", "input_bytes", "batch_bytes", "run_bytes", "group_documents")
_DEFAULTS = (256 << 20, 64 << 20, 8 << 20, 128 << 20, 500_000)


def shrink(factor: int) -> dict[tuple[str, str], Any]:
    """Divide the constants of this process; return what they were."""
    before = {}
    for module, name in _CONSTANTS:
        loaded = importlib.import_module(module)
        before[module, name] = getattr(loaded, name)
        setattr(loaded, name, max(1, before[module, name] // factor))
    return before


def restore(before: dict[tuple[str, str], Any]) -> None:
    """Undo `shrink`."""
    for (module, name), value in before.items():
        setattr(importlib.import_module(module), name, value)


def overrides(factor: int) -> list[str]:
    """Return the sizes that are configured, divided."""
    pairs = zip(_KEYS, _DEFAULTS, strict=True)
    return [f"shards.{name}={max(1, value // factor)}" for name, value in pairs]
