"""What a profile of rules rejects: of planted bad texts, of good ones, and of real deliveries.

    python -m tests.benchmarks.rules --profile cci --list rejected.jsonl

Planted bad and good texts are `tests/rule_texts.py`. Of the real deliveries (HELIU_REAL_DATA) every
document is normalized and measured as in a build; `--list` writes what is rejected, to be read.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from jobs.command.conf_files import conf_folder
from jobs.command.parameters import keyword_lists
from jobs.command.terminal import say, say_table
from jobs.corpus.normalize.documents import documents
from jobs.corpus.repair.normalization import normalized_texts
from jobs.corpus.signals.rules import RuleParams, rule_verdicts
from jobs.corpus.signals.signals import signals
from jobs.flow.intake.plan import plan
from tests.builds import build_parameters, real_conf
from tests.deliveries import delivered_tables
from tests.rule_texts import bad_texts, good_texts, profile

_BATCH = 500
_KEYWORDS = keyword_lists(str(conf_folder() / "keywords"))


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--profile", default="cci")
    options.add_argument("--list", type=Path)
    given = options.parse_args()
    rules = profile(given.profile)
    planted = [*_judged("bad", bad_texts(), rules), *_judged("good", good_texts(), rules)]
    say_table(["planted", "kind", "texts", "rejected", "as"], list(_rows(planted)))
    real = list(_judged_deliveries(rules))
    say()
    say_table(["real", "", "texts", "rejected", "as"], list(_rows(real)))
    if given.list:
        rejected = [row for row in [*planted, *real] if row["reason"]]
        given.list.write_bytes(b"\n".join(map(orjson.dumps, rejected)))


def _rows(judged: list[dict[str, str]]) -> Iterator[list[object]]:
    for of, kind in dict.fromkeys((row["of"], row["kind"]) for row in judged):
        rows = [row for row in judged if (row["of"], row["kind"]) == (of, kind)]
        reasons = Counter(row["reason"] for row in rows if row["reason"])
        named = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        yield [of, kind, len(rows), reasons.total(), named]


def _judged(
    of: str, texts: Iterable[tuple[str, str]], rules: RuleParams
) -> Iterator[dict[str, str]]:
    """Yield each text with its kind and the reason of its rejection."""
    for some in _batches(texts):
        content = normalized_texts(pa.array([text for _, text in some], pa.large_string()))
        found = rule_verdicts(signals(content, params=_KEYWORDS), rules, partner="")
        columns = (content.to_pylist(), found["reason"].to_pylist())
        for (kind, _), text, reason in zip(some, *columns, strict=True):
            yield {"of": of, "kind": kind, "reason": reason, "text": text}


def _batches(texts: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(texts)
    while some := list(islice(rest, _BATCH)):
        yield some


def _judged_deliveries(rules: RuleParams) -> Iterator[dict[str, str]]:
    """Yield the documents of real deliveries and of bulk files, likewise."""
    data = os.environ.get("HELIU_REAL_DATA")
    if not data:
        return
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        conf = real_conf(Path(data), Path(folder))
        params = build_parameters(conf, folder, "partners=[a,b,c,press]")
        for shard in plan(params):
            text = params.text_params(shard.partner)
            name = shard.partner.name
            for rows in delivered_tables(shard, endpoint_url=None):
                table, _, _ = documents(rows, partner=name, first_position=0, params=text)
                some = pc.drop_null(table["content"]).to_pylist()
                yield from _judged("deliveries", ((name, one) for one in some), rules)
    for file in sorted(Path(data).glob("bulk/*.zst")):
        lines = pa.input_stream(str(file), compression="zstd").read().splitlines()
        texts = ((file.name.partition(".")[0], orjson.loads(line)["content"]) for line in lines)
        yield from _judged("bulk", texts, rules)


if __name__ == "__main__":
    main()
