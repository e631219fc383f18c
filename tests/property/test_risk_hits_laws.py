"""Laws of risk hits: what the plain oracle finds, row by row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.corpus.keywords.hits import risk_hits
from jobs.corpus.keywords.libraries import LibraryFile, RiskLibrary, read_library
from tests import risk_oracle

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LETTERS = "甲乙丙丁戊ab1国國"
WORD = st.text(LETTERS, min_size=2, max_size=5)
WORDS = st.lists(WORD, min_size=1, max_size=5, unique=True)
LIBRARY = st.dictionaries(st.sampled_from(["fraud", "porn", "暴恐"]), WORDS, min_size=1)
GAPS = [" ", "*", "  ", "，", "\n", "\u200b", "-", "\t", "****", "。 "]
BETWEEN = st.sampled_from([*[""] * 8, *GAPS])
TEXTS = st.lists(st.tuples(st.sampled_from(LETTERS + "ＡАⓑ①"), BETWEEN), max_size=40).map(
    lambda pairs: "".join(letter + between for letter, between in pairs)
)


def library_of(words: dict[str, list[str]], exceptions: list[str]) -> RiskLibrary:
    files = [LibraryFile(f"{name}.txt", "\n".join(some).encode()) for name, some in words.items()]
    harmless = [LibraryFile("exceptions.txt", "\n".join(exceptions).encode())] if exceptions else []
    return read_library(files, harmless, version=None)


def said(found: dict[str, tuple[int, list[int]]]) -> tuple[str | None, str | None]:
    counts = " ".join(f"{name}={found[name][0]}" for name in sorted(found))
    shown = " ".join(f"{name}={','.join(map(str, found[name][1]))}" for name in sorted(found))
    return counts or None, shown or None


@FEW
@given(st.lists(TEXTS, max_size=4), LIBRARY, st.lists(WORD, max_size=3, unique=True))
def test_hits_are_those_that_plain_python_finds(texts, words, exceptions) -> None:
    column = pa.array(texts, pa.large_string())
    rows = risk_hits(column, library_of(words, exceptions)).to_pylist()
    for text, row in zip(texts, rows, strict=True):
        found = risk_oracle.hits(text, words, exceptions)
        assert (row["risk_hits"], row["risk_words"]) == said(found), text
        total = sum(count for count, _ in found.values())
        assert row["risk_hits_per_1000_chars"] == pytest.approx(total * 1000 / 200)


@FEW
@given(st.lists(st.one_of(st.none(), TEXTS), max_size=6), st.integers(0, 6))
def test_hits_of_two_tables_are_those_of_each(texts: list[str | None], split: int) -> None:
    library = library_of({"fraud": ["甲乙", "ab"], "porn": ["乙丙丁"]}, ["甲乙丙丁"])
    parts = [pa.array(some, pa.large_string()) for some in (texts, texts[:split], texts[split:])]
    whole, *halves = (risk_hits(part, library) for part in parts)
    assert pa.concat_tables(halves).combine_chunks().equals(whole.combine_chunks())
