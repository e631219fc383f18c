"""Which documents a takedown means, and what decisions say once they are gone."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.corpus.model.identity import document_id
from jobs.corpus.model.tables import DECISIONS
from jobs.corpus.release.conservation import corrected
from jobs.corpus.release.takedown import (
    Policy,
    Selection,
    decisions_without,
    is_restorable,
    selected,
    tombstones,
)
from jobs.errors import ConfigError, ConservationError
from tests.releases import decided, released

NOTHING: dict[str, Any] = {"ids": (), "urls": ()} | dict.fromkeys(
    ("url_prefix", "domain", "partner", "licence", "contains")
)
DOCUMENTS = released("gov", {"0": "他来自江南。", "1": "白日依山尽。", "2": "黄河入海流。"})


def chosen(**given: Any) -> list[str]:
    documents = DOCUMENTS.filter(selected(DOCUMENTS, Selection(**(NOTHING | given))))
    return sorted(documents["source_id"].to_pylist())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"urls": ("https://b.example/1", "https://b.example")}, ["1"]),
        ({"url_prefix": "https://a"}, ["0", "2"]),
        ({"domain": "B.example"}, ["1"]),
        ({"domain": "example"}, ["0", "1", "2"]),
        ({"domain": "xample"}, []),
        ({"partner": "gov"}, ["0", "1", "2"]),
        ({"licence": "CC0-1.0"}, []),
        ({"contains": "依山"}, ["1"]),
        ({"contains": "标题2"}, ["2"]),
        ({"contains": "."}, []),
        ({"domain": "example", "contains": "来自"}, ["0"]),
        ({"ids": tuple(DOCUMENTS["id"].to_pylist()), "domain": "a.example"}, ["0", "2"]),
    ],
)
def test_documents_that_meet_every_criterion_are_selected(
    given: dict[str, Any], expected: list[str]
) -> None:
    assert chosen(**given) == expected


def test_documents_without_address_or_title_meet_no_criterion_of_one() -> None:
    bare = DOCUMENTS
    for name in ("url", "title"):
        at = bare.schema.get_field_index(name)
        bare = bare.set_column(at, bare.schema.field(name), pa.nulls(len(bare), pa.string()))
    for given in ({"domain": "example"}, {"url_prefix": "h"}, {"contains": "标题"}):
        assert selected(bare, Selection(**(NOTHING | given))).to_pylist() == [False] * 3
    assert selected(bare.slice(0, 0), Selection(**(NOTHING | {"contains": "尽"}))).to_pylist() == []


def test_decisions_of_what_is_gone_and_of_its_copies_are_taken_down_and_no_others() -> None:
    decisions = decided(DOCUMENTS, {"copy": "near_duplicate", "bad": "broken_json"})
    rejected = [row | {"verdict": "rejected"} for row in decisions.to_pylist()]
    rejected = [row for row in rejected if row["reason"] == "broken_json"]
    others = [row for row in decisions.to_pylist() if row["reason"] != "broken_json"]
    decisions = pa.Table.from_pylist([*others, *rejected], decisions.schema)
    first = DOCUMENTS["id"][0].as_py()
    after = decisions_without(decisions, pa.array([first])).to_pylist()
    for row, before in zip(after, decisions.to_pylist(), strict=True):
        if first not in {before["doc_id"], before["kept_doc_id"]}:
            assert row == before
            continue
        assert row["url"] is row["evidence"] is row["kept_doc_id"] is None
        if before["verdict"] == "rejected":
            assert (row["verdict"], row["reason"]) == ("rejected", "broken_json")
        else:
            assert (row["verdict"], row["stage"], row["reason"]) == (
                "dropped",
                "takedown",
                "taken_down",
            )
    assert decisions_without(decisions, pa.array([], pa.string())).equals(decisions)


def test_rows_that_wait_were_dropped_for_what_goes_and_are_not_meant_themselves() -> None:
    decisions = decided(DOCUMENTS, {"one": "near_duplicate", "bad": "broken_json"})
    other = decided(released("news", {"9": "他来自江南。"}), {"two": "near_duplicate"}).to_pylist()
    first = DOCUMENTS["id"][0].as_py()
    other = [told | {"kept_doc_id": told["kept_doc_id"] and first} for told in other]
    decisions = pa.concat_tables([decisions, pa.Table.from_pylist(other, decisions.schema)])
    gone = DOCUMENTS["id"].combine_chunks()
    selection = Selection(**(NOTHING | {"partner": "gov"}))
    mask = partial(is_restorable, taken_down=gone, selection=selection, licence="CC0-1.0")
    waiting = decisions.filter(mask(decisions)).to_pylist()
    assert [(row["partner"], row["reason"]) for row in waiting] == [("news", "near_duplicate")]
    rows = [decisions.slice(number, 1) for number in range(len(decisions))]
    assert [mask(row)[0].as_py() for row in rows] == mask(decisions).to_pylist()
    everywhere = Selection(**(NOTHING | {"licence": "CC0-1.0", "contains": "江南"}))
    assert not pc.any(is_restorable(decisions, gone, everywhere, licence="CC0-1.0")).as_py()
    assert is_restorable(decisions.slice(0, 0), gone, selection, licence="").to_pylist() == []


def test_tombstones_of_what_may_stay_with_others_are_ids_each_once() -> None:
    facts = pa.table({"id": ["b", "a"], "partner": ["gov", "gov"]})
    barred = pa.table({"id": ["c", "b"], "partner": ["gov", "gov"]})
    stones = tombstones(facts, policy=Policy.RESTORE, blocked=barred)
    assert stones.to_pylist() == [{"id": one, "partner": "gov"} for one in "abc"]


def test_account_that_a_correction_does_not_conserve_is_refused() -> None:
    account = {"delivered": 3, "kept": 2, "dropped": 1, "rejected": 0, "priority": 1}
    account["reasons"] = {"dedup/near_duplicate": 1}
    moved = {
        ("kept", "merge", ""): -1,
        ("dropped", "dedup", "near_duplicate"): -1,
        ("dropped", "takedown", "taken_down"): 2,
    }
    now = corrected("gov", account, changes=moved, released=1)
    assert now == account | {"kept": 1, "dropped": 2, "reasons": {"takedown/taken_down": 2}}
    with pytest.raises(ConservationError, match="shards hold 2"):
        corrected("gov", account, changes=moved, released=2)
    with pytest.raises(ConservationError, match="2 have a decision"):
        corrected("gov", account, changes={("kept", "merge", ""): -1}, released=1)


def test_selection_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="no criterion selects documents"):
        Selection(**NOTHING)


def test_sibling_of_what_is_taken_down_stays_and_no_longer_names_it() -> None:
    first, other = (document_id("甲", name).hex() for name in ("一", "二"))
    common = {"partner": "甲", "source_file": "a", "source_row": 1, "stage": "merge"}
    rows = [
        {**common, "doc_id": first, "verdict": "kept", "copies": 1},
        {**common, "doc_id": other, "verdict": "kept", "template_of": first, "copies": 3},
    ]
    table = pa.Table.from_pylist(rows, schema=DECISIONS)
    gone, sibling = decisions_without(table, pa.array([first])).to_pylist()
    assert (gone["reason"], gone["copies"]) == ("taken_down", None)
    assert (sibling["verdict"], sibling["template_of"], sibling["copies"]) == ("kept", None, 3)


def test_decisions_of_an_older_release_keep_the_columns_they_have() -> None:
    new = {"containment", "novel_chars", "template_of", "copies", "copy_partners"}
    older = DECISIONS.empty_table().drop_columns(sorted(new))
    assert decisions_without(older, pa.array([], pa.string())).schema == older.schema
