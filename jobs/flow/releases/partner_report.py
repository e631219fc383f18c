"""What became of what one partner gave: its files, reasons with examples, and copies elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.config_errors import unknown_choice
from jobs.corpus.model.reasons import Verdict
from jobs.corpus.model.tables import DECISIONS, with_columns
from jobs.flow.releases.explanation import Row
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.whole_objects import whole_file

_KEYS = ["source_file", "verdict", "stage", "reason", "kept_partner"]
_SHOWN = ["source_file", "source_row", "source_id", "evidence", "kept_doc_id"]
_SCHEMA = pa.schema([DECISIONS.field(name) for name in dict.fromkeys([*_KEYS, *_SHOWN])])


@dataclass(frozen=True)
class PartnerReport:
    """What became of the rows of a partner, as rows of tables.

    Attributes:
        partner: Its name.
        account: Its counts: delivered, kept, dropped, rejected.
        files: Counts of each of its files, the greatest losses first.
        reasons: Rows and files of each stage and reason, the most rows first.
        examples: Some rows of each reason: file, row, id and evidence.
        duplication: Drops by partner of the kept document, and reason.
        bad_files: Files that were set aside.
    """

    partner: str
    account: Row
    files: list[Row]
    reasons: list[Row]
    examples: list[Row]
    duplication: list[Row]
    bad_files: list[Row]


def partner_report(release: OpenedRelease, partner: str, *, examples: int) -> PartnerReport:
    """Report on one partner of a release.

    Args:
        release: to report on.
        partner: its name.
        examples: how many rows to show of each reason; the first ones by file and row.

    Memory: a file of decisions at a time, and counts per delivered file.

    Raises:
        UnknownChoice: the release has no rows of this partner.
    """
    accounts = release.manifest["partners"]
    if partner not in accounts:
        raise unknown_choice("partner", partner, accounts)
    counts: Counter[tuple[str | None, ...]] = Counter()
    shown = _SCHEMA.empty_table()
    for decisions in _decisions(release, partner):
        counts.update(_counts(decisions))
        shown = _first_of_each(pa.concat_tables([shown, decisions]), examples)
    bad = [one for one in release.manifest.get("bad_files", []) if one["partner"] == partner]
    return PartnerReport(
        partner=partner,
        account={
            key: accounts[partner][key] for key in ("delivered", "kept", "dropped", "rejected")
        },
        files=_files(counts),
        reasons=_reasons(counts, accounts[partner]["delivered"]),
        examples=shown.select(["stage", "reason", *_SHOWN]).to_pylist(),
        duplication=_duplication(counts),
        bad_files=[dict(one) for one in bad],
    )


def _decisions(release: OpenedRelease, partner: str) -> Iterator[pa.Table]:
    for entry in release.entries("decisions"):
        if entry.get("partner", partner) == partner:  # older releases mix partners in a file
            with whole_file(release.store, entry["key"]) as stream:
                found = pq.ParquetFile(stream)
                present = [*({*_SCHEMA.names, "partner"} & {*found.schema_arrow.names})]
                table = found.read(columns=present)
            table = table.filter(pc.equal(table["partner"], partner))
            yield with_columns(table, _SCHEMA).select(_SCHEMA.names).cast(_SCHEMA)


def _counts(decisions: pa.Table) -> dict[tuple[str | None, ...], int]:
    counted = decisions.group_by(_KEYS).aggregate([([], "count_all")])
    keys = zip(*(counted[name].to_pylist() for name in _KEYS), strict=True)
    return dict(zip(keys, counted["count_all"].to_pylist(), strict=True))


def _first_of_each(decisions: pa.Table, examples: int) -> pa.Table:
    """Return the first rows of each stage and reason, by file and row."""
    lost = decisions.filter(pc.not_equal(decisions["verdict"], str(Verdict.KEPT)))
    order = ["stage", "reason", "source_file", "source_row"]
    lost = lost.sort_by([(name, "ascending") for name in order])
    of = pc.binary_join_element_wise(lost["stage"], lost["reason"], "/").combine_chunks()
    number = np.arange(len(lost))
    is_first = np.append(True, pc.not_equal(of[1:], of[:-1]).to_numpy(zero_copy_only=False))
    begins = np.maximum.accumulate(np.where(is_first[: len(lost)], number, 0))
    return lost.filter(pa.array(number - begins < examples))


def _files(counts: Counter[tuple[str | None, ...]]) -> list[Row]:
    files: dict[str | None, Row] = {}
    worst: dict[str | None, Counter[str]] = {}
    for (file, verdict, stage, reason, _), rows in counts.items():
        row = files.setdefault(
            file, {"file": file, "delivered": 0, "kept": 0, "dropped": 0, "rejected": 0}
        )
        row["delivered"] += rows
        row[str(verdict)] += rows
        if verdict != Verdict.KEPT:
            worst.setdefault(file, Counter())[f"{stage}/{reason}"] += rows
    for file, row in files.items():
        most = sorted(worst.get(file, {}).items(), key=lambda one: (-one[1], one[0]))
        row["most"] = f"{most[0][0]} {most[0][1]:,}" if most else ""
    return sorted(files.values(), key=lambda row: (row["kept"] / row["delivered"], row["file"]))


def _reasons(counts: Counter[tuple[str | None, ...]], delivered: int) -> list[Row]:
    rows: Counter[tuple[Any, ...]] = Counter()
    files: dict[tuple[Any, ...], set[str | None]] = {}
    for (file, verdict, stage, reason, _), count in counts.items():
        if verdict != Verdict.KEPT:
            rows[stage, reason, verdict] += count
            files.setdefault((stage, reason, verdict), set()).add(file)
    return [
        {
            "stage": stage,
            "reason": reason,
            "verdict": verdict,
            "rows": count,
            "share": count / delivered,
            "files": len(files[stage, reason, verdict]),
        }
        for (stage, reason, verdict), count in sorted(
            rows.items(), key=lambda one: (-one[1], one[0])
        )
    ]


def _duplication(counts: Counter[tuple[str | None, ...]]) -> list[Row]:
    rows: Counter[tuple[str, str]] = Counter()
    for (_, _, _, reason, kept), count in counts.items():
        if kept is not None:
            rows[kept, str(reason)] += count
    return [
        {"kept_partner": kept, "reason": reason, "dropped": count}
        for (kept, reason), count in sorted(rows.items(), key=lambda one: (-one[1], one[0]))
    ]
