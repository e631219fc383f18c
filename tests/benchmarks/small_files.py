"""What it costs that each text is a file of its own: CPU seconds of normalize, texts and pages.

    python -m tests.benchmarks.small_files --files 3000

One process, without Ray, normalizes the demo's first texts from one jsonl file, from text files and
from pages of nothing but the text, in folders and in a zip archive; in turns, least of three.
"""

from __future__ import annotations

import argparse
import html
import tempfile
import zipfile
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path

import orjson

from jobs.command.terminal import say
from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.intake.plan import plan
from jobs.synthesis import write_demo
from tests.benchmarks.machine import circumstances, least_seconds
from tests.benchmarks.texts import demo_texts
from tests.builds import build_parameters, write_partner

_RUNS = 3
_TEXT_BYTES = 10_000  # more than a text of the demo has


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=3000)
    number = options.parse_args().files
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        folder = Path(name)
        size = _TEXT_BYTES * number
        write_demo(folder / "demo", size_bytes=size, seed=1, report=lambda _done: None)
        texts = list(islice(demo_texts(folder / "demo"), number))
        deliveries = dict(_deliveries(folder, texts))
        actions = {
            label: _normalize(folder / "work" / label, *of) for label, of in deliveries.items()
        }
        seconds = least_seconds(actions, 1 + _RUNS)  # the first loads what is compiled
    say(f"{len(texts)} texts of {sum(map(len, texts)) // len(texts)} characters on average")
    for label, used in seconds.items():
        say(f"{label:12} {used:6.2f} CPU s, {1000 * used / len(texts):5.2f} ms a text")
    say(orjson.dumps(circumstances("pyarrow")).decode())


def _deliveries(folder: Path, texts: list[str]) -> list[tuple[str, tuple[Path, str]]]:
    """Write the texts in every way; return the label, and where it is in what format."""
    rows, files, pages = (folder / name for name in ("rows", "files", "pages"))
    for made in (rows, files, pages, folder / "archive"):
        made.mkdir()
    lines = (orjson.dumps({"text": text}) + b"\n" for text in texts)
    (rows / "rows.jsonl").write_bytes(b"".join(lines))
    archive = zipfile.ZipFile(folder / "archive" / "texts.zip", "w", zipfile.ZIP_DEFLATED)
    with archive:
        for number, text in enumerate(texts):
            (files / f"{number:06}.txt").write_text(text, encoding="utf-8")
            page = "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines())
            body = f"<html><body><article>{page}</article></body></html>"
            (pages / f"{number:06}.html").write_text(body, encoding="utf-8")
            archive.writestr(f"{number:06}.txt", text)
    formats = {"rows": "jsonl", "files": "text", "archive": "text", "pages": "html"}
    return [(label, (folder / label, of)) for label, of in formats.items()]


def _normalize(folder: Path, deliveries: Path, format_: str) -> Callable[[], None]:
    settings = f"format: {format_}\nlicence: CC0-1.0\npriority: 1\nreject_share: 1"
    write_partner(folder / "conf", "a", f"deliveries: {deliveries}\n{settings}")
    sizes = ("shards.input_bytes=67108864", "shards.batch_bytes=8388608")
    runs = count()

    def run() -> None:
        out = folder / f"out-{next(runs)}"
        params = build_parameters(folder / "conf", out, "partners=[a]", *sizes)
        for shard in plan(params):
            normalize_shard(shard, params=params)

    return run


if __name__ == "__main__":
    main()
