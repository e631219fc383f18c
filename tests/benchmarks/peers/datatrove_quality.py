"""Datatrove's nearest: jsonl reader, ftfy, Gopher's quality and repetition filters, Parquet."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import jieba
import pyarrow.parquet as pq
import spacy  # noqa: F401  its import is not in the clock
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.formatters import FTFYFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter

from tests.benchmarks.peers import task

LANGUAGE = "cmn_Hani"  # its "zh" is a tokenizer that does not split Chinese (0.10.1)


def main() -> None:
    source = Path(sys.argv[1])
    jieba.initialize()
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        wall, used = time.perf_counter(), time.process_time()
        steps = [
            JsonlReader(str(source.parent), glob_pattern=source.name, compression="zstd"),
            FTFYFormatter(),
            GopherRepetitionFilter(language=LANGUAGE),
            GopherQualityFilter(language=LANGUAGE, min_avg_word_length=1, min_stop_words=0),
            ParquetWriter(f"{name}/kept", compression="zstd"),
        ]
        LocalPipelineExecutor(pipeline=steps, workers=1, logging_dir=f"{name}/logs").run()
        wall, used = time.perf_counter() - wall, time.process_time() - used
        kept = sum(pq.read_metadata(file).num_rows for file in Path(name).glob("kept/*"))
    task.report(seconds=wall, cpu_seconds=used, documents=int(sys.argv[2] or 0), kept=kept)


if __name__ == "__main__":
    main()
