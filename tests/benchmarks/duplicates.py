"""Which real near duplicates are found, which documents stay as siblings, and what is dropped.

    python -m tests.benchmarks.duplicates [--read 200] [--below 0.9]

HELIU_REAL_DATA names a folder with `deliveries` and `bulk`. All documents are normalized and
deduplicated as a build does it. The truth is computed otherwise: pairs that share three successive
values in one of 42 places of a signature, with the exact Jaccard similarity of the 5-character
shingles of their letters and digits, addresses left out. A pair is found if one of the two goes, or
told as siblings. With --read every drop below a similarity, and so many others at random, are
printed with what differs, to be read.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.command.terminal import say, say_table
from jobs.corpus.dedup.banding import band_keys
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.params import BandParams, SignatureParams
from jobs.corpus.dedup.signatures import signatures
from jobs.corpus.model.reasons import TEMPLATE
from jobs.corpus.model.tables import ranked_schema
from jobs.corpus.normalize.documents import documents
from jobs.corpus.normalize.facts import facts
from jobs.corpus.text.canonical import folded_texts
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from tests.builds import build_parameters, real_conf, write_partner
from tests.deliveries import delivered_tables

SHINGLE_CHARS = 5
ADDRESS = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)|https?://[!-~]+|(?<=\])\([!-~]+\)")
BULK = """
deliveries: $DATA/bulk/*.jsonl.zst
format: jsonl
columns: {text: content, title: title, url: url, published: date, id: id}
licence: public domain
priority: 5
"""
Pair = dict[str, Any]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--read", type=int, default=0)
    options.add_argument("--below", type=float, default=0.9)
    options.add_argument("--seed", type=int, default=13)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        params = parameters(Path(os.environ["HELIU_REAL_DATA"]), Path(folder))
        docs, ranked = delivered(params)
    texts = docs["content"].to_pylist()
    truth = true_pairs(texts)
    say(f"{len(texts):,} documents, {sum(map(len, texts)) / 1e6:.1f} million characters")
    rows = []
    for templates in ("drop", "keep"):
        bands = replace(params.bands, templates=templates)
        found = find_duplicates(ranked, bands=bands, rank=params.rank)
        measured, missed = measures(found, ranked, truth)
        rows.append((templates, *measured))
    say_table(["templates", "pairs from 0.85", "one goes", "siblings", "both", "reasons"], rows)
    for one, other in missed:
        say(f"missed: {one} {other} {truth[one, other]:.3f}")
    if given.read:
        read(found, docs, given)


def parameters(data: Path, folder: Path) -> BuildParams:
    conf = real_conf(data, folder / "conf")
    write_partner(conf, "bulk", BULK.replace("$DATA", str(data)))
    return build_parameters(conf, folder / "releases", "partners=[a,b,c,press,bulk]")


def delivered(params: BuildParams) -> tuple[pa.Table, pa.Table]:
    """All documents, and their facts as rows of `ranked_schema`, ordinals in the same order."""
    tables, ranked, first = [], [], 0
    schema = ranked_schema(params.signature.num_perm)
    priorities = {partner.name: partner.priority for partner in params.partners}
    for shard in plan(params):
        name, text = shard.partner.name, params.text_params(shard.partner)
        for rows in delivered_tables(shard, endpoint_url=None):
            table, _, _ = documents(rows, partner=name, first_position=first, params=text)
            table = table.filter(pc.is_valid(table["content"]))
            known = facts(table, params=params.signature)
            columns = {one: known[one] for one in known.column_names}
            columns["ordinal"] = pa.array(np.arange(len(table)) + first, pa.int64())
            columns["partner"] = pa.repeat(name, len(table))
            columns["priority"] = pa.repeat(pa.scalar(priorities[name], pa.int32()), len(table))
            for flag in ("is_frozen", "is_taken_down", "is_template"):
                columns[flag] = pa.repeat(pa.scalar(value=False), len(table))
            ranked.append(pa.table([columns[one] for one in schema.names], schema=schema))
            tables.append(table.append_column("partner", columns["partner"]))
            first += len(table)
    return pa.concat_tables(tables), pa.concat_tables(ranked)


def true_pairs(texts: list[str], least: float = 0.85) -> dict[tuple[int, int], float]:
    """Numbers of texts whose shingles are as similar, and how similar."""
    plain = folded_texts(pa.array([ADDRESS.sub("", one) for one in texts], pa.large_string()))
    signature = SignatureParams(num_perm=126, seed=7, shingle_chars=SHINGLE_CHARS)
    bands = BandParams(signature, bands=42, rows=3, threshold=least, verify="signature")
    signed = signatures(plain, params=signature)
    keys = band_keys(signed, np.zeros((len(texts), 2), np.uint64), params=bands)
    sets: dict[int, frozenset[str]] = {}
    found: dict[tuple[int, int], float] = {}
    words = plain.to_pylist()
    for one, other in _candidates(keys[:, :-1], signed):
        share = _jaccard(*(_shingles(number, words, sets) for number in (one, other)))
        if share >= least:
            found[one, other] = share
    return found


def _candidates(keys: np.ndarray, signed: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs that share a key and at least seven of ten values, each once, ascending."""
    seen: set[tuple[int, int]] = set()
    for band in range(keys.shape[1]):
        order = np.argsort(keys[:, band], kind="stable")
        bounds = np.flatnonzero(np.diff(keys[order, band])) + 1
        for members in np.split(order, bounds):
            for at in range(len(members) if len(members) > 1 else 0):
                others = members[at + 1 :]
                agree = (signed[members[at]] == signed[others]).mean(axis=1)
                for other in others[agree >= 0.7].tolist():
                    pair = (min(int(members[at]), other), max(int(members[at]), other))
                    if pair not in seen:
                        seen.add(pair)
    yield from sorted(seen)


def _shingles(number: int, words: list[str], sets: dict[int, frozenset[str]]) -> frozenset[str]:
    if number not in sets:
        text, k = words[number], SHINGLE_CHARS
        sets[number] = frozenset(text[i : i + k] for i in range(max(1, len(text) - k + 1)))
        if len(sets) > 300:
            del sets[next(iter(sets))]
    return sets[number]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def measures(
    found: pa.Table, ranked: pa.Table, truth: dict[tuple[int, int], float]
) -> tuple[tuple[Any, ...], list[tuple[int, int]]]:
    """Pairs, those of which one goes, those that stay as siblings, reasons; and pairs missed."""
    rows = found.to_pylist()
    gone = {row["ordinal"] for row in rows if row["reason"] != TEMPLATE}
    staying = {row["ordinal"] for row in rows if row["reason"] == TEMPLATE}
    left = [pair for pair in truth if not gone & set(pair)]
    keys = ranked["title_key"].to_pylist()
    letters, numbers = ranked["letters"].to_pylist(), ranked["numbers"].to_pylist()

    def are_siblings(one: int, other: int) -> bool:
        is_numbers = 0 != numbers[one] != numbers[other] != 0 and letters[one] == letters[other]
        return is_numbers or are_unlike(keys[one] or "", keys[other] or "")

    told = [pair for pair in left if staying and are_siblings(*pair)]
    missed = [pair for pair in left if pair not in set(told)]
    reasons = dict(sorted(Counter(row["reason"] for row in rows).items()))
    share = 1 - len(missed) / max(len(truth), 1)
    return (len(truth), len(truth) - len(left), len(told), f"{share:.2%}", reasons), missed


def are_unlike(one: str, other: str) -> bool:
    """Whether two title keys name different documents of one kind."""
    shorter, longer = sorted((one, other), key=len)
    shared = (Counter(shorter) & Counter(longer)).total()
    return bool(shorter) and shorter not in longer and 2 * shared >= len(shorter)


def read(found: pa.Table, docs: pa.Table, given: argparse.Namespace) -> None:
    """Print the pairs to be read, each with what differs."""
    rows = found.to_pylist()
    order = random.Random(given.seed)
    drops = [row for row in rows if row["reason"] != TEMPLATE]
    below = [row for row in drops if (row["similarity"] or 0) < given.below]
    others = [row for row in drops if row not in below]
    siblings = [row for row in rows if row["reason"] == TEMPLATE]
    for name, some in (("below", below), ("random", others), ("siblings", siblings)):
        chosen = some if name == "below" else order.sample(some, min(given.read, len(some)))
        for row in chosen:
            show(name, row, docs)


def show(name: str, row: Pair, docs: pa.Table) -> None:
    gone, kept = (docs.slice(row[at], 1).to_pylist()[0] for at in ("ordinal", "kept_ordinal"))
    similarity = "" if row["similarity"] is None else f"{row['similarity']:.3f}"
    say(f"== {name} {row['ordinal']}>{row['kept_ordinal']} {row['reason']} {similarity}")
    for what, one in (("gone", gone), ("kept", kept)):
        say(f"   {what}: {one['partner']} {one['content_chars']} {one['title']}")
    for line in differences(gone["content"], kept["content"]):
        say(f"   {line}")


def differences(one: str, other: str, most: int = 8) -> list[str]:
    """What only one of two texts has, part by part."""
    parts = [re.findall(r"[^。；！？\n]+", text) for text in (one, other)]
    matcher = difflib.SequenceMatcher(None, *parts, autojunk=False)
    lines = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            sides = ["｜".join(part.strip() for part in parts[0][a:b])]
            sides.append("｜".join(part.strip() for part in parts[1][c:d]))
            lines.append(" ⇔ ".join(side[:160] for side in sides))
    rest = [f"… and {len(lines) - most} more"] if len(lines) > most else []
    return lines[:most] + rest


if __name__ == "__main__":
    main()
