"""Alarming: what a build lost, before it is published, and what a release's build had lost.

Both come from the accounts of `deliveries` in the manifest and from the files of decisions, each of
which its merge task has looked at; nothing here grows with the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from jobs.corpus.intake.rows import DELIVERED_AS
from jobs.corpus.release.loss_alarms import (
    Alarm,
    AlarmParams,
    LossNotes,
    alarms,
    loss_notes,
    merged_notes,
)
from jobs.errors import LossAlarm
from jobs.flow.build.merge_inputs import Range
from jobs.flow.intake.plan import InputShard, delivered_files
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened import OpenedRelease, origin
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import Checkpoint
from jobs.storage.whole import whole_file

_EXAMPLES = 20
_COLUMNS = ["doc_id", "source_id", "partner", "url", "verdict", "reason"]


def deliveries(
    plan: Sequence[InputShard],
    normalized: Sequence[NormalizedShard],
    built: dict[str, dict[str, Any]],
    params: BuildParams,
) -> dict[str, dict[str, Any]]:
    """What became of what each partner delivered now, if anything, by name.

    Args:
        plan: of the build.
        normalized: its shards.
        built: the account of each partner in this build alone.
        params: of the build.
    """
    told: dict[str, dict[str, Any]] = {}
    files = Counter(partner.name for partner, _ in delivered_files(plan))
    for partner in params.partners:
        mine = [shard for shard in normalized if shard.partner == partner.name]
        filled = sum((Counter(dict(shard.columns)) for shard in mine), Counter[str]())
        empty = [name for shard in mine for name in shard.empty]
        mapped = [name for name, _ in partner.reading.columns if name in DELIVERED_AS]
        if files[partner.name]:
            told[partner.name] = {
                **built[partner.name],
                "since": params.version,
                "files": files[partner.name],
                "empty_files": len(empty),
                "empty": empty[:_EXAMPLES],
                "columns": {name: filled[name] for name in mapped},
            }
    return told


def build_alarms(
    manifest: Mapping[str, Any], merged: Sequence[tuple[Range, Checkpoint]], params: AlarmParams
) -> list[Alarm]:
    """The alarms of a candidate about what it was given."""
    found = {
        partner: merged_notes(
            checkpoint["noted"] for within, checkpoint in merged if within.partner == partner
        )
        for partner in {within.partner for within, _ in merged}
    }
    now = {
        partner: told
        for partner, told in manifest["deliveries"].items()
        if told["since"] == manifest["version"]  # what a parent had is told by its own build
    }
    return list(_alarms(now, found, params))


def release_alarms(release: OpenedRelease, params: AlarmParams) -> list[Alarm]:
    """The same of everything a release was last given; reads decisions, one file at a time."""
    deliveries = release.manifest.get("deliveries") or _accounts(release)
    found = {
        partner: merged_notes(_noted(release, partner, told["since"]))
        for partner, told in deliveries.items()
    }
    return list(_alarms(deliveries, found, params))


def stop(found: Sequence[Alarm], version: str) -> None:
    """End the build if anything is alarming.

    Raises:
        LossAlarm: with all of it.
    """
    if found:
        listed = "\n".join(f"  {alarm.text}" for alarm in found)
        raise LossAlarm(
            f"{version} is not published, because of\n{listed}\neverything is kept: correct the "
            "partner's file or ask for another delivery, or run the same command with alarms=warn, "
            "which publishes it; limits.alarm_… say what is too much (docs/running.md)"
        )


def _alarms(
    deliveries: Mapping[str, Any], found: Mapping[str, LossNotes], params: AlarmParams
) -> Iterator[Alarm]:
    for partner, told in sorted(deliveries.items()):
        yield from alarms(partner, told, found.get(partner, LossNotes({}, {})), params)


def _accounts(release: OpenedRelease) -> dict[str, dict[str, Any]]:
    """What a release of before there were `deliveries` tells of all that it was ever given."""
    unknown = {"columns": {}, "files": 0, "empty_files": 0, "empty": [], "since": None}
    accounts = release.manifest["partners"]
    return {partner: {**account, **unknown} for partner, account in accounts.items()}


def _noted(release: OpenedRelease, partner: str, since: str | None) -> Iterator[Mapping[str, Any]]:
    for entry in release.entries("decisions"):
        if entry["partner"] == partner and since in {None, origin(entry)}:
            with whole_file(release.store, entry["key"]) as stream:
                yield loss_notes(pq.read_table(stream, columns=_COLUMNS))
