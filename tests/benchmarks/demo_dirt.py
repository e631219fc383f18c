"""What becomes of every defect that the demo plants: repaired, rejected, dropped, wrong or left."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jobs.corpus.repair.repairs import Repair
from jobs.corpus.text.alphabets import traditional_characters
from jobs.synthesis import write_demo
from tests.builds import build, build_parameters, in_this_process, opened, table

_SIZE = 6_000_000
_LEFT = {
    "full_width": re.compile("[０-９Ａ-Ｚａ-ｚ\u3000]"),
    "html_residue": re.compile(r"<[^<>\n]+>|&#?\w+;"),
    "control_characters": re.compile(
        "[\x00-\x08\x0b-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
    ),
    "traditional_copy": re.compile(f"[{''.join(sorted(traditional_characters()))}]"),
}
_BLANKS = int(Repair.BLANKS | Repair.LAYOUT)
_THRESHOLD = 0.8
_COPIES = ("exact_duplicate", "near_duplicate", "traditional_copy")

Row = dict[str, Any]


def demo_outcomes() -> Iterator[tuple[str, str]]:
    """What was planted and its outcome, one for each planted row; `clean` rows among them.

    A row that nothing was planted into is `wrong` if a rule changed more than its blanks.
    """
    with tempfile.TemporaryDirectory() as folder, in_this_process():
        demo = Path(folder) / "demo"
        write_demo(demo, size_bytes=_SIZE, seed=1, report=lambda _: None)
        # The demo is small: a site has few pages.
        params = build_parameters(demo / "conf", f"{folder}/root", "paragraphs.min_documents=10")
        build(params)
        release = opened(params)
        fates = table(release, "decisions").to_pylist()
        decided = {(row["partner"], row["source_id"]): row for row in fates}
        places = {(row["partner"], row["source_file"], row["source_row"]): row for row in fates}
        kept = {row["id"]: row for row in table(release, "shards").to_pylist()}
        cut = set(table(release, "removals")["doc_id"].to_pylist())
        planted = set()
        for truth in pq.read_table(demo / "truth.parquet").to_pylist():
            place = truth["partner"], truth["source_file"], truth["source_row"]
            planted.add(place)
            fate = places[place]
            original = decided.get((truth["of_partner"], truth["of_source_id"]))
            yield truth["plant"], _outcome(truth, fate, original, kept.get(fate["doc_id"]), cut)
    for place, fate in places.items():
        if place not in planted and fate["doc_id"] in kept:
            is_changed = kept[fate["doc_id"]]["repairs"] & ~_BLANKS
            yield "(nothing)", "wrong" if is_changed else "clean"


def _outcome(truth: Row, fate: Row, original: Row | None, text: Row | None, cut: set[str]) -> str:
    plant = truth["plant"]
    if fate["verdict"] != "kept":
        return str(fate["verdict"])
    if plant in _COPIES and original and original["verdict"] == "dropped":
        return "dropped"
    if plant in ("near_duplicate", "exact_duplicate"):
        return "left" if truth["jaccard"] >= _THRESHOLD else "clean"
    if text is None:
        return "left"
    if plant in _LEFT:
        return "left" if _LEFT[plant].search(text["content"]) else "repaired"
    return "repaired" if fate["doc_id"] in cut else "left"
