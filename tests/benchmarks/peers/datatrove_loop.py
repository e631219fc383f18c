"""Datatrove's MinHash pipeline on one core: signatures, buckets, clusters; 14 bands of 8.

Its words of five come from its own tokenizer for Chinese (spaCy with jieba), as it recommends; one
document per connected component stays, without comparing. The clock covers its reading and its own
files as well: it has no other way. The step that would rewrite the texts is left out.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import jieba
import spacy  # noqa: F401  its import is not in the clock
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader

from tests.benchmarks.peers import task

LANGUAGE = "cmn_Hani"  # its "zh" is a tokenizer that does not split Chinese (0.10.1)
CONFIG = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)


def run(name: str, folder: Path, *steps: object, tasks: int = 1) -> None:
    logs = str(folder / "logs" / name)
    LocalPipelineExecutor(pipeline=list(steps), tasks=tasks, workers=1, logging_dir=logs).run()


def clusters(source: Path, folder: Path) -> int:
    """The number of documents removed."""
    signatures, buckets, removed = (str(folder / name) for name in ("sigs", "buckets", "removed"))
    reader = JsonlReader(str(source.parent), glob_pattern=source.name)
    run("1", folder, reader, MinhashDedupSignature(signatures, config=CONFIG, language=LANGUAGE))
    find = MinhashDedupBuckets(signatures, buckets, config=CONFIG)
    run("2", folder, find, tasks=CONFIG.num_buckets)
    run("3", folder, MinhashDedupCluster(buckets, removed, config=CONFIG))
    return sum(file.stat().st_size // 4 for file in Path(removed).glob("*.remove"))


def main() -> None:
    source = Path(sys.argv[1])
    with source.open(encoding="utf-8") as lines:
        documents = sum(1 for _ in lines)
    jieba.initialize()  # its dictionary: a loaded tokenizer itself cannot be copied into a task
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        wall, used = time.perf_counter(), time.process_time()
        removed = clusters(source, Path(name))
        wall, used = time.perf_counter() - wall, time.process_time() - used
    task.report(seconds=wall, cpu_seconds=used, documents=documents, kept=documents - removed)


if __name__ == "__main__":
    main()
