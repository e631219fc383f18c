"""Takedown: what goes is gone, from everywhere if asked, stays gone, and nothing else changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.corpus.identity import document_id
from jobs.flow.takedowns import take_down
from jobs.flow.verifying import verify
from jobs.flow.withdrawing import search
from jobs.storage.log import head
from tests.builds import ABOUT
from tests.takedowns import (
    PRIVATE,
    PRIVATE_URL,
    Corpus,
    article,
    grown,
    objects_with,
    private_text,
    request,
    row,
    rows,
    without_ray,
)

pytestmark = pytest.mark.timeout(300)

SECRET = document_id("gov", "secret").hex()
COPY = document_id("news", "copy").hex()
NEAR = document_id("papers", "near").hex()


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with without_ray():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return grown(tmp_path_factory.mktemp("takedown"))


@pytest.fixture
def corpus(template: Corpus, tmp_path: Path) -> Corpus:
    shutil.copytree(template.folder / "root", tmp_path / "root")
    shutil.copytree(template.folder / "deliveries", tmp_path / "deliveries")
    for path in (template.folder / "partners").iterdir():
        body = path.read_text(encoding="utf-8").replace(str(template.folder), str(tmp_path))
        (tmp_path / "partners").mkdir(exist_ok=True)
        (tmp_path / "partners" / path.name).write_text(body, encoding="utf-8")
    return Corpus(tmp_path)


def test_report_counts_what_goes_and_changes_nothing(corpus: Corpus) -> None:
    before = sorted(path for path in (corpus.folder / "root").rglob("*"))
    report = search(corpus.store, "demo", request()).report()
    assert report["documents"] == {"1.1.0": 1}
    assert report["partners"] == {"gov": 1}
    assert report["sites"] == {"private.example": 1}
    assert report["examples"] == [SECRET]
    assert report["files"] == {"shards": 1, "facts": 1, "decisions": 3, "removals": 0}
    everywhere = search(corpus.store, "demo", request(is_redacting=True)).report()
    assert everywhere["documents"] == {"1.1.0": 1, "0.9.0": 1, "1.0.0": 1}
    assert sorted(path for path in (corpus.folder / "root").rglob("*")) == before


def test_patch_release_is_the_release_without_what_was_taken_down(corpus: Corpus) -> None:
    before = corpus.opened("1.1.0")
    _, done = take_down(corpus.store, "demo", request(), about=ABOUT)
    after = corpus.opened("1.1.1")
    assert after.digest == done.release.digest
    assert verify(after).problems == verify(after).metadata_problems == []
    gone = {row["id"] for row in rows(before, "shards")} - corpus.ids("1.1.1")
    assert gone == {SECRET}
    changed = {e["sha256"] for e in after.entries("shards")} - {
        e["sha256"] for e in before.entries("shards")
    }
    assert len(changed) == 1
    decided = {row["doc_id"]: row for row in rows(after, "decisions")}
    assert len(rows(after, "decisions")) == len(rows(before, "decisions"))
    for doc_id in (SECRET, COPY, NEAR):
        told = decided[doc_id]
        assert (told["verdict"], told["stage"], told["reason"]) == (
            "dropped",
            "takedown",
            "taken_down",
        )
        assert told["kept_doc_id"] is told["url"] is told["source_id"] is told["evidence"] is None
    account = after.manifest["partners"]["gov"]
    assert account["reasons"]["takedown/taken_down"] == 1
    assert after.manifest["corrects"]["version"] == "1.1.0"
    # Older versions are as they were.
    assert verify(corpus.opened("1.1.0")).problems == []
    assert not corpus.opened("1.1.0").is_redacted


@pytest.mark.parametrize("parent", ["null", "1.1.1"])
def test_no_later_build_brings_it_back(corpus: Corpus, parent: str) -> None:
    take_down(corpus.store, "demo", request(), about=ABOUT)
    corpus.deliver("papers", "b", [row("again", f"转载：{private_text()}"), row("q", article(300))])
    partners = ("gov", "news", "papers")
    release = corpus.build("1.2.0", *partners, parent=parent)
    assert verify(release).problems == []
    assert not [r for r in rows(release, "shards") if PRIVATE in r["content"]]
    decided = {row["doc_id"]: row for row in rows(release, "decisions")}
    again = decided[document_id("papers", "again").hex()]
    assert (again["reason"], again["kept_doc_id"], again["url"]) == ("taken_down", None, None)
    assert decided[document_id("papers", "q").hex()]["verdict"] == "kept"
    for doc_id in (SECRET, COPY, NEAR):
        assert decided[doc_id]["reason"] == "taken_down"
        assert decided[doc_id]["url"] is None


def test_redaction_leaves_the_text_in_no_object_and_everything_else_sound(corpus: Corpus) -> None:
    root = corpus.folder / "root"
    assert len(objects_with(root, PRIVATE)) > 3
    before = {version: corpus.ids(version) for version in ("0.9.0", "1.0.0", "1.1.0")}
    _, done = take_down(corpus.store, "demo", request(is_redacting=True), about=ABOUT)
    assert objects_with(root, PRIVATE, PRIVATE_URL) == []
    lost = {"0.9.0": {COPY}, "1.0.0": {SECRET}, "1.1.0": {SECRET}}
    for version, ids in before.items():
        release = corpus.opened(version)
        assert release.is_redacted
        found = verify(release)
        assert (found.problems, found.metadata_problems, found.orphans) == ([], [], 0)
        assert ids - corpus.ids(version) == lost[version]
    assert verify(corpus.opened("1.1.1")).problems == []
    assert done.erasure is not None
    assert done.erasure["releases"] == ["0.9.0", "1.0.0", "1.1.0"]
    assert done.erasure["deleted"]
    assert {told["is_gone"] for told in done.erasure["deleted"]} == {True}
    release = corpus.build("2.0.0", "gov", "news", "papers")
    assert not [r for r in rows(release, "shards") if PRIVATE in r["content"]]
    assert head(corpus.store, "demo").registry.epoch == 1
