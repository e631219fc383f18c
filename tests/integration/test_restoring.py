"""Takedown with restore: copies return as the plain loop over what is left would keep them."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jobs.corpus.model.identity import document_id
from jobs.corpus.release.takedown import Policy
from jobs.errors import ConfigError, DeliveryMissing
from jobs.flow.releases.difference import diff
from jobs.flow.releases.explanation import explain
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import verify
from jobs.flow.takedown.renormalization import recorded_params
from tests.builds import in_this_process
from tests.oracles import Decision, Documents, expected_decisions
from tests.takedowns import PRIORITIES, Built, article, copied, request, row, rows

pytestmark = pytest.mark.timeout(900)

restoring = partial(request, policy=Policy.RESTORE, urls=())


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with in_this_process():
        yield


def variant(number: int, changed: int) -> str:
    """A text and its near copies: neighbours are similar enough, those further apart are not."""
    sentences = article(number, 18).split("。")
    for place in range(changed):
        sentences[2 * place] = (
            f"另据本报记者第{changed}次从现场发回的报道，{number}号工程已经{place}次延期"
        )
    return "。".join(sentences)


def clustered(folder: Path) -> Built:
    """1.0.0 of gov and news, 1.1.0 with papers on top: the same 12 texts, in copies of copies."""
    corpus = Built(folder, how=("shards.release_bytes=40000",))
    choose = random.Random(7)
    for version, partners in (("1.0.0", ("gov", "news")), ("1.1.0", ("papers",))):
        for name in partners:
            given = [(number, choose.randrange(5)) for number in range(12) for _ in range(3)]
            texts = [variant(*chosen) + "谨此说明" * choose.randrange(3) for chosen in given]
            found = [row(f"{name[0]}{n}", text) for n, text in enumerate(texts)]
            # Titles that differ in numbers alone would make siblings of copies.
            corpus.deliver(name, "a", [one | {"title": "公告"} for one in found])
        parent = "null" if version == "1.0.0" else "1.0.0"
        corpus.build(version, *partners, parent=parent)
    return corpus


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return clustered(tmp_path_factory.mktemp("clustered"))


@pytest.fixture
def corpus(template: Built, tmp_path: Path) -> Built:
    return copied(template, tmp_path)


def delivered(corpus: Built) -> dict[str, dict[str, Any]]:
    """Every delivered row by its document's id."""
    return {
        document_id(name, given["id"]).hex(): {**given, "partner": name}
        for name in PRIORITIES
        for given in corpus.delivered(name)
    }


def loop(
    corpus: Built, release: OpenedRelease, gone: set[str], meant: set[str]
) -> dict[str, Decision]:
    """What becomes of everything dropped for what is gone: what is left is kept, then the loop."""
    known = delivered(corpus)
    rest = {told["id"] for told in rows(release, "shards")} - gone
    copies = {
        told["doc_id"] for told in rows(release, "decisions") if told["kept_doc_id"] in gone
    } - meant

    def documents(ids: set[str]) -> Documents:
        return {one: (PRIORITIES[known[one]["partner"]], known[one]["text"]) for one in ids}

    return expected_decisions(
        documents(copies), frozen=documents(rest), params=corpus.params("9.9.9", "gov")
    )


def kept_ids(release: OpenedRelease, **having: Any) -> list[str]:
    found = [told for told in rows(release, "shards") if having.items() <= told.items()]
    return sorted(told["id"] for told in found)


SELECTIONS: dict[str, dict[str, Any]] = {
    "partner": {"partner": "gov"},
    "site": {"domain": "site1.example", "licence": "CC-BY-4.0"},
    "ids": {"ids": "every third"},
}


