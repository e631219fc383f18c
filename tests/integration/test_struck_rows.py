"""Rows in no release, rejected or dropped for any reason, tell nothing of what was taken down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from jobs.corpus.model.identity import document_id
from jobs.corpus.signals.rules import Rule
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import verify
from tests.builds import build, in_this_process
from tests.takedowns import (
    PRIVATE,
    PRIVATE_URL,
    Built,
    article,
    copied,
    objects_with,
    private_text,
    request,
    row,
    rows,
)

pytestmark = pytest.mark.timeout(900)

SPELLINGS = [
    "http://WWW.Private.Example:8080/a,b",
    "https://user@private.example/p",
    "private.example/noscheme",
    "//private.example/protocolrel",
    "https://private.example./trailingdot",
    "https://PRIVATE.example/路径",
]
SAME = document_id("gov", "same").hex()
SHORT = 40  # characters: a rule rejects what is shorter, whatever it says


def lines() -> list[bytes]:
    """A delivery with the private text or address in rows of every fate."""
    said = f"{article(3, 2)}{PRIVATE}。"
    given: list[dict[str, Any]] = [
        row("secret", private_text(), PRIVATE_URL),
        row("same", article(9)),
        row("same", article(8, 9), f"{PRIVATE_URL}/same-id"),
        row("list", "", PRIVATE_URL) | {"text": ["前言", [PRIVATE], "后记"]},
        row("nested", "", PRIVATE_URL) | {"text": {"正文": f"“甲”\n{PRIVATE}"}},
        row("long", "", PRIVATE_URL) | {"text": [["字" * (190 - len(PRIVATE)) + PRIVATE * 2]]},
        {"id": "missing", "body": said, "url": PRIVATE_URL},
        row("null", "", PRIVATE_URL) | {"text": None},
        row("empty", "　", PRIVATE_URL),
        row("markup", "<p></p>", PRIVATE_URL),
        row("garbled", f"{'锟斤拷' * 30}{PRIVATE}", PRIVATE_URL),
        row("large", PRIVATE * 900, PRIVATE_URL),
        row("short", PRIVATE, PRIVATE_URL),
        # What was repeated is told of a document that a rule rejects, and of one that is kept.
        row("pasted", "\n".join([f"{PRIVATE}。"] * 4), PRIVATE_URL),
        *(row(f"s{number}", article(20 + number), url) for number, url in enumerate(SPELLINGS)),
    ]
    broken = f'{{"id": "broken", "text": "{article(5, 1)}{PRIVATE}'.encode()
    cut = f'{{"id": "cut", "text": "{PRIVATE}" oops "{article(6, 1)}"}}'.encode()
    escaped = orjson.dumps({"id": "escaped", "text": 0})[:-2] + PRIVATE.encode("unicode-escape")
    undecodable = orjson.dumps(row("bytes", "甲乙丙", PRIVATE_URL)).replace("乙".encode(), b"\xff")
    return [*map(orjson.dumps, given), broken, cut, escaped, undecodable]


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with in_this_process():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Built:
    corpus = Built(tmp_path_factory.mktemp("striking"), how=HOW)
    corpus.deliver("gov", "a", [row("g", article(1))])
    path = corpus.folder / "deliveries" / "gov" / "b.jsonl"
    path.write_bytes(b"\n".join(lines()))
    # A copy at the private address, of a document that stays.
    corpus.deliver("news", "a", [row("copy", article(1), f"{PRIVATE_URL}/copy"), row("n", "")])
    built(corpus, "1.0.0")
    corpus.deliver("news", "b", [row("more", article(70))])
    built(corpus, "1.1.0", parent="1.0.0")
    return corpus


HOW = ("limits.reject_share=1", "limits.text_bytes=20000")


def built(corpus: Built, version: str, parent: str = "null") -> OpenedRelease:
    params = corpus.params(version, "gov", "news", parent=parent)
    rule = Rule("too_short", "content_chars", "<", SHORT, (), ())
    build(replace(params, rules=replace(params.rules, rules=(rule,))))
    return corpus.opened(version)


@pytest.fixture
def corpus(template: Built, tmp_path: Path) -> Built:
    return copied(template, tmp_path)


def told(release: OpenedRelease, *words: str, but: str = "") -> list[tuple[str, str]]:
    """The kinds of files of a release that hold any of these words, in rows of others than one."""
    found = []
    for kind in release.kinds():
        for entry in release.entries(kind):
            table = pq.read_table(release.store.open(entry["key"]))
            others = [row for row in table.to_pylist() if row.get("doc_id") != but]
            text = orjson.dumps(others, default=lambda value: value.hex()).decode()
            found += [(kind, word) for word in words if word in text]
    return found


def test_delivery_has_a_row_of_every_fate(template: Built) -> None:
    fates = {row["reason"] for row in rows(template.opened("1.0.0"), "decisions")}
    assert fates == {
        *(None, "same_id", "exact_duplicate", "not_text", "missing_text", "null_text"),
        *("empty_text", "garbled", "too_large", "too_short", "broken_json", "undecodable"),
    }
    kinds = {kind for kind, _ in told(template.opened("1.0.0"), PRIVATE)}
    assert kinds == {"shards", "decisions", "removals"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"urls": (), "contains": PRIVATE}, (PRIVATE,)),
        ({"urls": (), "domain": "private.example"}, ("rivate.", "PRIVATE.")),
        ({"licence": "CC-BY-4.0"}, (f'{PRIVATE_URL}"',)),
    ],
)
def test_redaction_strikes_rows_of_every_fate_in_every_release(
    corpus: Built, given: dict[str, Any], words: tuple[str, ...]
) -> None:
    left = corpus.root / ".tmp" / "7c0ffee"
    left.parent.mkdir(exist_ok=True)
    left.write_text(PRIVATE + PRIVATE_URL, encoding="utf-8")
    assert told(corpus.opened("1.0.0"), *words)
    before = rows(corpus.opened("1.0.0"), "decisions")
    asked = request(is_redacting=True, **given)
    found, _ = corpus.take_down(asked)
    assert found is not None
    struck = found.report()["rows"]
    assert struck["1.0.0"] == struck["1.1.0"]
    assert struck["1.1.0"]["rejected"] > 3
    assert objects_with(corpus.root, *words) == []
    assert not left.exists()
    for version in ("1.0.0", "1.1.0", "1.1.1"):
        release = corpus.opened(version)
        checked = verify(release)
        assert (checked.problems, checked.metadata_problems, checked.orphans) == ([], [], 0)
        fates = {(row["doc_id"], row["source_row"]): row for row in rows(release, "decisions")}
        for was in before:
            now = fates[was["doc_id"], was["source_row"]]
            fate = (now["verdict"], now["reason"])
            assert fate in {(was["verdict"], was["reason"]), ("dropped", "taken_down")}
    # Whoever asks again finds nothing; a later build from the same deliveries tells nothing, but
    # of a row whose id is that of a document that may stay.
    again, _ = corpus.take_down(asked)
    assert again is None
    assert told(built(corpus, "2.0.0"), *words, but=SAME) == []


def test_takedown_without_redaction_strikes_the_same_rows_in_the_new_release_alone(
    corpus: Built,
) -> None:
    asked = request(urls=(), domain="Private.Example.")
    report = corpus.search(asked).report()
    assert report["documents"] == {"1.1.0": 7}
    assert set(report["rows"]) == {"1.1.0"}
    assert report["rows"]["1.1.0"]["dropped"] == 2  # of one id, and a copy of what stays
    corpus.take_down(asked)
    assert told(corpus.opened("1.1.1"), "rivate.", "PRIVATE.") == []
    assert told(corpus.opened("1.1.0"), "rivate.")
    kept = {row["id"] for row in rows(corpus.opened("1.1.1"), "shards")}
    assert SAME in kept  # the other row of that id


def test_rows_that_no_release_holds_can_be_taken_down_alone(corpus: Built) -> None:
    lone = document_id("gov", "list").hex()
    found, done = corpus.take_down(request(urls=(), ids=(lone, "0" * 32), is_redacting=True))
    assert found is not None
    report = found.report()
    assert (report["documents"], report["rows"]["1.1.0"]) == ({}, {"rejected": 1})
    assert (report["missing_ids"], report["examples"]) == (1, [])
    assert done.release.manifest["documents"] == corpus.opened("1.1.0").manifest["documents"]
    for version in ("1.0.0", "1.1.0", "1.1.1"):
        assert verify(corpus.opened(version)).problems == []
        told_now = next(r for r in rows(corpus.opened(version), "decisions") if r["doc_id"] == lone)
        assert told_now["verdict"] == "rejected"
        assert told_now["url"] is told_now["evidence"] is told_now["source_id"] is None
