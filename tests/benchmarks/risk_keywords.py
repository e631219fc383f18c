"""What 100,000 risk keywords add to normalize, and how fast texts are searched for them.

    python -m tests.benchmarks.risk_keywords

Rows become documents and facts in one process, without a library and with three of 100,000 words
in 31 categories, in turns; CPU seconds, the least of several runs. The words of the first have 3 to
6 characters in random order, so that texts have few of them, as of real libraries; those of the
second 2 to 6, of which pairs are found by chance; those of the third are drawn from another sample
of the text, so that most of what a text says is a word.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from dataclasses import replace

import numpy as np
import pyarrow as pa

from jobs.command.parameters import keyword_lists
from jobs.command.settings import conf_folder
from jobs.command.terminal import say, say_table
from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.keywords.hits import risk_hits
from jobs.corpus.keywords.libraries import LibraryFile, RiskLibrary, read_library
from jobs.corpus.keywords.matching import compiled, found_hits
from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import TextParams, documents
from jobs.corpus.normalize.facts import facts
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.repair.repairs import RepairParams
from tests.benchmarks.machine import circumstances, least_seconds
from tests.benchmarks.texts import sample, size_of

WORDS, CATEGORIES = 100_000, 31
HAN = re.compile("[一-龥]{6,}")
SIGNATURE = SignatureParams(num_perm=128, seed=1, shingle_chars=5)
PARAMS = TextParams(
    RepairParams((), 0.02),
    RepeatedLineParams(is_on=True, min_chars=20, min_times=3, min_pasted_chars=200),
    keyword_lists(str(conf_folder() / "keywords")),
    PrivateDataParams(),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=16)
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    before = circumstances("numba", "numpy", "pyarrow")
    what, texts = sample(2 * given.megabytes * 10**6)
    texts, others = texts[::2], texts[1::2]
    words = drawn(others, shortest=2)
    libraries = {
        "3 to 6 characters, random": library(shuffled(drawn(others, shortest=3))),
        "2 to 6 characters, random": library(shuffled(words)),
        "2 to 6 characters, of the text": library(words),
    }
    column = pa.array(texts, pa.large_string())
    build = {
        name: least_seconds({name: lambda one=one: rebuilt(one)}, 3)[name]
        for name, one in libraries.items()
    }
    seconds = least_seconds(
        {
            "without": lambda: normalized(texts, None),
            **{name: lambda one=one: normalized(texts, one) for name, one in libraries.items()},
            **{
                f"search {name}": lambda one=one: risk_hits(column, one)
                for name, one in libraries.items()
            },
        },
        given.runs,
    )
    rows = [
        {
            "words": name,
            "hits_per_1000_chars": hit_rate(column, one),
            "search_mb_per_cpu_s": size_of(texts) / 1e6 / seconds[f"search {name}"],
            "search_of_normalize": seconds[f"search {name}"] / seconds["without"],
            "normalize_with_of_without": seconds[name] / seconds["without"],
            "seconds_to_compile": build[name],
        }
        for name, one in libraries.items()
    ]
    say_table(list(rows[0]), [list(row.values()) for row in rows])
    speed = size_of(texts) / 1e6 / seconds["without"]
    result = {"text": what, "bytes": size_of(texts), "normalize_mb_per_cpu_s": speed}
    say(json.dumps({**result, "rows": rows, "before": before}, ensure_ascii=False))


def drawn(texts: list[str], *, shortest: int) -> list[str]:
    """Distinct runs of up to 6 Han characters from random places."""
    rng, found = random.Random(1), {}
    runs = [run for text in texts for run in HAN.findall(text)]
    while len(found) < WORDS:
        run, size = rng.choice(runs), max(shortest, rng.choice((2, 3, 3, 4, 4, 4, 5, 6)))
        start = rng.randrange(len(run) - size + 1)
        found[run[start : start + size]] = None
    return list(found)


def shuffled(words: list[str]) -> list[str]:
    """Words of the same sizes from the same characters, in another order."""
    letters = list("".join(words))
    random.Random(2).shuffle(letters)
    ends = np.cumsum([len(word) for word in words]).tolist()
    return ["".join(letters[end - len(word) : end]) for word, end in zip(words, ends, strict=True)]


def library(words: list[str]) -> RiskLibrary:
    """A library of these words, in turn to each category."""
    rows = "".join(f"类{number % CATEGORIES}\t{word}\n" for number, word in enumerate(words))
    return read_library(
        [LibraryFile("words.tsv", f"category\tword\n{rows}".encode())], [], version=None
    )


def rebuilt(one: RiskLibrary) -> None:
    compiled.cache_clear()
    compiled(one)


def normalized(texts: list[str], one: RiskLibrary | None) -> None:
    rows = {"source_file": ["a"] * len(texts), "source_row": range(len(texts)), "text": texts}
    columns = (rows.get(field.name, [None] * len(texts)) for field in DELIVERED)
    delivered = pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, DELIVERED, strict=True)], schema=DELIVERED
    )
    params = replace(PARAMS, signals=replace(PARAMS.signals, risks=one))
    table, _, _ = documents(delivered, partner="a", first_position=0, params=params)
    facts(table, params=SIGNATURE)


def hit_rate(column: pa.LargeStringArray, one: RiskLibrary) -> float:
    hits = found_hits(column, one)
    return 1000 * float(hits.counts.sum()) / float(hits.chars.sum())


if __name__ == "__main__":
    main()
