"""Records in a manifest of the evaluation sets that a release was searched for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from jobs.errors import ConfigError
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard
from jobs.storage.manifests import Manifest

_KEY = ("name", "version")


def recorded_benchmarks(
    params: BuildParams, normalized: Sequence[NormalizedShard], before: Manifest
) -> dict[str, Any]:
    """Return the manifest's `benchmarks`: an entry for each set and version; none without sets.

    In an entry `searched` lists the releases that searched their deliveries for the set, and
    `documents` counts documents per partner and outcome, over all these releases. `items_found`
    counts the items found in each partner's deliveries to the last of them.

    Args:
        params: of the build.
        normalized: its input shards, with what was found in each.
        before: the parent's manifest, or an empty one.
    """
    entries = {tuple(entry[key] for key in _KEY): entry for entry in before.get("benchmarks", [])}
    for one in params.benchmarks.sets:
        known = entries.get((one.name, one.version), {"searched": [], "documents": {}})
        entries[one.name, one.version] = {
            **one.record,
            "searched": [*known["searched"], params.version],
            "documents": _added(known["documents"], _found(one.name, normalized)),
            "items_found": _items_found(one.name, normalized),
        }
    return {"benchmarks": [entries[key] for key in sorted(entries)]} if entries else {}


def check_same_content(manifest: Manifest, release: str, params: BuildParams) -> None:
    """Refuse an evaluation set that has the name and version of another.

    Args:
        manifest: of the parent.
        release: the parent's version.
        params: of the build.

    Raises:
        ConfigError: the parent was searched for other items under the same name and version.
    """
    known = {(e["name"], e["version"]): e["digest"] for e in manifest.get("benchmarks", [])}
    for one in params.benchmarks.sets:
        digest = known.get((one.name, one.version), one.digest)
        if digest != one.digest:
            raise ConfigError(
                f"benchmarks/{one.name}.yaml: version {one.version} has other items "
                f"({one.digest[:12]}…) than release {release} was searched for ({digest[:12]}…): "
                "give it a version of its own"
            )


def _found(name: str, normalized: Sequence[NormalizedShard]) -> dict[str, dict[str, int]]:
    """Count documents per partner and outcome."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for shard in normalized:
        for benchmark, outcome, count in shard.benchmarks:
            if benchmark == name:
                found[shard.partner][outcome] += count
    return {partner: dict(counts) for partner, counts in found.items()}


def _items_found(name: str, normalized: Sequence[NormalizedShard]) -> dict[str, int]:
    """Count distinct items found, per partner."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for shard in normalized:
        found[shard.partner].update(item for one, item in shard.items_found if one == name)
    return {partner: len(items) for partner, items in sorted(found.items()) if items}


def _added(
    one: dict[str, dict[str, int]], other: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    return {
        partner: dict(Counter(one.get(partner, {})) + Counter(other.get(partner, {})))
        for partner in sorted({*one, *other})
    }
