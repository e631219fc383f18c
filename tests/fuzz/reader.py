"""The process that reads: files named on its input go through intake and normalization.

It is a program of its own, so that what kills it or keeps it busy for ever is noticed.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypedDict

import pyarrow as pa

from jobs.corpus.model.reasons import DROPPING_STAGES
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.errors import DeliveryError, HeliuError, LossAlarm
from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.contamination.index_object import store_index
from jobs.flow.intake.column_check import require_columns
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.tasks.run_tables import read_documents
from jobs.storage.stores import open_store
from jobs.synthesis.exams import exam_items, write_exam_conf, write_exams
from tests.builds import build_parameters, write_partner
from tests.fuzz.good_files import COLUMNS

TEXT_BYTES = 1 << 20
SIZES = (
    f"limits.text_bytes={TEXT_BYTES}",
    "shards.batch_bytes=1000000",
    "shards.run_bytes=4000000",
    *(f"private_data.{kind}=replace" for kind in asdict(PrivateDataParams())),
    "private_data.resident_id=drop",
    "benchmarks=[civil_service,public_affairs]",
    "benchmarks.civil_service.policy={question: cut}",
)
_HIGH_WATER = re.compile(r"VmHWM:\s*(\d+) kB")


class Case(TypedDict):
    """A file, how it is to be read, and whether it is read once more in splits."""

    path: str
    format: str
    encoding: str
    quoting: str
    html: bool
    in_splits: bool


class Outcome(TypedDict, total=False):
    """What became of a file: rows, a refusal, or a fault of ours."""

    delivered: int
    rejected: int
    dropped: int
    kept: int
    refused: str
    fault: str
    seconds: float
    bytes_held: int


class Fault(Exception):
    """A law that does not hold."""


class Rows(NamedTuple):
    """The rows of a file, in its order: number, text, stage, reason."""

    rows: list[tuple[int, str | None, str | None, str | None]]

    @property
    def counts(self) -> Counter[str]:
        """How many are kept, dropped and rejected."""
        return Counter(
            "kept" if stage is None else "dropped" if stage in DROPPING_STAGES else "rejected"
            for _, _, stage, _ in self.rows
        )


def read(case: Case, params: BuildParams) -> Outcome:
    """Read a file as a build would; foresee what a build foresees."""
    begun, before = time.process_time(), _high_water(is_reset=True)
    outcome: Outcome
    try:
        outcome = _read(case, params)
    except DeliveryError as error:
        outcome = {"refused": f"{type(error).__name__}: {error}"}
        if Path(case["path"]).name not in str(error):
            outcome["fault"] = f"the error does not name the file: {outcome['refused']}"
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what is looked for)
        kind = "an error that is no partner's" if isinstance(error, HeliuError) else "unforeseen"
        outcome = {"fault": f"{kind}: {''.join(traceback.format_exception(error)[-12:])}"}
    outcome["seconds"] = time.process_time() - begun
    outcome["bytes_held"] = max(0, _high_water() - before)
    return outcome


def _read(case: Case, params: BuildParams) -> Outcome:
    of_case = _of_case(case, params)
    whole = _rows(of_case)
    if case["in_splits"]:
        shards = replace(of_case.shards, input_bytes=1)
        in_splits = _rows(replace(of_case, shards=shards))
        if in_splits.rows != whole.rows:
            pairs = zip(whole.rows, in_splits.rows, strict=False)
            first = next((pair for pair in pairs if pair[0] != pair[1]), None)
            numbers = f"{len(whole.rows)} rows whole, {len(in_splits.rows)} in splits"
            raise Fault(f"splits give other rows than the file: {numbers}, first {first!r:.500}")
    found = whole.counts
    return {
        "delivered": len(whole.rows),
        "kept": found["kept"],
        "dropped": found["dropped"],
        "rejected": found["rejected"],
    }


def _of_case(case: Case, params: BuildParams) -> BuildParams:
    (partner,) = params.partners
    reading = replace(
        partner.reading,
        format=case["format"],
        encoding=case["encoding"],
        quoting=case["quoting"],
        html=case["html"],
        columns=_columns(case["format"]),
    )
    return replace(
        params, partners=(replace(partner, deliveries=(case["path"],), reading=reading),)
    )


def _columns(delivered_as: str) -> tuple[tuple[str, str], ...]:
    if delivered_as in {"text", "text-blocks", "html"}:
        return (("text", "text"), ("title", "name"))
    if delivered_as in {"warc", "wet"}:
        return (("text", "text"), ("id", "id"), ("url", "url"), ("published", "date"))
    return tuple(("published" if name == "date" else name, name) for name in COLUMNS)


def _rows(params: BuildParams) -> Rows:
    """What a build makes of the delivery, counted in its tables and in its checkpoints."""
    shards = plan(params)
    with suppress(LossAlarm):  # one may read on: alarms=warn
        require_columns(shards, params)
    store = open_store(params.storage)
    rows: list[tuple[int, str | None, str | None, str | None]] = []
    for shard in shards:
        made = normalize_shard(shard, params=params)
        tables = [read_documents(store, run) for run in made["runs"]]
        found = [row for table in tables for row in _checked(table)]
        if len(found) != made["delivered"]:
            raise Fault(f"{made['delivered']} rows were delivered, {len(found)} are in tables")
        reasons = Counter((stage, reason) for _, _, stage, reason in found if stage is not None)
        if sorted([*key, count] for key, count in reasons.items()) != made["rejected"]:
            raise Fault(f"{made['rejected']} were counted, {reasons} are in tables")
        rows += found
    numbers = [number for number, *_ in rows]
    if any(a >= b for a, b in pairwise(numbers)):
        raise Fault(f"rows are not numbered in order: {numbers[:50]}")
    return Rows(rows)


def _checked(table: pa.Table) -> list[tuple[int, str | None, str | None, str | None]]:
    table.validate(full=True)
    table = table.sort_by("position")
    names = ("source_row", "content", "stage", "reason")
    rows = [*zip(*(table[name].to_pylist() for name in names), strict=True)]
    for row in rows:
        _, content, stage, reason = row
        if (content is None) is (reason is None) or (stage is None) is not (reason is None):
            raise Fault(f"a row is neither a document nor refused, or both: {row!r:.300}")
    return rows


def _load(folder: Path, params: BuildParams) -> None:
    """Read a page with some of everything, so that what is loaded or compiled once is."""
    leak = next(iter(exam_items("1").values()))[0].question
    text = f"<html><body><p>{leak}</p><p>电话13812345678。</p><p>近年來，本縣積極推動。</p></html>"
    path = folder / "初.html"
    path.write_text(text * 3, encoding="utf-8")
    case = Case(
        path=str(path),
        format="html",
        encoding="auto",
        quoting="double",
        html=False,
        in_splits=False,
    )
    read(case, params)


def _high_water(*, is_reset: bool = False) -> int:
    """The most bytes that this process has held, since the last reset where there is one."""
    try:
        if is_reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        found = _HIGH_WATER.search(Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        found = None
    if found is None:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return int(found[1]) << 10


def parameters(folder: Path) -> BuildParams:
    """The parameters of a build of one partner, whose format each case sets."""
    text = "deliveries: /dev/null\nformat: jsonl\nlicence: CC0-1.0\npriority: 1\nreject_share: 1"
    write_partner(folder / "conf", "甲", text)
    write_exams(folder / "exams", exam_items("1"))
    write_exam_conf(folder / "conf" / "benchmarks", folder / "exams")
    params = build_parameters(folder / "conf", folder / "out", "partners=[甲]", *SIZES)
    store_index(open_store(params.storage), params)
    return params


def main() -> None:
    """Read a case from each line of the input, write its outcome to a line of the output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    folder = Path(tempfile.mkdtemp(prefix="read-", dir=sys.argv[1]))
    params = parameters(folder)
    work = folder / "out" / params.corpus / "work"
    _load(folder, params)
    for line in sys.stdin:
        answers.write(json.dumps(read(json.loads(line), params)) + "\n")
        answers.flush()
        for name in ("normalized", "deliveries", "read_files"):
            shutil.rmtree(work / name, ignore_errors=True)


if __name__ == "__main__":
    main()
