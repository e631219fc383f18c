"""What decontamination makes of the overlaps of real documents and real items that are known.

    python -m tests.benchmarks.natural_overlaps

An index of n-grams found these (HELIU_REAL_DATA/truth/natural_contamination.jsonl); decision 0017
judges them. One line for each item: with how many documents it overlaps, in how many of them it is
found as a question, as a quotation or not at all, and its largest share and run there.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.command.terminal import say, say_table
from jobs.corpus.contamination.findings import QUESTION, QUOTATION, Benchmarks, hits
from jobs.corpus.contamination.item_index import build_index
from jobs.corpus.normalize.documents import documents
from jobs.flow.intake.plan import plan
from tests.benchmarks.contamination import real
from tests.builds import build_parameters, real_conf
from tests.deliveries import delivered_tables


def main() -> None:
    folder = Path(os.environ["HELIU_REAL_DATA"])
    lines = (folder / "truth" / "natural_contamination.jsonl").read_bytes().splitlines()
    overlaps = defaultdict(list)
    for overlap in map(json.loads, lines):
        overlaps[overlap["eval_id"]].append(overlap["doc_id"])
    contents = contents_of({name for some in overlaps.values() for name in some}, folder)
    index, names, _ = build_index(real()["real"])
    found = found_in(contents, Benchmarks(index, names))
    header = ["item", "overlaps", "question", "quotation", "nothing", "share", "run"]
    rows = [_row(item, some, found) for item, some in sorted(overlaps.items())]
    sums = [sum(row[n] for row in rows) for n in range(1, 5)]
    say_table(header, [*rows, ["all", *sums, "", ""]])
    missing = {name for some in overlaps.values() for name in some} - contents.keys()
    say(f"{len(missing)} documents are not in the deliveries")


def contents_of(wanted: set[str], folder: Path) -> dict[str, str]:
    """The normalized text of the documents of the real deliveries that have these ids."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as conf:
        partners = real_conf(folder, Path(conf))
        params = build_parameters(partners, "/nowhere", "partners=[a,b,c]")
    for shard in plan(params):
        text = params.text_params(shard.partner)
        for rows in delivered_tables(shard, endpoint_url=None):
            table, _, _ = documents(rows, partner="a", first_position=0, params=text)
            some = table.select(["source_id", "content"]).to_pylist()
            found |= {r["source_id"]: r["content"] or "" for r in some if r["source_id"] in wanted}
    return found


def found_in(
    contents: dict[str, str], benchmarks: Benchmarks
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Hits by document and item."""
    ids = list(contents)
    texts = pa.array([contents[one] for one in ids], pa.large_string())
    found = defaultdict(list)
    for hit in hits(texts, benchmarks).to_pylist():
        found[ids[hit["row"]], hit["item"]].append(hit)
    return found


def _row(
    item: str, overlaps: list[str], found: dict[tuple[str, str], list[dict[str, Any]]]
) -> list[Any]:
    kinds = [{hit["found"] for hit in found.get((one, item), [])} for one in overlaps]
    of_item = [hit for one in overlaps for hit in found.get((one, item), [])]
    return [
        item,
        len(overlaps),
        sum(QUESTION in kind for kind in kinds),
        sum(QUOTATION in kind and QUESTION not in kind for kind in kinds),
        sum(not kind for kind in kinds),
        max((f"{hit['covered']:.0%}" for hit in of_item), default=""),
        max((hit["longest_run"] for hit in of_item), default=""),
    ]


if __name__ == "__main__":
    main()
