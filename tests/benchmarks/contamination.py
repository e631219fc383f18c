"""What decontamination finds of planted items, whom it condemns for nothing, and how fast it is.

    python -m tests.benchmarks.contamination --peers       # --plants 500; --read FILE; --million

Items of evaluation sets (the demo's exams, and those below HELIU_REAL_DATA/benchmarks where they
are) are changed, put into documents, and the documents normalized and searched. Then clean
documents are searched for all items at once; with --read FILE each condemned one is written there.
siftan and datatrove see the same texts, the first of each kind, since they are slow.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.command.terminal import say, say_table
from jobs.corpus.contamination.findings import PASSAGE, QUESTION, QUOTATION, Benchmarks, hits
from jobs.corpus.contamination.item_index import ItemIndex, build_index
from jobs.corpus.contamination.items import PARTS, Benchmark, BenchmarkItem
from jobs.corpus.contamination.lookup import EDITED, EXACT, WITH_OPTIONS
from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import documents
from jobs.flow.contamination.benchmark_files import BenchmarkSource, read_benchmark
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.synthesis import write_demo
from tests.benchmarks.contamination_speed import million, speeds
from tests.benchmarks.contest import CACHE, ONE_THREAD, ROOT, Contestant, peer_pythons
from tests.benchmarks.machine import circumstances
from tests.benchmarks.planted_items import ALONE, CHANGES, EDITED_ALONE, Change, half_passage
from tests.benchmarks.texts import sample
from tests.builds import build_parameters, real_conf
from tests.deliveries import delivered_tables

SHORT = range(8, 16)
PEERS = ("siftan", "datatrove")
PEER_PLANTS, PEER_CLEAN = 40, 400


class Plants(NamedTuple):
    """Documents of one kind of change, each with one item.

    Attributes:
        change: Its name.
        length: Of the items.
        items: The number of each.
        texts: The documents, normalized.
        reason: Under which they are to be found.
    """

    change: str
    length: str
    items: list[int]
    texts: pa.LargeStringArray
    reason: str


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plants", type=int, default=500)
    options.add_argument("--cache", default=CACHE, type=Path, help="where peers are installed")
    options.add_argument("--peers", action="store_true", help="siftan and datatrove too")
    options.add_argument("--read", type=Path, help="takes each condemned document and its item")
    options.add_argument("--million", action="store_true", help="a million items too")
    given = options.parse_args()
    before = circumstances("numba", "numpy", "pyarrow")
    entrants = [Contestant(name, name, f"{name}_decontamination", False) for name in PEERS]
    pythons = peer_pythons(given.cache, entrants) if given.peers else {}
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        demo = Path(folder) / "demo"
        write_demo(demo, size_bytes=6_000_000, seed=1, report=lambda _done: None)
        params = build_parameters(demo / "conf", Path(folder) / "releases")
        sets = {"made": made(demo), **real()}
    rows = [row for name, one in sets.items() for row in recall(name, one, params, given, pythons)]
    say_table(list(rows[0]), [list(row.values()) for row in rows])
    everything = [one for group in sets.values() for one in group]
    condemned = clean(everything, given.read, pythons)
    result = {"rows": rows, "clean": condemned, "speed": speeds(everything), "before": before}
    if given.million:
        result["million"] = million()
    say(json.dumps({"contamination": result}, ensure_ascii=False))


def made(demo: Path) -> list[Benchmark]:
    return [read(path) for path in sorted((demo / "benchmarks").glob("*.jsonl"))]


def real() -> dict[str, list[Benchmark]]:
    folder = os.environ.get("HELIU_REAL_DATA")
    paths = sorted(Path(folder).glob("benchmarks/*.jsonl")) if folder else []
    return {"real": [read(path) for path in paths]} if paths else {}


def read(path: Path) -> Benchmark:
    first = json.loads(path.open(encoding="utf-8").readline())
    columns = {part: part for part in PARTS if part in first}
    policy = {"question": "drop", "passage": "report"}
    source = BenchmarkSource(path.stem, (str(path),), "jsonl", columns, "", "1", "", policy)
    return read_benchmark(source, endpoint_url=None)


def recall(
    name: str,
    benchmarks: list[Benchmark],
    params: BuildParams,
    given: argparse.Namespace,
    pythons: dict[str, Path],
) -> Iterator[dict[str, object]]:
    """A row per kind of change: how much is found, of how many, and what others flag."""
    index, names, searchable = build_index(benchmarks)
    items = [item for benchmark in benchmarks for item in benchmark.items]
    for one, found in zip(benchmarks, searchable, strict=True):
        say(f"{one.name}: {len(one.items)} items, {found}")
    sizes = np.diff(index.starts)[index.firsts[:-1]]
    plants = list(planted_kinds(name, items, sizes, params, given.plants))
    texts = {f"{n}": one.texts.slice(0, PEER_PLANTS) for n, one in enumerate(plants)}
    flagged = {peer: screened(pythons, peer, items, texts)[0] for peer in pythons}
    for n, one in enumerate(plants):
        hit = hits(one.texts, Benchmarks(index, names))
        rows = set(hit.filter(pc.equal(hit["found"], one.reason))["row"].to_pylist())
        is_sought = findable(one.change, index)[one.items].tolist()
        yield {
            "items": name,
            "change": one.change,
            "length": one.length,
            "plants": len(one.items),
            "not findable, counted": is_sought.count(False),
            "found of the others": share(
                row in rows for row, is_so in enumerate(is_sought) if is_so
            ),
            "found of all": share(row in rows for row in range(len(one.items))),
            **{peer: share(flags[f"{n}"]) for peer, flags in flagged.items()},
        }


def findable(change: str, index: ItemIndex) -> npt.NDArray[np.bool_]:
    """Which items are searched for by what this change leaves of them; the others are counted."""
    if change == ALONE:
        return index.trusts != WITH_OPTIONS
    if change == EDITED_ALONE:
        questions = index.firsts[:-1]
        is_long = np.diff(index.starts)[questions] >= SHORT.stop
        asks = np.add.reduceat(np.append(index.asks, 0), index.starts[questions]) > 0
        return (index.trusts == EDITED) | ((index.trusts == EXACT) & is_long & asks)
    return np.ones(len(index.trusts), np.bool_)


def share(found: Iterator[bool] | list[bool]) -> float:
    there = list(found)
    return round(sum(there) / max(1, len(there)), 3)


def planted_kinds(
    name: str, items: list[BenchmarkItem], sizes: Any, params: BuildParams, most: int
) -> Iterator[Plants]:
    chance = random.Random(name)
    long = np.flatnonzero(sizes >= SHORT.stop).tolist()
    short = np.flatnonzero((sizes >= SHORT.start) & (sizes < SHORT.stop)).tolist()
    passages = [n for n, item in enumerate(items) if len(item.passage) > 200]
    kinds: list[tuple[str, str, Change, list[int]]] = []
    for label, change in CHANGES.items():
        kinds += [(label, "16 and more", change, long), (label, "8 to 15", change, short)]
    kinds.append(("half of a long passage", "all", half_passage, passages))
    for label, length, change, chosen in kinds:
        if chosen:
            some = chance.sample(chosen, min(most, len(chosen)))
            texts = planted([change(items[n], chance) for n in some], params, chance)
            reason = PASSAGE if change is half_passage else QUESTION
            yield Plants(label, length, some, texts, reason)


def planted(pieces: list[str], params: BuildParams, chance: random.Random) -> pa.LargeStringArray:
    """Normalized documents, each with one piece on lines of its own."""
    hosts = _hosts()
    rows = []
    for number, piece in enumerate(pieces):
        host = chance.choice(hosts)[:2000]
        cut = max(host.find("\n", len(host) // 2), 0)
        text = f"{host[:cut]}\n{piece}\n{host[cut:]}"
        row = dict.fromkeys(DELIVERED.names)
        rows.append({**row, "source_file": "plants", "source_row": number + 1, "text": text})
    table = pa.Table.from_pylist(rows, schema=DELIVERED)
    text = params.text_params(params.partners[0])
    found, _, _ = documents(table, partner="plants", first_position=0, params=text)
    return found["content"].combine_chunks()


@cache
def _hosts() -> list[str]:
    return [text for text in sample(3_000_000)[1] if len(text) > 200]


def screened(
    pythons: dict[str, Path], peer: str, items: list[BenchmarkItem], groups: dict[str, pa.Array]
) -> tuple[dict[str, list[bool]], dict[str, float]]:
    """Which texts of each group another program flags for these items, and its CPU seconds."""
    parts = [
        [item.question, "\n".join(item.options or (item.answer,)), item.passage] for item in items
    ]
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        task, answer = Path(folder) / "task.json", Path(folder) / "answer.json"
        texts = {name: group.to_pylist() for name, group in groups.items()}
        task.write_text(json.dumps({"items": parts, "groups": texts}), "utf-8")
        command = [pythons[peer], "-m", f"tests.benchmarks.peers.{peer}_decontamination"]
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
        subprocess.run([*command, task, answer], check=True, cwd=ROOT, env=environment)
        told = json.loads(answer.read_text())
    return told["flagged"], told["cpu_seconds"]


def clean(
    benchmarks: list[Benchmark], file: Path | None, pythons: dict[str, Path]
) -> dict[str, object]:
    """How many clean documents are condemned, with all items in one index."""
    index, names, _ = build_index(benchmarks)
    items = [item for benchmark in benchmarks for item in benchmark.items]
    sets = (names.benchmarks[n] for n in names.of_item)
    of_name = dict(zip(zip(sets, names.ids, strict=True), items, strict=True))
    batches = list(clean_texts())
    size, seconds, quoting = 0, 0.0, 0
    condemned: list[dict[str, Any]] = []
    for number, texts in enumerate(batches):
        started = time.process_time()
        found = hits(texts, Benchmarks(index, names))
        seconds += time.process_time() - started
        size += texts.nbytes
        quoting += len(pc.unique(found.filter(pc.equal(found["found"], QUOTATION))["row"]))
        for hit in found.filter(pc.equal(found["found"], QUESTION)).to_pylist():
            text = texts[hit["row"]].as_py()
            item = of_name[hit["benchmark"], hit["item"]]
            shown = {"document": text[:40], "text": text[hit["offset"] :][: hit["chars"]]}
            condemned.append(
                {**hit, "batch": number, **shown, "question": item.question, "of": item.options}
            )
    if file:
        lines = (json.dumps(one, ensure_ascii=False, indent=1) for one in condemned)
        file.write_text("\n".join(lines), "utf-8")
    chosen = random.Random(1).sample(
        [t for texts in batches for t in texts.to_pylist()], PEER_CLEAN
    )
    group = {"clean": pa.array(chosen, pa.large_string())}
    told: dict[str, object] = {
        "documents": sum(map(len, batches)),
        "condemned": len({(one["batch"], one["row"]) for one in condemned}),
        "quoting": quoting,
        "bytes": size,
        "mb_per_cpu_s": round(size / 1e6 / max(seconds, 1e-9), 1),
    }
    for peer in pythons:
        flagged, used = screened(pythons, peer, items, group)
        told[peer] = {
            "condemned": sum(flagged["clean"]),
            "documents": PEER_CLEAN,
            "mb_per_cpu_s": round(group["clean"].nbytes / 1e6 / used["clean"], 2),
        }
    say(f"clean documents: {told}")
    return told


def clean_texts() -> Iterator[pa.LargeStringArray]:
    """All of `bulk`, and the real deliveries normalized, where they are; else the demo's text."""
    folder = os.environ.get("HELIU_REAL_DATA")
    bulk = sample(10**10 if folder else 60_000_000)[1]
    for start in range(0, len(bulk), 1000):
        yield pa.array(bulk[start : start + 1000], pa.large_string())
    if folder:
        with tempfile.TemporaryDirectory() as conf:
            partners = real_conf(Path(folder), Path(conf))
            params = build_parameters(partners, "/nowhere", "partners=[a,b,c]")
        for shard in plan(params):
            text = params.text_params(shard.partner)
            for rows in delivered_tables(shard, endpoint_url=None):
                table, _, _ = documents(rows, partner="a", first_position=0, params=text)
                yield pc.drop_null(table["content"].combine_chunks())


if __name__ == "__main__":
    main()