@pytest.mark.parametrize("how", SELECTIONS)
def test_copies_return_as_the_plain_loop_over_what_is_left_says(corpus: Built, how: str) -> None:
    before = corpus.opened("1.1.0")
    given = dict(SELECTIONS[how])
    if "ids" in given:
        given["ids"] = tuple(kept_ids(before)[::3])
    asked = restoring(**given)
    known = delivered(corpus)
    meant = {
        identity
        for identity, told in known.items()
        if identity in given.get("ids", ())
        or told["partner"] == given.get("partner")
        or (given.get("domain") or "-") in told["url"]
    }
    gone = {told["id"] for told in rows(before, "shards")} & meant
    expected = loop(corpus, before, gone, meant)
    found, done = corpus.take_down(asked)
    after = corpus.opened("1.1.1")
    assert (verify(after).problems, verify(after).metadata_problems) == ([], [])
    assert verify(after).orphans == 0
    decided = {told["doc_id"]: told for told in rows(after, "decisions")}
    fates = {
        one: None
        if decided[one]["verdict"] == "kept"
        else (decided[one]["kept_doc_id"], decided[one]["similarity"])
        for one in expected
    }
    assert fates == expected
    back = {one for one, fate in expected.items() if fate is None}
    assert back
    assert how == "site" or len(back) < len(expected)
    assert corpus.ids("1.1.1") == (corpus.ids("1.1.0") - gone) | back
    assert {told["id"]: told["content"] for told in rows(after, "shards")} == {
        one: known[one]["text"] for one in corpus.ids("1.1.1")
    }
    untouched = [told for told in rows(before, "decisions") if told["kept_doc_id"] not in gone]
    assert all(decided[told["doc_id"]] == told for told in untouched if told["doc_id"] not in meant)
    assert {decided[one]["url"] for one in meant} == {None}
    assert done.release.manifest["corrects"]["restored"] == len(back)
    assert found is not None
    assert sum(found.report()["copies"].values()) == len(expected)
    changes = diff(before, after).partners
    assert sum(change["added"] for change in changes.values()) == len(back)
    assert sum(change["removed"] for change in changes.values()) == len(gone)


@pytest.mark.parametrize("how", [(), ("minhash.verify=exact", "shards.group_documents=3")])
def test_build_of_everything_but_the_withdrawn_keeps_the_same_where_no_copy_meets_what_stayed(
    tmp_path: Path, how: tuple[str, ...]
) -> None:
    corpus = Built(tmp_path, how=how)
    first, pasted = (
        article(1),
        "\n".join([article(9), *["市政府大楼外景（资料图片），记者摄于昨日上午"] * 4]),
    )
    corpus.deliver("gov", "a", [row("a", first), row("b", article(2)), row("c", pasted)])
    corpus.deliver("news", "a", [row("d", first), row("e", f"{first}本报讯。"), row("f", pasted)])
    corpus.deliver("papers", "a", [row("g", f"{article(2)}据悉。"), row("h", article(3))])
    before = corpus.build("1.0.0", "gov", "news", "papers")
    asked = restoring(release="1.0.0", version="1.0.1", partner="gov", is_redacting=True)
    corpus.take_down(asked)
    after = corpus.opened("1.0.1")
    without = corpus.build("2.0.0", "news", "papers")
    assert corpus.ids("1.0.1") == corpus.ids("2.0.0")
    assert [
        {name: told[name] for name in told if name != "ordinal"} for told in rows(after, "removals")
    ] == rows(without, "removals")
    for one in ("shards", "facts"):
        by_id = partial(sorted, key=lambda told: told["id"])
        assert by_id(rows(after, one)) == by_id(rows(without, one))
    told = {row["doc_id"]: row for row in rows(after, "decisions") if row["partner"] != "gov"}
    assert told == {row["doc_id"]: row for row in rows(without, "decisions")}
    for name in ("news", "papers"):
        assert after.manifest["partners"][name] == without.manifest["partners"][name]
    assert before.manifest["partners"]["news"]["kept"] < after.manifest["partners"]["news"]["kept"]


