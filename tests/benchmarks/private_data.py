"""What is found of planted private data, what is taken for it in real text, and how fast it is.

    python -m tests.benchmarks.private_data     # --plants 5000; --read; --argus PYTHON

Values of every kind are put into stretches of text, in five forms, and each stretch is normalized
as a build does it, with everything replaced; a plant is found if its kind's placeholder stands
there and the stretch has no other. Then real text is searched as it is; with --read each hit is
shown. argus-redact, run by an interpreter that has it, sees the same texts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.command.terminal import say, say_table
from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import TextParams, documents
from jobs.corpus.private_data.findings import private_data
from jobs.corpus.private_data.kinds import PLACEHOLDERS, PrivateKind
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.repair.repairs import RepairParams
from jobs.flow.intake.plan import plan
from tests.benchmarks.machine import circumstances, least_seconds
from tests.benchmarks.private_plants import FORMS, Plant, plants
from tests.benchmarks.texts import sample, size_of
from tests.builds import build_parameters, real_conf
from tests.corpora import NO_KEYWORDS
from tests.deliveries import delivered_tables

PEER = Path(__file__).with_name("peers") / "argus_screen.py"
STRETCH = 400  # characters around a plant
PARAMS = TextParams(
    RepairParams((), 1.0),
    RepeatedLineParams(is_on=False, min_chars=20, min_times=3, min_pasted_chars=200),
    NO_KEYWORDS,
    PrivateDataParams(**dict.fromkeys(PrivateKind, "replace")),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plants", type=int, default=5000)
    options.add_argument("--megabytes", type=int, default=32)
    options.add_argument("--argus", type=Path, help="an interpreter that has argus-redact")
    options.add_argument("--read", action="store_true", help="show what is missed, and each hit")
    given = options.parse_args()
    before = circumstances("numba", "pyarrow")
    what, texts = sample(given.megabytes * 10**6)
    made = plants(given.plants, seed=1)
    stretches = planted(texts, made)
    is_found = found(stretches, made)
    found_by_peer = argus(given.argus, stretches) if given.argus else None
    searched = [*texts, *delivered_texts()]
    hits = private_data(pa.array(searched, pa.large_string())).to_pylist()
    if given.read:
        show(stretches, made, is_found)
        show_hits(searched, hits)
    rows = recall(made, is_found, found_by_peer, Counter(hit["kind"] for hit in hits))
    say_table(list(rows[0]), [list(row.values()) for row in rows])
    say_table(["form", "planted", "found"], by_form(made, is_found))
    column = pa.array(texts, pa.large_string())
    seconds = least_seconds({"all": lambda: private_data(column)}, 3)["all"]
    speed = {"text": what, "bytes": size_of(texts), "mb_per_cpu_s": size_of(texts) / 1e6 / seconds}
    speed["searched_bytes"] = size_of(searched)
    say(json.dumps({"rows": rows, "speed": speed, "before": before}, ensure_ascii=False))


def delivered_texts() -> list[str]:
    """The texts of real deliveries, normalized; none without HELIU_REAL_DATA."""
    data = os.environ.get("HELIU_REAL_DATA")
    if not data:
        return []
    texts = []
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        conf = real_conf(Path(data), Path(folder))
        params = build_parameters(conf, Path(folder) / "releases", "partners=[a,b,c]")
        for shard in plan(params):
            text = params.text_params(shard.partner)
            for rows in delivered_tables(shard, endpoint_url=None):
                table, _, _ = documents(rows, partner="a", first_position=0, params=text)
                texts += table["content"].drop_null().to_pylist()
    return texts


def planted(texts: list[str], made: list[Plant]) -> list[tuple[str, str]]:
    """A stretch of text with each plant at a random place, and what was planted."""
    rng = random.Random(2)
    long = [text for text in texts if len(text) > 2 * STRETCH]
    stretches = []
    for plant in made:
        text = rng.choice(long)
        start = rng.randrange(len(text) - STRETCH)
        stretch = text[start : start + STRETCH]
        ends = [at + 1 for at, sign in enumerate(stretch) if sign in "。；，\n"] or [STRETCH // 2]
        at = rng.choice(ends)
        stretches.append((f"{stretch[:at]}{plant.said}。{stretch[at:]}", plant.said))
    return stretches


def found(stretches: list[tuple[str, str]], made: list[Plant]) -> list[bool]:
    """Whether each plant, and it alone, gives way to the placeholder of its kind."""
    rows = [
        {"source_file": "a", "source_row": number, "source_id": str(number), "text": text}
        for number, (text, _) in enumerate(stretches)
    ]
    delivered = pa.Table.from_pylist(rows, schema=DELIVERED)
    table, _, _ = documents(delivered, partner="a", first_position=0, params=PARAMS)
    content = table["content"].to_pylist()
    placed = [[one for one in PLACEHOLDERS.values() if one in text] for text in content]
    return [
        placeholders == [PLACEHOLDERS[plant.kind]]
        for placeholders, plant in zip(placed, made, strict=True)
    ]


def recall(
    made: list[Plant], is_found: list[bool], peer: list[bool] | None, hits: Counter[str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for kind in PrivateKind:
        of_kind = [number for number, plant in enumerate(made) if plant.kind == kind]
        row = {"kind": str(kind), "planted": len(of_kind)}
        row["found"] = sum(is_found[number] for number in of_kind)
        row["recall"] = f"{row['found'] / len(of_kind):.1%}"
        row["argus-redact"] = "" if peer is None else sum(peer[number] for number in of_kind)
        rows.append({**row, "hits in real text": hits[kind]})
    total = {"kind": "all", "planted": len(made), "found": sum(is_found)}
    total |= {"recall": f"{sum(is_found) / len(made):.1%}"}
    total |= {"argus-redact": "" if peer is None else sum(peer)}
    return [*rows, {**total, "hits in real text": hits.total()}]


def by_form(made: list[Plant], is_found: list[bool]) -> list[list[Any]]:
    rows = []
    for form in FORMS:
        of_form = [is_found[number] for number, plant in enumerate(made) if plant.form == form]
        rows.append([form, len(of_form), sum(of_form)])
    return rows


def argus(python: Path, stretches: list[tuple[str, str]]) -> list[bool]:
    """Whether argus-redact changes the words planted in each stretch."""
    done = subprocess.run(
        [python, PEER], input=json.dumps(stretches), capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    return json.loads(done.stdout)["is_redacted"]


def show(stretches: list[tuple[str, str]], made: list[Plant], is_found: list[bool]) -> None:
    for (_, said), plant, is_right in zip(stretches, made, is_found, strict=True):
        if not is_right:
            say(f"missed {plant.kind} {plant.form}: {said!r}")


def show_hits(texts: list[str], hits: list[dict[str, Any]]) -> None:
    for hit in hits:
        text = texts[hit["row"]].encode()
        start, end = hit["start"], hit["end"]
        around = text[max(start - 60, 0) : end + 60].decode(errors="ignore")
        say(f"hit {hit['kind']} {text[start:end].decode()!r} in {around!r}")


if __name__ == "__main__":
    main()
