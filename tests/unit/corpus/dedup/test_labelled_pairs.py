"""The engine's answer to the labelled pairs of made texts, kind by kind."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.params import BandParams, SignatureParams
from jobs.corpus.dedup.ranking import RankParams
from tests.corpora import documents_table, ranked_table
from tests.fixtures.write_near_duplicates import pairs

PAIRS = Path(__file__).parents[3] / "fixtures" / "near_duplicates" / "pairs.jsonl"
BANDS = BandParams(SignatureParams(128, 1, 5), 16, 8, 0.8, "signature", "keep")
LABELS = {
    "duplicate": {"exact_duplicate", "near_duplicate"},
    "same_content": {"same_content"},
    "template": {"template"},
    "different": {"none"},
}


def by_kind() -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in PAIRS.read_bytes().splitlines():
        pair = orjson.loads(line)
        kinds[pair["kind"]].append(pair)
    return kinds


def answer(pair: dict[str, Any]) -> str:
    """The reason of the one row about a pair, or none."""
    sides = [pair["a"], pair["b"]]
    documents = documents_table([side["text"] for side in sides], partner="甲")
    titles = pa.array([side["title"] for side in sides], pa.string())
    documents = documents.set_column(documents.column_names.index("title"), "title", titles)
    ranked = ranked_table(documents, params=BANDS.signature, partner="甲", priority=1, base=0)
    rows = find_duplicates(ranked, bands=BANDS, rank=RankParams(("longest",))).to_pylist()
    return rows[0]["reason"] if rows else "none"


@pytest.mark.parametrize("kind", sorted(by_kind()))
def test_every_pair_of_a_kind_is_decided_as_its_label_says(kind: str) -> None:
    wrong = {
        (number, pair["label"], got)
        for number, pair in enumerate(by_kind()[kind])
        if (got := answer(pair)) not in LABELS[pair["label"]]
    }
    assert wrong == set()


def test_file_of_pairs_is_what_its_writer_writes() -> None:
    written = [orjson.loads(line) for line in PAIRS.read_bytes().splitlines()]
    assert written == list(pairs())
    assert len(written) >= 300
    assert {pair["label"] for pair in written} == set(LABELS)
