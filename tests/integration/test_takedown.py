"""Takedown: what goes is gone, from everywhere if asked, stays gone, and nothing else changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.corpus.model.identity import document_id
from jobs.corpus.release.takedown import Policy
from jobs.errors import AlreadyPublished, ConfigError
from jobs.flow.dedup.frozen import Origin
from jobs.flow.dedup.tombstones import tombstone_shards
from jobs.flow.releases.corrections import logged_operations
from jobs.flow.releases.difference import diff
from jobs.flow.releases.opened_release import open_release
from jobs.flow.releases.verification import verify
from jobs.flow.takedown.selection import document_ids
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.log import head
from jobs.takedown import main as takedown_main
from tests.builds import in_this_process
from tests.takedowns import (
    PRIVATE,
    PRIVATE_URL,
    Built,
    Crash,
    CrashingStore,
    article,
    copied,
    grown,
    objects_with,
    private_text,
    request,
    row,
    rows,
)

pytestmark = pytest.mark.timeout(900)

SECRET = document_id("gov", "secret").hex()
COPY = document_id("news", "copy").hex()
NEAR = document_id("papers", "near").hex()


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with in_this_process():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return grown(tmp_path_factory.mktemp("takedown"))


@pytest.fixture
def corpus(template: Built, tmp_path: Path) -> Built:
    return copied(template, tmp_path)


def test_report_counts_what_goes_and_changes_nothing(corpus: Built) -> None:
    before = sorted(path for path in (corpus.folder / "root").rglob("*"))
    report = corpus.search(request()).report()
    assert report["documents"] == {"1.1.0": 1}
    assert report["partners"] == {"gov": 1}
    assert report["sites"] == {"private.example": 1}
    assert report["examples"] == [SECRET]
    assert report["files"] == {"shards": 1, "facts": 1, "decisions": 3, "removals": 0}
    everywhere = corpus.search(request(is_redacting=True)).report()
    assert everywhere["documents"] == {"1.1.0": 1, "0.9.0": 1, "1.0.0": 1}
    assert sorted(path for path in (corpus.folder / "root").rglob("*")) == before


def test_patch_release_is_the_release_without_what_was_taken_down(corpus: Built) -> None:
    before = corpus.opened("1.1.0")
    _, done = corpus.take_down(request())
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
    made_by, now_by = (one.manifest["parameters"]["libraries"] for one in (before, after))
    assert now_by == {**made_by, "1.1.1": made_by["1.1.0"]}
    # Older versions are as they were.
    assert verify(corpus.opened("1.1.0")).problems == []
    assert not corpus.opened("1.1.0").is_redacted


@pytest.mark.parametrize("parent", ["null", "1.1.1"])
def test_no_later_build_brings_it_back(corpus: Built, parent: str) -> None:
    corpus.take_down(request())
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


def test_redaction_leaves_the_text_in_no_object_and_everything_else_sound(
    corpus: Built,
) -> None:
    root = corpus.folder / "root"
    assert len(objects_with(root, PRIVATE)) > 3
    before = {version: corpus.ids(version) for version in ("0.9.0", "1.0.0", "1.1.0")}
    _, done = corpus.take_down(request(is_redacting=True))
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
    assert head(corpus.handle).registry.epoch == 1


def test_takedown_stopped_at_any_request_is_nothing_or_is_finished_by_running_it_again(
    corpus: Built, tmp_path: Path
) -> None:
    asked = request(is_redacting=True)
    again = tmp_path / "again"
    shutil.copytree(corpus.folder / "root", again)
    _, whole = corpus.take_down(asked, DirectoryStore(again))
    number, were_published = 0, set()
    while True:
        root = tmp_path / f"root-{number}"
        shutil.copytree(corpus.folder / "root", root)
        try:
            corpus.take_down(asked, CrashingStore(root, number))
        except Crash:
            pass
        else:
            break
        store = DirectoryStore(root)
        is_published = head(Corpus(store, "demo")).registry.exactly("1.1.1") is not None
        were_published.add(is_published)
        if not is_published:
            unchanged = open_release(store, "demo", "1.0.0")
            assert verify(unchanged, "sizes").problems == []
        found, done = corpus.take_down(asked, store)
        assert (found is None) == is_published
        assert done.release.digest == whole.release.digest
        assert verify(done.release).problems == []
        assert objects_with(root, PRIVATE, PRIVATE_URL) == []
        assert done.erasure is not None
        assert done.erasure["deleted"] == whole.erasure["deleted"]
        shutil.rmtree(root)
        number += 4 if number < 40 else 37
    assert were_published == {True, False}
    assert number > 30


def test_takedown_done_before_says_so_and_another_of_that_version_is_refused(
    corpus: Built,
) -> None:
    _, first = corpus.take_down(request())
    found, done = corpus.take_down(request())
    assert (found, done.is_new, done.release.digest) == (None, False, first.release.digest)
    for other in (request(urls=(), partner="papers"), request(reason="request 18")):
        with pytest.raises(AlreadyPublished, match="choose another version"):
            corpus.take_down(other)


def test_partner_withdrawn_with_restore_leaves_every_release_and_copies_take_its_place(
    corpus: Built,
) -> None:
    asked = request(urls=(), partner="gov", policy=Policy.RESTORE, is_redacting=True)
    corpus.take_down(asked)
    patched = corpus.opened("1.1.1")
    assert verify(patched).problems == []
    account = patched.manifest["partners"]["gov"]
    assert (account["kept"], account["delivered"]) == (0, 14)
    back = {COPY, document_id("news", "same").hex()}
    kept = {row["id"] for row in rows(corpus.opened("1.1.0"), "shards")}
    assert corpus.ids("1.1.1") == kept | back
    near = next(row for row in rows(patched, "decisions") if row["doc_id"] == NEAR)
    assert (near["reason"], near["kept_doc_id"]) == ("near_duplicate", COPY)
    assert rows(patched, "removals") == []
    for version in ("0.9.0", "1.0.0", "1.1.0"):
        found = verify(corpus.opened(version))
        assert (found.problems, found.metadata_problems) == ([], [])
    assert COPY in corpus.ids("0.9.0"), "a copy of somebody else stays"
    release = corpus.build("1.2.0", "gov", "news", "papers")
    assert verify(release).problems == []
    assert corpus.ids("1.2.0") == corpus.ids("1.1.1")
    assert release.manifest["partners"]["gov"]["kept"] == 0


def test_build_that_could_not_know_copies_is_refused_by_what_differs(corpus: Built) -> None:
    corpus.take_down(request())
    params = corpus.params("2.0.0", "gov")
    other = replace(
        params, bands=replace(params.bands, signature=replace(params.signature, seed=2))
    )
    with pytest.raises(ConfigError, match=r"minhash\.seed: 1, 2"):
        tombstone_shards(corpus.store, other)
    (stone,) = tombstone_shards(corpus.store, params)
    assert (stone.delivered, stone.origin, stone.text_key) == (1, Origin.TOMBSTONE, None)


def test_takedown_of_nothing_and_for_no_reason_is_refused_without_private_words(
    corpus: Built,
) -> None:
    nowhere = request(urls=("https://nowhere.example/李某",))
    with pytest.raises(ConfigError, match=r"1\.1\.0 does not have any document .* urls") as refused:
        corpus.search(nowhere)
    assert "nowhere" not in str(refused.value)
    with pytest.raises(ConfigError, match="reason"):
        corpus.take_down(request(reason=" "))
    with pytest.raises(ConfigError, match="no criterion selects documents"):
        request(urls=())
    with pytest.raises(ConfigError, match="number 2 is neither") as refused:
        document_ids([f"gov/{PRIVATE}", PRIVATE])
    assert PRIVATE not in str(refused.value)


def test_takedown_by_command_tells_no_log_what_was_searched_for(
    corpus: Built, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = corpus.folder / "root"
    given = ["release=1.1.0", "version=1.1.1", f"storage.root={root}", f"contains={PRIVATE}"]
    for more in ([], ["apply=true", "redact=true", "reason=request 17"]):
        monkeypatch.setattr("sys.argv", ["heliu takedown", *given, *more])
        takedown_main()
    said = capsys.readouterr()
    assert "nothing was changed" in said.out
    assert "demo 1.1.1 published: 1.1.0 without 1 document" in said.out
    assert SECRET in said.out
    assert PRIVATE not in said.out + said.err
    assert objects_with(root, PRIVATE, PRIVATE_URL) == []
    (entry,) = [one for one in logged_operations(corpus.handle) if one["op"] == "redact"]
    assert "redacted 0.9.0, 1.0.0, 1.1.0" in entry["what"]


def test_redacted_release_is_no_parent_and_is_compared_by_what_it_holds(
    corpus: Built,
) -> None:
    corpus.take_down(request(is_redacting=True))
    with pytest.raises(ConfigError, match="extend the release of the takedown"):
        corpus.build("1.2.0", "gov", parent="1.1.0")
    with pytest.raises(ConfigError, match="correct the release of the takedown instead"):
        corpus.search(request(version="1.1.2"))
    found = diff(corpus.opened("1.0.0"), corpus.opened("1.1.0"))
    there = [
        row[name] for row in found.partners.values() for name in ("added", "changed", "unchanged")
    ]
    assert sum(there) == len(corpus.ids("1.1.0"))


def test_second_redaction_replaces_what_the_first_put_in_place(corpus: Built) -> None:
    corpus.take_down(request(is_redacting=True))
    others = sorted(corpus.ids("1.1.1") - {NEAR})
    asked = {"urls": (), "ids": tuple(others[::3]), "is_redacting": True}
    second = request(release="1.1.1", version="1.1.2", **asked)
    corpus.take_down(second)
    for version in ("0.9.0", "1.0.0", "1.1.0", "1.1.1", "1.1.2"):
        found = verify(corpus.opened(version))
        assert (found.problems, found.metadata_problems, found.orphans) == ([], [], 0)
        assert not corpus.ids(version) & {SECRET, COPY, NEAR, *others[::3]}
    assert corpus.ids("1.1.2") == set(others) - set(others[::3])
    release = corpus.build("2.0.0", "gov", "news", "papers")
    assert corpus.ids("2.0.0") & {SECRET, *others[::3]} == set()
    assert verify(release).problems == []
