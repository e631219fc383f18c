"""Rows of tables about a release, from its manifest alone."""

from __future__ import annotations

from typing import Any

from jobs.storage.manifests import Manifest


def bad_file_rows(manifest: Manifest) -> list[list[Any]]:
    """Partner, file, bytes and reason of all delivered files that were set aside."""
    keys = ("partner", "file", "bytes", "reason")
    return [[one[key] for key in keys] for one in manifest.get("bad_files", [])]  # type: ignore[literal-required]


def private_data_rows(manifest: Manifest) -> list[list[Any]]:
    """Partner, kind, policy, documents and values of all private data that a build found."""
    policies = manifest["parameters"].get("private_data", {})
    return [
        [partner, kind, policies.get(kind, ""), numbers["documents"], numbers["values"]]
        for partner, kinds in manifest.get("private_data", {}).items()
        for kind, numbers in kinds.items()
    ]
