"""How much a quality model knows beyond what it was shown, and how fast it is.

    python -m tests.benchmarks.quality

Good text is half of the documents of `bulk/`, bad text is made of the other half (`tests.junk`).
Then, on what no model has seen: good text of other sources and genres, and each kind of junk under
a model trained without that kind. HELIU_REAL_DATA names the folder.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from random import Random

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.command.terminal import say, say_table
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.repair.normalization import normalized_texts
from jobs.corpus.signals.quality import quality
from jobs.corpus.signals.quality_model import QualityModel
from jobs.corpus.signals.quality_training import TrainingParams
from jobs.flow.analysis.quality_training import TrainingInputs, train
from tests.benchmarks.machine import circumstances, least_seconds
from tests.benchmarks.texts import sample
from tests.builds import silent
from tests.junk import KINDS, junk

PARAMS = TrainingParams(seed=1, documents=100_000, epochs=10, rate=10.0, held_out=0.1)
READING = DeliveryParams("jsonl", "auto", (("text", "text"),), 1 << 26, 1 << 23, html=False)
MEASURES = ("documents", "precision", "recall", "roc_auc", "brier", "log_loss")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=48)
    given = options.parse_args()
    before = circumstances("numba", "numpy", "pyarrow")
    real = Path(os.environ["HELIU_REAL_DATA"])
    _, texts = sample(given.megabytes * 10**6)
    Random(1).shuffle(texts)
    good, source = texts[::2], texts[1::2]
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        folder = Path(name)
        write(folder / "good.jsonl", good)
        start = time.process_time()
        model = trained(folder, source, list(KINDS))
        seconds = time.process_time() - start
        about = model.description
        say_table(MEASURES, [[about["held_out"][measure] for measure in MEASURES]])
        unseen = [
            (kind, *below(trained(folder, source, others(kind)), junk_of(source, [kind], 5)))
            for kind in KINDS
        ]
    say("\njunk of a kind that training was not shown, share below:\n")
    say_table(("kind", "0.5", "0.1"), unseen)
    foreign = [(name, len(some), *below(model, some)) for name, some in other_sources(real)]
    say("\ngood text of other sources, share below:\n")
    say_table(("source", "documents", "0.5", "0.1"), foreign)
    column = normalized_texts(pa.array(texts, pa.large_string()))
    fastest = least_seconds({"": lambda: quality(column, model=model)}, 5)[""]
    speed = pc.sum(pc.binary_length(column)).as_py() / 1e6 / fastest
    say(f"\ntrained in {seconds:.0f} CPU s, scores {speed:.0f} MB per CPU second")
    held_out = {measure: about["held_out"][measure] for measure in MEASURES}
    result = {"held_out": held_out, "unseen": unseen, "foreign": foreign, "before": before}
    result |= {"train_cpu_s": seconds, "mb_per_cpu_s": speed}
    say(orjson.dumps({"quality": result}).decode())


def others(kind: str) -> list[str]:
    return [other for other in KINDS if other != kind]


def trained(folder: Path, source: list[str], kinds: list[str]) -> QualityModel:
    write(folder / "bad.jsonl", junk_of(source, kinds, 2))
    lesson = TrainingInputs(
        (str(folder / "good.jsonl"),), (str(folder / "bad.jsonl"),), READING, None
    )
    return train(lesson, PARAMS, progress=silent)


def junk_of(source: list[str], kinds: list[str], seed: int) -> list[str]:
    return junk(source, kinds=kinds, seed=seed, most_chars=5000)


def write(path: Path, texts: list[str]) -> None:
    path.write_bytes(b"".join(orjson.dumps({"text": text}) + b"\n" for text in texts))


def below(model: QualityModel, texts: list[str]) -> tuple[float, float]:
    """The shares of texts that score below 0.5 and below 0.1."""
    content = normalized_texts(pa.array(texts, pa.large_string()))
    scores = quality(content.filter(pc.greater(pc.binary_length(content), 0)), model=model)
    return tuple(float((scores.to_numpy() < np.float32(one)).mean()) for one in (0.5, 0.1))


def other_sources(real: Path) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for file in sorted(real.glob("deliveries/a/*.zst")):
        for line in pa.input_stream(str(file), compression="zstd").read().splitlines():
            row = orjson.loads(line)
            found.setdefault(kind_of("a", row["doc"]["id"]), []).append(row["doc"]["body"])
    for file in sorted(real.glob("deliveries/b/*.parquet")):
        for row in pq.read_table(file).to_pylist():
            found.setdefault(kind_of("b", row["uid"]), []).append(row["text"])
    found["press"] = [
        path.read_text("utf-8", errors="replace") for path in sorted(real.glob("press/*.txt"))
    ]
    return [(name, some) for name, some in found.items() if some]


def kind_of(partner: str, name: str) -> str:
    return f"{partner}: {name.split(':', maxsplit=1)[0]}"


if __name__ == "__main__":
    main()
