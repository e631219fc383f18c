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
from pathlib import Path
from typing import TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import DROPPING_STAGES
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.errors import DeliveryError, DeliveryUnreadable, HeliuError, LossAlarm
from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.contamination.index_object import store_index
from jobs.flow.intake.column_check import require_columns
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import PROVISIONAL
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
ROWS = pa.schema(
    [
        ("source_row", pa.int64()),
        ("content", pa.large_string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
    ]
)
_SPLITS = 40
_HIGH_WATER = re.compile(r"VmHWM:\s*(\d+) kB")


class Case(TypedDict):
    """A file, how it is to be read, and whether it is read once more in splits.

    Its bytes are counted before they were packed.
    """

    path: str
    size_bytes: int
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
        split_bytes = 1 + Path(case["path"]).stat().st_size // _SPLITS
        shards = replace(of_case.shards, input_bytes=split_bytes)
        in_splits = _rows(replace(of_case, shards=shards))
        if not in_splits.equals(whole):
            numbers = f"{len(whole)} rows whole, {len(in_splits)} in splits"
            raise Fault(
                f"splits give other rows than the file: {numbers}, {_first(whole, in_splits)}"
            )
    found: Counter[str] = Counter()
    for (stage, _), count in _reasons(whole).items():
        found["dropped" if stage in DROPPING_STAGES else "rejected"] += count
    return {
        "delivered": len(whole),
        "kept": whole["stage"].null_count,
        "dropped": found["dropped"],
        "rejected": found["rejected"],
    }


def _first(whole: pa.Table, in_splits: pa.Table) -> str:
    for number in range(min(len(whole), len(in_splits))):
        pair = whole.slice(number, 1).to_pylist(), in_splits.slice(number, 1).to_pylist()
        if pair[0] != pair[1]:
            return f"first {pair!r:.500}"
    return "the first are equal"


def _of_case(case: Case, params: BuildParams) -> BuildParams:
    (partner,) = params.partners
    (group,) = partner.groups
    reading = replace(
        group.reading,
        format=case["format"],
        encoding=case["encoding"],
        quoting=case["quoting"],
        html=case["html"],
        columns=_columns(case["format"]),
    )
    group = replace(group, deliveries=(case["path"],), reading=reading)
    return replace(params, partners=(replace(partner, groups=(group,)),))


def _columns(delivered_as: str) -> tuple[tuple[str, str], ...]:
    if delivered_as in {"text", "text-blocks", "html"}:
        return (("text", "text"), ("title", "name"))
    if delivered_as in {"warc", "wet"}:
        return (("text", "text"), ("id", "id"), ("url", "url"), ("published", "date"))
    return tuple(("published" if name == "date" else name, name) for name in COLUMNS)


def _rows(params: BuildParams) -> pa.Table:
    """What a build makes of the delivery, counted in its tables and in its checkpoints."""
    shards = plan(params)
    with suppress(LossAlarm):  # one may read on: alarms=warn
        require_columns(shards, params)
    store = open_store(params.storage)
    tables = [ROWS.empty_table()]
    for shard in shards:
        made = normalize_shard(shard, params=params)
        for _, complaint in made.get(PROVISIONAL, ()):
            raise DeliveryUnreadable(complaint)
        found = [_checked(read_documents(store, run)) for run in made["runs"]]
        rows = pa.concat_tables([ROWS.empty_table(), *found])
        if len(rows) != made["delivered"]:
            raise Fault(f"{made['delivered']} rows were delivered, {len(rows)} are in tables")
        reasons = sorted([*key, count] for key, count in _reasons(rows).items())
        if reasons != made["rejected"]:
            raise Fault(f"{made['rejected']} were counted, {reasons} are in tables")
        tables.append(rows)
    rows = pa.concat_tables(tables).combine_chunks()
    numbers = rows["source_row"].to_numpy()
    if (numbers[1:] <= numbers[:-1]).any():
        raise Fault(f"rows are not numbered in order: {numbers[:50]}")
    return rows


def _checked(table: pa.Table) -> pa.Table:
    """The rows of a run in order, each a document or refused."""
    table.validate(full=True)
    rows = table.sort_by("position").select(ROWS.names).cast(ROWS)
    is_document = pc.is_valid(rows["content"])
    for name in ("stage", "reason"):
        if pc.any(pc.equal(is_document, pc.is_valid(rows[name]))).as_py():
            raise Fault(f"a row is neither a document nor refused, or both, by its {name}")
    return rows


def _reasons(rows: pa.Table) -> Counter[tuple[str, str]]:
    """How many rows are refused, per stage and reason."""
    counted = rows.group_by(["stage", "reason"]).aggregate([([], "count_all")])
    return Counter(
        {
            (row["stage"], row["reason"]): row["count_all"]
            for row in counted.to_pylist()
            if row["stage"] is not None
        }
    )


def _load(folder: Path, params: BuildParams) -> None:
    """Read a page with some of everything, so that what is loaded or compiled once is."""
    leak = next(iter(exam_items("1").values()))[0].question
    text = f"<html><body><p>{leak}</p><p>电话13812345678。</p><p>近年來，本縣積極推動。</p></html>"
    path = folder / "初.html"
    path.write_text(text * 3, encoding="utf-8")
    case = Case(
        path=str(path),
        size_bytes=0,
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
