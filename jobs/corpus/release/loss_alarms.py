"""Loss alarms: losses that an operator should see before a release is published.

They are counted while decisions are in memory: per partner and per file, never per row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import DropReason, RejectReason, Stage
from jobs.corpus.release.alarm_params import AlarmParams
from jobs.corpus.release.statistics import losses
from jobs.quantities import Share

SITE_ROWS = 100
"""Rows in a file of decisions from which a site is counted; ids spread rows evenly over files."""

ID_ROWS = 2
"""Rows dropped as `same_id` from which an id is noted."""

SWALLOWED_SHARE = 0.01
"""Of rows: so many lines inside quotes that look like rows are no accident of a text."""

_MOST_NAMES = 5  # of ids and of excluded sites in a file of decisions
# Duplicates are expected, and rules say nothing of a delivery's condition; any other reason is a
# defect of a delivery or its configuration.
_EXPECTED = {f"dedup/{reason}" for reason in DropReason if reason != DropReason.SAME_ID}
_EXCLUDED = f"{Stage.SOURCES}/{RejectReason.SOURCE_OVER_LIMIT}"
_RULES = f"{Stage.JUDGE}/"


class AlarmKind(StrEnum):
    """The kind of an alarm."""

    NOTHING_DELIVERED = "nothing_delivered"
    NOTHING_KEPT = "nothing_kept"
    LOST = "lost"
    SITE = "site"
    REASON = "reason"
    SAME_ID = "same_id"
    EMPTY_COLUMN = "empty_column"
    EMPTY_FILES = "empty_files"
    BAD_FILES = "bad_files"
    SWALLOWED = "swallowed_lines"
    EXCLUDED_SITES = "excluded_sites"


_TEXTS = {
    AlarmKind.NOTHING_DELIVERED: "{partner}: no row was read from {of:,} files",
    AlarmKind.NOTHING_KEPT: "{partner}: none of {of:,} rows is kept",
    AlarmKind.LOST: "{partner}: {rows:,} of {of:,} rows are dropped or rejected ({share})",
    AlarmKind.SITE: "{partner}: of site {name} {rows:,} of {of:,} rows are dropped or rejected "
    "({share})",
    AlarmKind.REASON: "{partner}: {rows:,} of {of:,} rows are {name} ({share})",
    AlarmKind.SAME_ID: "{partner}: {rows:,} rows are dropped because others have the id {name!r}",
    AlarmKind.EMPTY_COLUMN: "{partner}: columns.{name} gives nothing in any of {of:,} rows",
    AlarmKind.EMPTY_FILES: "{partner}: {rows:,} of {of:,} files have no row, such as {name}",
    AlarmKind.BAD_FILES: "{partner}: {rows:,} of {of:,} files cannot be read and are set aside, "
    "such as {name}",
    AlarmKind.SWALLOWED: "{partner}: {rows:,} lines inside quotes look like rows of their own, "
    "beside {of:,} rows: if quotes are text there, give quoting: none",
    AlarmKind.EXCLUDED_SITES: "{partner}: {rows:,} of {of:,} rows are rejected with whole sites of "
    "which too many documents are flagged, most of {name}",
}


@dataclass(frozen=True)
class Alarm:
    """One alarm about a partner: `rows` of `of`, and the site, reason, id, column or file."""

    partner: str
    kind: AlarmKind
    name: str | None
    rows: int
    of: int

    @property
    def text(self) -> str:
        """The alarm as a sentence."""
        share = Share(self.rows / self.of if self.of else 0.0)
        return _TEXTS[self.kind].format(**asdict(self), share=share)


@dataclass(frozen=True)
class LossNotes:
    """What files of decisions of one partner add to its account.

    Attributes:
        sites: Rows and lost rows per site that has SITE_ROWS of them in a file.
        ids: Rows dropped as `same_id` per id of the partner's.
        excluded: Rows of sites that were rejected as a whole, of the largest in each file.
    """

    sites: Mapping[str, tuple[int, int]]
    ids: Mapping[str, int]
    excluded: Mapping[str, int] = field(default_factory=dict)


def loss_notes(decisions: pa.Table) -> dict[str, list[list[Any]]]:
    """Return `sites`, `ids` and `excluded` of one file of decisions, as lists for JSON.

    Args:
        decisions: columns `doc_id`, `source_id`, `partner`, `url`, `verdict` and `reason`.
    """
    sites = losses(decisions, by="site")
    sites = sites.filter(pc.greater_equal(sites["delivered"], SITE_ROWS))
    lost = pc.add(sites["dropped"], sites["rejected"])
    columns = (sites["site"].to_pylist(), sites["delivered"].to_pylist(), lost.to_pylist())
    same = decisions.filter(pc.equal(decisions["reason"], str(DropReason.SAME_ID)))
    ids = Counter(same["source_id"].to_pylist())
    often = [[id_, rows] for id_, rows in ids.most_common(_MOST_NAMES) if id_ and rows >= ID_ROWS]
    return {
        "sites": [list(row) for row in zip(*columns, strict=True)],
        "ids": often,
        "excluded": _excluded(decisions),
    }


def _excluded(decisions: pa.Table) -> list[list[Any]]:
    reason = str(RejectReason.SOURCE_OVER_LIMIT)
    of_sites = losses(decisions.filter(pc.equal(decisions["reason"], reason)), by="site")
    rows = dict(zip(of_sites["site"].to_pylist(), of_sites["rejected"].to_pylist(), strict=True))
    return [list(one) for one in Counter(rows).most_common(_MOST_NAMES)]


def merged_notes(files: Iterable[Mapping[str, Any]]) -> LossNotes:
    """Merge the notes of several files, each as `loss_notes` returns it."""
    delivered: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    ids: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    for file in files:
        for site, rows, lost_rows in file["sites"]:
            delivered[site] += rows
            lost[site] += lost_rows
        ids.update(dict(file["ids"]))
        excluded.update(dict(file["excluded"]))
    counted = {site: (rows, lost[site]) for site, rows in delivered.items()}
    return LossNotes(counted, ids, excluded)


def alarms(
    partner: str, delivered: Mapping[str, Any], found: LossNotes, params: AlarmParams
) -> Iterator[Alarm]:
    """Yield the alarms of one partner.

    Args:
        partner: its name.
        delivered: its entry in `deliveries` of a manifest.
        found: the notes of its decisions.
        params: the limits.
    """
    rows, files = delivered["delivered"], delivered["files"]
    yield from _bad_files(partner, delivered, params)
    if not rows:
        yield Alarm(partner, AlarmKind.NOTHING_DELIVERED, None, 0, files)
        return
    yield from _file_alarms(partner, delivered)
    for name, filled in delivered["columns"].items():
        if not filled:
            yield Alarm(partner, AlarmKind.EMPTY_COLUMN, name, 0, rows)
    if not delivered["kept"]:
        yield Alarm(partner, AlarmKind.NOTHING_KEPT, None, 0, rows)
    yield from _shares(partner, delivered, found, params)
    if found.excluded:
        largest = max(found.excluded, key=lambda name: (found.excluded[name], name))
        count = delivered["reasons"][_EXCLUDED]
        yield Alarm(partner, AlarmKind.EXCLUDED_SITES, largest, count, rows)
    for name, count in sorted(found.ids.items()):
        if count + 1 >= params.id_rows:
            yield Alarm(partner, AlarmKind.SAME_ID, name, count, rows)


def _file_alarms(partner: str, delivered: Mapping[str, Any]) -> Iterator[Alarm]:
    rows, files = delivered["delivered"], delivered["files"]
    if delivered["empty_files"]:
        example = delivered["empty"][0]
        yield Alarm(partner, AlarmKind.EMPTY_FILES, example, delivered["empty_files"], files)
    swallowed = delivered.get("swallowed_lines", 0)
    if swallowed > SWALLOWED_SHARE * rows:
        yield Alarm(partner, AlarmKind.SWALLOWED, None, swallowed, rows)


def _bad_files(partner: str, delivered: Mapping[str, Any], params: AlarmParams) -> Iterator[Alarm]:
    bad = delivered.get("bad_files")
    if bad:
        files = bad["files"] + delivered["files"]
        share = max(bad["files"] / files, bad["bytes"] / max(1, bad["bytes"] + bad["read_bytes"]))
        if share > params.bad_share:
            yield Alarm(partner, AlarmKind.BAD_FILES, bad["example"], bad["files"], files)


def _shares(
    partner: str, delivered: Mapping[str, Any], found: LossNotes, params: AlarmParams
) -> Iterator[Alarm]:
    rows, lost = delivered["delivered"], delivered["dropped"] + delivered["rejected"]
    if rows >= params.rows and lost > params.share * rows and delivered["kept"]:
        yield Alarm(partner, AlarmKind.LOST, None, lost, rows)
    for reason, count in sorted(delivered["reasons"].items()):
        is_much = rows >= params.rows and count > params.reason_share * rows
        if is_much and reason not in _EXPECTED and not reason.startswith(_RULES):
            yield Alarm(partner, AlarmKind.REASON, reason, count, rows)
    for site, (of, lost_rows) in sorted(found.sites.items()):
        is_large = of >= params.rows and site not in found.excluded
        if is_large and lost_rows > params.share * of and delivered["kept"]:
            yield Alarm(partner, AlarmKind.SITE, site, lost_rows, of)
