"""Loss alarms of a build before it is published, and of a release.

They need the accounts of `deliveries` in the manifest and the notes that merge tasks made of their
decisions; nothing here grows with the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from jobs.corpus.intake.rows import DELIVERED_AS
from jobs.corpus.release.alarm_params import AlarmParams
from jobs.corpus.release.loss_alarms import (
    Alarm,
    LossNotes,
    alarms,
    loss_notes,
    merged_notes,
)
from jobs.errors import LossAlarm
from jobs.flow.builds.bad_files import BadFile
from jobs.flow.builds.merge_inputs import Range
from jobs.flow.intake.input_shards import DeliveredFile, InputShard, delivered_files
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened_release import OpenedRelease, origin
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import Checkpoint
from jobs.storage.manifests import Manifest
from jobs.storage.whole_objects import whole_file

_EXAMPLES = 20
_COLUMNS = ["doc_id", "source_id", "partner", "url", "verdict", "reason"]


def deliveries(
    plan: Sequence[InputShard],
    normalized: Sequence[NormalizedShard],
    built: dict[str, dict[str, Any]],
    bad_files: Sequence[BadFile],
    params: BuildParams,
) -> dict[str, dict[str, Any]]:
    """Return the account of each partner that delivered files now, by name.

    Args:
        plan: of the build.
        normalized: its shards.
        built: the account of each partner in this build alone.
        bad_files: files that were set aside.
        params: of the build.
    """
    accounts: dict[str, dict[str, Any]] = {}
    read = delivered_files(plan)
    files = Counter(one.partner.name for one in read)
    for partner in params.partners:
        shards = [shard for shard in normalized if shard.partner == partner.name]
        filled = sum((Counter(dict(shard.columns)) for shard in shards), Counter[str]())
        empty = [name for shard in shards for name in shard.empty]
        mapped = {name for group in partner.groups for name, _ in group.reading.columns}
        bad = [one for one in bad_files if one.partner == partner.name]
        if files[partner.name] or bad:
            accounts[partner.name] = {
                **built[partner.name],
                "since": params.version,
                "files": files[partner.name],
                "empty_files": len(empty),
                "empty": empty[:_EXAMPLES],
                "columns": {name: filled[name] for name in sorted(mapped & {*DELIVERED_AS})},
                **_bad(bad, [one for one in read if one.partner.name == partner.name]),
                **_swallowed(shards),
            }
    return accounts


def _bad(bad: Sequence[BadFile], read: Sequence[DeliveredFile]) -> dict[str, Any]:
    if not bad:
        return {}
    numbers = {
        "files": len(bad),
        "bytes": sum(one.bytes for one in bad),
        "read_bytes": sum(one.file.source.size_bytes for one in read),
    }
    return {"bad_files": {**numbers, "example": bad[0].file}}


def _swallowed(shards: Sequence[NormalizedShard]) -> dict[str, int]:
    lines = sum(shard.swallowed_lines for shard in shards)
    return {"swallowed_lines": lines} if lines else {}


def build_alarms(
    manifest: Manifest, merged: Sequence[tuple[Range, Checkpoint]], params: AlarmParams
) -> list[Alarm]:
    """Return the alarms of a candidate about its own deliveries.

    Args:
        manifest: of the candidate.
        merged: ranges and their checkpoints.
        params: limits.
    """
    found = {
        partner: merged_notes(
            checkpoint["noted"] for within, checkpoint in merged if within.partner == partner
        )
        for partner in {within.partner for within, _ in merged}
    }
    now = {
        partner: account
        for partner, account in manifest["deliveries"].items()
        if account["since"]
        == manifest["version"]  # deliveries to a parent were checked by its own build
    }
    return list(_alarms(now, found, params))


def release_alarms(
    release: OpenedRelease, params: AlarmParams, *, partner: str | None = None
) -> list[Alarm]:
    """Return the alarms of the last deliveries to a release; read decisions, a file at a time.

    Args:
        release: to be looked at.
        params: limits.
        partner: whose deliveries; None for all.
    """
    given = release.manifest.get("deliveries") or _accounts(release)
    deliveries = {name: one for name, one in given.items() if partner in {None, name}}
    found = {
        name: merged_notes(_notes_of(release, name, account["since"]))
        for name, account in deliveries.items()
    }
    return list(_alarms(deliveries, found, params))


def stop(found: Sequence[Alarm], version: str) -> None:
    """Stop the build if there are alarms.

    Raises:
        LossAlarm: lists them.
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
    for partner, account in sorted(deliveries.items()):
        yield from alarms(partner, account, found.get(partner, LossNotes({}, {})), params)


def _accounts(release: OpenedRelease) -> dict[str, dict[str, Any]]:
    """Return accounts for a release older than `deliveries`: of all deliveries together."""
    unknown = {"columns": {}, "files": 0, "empty_files": 0, "empty": [], "since": None}
    accounts = release.manifest["partners"]
    return {partner: {**account, **unknown} for partner, account in accounts.items()}


def _notes_of(
    release: OpenedRelease, partner: str, since: str | None
) -> Iterator[Mapping[str, Any]]:
    for entry in release.entries("decisions"):
        if entry["partner"] == partner and since in {None, origin(entry)}:
            with whole_file(release.store, entry["key"]) as stream:
                yield loss_notes(pq.read_table(stream, columns=_COLUMNS))
