"""What decontamination finds of planted items, whom it condemns for nothing, and how fast it is.

    python -m tests.benchmarks.contamination        # --plants 500; --siftan PYTHON; --read

Items of evaluation sets (the demo's exams, and those below HELIU_REAL_DATA/benchmarks where they
are) are changed, put into documents, and the documents normalized and searched. Then clean
documents are searched for all items at once; with --read each condemned one is shown. siftan, run
by an interpreter that has it, sees the same texts.
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

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.command.terminal import say, say_table
from jobs.corpus.contamination.findings import PASSAGE, QUESTION, Benchmarks, hits
from jobs.corpus.contamination.item_index import build_index, index_bytes, read_index
from jobs.corpus.contamination.items import PARTS, Benchmark, BenchmarkItem
from jobs.corpus.contamination.lookup import WITH_OPTIONS
from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import documents
from jobs.flow.contamination.benchmark_files import BenchmarkSource, read_benchmark
from jobs.flow.intake.delivered_tables import delivered_tables
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.synthesis import write_demo
from tests.benchmarks.machine import circumstances
from tests.benchmarks.planted_items import CHANGES, Change, half_passage
from tests.benchmarks.texts import sample, size_of
from tests.builds import build_parameters, real_conf

SHORT = range(8, 16)
SPEED_ITEMS = 100_000
PEER = Path(__file__).with_name("peers") / "siftan_screen.py"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plants", type=int, default=500)
    options.add_argument("--siftan", type=Path, help="an interpreter that has siftan 0.1.0")
    options.add_argument("--read", action="store_true", help="show each condemned document")
    given = options.parse_args()
    before = circumstances("numba", "numpy", "pyarrow")
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        demo = Path(folder) / "demo"
        write_demo(demo, size_bytes=6_000_000, seed=1, report=lambda _done: None)
        params = build_parameters(demo / "conf", Path(folder) / "releases")
        sets = {"made": made(demo), **real()}
        rows = []
        for name, benchmarks in sets.items():
            rows += recall(name, benchmarks, params, given)
        say_table(list(rows[0]), [list(row.values()) for row in rows])
        condemned = clean([one for group in sets.values() for one in group], given.read)
    result = {"rows": rows, "clean": condemned, "speed": speed(), "before": before}
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
    name: str, benchmarks: list[Benchmark], params: BuildParams, given: argparse.Namespace
) -> Iterator[dict[str, object]]:
    """A row per kind of change: how much is found, of how many, and what siftan flags."""
    index, names, searchable = build_index(benchmarks)
    items = [item for benchmark in benchmarks for item in benchmark.items]
    sizes = np.diff(index.starts)[index.firsts[:-1]]
    chance = random.Random(name)
    for one, found in zip(benchmarks, searchable, strict=True):
        say(f"{one.name}: {len(one.items)} items, {found}")
    groups: list[tuple[str, str, Change, list[int]]] = []
    long = np.flatnonzero(sizes >= SHORT.stop).tolist()
    short = np.flatnonzero((sizes >= SHORT.start) & (sizes < SHORT.stop)).tolist()
    for label, change in CHANGES.items():
        groups += [(label, "16 and more", change, long), (label, "8 to 15", change, short)]
    passages = [n for n, item in enumerate(items) if len(item.passage) > 200]
    groups.append(("half of a long passage", "all", half_passage, passages))
    for label, length, change, chosen in groups:
        if chosen:
            some = chance.sample(chosen, min(given.plants, len(chosen)))
            texts = planted([change(items[n], chance) for n in some], params, chance)
            hit = hits(texts, Benchmarks(index, names))
            reason = PASSAGE if change is half_passage else QUESTION
            rows = set(hit.filter(pc.equal(hit["found"], reason))["row"].to_pylist())
            alone = [r for r, n in enumerate(some) if index.trusts[n] != WITH_OPTIONS]
            yield {
                "items": name,
                "change": label,
                "length": length,
                "plants": len(some),
                "found": round(len(rows) / len(some), 3),
                "of which findable alone": len(alone),
                "found of these": round(sum(r in rows for r in alone) / max(1, len(alone)), 3),
                "siftan": screened(given.siftan, texts, items),
            }


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


def screened(python: Path | None, texts: pa.Array, items: list[BenchmarkItem]) -> float | None:
    """The share of texts that siftan flags for these items, each a text of question and options."""
    if python is None:
        return None
    whole = ["\n".join([item.question, *item.options, item.passage]) for item in items]
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        task, answer = Path(folder) / "task.json", Path(folder) / "answer.json"
        task.write_text(json.dumps({"items": whole, "texts": texts.to_pylist()}), "utf-8")
        subprocess.run([python, PEER, task, answer], check=True)
        flagged = json.loads(answer.read_text())["flagged"]
    return round(sum(flagged) / len(flagged), 3)


def clean(benchmarks: list[Benchmark], is_read: bool) -> dict[str, object]:
    """How many clean documents are condemned, with all items in one index."""
    index, names, _ = build_index(benchmarks)
    total, size, seconds = 0, 0, 0.0
    condemned: list[int] = []
    for texts in clean_texts():
        started = time.process_time()
        found = hits(texts, Benchmarks(index, names))
        seconds += time.process_time() - started
        size, total = size + texts.nbytes, total + len(texts)
        asked = found.filter(pc.equal(found["found"], QUESTION)).to_pylist()
        condemned += sorted({hit["row"] for hit in asked})
        for hit in asked if is_read else []:
            text = texts[hit["row"]].as_py()
            say(f"{hit['benchmark']} {hit['item']} {hit['covered']:.0%}: {text[:30]!r}")
            say(f"    {text[hit['offset'] :][: hit['chars']]!r}")
    rate = round(size / 1e6 / max(seconds, 1e-9), 1)
    told = {"documents": total, "condemned": len(condemned), "bytes": size, "mb_per_cpu_s": rate}
    say(f"clean documents: {told}")
    return told


def clean_texts() -> Iterator[pa.LargeStringArray]:
    """All of `bulk`, and the real deliveries normalized, where they are; else the demo's text."""
    folder = os.environ.get("HELIU_REAL_DATA")
    for start in range(0, len(bulk := sample(10**10)[1]), 1000):
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


def speed() -> dict[str, float]:
    """Of 100,000 items, made of sentences of the text's first half, on its second half."""
    chance = random.Random(1)
    kind, texts = sample(60_000_000)
    half = len(texts) // 2
    sentences = [s for text in texts[:half] for s in text.split("。") if 12 <= len(s) <= 90]
    some = chance.sample(sentences, min(SPEED_ITEMS, len(sentences)))
    questions = enumerate(f"{sentence}，下列哪一项正确" for sentence in some)
    items = tuple(BenchmarkItem(str(n), question, (), "", "") for n, question in questions)
    started = time.process_time()
    index, names, _ = build_index([Benchmark("sentences", "1", "", {}, items, 0, 0, "")])
    built = time.process_time()
    body = index_bytes(index, names)
    ready = time.process_time()
    read_index(body)
    loaded = time.process_time()
    column = pa.array(texts[half:], pa.large_string())
    hits(column[:1], Benchmarks(index, names))
    begun = time.process_time()
    hits(column, Benchmarks(index, names))
    told = {
        "items": len(items),
        "build_s": built - started,
        "load_s": loaded - ready,
        "bytes_per_token": len(body) / max(1, len(index.tokens)),
        "mb_per_cpu_s": size_of(texts[half:]) / 1e6 / (time.process_time() - begun),
    }
    say(f"speed on {kind}: {told}")
    return {name: round(value, 3) for name, value in told.items()}


if __name__ == "__main__":
    main()