def test_restoring_again_and_building_on_it_keep_everybody_accounted_for(
    corpus: Built,
) -> None:
    corpus.take_down(restoring(partner="gov"))
    first = corpus.opened("1.1.1")
    corpus.deliver("news", "b", [row("n90", article(900)), row("n91", variant(3, 1))])
    child = corpus.build("1.2.0", "news", parent="1.1.1")
    assert verify(child).problems == verify(child).metadata_problems == []
    assert corpus.ids("1.2.0") >= corpus.ids("1.1.1") | {document_id("news", "n90").hex()}
    back = sorted(corpus.ids("1.1.1") - corpus.ids("1.1.0"))
    again = restoring(release="1.2.0", version="1.2.1", ids=tuple(back))
    expected = loop(corpus, child, {*back}, {*back})
    corpus.take_down(again)
    after = corpus.opened("1.2.1")
    assert verify(after).problems == verify(after).metadata_problems == []
    returned = {one for one, fate in expected.items() if fate is None}
    assert returned
    assert corpus.ids("1.2.1") == (corpus.ids("1.2.0") - {*back}) | returned
    told = explain(after, min(returned))
    assert told is not None
    assert told.document is not None
    assert told.decisions[0]["verdict"] == "kept"
    verdicts = Counter(told["verdict"] for told in rows(after, "decisions"))
    assert verdicts.total() == len(delivered(corpus))
    assert first.manifest["corrects"]["restored"] == len(back)


def test_what_was_taken_down_for_its_text_and_what_is_withdrawn_itself_stay_away(
    corpus: Built,
) -> None:
    """A copy meets a tombstone with text; the partner's own copies, kept or not, never return."""
    before = corpus.opened("1.1.0")
    named = [told["kept_doc_id"] for told in rows(before, "decisions") if told["kept_doc_id"]]
    first = next(
        one for one, _ in Counter(named).most_common() if one in kept_ids(before, partner="gov")
    )
    corpus.take_down(request(urls=(), ids=(first,)))
    corpus.deliver("papers", "b", [row("p90", f"{delivered(corpus)[first]['text']}特此转载。")])
    again = restoring(release="1.1.1", version="1.1.2", partner="gov")
    corpus.take_down(again)
    decided = {told["doc_id"]: told for told in rows(corpus.opened("1.1.2"), "decisions")}
    text = {told["doc_id"] for told in rows(before, "decisions") if told["kept_doc_id"] == first}
    assert text
    assert {decided[one]["reason"] for one in text} == {"taken_down"}
    release = corpus.build("2.0.0", "gov", "news", "papers")
    assert verify(release).problems == []
    assert kept_ids(release, partner="gov") == []
    assert {document_id("papers", "p90").hex(), *text}.isdisjoint(corpus.ids("2.0.0"))


def test_texts_are_normalized_again_where_the_tables_are_gone(
    corpus: Built, tmp_path: Path
) -> None:
    asked = restoring(partner="gov")
    other = copied(corpus, tmp_path / "other")
    shutil.rmtree(other.root / "demo" / "work")
    # What was delivered since is another matter.
    other.deliver("news", "later", [row("n99", article(999))])
    _, done = corpus.take_down(asked)
    assert other.take_down(asked)[1].release.digest == done.release.digest


def test_text_that_cannot_be_had_any_more_ends_the_takedown_before_it_changes_anything(
    corpus: Built,
) -> None:
    shutil.rmtree(corpus.root / "demo" / "work")
    news = corpus.folder / "deliveries" / "news"
    (news / "a.jsonl").write_bytes((news / "a.jsonl").read_bytes() + b"\n")
    there = {path for path in corpus.root.rglob("*") if "work" not in path.parts}
    told = (
        r"such as [0-9a-f]{32} of \w+ \(a\.jsonl, row \d+\).*a\.jsonl of news is not there.*remove"
    )
    with pytest.raises(DeliveryMissing, match=told):
        corpus.take_down(restoring(partner="gov"))
    (news / "a.jsonl").unlink()
    with pytest.raises(DeliveryMissing, match=r"such as .*matches no file.*policy=remove"):
        corpus.take_down(restoring(partner="gov"))
    assert {path for path in corpus.root.rglob("*") if "work" not in path.parts} == there
    corpus.take_down(request(urls=(), partner="gov"))


def test_build_that_the_log_does_not_tell_of_is_not_run_again(corpus: Built) -> None:
    with pytest.raises(ConfigError, match=r"does not say how demo 1\.1\.0-copy was built"):
        recorded_params(corpus.handle, "1.1.0-copy", corpus.rebuild)


def test_words_alone_restore_nothing() -> None:
    with pytest.raises(ConfigError, match="policy=remove"):
        restoring(contains="大桥")
