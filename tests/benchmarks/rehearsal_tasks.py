"""Tasks of a rehearsal: those that read equal bytes are run once, and their results are multiplied.

A multiplied task, a clone, gets its own checkpoint under its own key, and hard links to the objects
of the task that was run, under its own names. Its documents are others: what dedup compares is
written again with other hashes and signatures, and rows that sections may begin with are drawn.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.release.sections import Boundaries
from jobs.flow.builds import sections as section_modules
from jobs.flow.builds.sections import packed
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    read_checkpoint,
    write_checkpoint,
)
from jobs.flow.tasks.sealed_objects import read_table, seal
from jobs.storage.canonical_json import sha256_hex
from jobs.storage.layout import blob_address, blob_key
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store
from tests.benchmarks import rehearsal_store
from tests.benchmarks.rehearsal_sizes import shrink

_AT_ONCE = 50  # clones that one call makes
_SAMPLES = 12  # of tasks of whose inputs no two are equal
_VARIED = ("facts-", "changes-")  # tables whose rows are other documents in every clone
_SHARED = 10  # one row in so many has the hashes of a row of another clone


class Ran(NamedTuple):
    """A task that was run."""

    key: str
    checkpoint: Checkpoint
    counts: Counter[str]
    cpu_seconds: float
    written: list[str]


@dataclass
class Stage:
    """What the tasks of one label need: as many as there are, from those that were run.

    `seconds` passed until all were done here.
    """

    tasks: int = 0
    ran: int = 0
    specs: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    cpu_seconds: float = 0.0
    seconds: float = 0.0

    def add(self, ran: Ran, times: int) -> None:
        self.tasks += times
        self.ran += 1
        self.cpu_seconds += ran.cpu_seconds * times
        for name, count in ran.counts.items():
            self.counts[name] += count * times


class Executor:
    """Takes the place of `map_shards`: runs some tasks and clones the rest."""

    def __init__(self, params: BuildParams, *, sizes: int, workers: int, is_cloning: bool) -> None:
        self.params, self.is_cloning = params, is_cloning
        self.stages: dict[str, Stage] = {}
        self._origins: dict[str, str] = {}  # keys of cloned checkpoints: of what they are clones
        self._pool = None
        if workers:
            os.environ.setdefault("OMP_NUM_THREADS", "1")
            self._pool = ProcessPoolExecutor(
                workers, multiprocessing.get_context("spawn"), prepare, (sizes,)
            )

    def map_shards(
        self,
        task: Callable[[Any], Any],
        specs: Sequence[CheckpointedTask[Any]],
        *,
        label: str,
        **_: object,
    ) -> Iterator[tuple[str, Checkpoint]]:
        label, began = str(label), time.perf_counter()
        rows = [pickle.dumps(spec) for spec in specs]  # as Ray Data is given them
        stage = self.stages.setdefault(label, Stage())
        stage.specs += map(len, rows)
        alike: dict[Any, list[CheckpointedTask[Any]]] = {}
        for number, spec in enumerate(specs):
            alike.setdefault(self._kind(label, spec, number, len(specs)), []).append(spec)
        runs = [(some, self._submit(run, task, some[0])) for some in alike.values()]
        clones: list[Future[Any]] = []
        for some, future in runs:
            ran = future.result()
            stage.add(ran, len(some))
            yield ran.key, ran.checkpoint
            keys = [spec.key for spec in some[1:]]
            self._origins.update(dict.fromkeys([ran.key, *keys], ran.key))
            normal = [getattr(spec.spec, "normalized", None) for spec in some[1:]]
            for start in range(0, len(keys), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                clones.append(
                    self._submit(clone, self.params, ran, keys[part], normal[part], start)
                )
        while clones:
            yield from clones.pop(0).result()
        stage.seconds += time.perf_counter() - began

    def _kind(self, label: str, spec: CheckpointedTask[Any], number: int, tasks: int) -> Any:
        """What tasks that read equal bytes have in common; else which of a few is run."""
        inner = spec.spec
        if not self.is_cloning:
            return number
        if label == "normalize":
            return inner.partner.name, tuple(
                (file.source.size_bytes, file.split and file.split.start) for file in inner.files
            )
        if label == "deliveries":
            return tuple(file.size_bytes for file in inner.files)
        if label == "site boilerplate: remove":
            return self._origins[inner.normalized]
        if label == "merge" or label.startswith("site boilerplate"):
            return number * _SAMPLES // tasks
        return number

    def _submit(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        if self._pool is not None:
            return self._pool.submit(call, *arguments)
        done: Future[Any] = Future()
        done.set_result(call(*arguments))
        return done

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()


def prepare(sizes: int) -> None:
    """Make a process one of a rehearsal."""
    rehearsal_store.register()
    shrink(sizes)


def run(task: Callable[[Any], Any], spec: CheckpointedTask[Any]) -> Ran:
    """Run a task; count its requests apart from those of this process."""
    before, keys = rehearsal_store.counts.copy(), len(rehearsal_store.written)
    began = time.process_time()
    key, checkpoint = task(spec)
    seconds = time.process_time() - began
    spent = Counter(rehearsal_store.counts)
    spent.subtract(before)
    rehearsal_store.counts.clear()
    rehearsal_store.counts.update(before)
    written = rehearsal_store.written[keys:]
    del rehearsal_store.written[keys:]
    return Ran(key, checkpoint, spent, seconds, [one for one in written if one != key])


def clone(
    params: BuildParams, ran: Ran, keys: Sequence[str], normal: Sequence[str | None], first: int
) -> list[tuple[str, Checkpoint]]:
    """Write what the tasks of some keys would have left; nothing of it is counted."""
    before, written = rehearsal_store.counts.copy(), len(rehearsal_store.written)
    found = [
        (key, _cloned(params, ran, key, source, first + number))
        for number, (key, source) in enumerate(zip(keys, normal, strict=True))
    ]
    rehearsal_store.counts.clear()
    rehearsal_store.counts.update(before)
    del rehearsal_store.written[written:]
    return found


def _cloned(params: BuildParams, ran: Ran, key: str, normal: str | None, number: int) -> Checkpoint:
    store = open_store(params.storage)
    rng = np.random.default_rng([number, len(ran.written), *ran.key.encode()])
    folders = ran.key.removesuffix(".json"), key.removesuffix(".json")
    text = orjson.dumps(ran.checkpoint).decode().replace(*folders)
    for old in ran.written:
        new = old.replace(*folders)
        name = new.rpartition("/")[2]
        if name.startswith(_VARIED):
            new = _varied(store, old, new, number)
            text = text.replace(old.replace(*folders), new)
            continue
        if address := blob_address(old):
            digest = sha256_hex(f"{address.digest} {number}".encode())
            new = blob_key(params.corpus, digest)
            text = text.replace(address.digest, digest)
        path = Path(store.location(new))
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(store.location(old), path)
    made = orjson.loads(text)
    if "boundaries" in made and normal is None:
        made["boundaries"] = _drawn(made["content_bytes"], made["delivered"], rng)
    if normal is not None:
        source = read_checkpoint(store, normal)
        made["boundaries"] = source["boundaries"]
        changed = ("changes_key", "removals_key")
        made["runs"] = [
            {**own, **{name: new[name] for name in changed if new["changes_key"]}}
            for own, new in zip(source["runs"], made["runs"], strict=True)
        ]
    return write_checkpoint(store, key, made)


class _Hashes(NamedTuple):
    """Where the values of a column of hashes lie in a file: of one width, from an offset."""

    start: int
    width: int
    rows: Any  # of the values, which leave out nulls
    is_id: bool


@lru_cache(maxsize=4)
def _template(store: ObjectStore, key: str) -> tuple[bytes, tuple[_Hashes, ...]]:
    """Return a table as a file without compression, and where its hashes are."""
    table, sink = read_table(store, key), BytesIO()
    how = {"compression": "none", "use_dictionary": False, "data_page_size": 1 << 30}
    pq.write_table(table, sink, row_group_size=1 << 20, write_statistics=["doc_id"], **how)
    body = sink.getvalue()
    found = []
    columns = pq.read_metadata(BytesIO(body)).row_group(0) if len(table) else None
    for at, one in enumerate(table.schema if columns else ()):
        if pa.types.is_fixed_size_binary(one.type):
            column, width = columns.column(at), one.type.byte_width
            values = table[at].drop_null().to_pylist()
            start = column.data_page_offset + column.total_compressed_size - len(values) * width
            if body[start : start + len(values) * width] != b"".join(values):
                raise AssertionError(f"{one.name} of {key} is not where it was expected")
            rows = table["position"].filter(pc.is_valid(table[at])).to_numpy()
            found.append(_Hashes(start, width, rows, one.name == "doc_id"))
    return body, tuple(found)


def _varied(store: ObjectStore, old: str, new: str, number: int) -> str:
    """Write a table whose rows have other ids, hashes and signatures; return its key."""
    template, columns = _template(store, old)
    body = np.frombuffer(template, np.uint8).copy()
    for start, width, rows, is_id in columns:
        values = body[start : start + len(rows) * width].reshape(len(rows), width)
        own, shared = (_noise(width, seed) for seed in (2 * number + 1, 2 * (number // 2)))
        if is_id:  # tables stay sorted by the first half of ids
            values[:, 8:] ^= own[8:]
        else:
            values ^= np.where((rows % _SHARED == 0)[:, None], shared, own)
    return seal(store, _unsealed(new), body.tobytes())


def _unsealed(key: str) -> str:
    stem, _, suffix = key.rpartition(".")
    return f"{stem.rpartition('-')[0]}.{suffix}"


def _noise(width: int, seed: int) -> Any:
    return np.frombuffer(np.random.default_rng(seed).bytes(width), np.uint8)


def _drawn(content_bytes: int, rows: int, rng: np.random.Generator) -> str:
    """Draw the rows that a section may begin with as `boundaries` does, of texts of one size."""
    size = content_bytes / max(1, rows)
    levels = np.minimum(size / (1 - rng.random(rows)), 2.0**62).astype(np.int64)
    at = np.flatnonzero(levels >= section_modules.GRAIN_BYTES)
    return packed([Boundaries(at, (at * size).astype(np.int64), levels[at])])
