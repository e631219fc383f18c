"""How fast decontamination is: matching alone, with many items, and inside normalize."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pyarrow as pa

from jobs.command.terminal import say
from jobs.corpus.contamination.benchmarks import NO_BENCHMARKS, indexed_benchmarks
from jobs.corpus.contamination.findings import Benchmarks, hits
from jobs.corpus.contamination.item_index import build_index, index_bytes, read_index
from jobs.corpus.contamination.items import Benchmark, BenchmarkItem
from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.contamination.index_object import store_index
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.storage.stores import open_store
from jobs.synthesis import write_demo
from tests.benchmarks.machine import least_seconds
from tests.benchmarks.texts import demo_texts, sample, size_of
from tests.builds import build_parameters

ITEMS, MANY_ITEMS = 100_000, 1_000_000
RUNS = 3
DEMO_BYTES = 20_000_000


def speeds(given: list[Benchmark]) -> dict[str, dict[str, float]]:
    """Of the sets at hand, and of 100,000 items: alone on two kinds of text, and in normalize."""
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        folder = Path(name)
        write_demo(folder / "demo", size_bytes=DEMO_BYTES, seed=1, report=lambda _done: None)
        kind, texts = sample(40_000_000)
        half = len(texts) // 2
        many = [made_of(texts[:half], ITEMS)]
        own = {"demo": list(demo_texts(folder / "demo")), kind: texts[half:]}
        told = {
            f"{label}, {len(body) // 1_000_000} MB of index": _alone(read_index(body), own)
            for label, body in (("sets at hand", _body(given)), ("100,000 items", _body(many)))
        }
        told["index of 100,000"] = _index_costs(many)
        told["normalize"] = _normalized(folder, given, many)
    for label, values in told.items():
        say(f"{label}: {values}")
    return told


def million() -> dict[str, float]:
    """A million items: how long the index takes, its size, memory, and matching."""
    _, texts = sample(10**10)
    benchmark = made_of(texts[::2], MANY_ITEMS)
    told = _index_costs([benchmark])
    told["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    index = read_index(_body([benchmark]))
    told |= _alone(index, {"text of the items' kind": texts[1:4000:2]})
    say(f"a million items: {told}")
    return told


def made_of(texts: Iterable[str], number: int) -> Benchmark:
    """So many items of sentences of texts, the same again with other numbers where they end."""
    sentences = [s for text in texts for s in text.split("。") if 12 <= len(s) <= 90]
    chance, items = random.Random(1), []
    for turn in count():
        some = chance.sample(sentences, min(number - len(items), len(sentences)))
        ending = f"，第{turn}种说法" if turn else ""
        items += [f"{one}{ending}，下列哪一项正确" for one in some]
        if len(items) >= number:
            break
    found = tuple(BenchmarkItem(str(n), item, (), "", "") for n, item in enumerate(items))
    return Benchmark("sentences", "1", "", {"question": "drop"}, found, 0, 0, "")


def _body(benchmarks: list[Benchmark]) -> bytes:
    index, names, _ = build_index(benchmarks)
    return index_bytes(index, names)


def _index_costs(benchmarks: list[Benchmark]) -> dict[str, float]:
    characters = sum(len(item.question) for one in benchmarks for item in one.items)
    started = time.process_time()
    body = _body(benchmarks)
    built = time.process_time()
    read_index(body)
    loaded = time.process_time()
    return {
        "items": sum(len(one.items) for one in benchmarks),
        "build_s": round(built - started, 2),
        "load_s": round(loaded - built, 3),
        "bytes_per_character": round(len(body) / characters, 1),
    }


def _alone(index: Benchmarks, kinds: dict[str, list[str]]) -> dict[str, float]:
    """MB per CPU second of matching, by kind of text."""
    columns = {name: pa.array(texts, pa.large_string()) for name, texts in kinds.items()}
    benchmarks = Benchmarks(*index)
    actions = {name: partial(hits, column, benchmarks) for name, column in columns.items()}
    seconds = least_seconds(actions, 3)
    return {
        f"{name}, MB per CPU s": round(size_of(texts) / 1e6 / seconds[name], 1)
        for name, texts in kinds.items()
    }


def _normalized(folder: Path, given: list[Benchmark], many: list[Benchmark]) -> dict[str, float]:
    """CPU seconds of normalizing the demo without sets, with those at hand and with many items."""
    params = build_parameters(folder / "demo" / "conf", folder / "releases")
    sets = {
        "without": NO_BENCHMARKS,
        "sets at hand": indexed_benchmarks(given),
        "100,000 items": indexed_benchmarks(many),
    }
    actions: dict[str, Callable[[], object]] = {}
    for name, benchmarks in sets.items():
        one = replace(params, benchmarks=benchmarks)
        store_index(open_store(one.storage), one)
        actions[name] = partial(_normalize, one)
    return {name: round(s, 2) for name, s in least_seconds(actions, RUNS).items()}


def _normalize(params: BuildParams) -> None:
    for shard in plan(params):
        normalize_shard(shard, params=params)
