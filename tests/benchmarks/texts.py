"""Texts to measure on: real ones where this machine has them, else the demo's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.normalize.documents import documents
from jobs.flow.intake.plan import plan
from jobs.synthesis import write_demo
from tests.builds import build_parameters
from tests.deliveries import delivered_tables


def sample(size_bytes: int) -> tuple[str, list[str]]:
    """What the texts are, and texts of about `size_bytes` of UTF-8 in all."""
    folder = os.environ.get("HELIU_REAL_DATA")
    if folder:
        return "real text", _first(_in_turn(sorted(Path(folder).glob("bulk/*.zst"))), size_bytes)
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        # A tenth more than asked for: some of the rows are damaged and rejected.
        size = size_bytes * 11 // 10
        write_demo(Path(name), size_bytes=size, seed=1, report=lambda _done: None)
        return "demo text", _first(demo_texts(Path(name)), size_bytes)


def size_of(texts: list[str]) -> int:
    """The UTF-8 size in bytes."""
    return sum(len(text.encode()) for text in texts)


def _first(texts: Iterator[str], size_bytes: int) -> list[str]:
    taken: list[str] = []
    for text in texts:
        if size_bytes <= 0:
            break
        taken.append(text)
        size_bytes -= len(text.encode())
    return taken


def _in_turn(files: list[Path]) -> Iterator[str]:
    """One document of each file in turn, so that any beginning is a mixture."""
    streams = [_contents(file) for file in files]
    while streams:
        for stream in list(streams):
            text = next(stream, None)
            if text is None:
                streams.remove(stream)
            else:
                yield text


def _contents(file: Path) -> Iterator[str]:
    for line in pa.input_stream(str(file), compression="zstd").read().splitlines():
        yield orjson.loads(line)["content"]


def demo_texts(folder: Path) -> Iterator[str]:
    """The demo's texts below a folder, normalized."""
    params = build_parameters(folder / "conf", folder / "releases")
    for shard in plan(params):
        text = params.text_params(shard.partner)
        for rows in delivered_tables(shard, endpoint_url=None):
            table, _, _ = documents(rows, partner=shard.partner.name, first_position=0, params=text)
            yield from pc.drop_null(table["content"]).to_pylist()
