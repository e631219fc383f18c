"""What a right program never meets: rows that do not add up stop a build."""

from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.model.identity import document_id
from jobs.corpus.model.tables import DROPS
from jobs.corpus.normalize.facts import facts
from jobs.corpus.release.conservation import added, balance
from jobs.corpus.release.decisions import decisions, released, released_facts
from jobs.errors import ConservationError
from tests.corpora import documents_table

COUNTS = {
    ("kept", "merge", ""): 7,
    ("dropped", "dedup", "near_duplicate"): 2,
    ("rejected", "intake", "empty_text"): 1,
}
ACCOUNT = {
    "delivered": 10,
    "kept": 7,
    "dropped": 2,
    "rejected": 1,
    "reasons": {"dedup/near_duplicate": 2, "intake/empty_text": 1},
}


def documents(*texts: str) -> pa.Table:
    table = documents_table(list(texts), partner="甲")
    return table.append_column("ordinal", table["position"])


def drop(ordinal: int) -> pa.Table:
    row = {
        "partner": "甲",
        "doc_id": document_id("甲", f"文{ordinal}"),
        "ordinal": ordinal,
        "reason": "exact_duplicate",
    }
    return pa.Table.from_pylist([row], schema=DROPS)


def test_account_of_numbers_that_add_up() -> None:
    assert balance("甲", delivered=10, counts=COUNTS, released=7) == ACCOUNT


@pytest.mark.parametrize(("delivered", "released"), [(11, 7), (9, 7), (10, 6), (10, 8)])
def test_account_of_a_row_too_many_or_too_few_is_refused(delivered: int, released: int) -> None:
    with pytest.raises(ConservationError, match=r"partner 甲.*nothing was published"):
        balance("甲", delivered=delivered, counts=COUNTS, released=released)


def test_accounts_of_two_builds_are_added() -> None:
    both = added("甲", ACCOUNT, ACCOUNT, released=14)
    assert (both["delivered"], both["kept"], both["reasons"]["intake/empty_text"]) == (20, 14, 2)


@pytest.mark.parametrize("released", [13, 15])
def test_accounts_that_keep_others_than_there_are_are_refused(released: int) -> None:
    with pytest.raises(ConservationError, match=r"14 documents are kept.*verify on the parent"):
        added("甲", ACCOUNT, ACCOUNT, released=released)


def test_drop_of_a_document_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConservationError, match="1 drops name 0 of 2"):
        decisions(documents("白日依山尽", "黄河入海流"), drop(2), partner="甲")


def test_drop_of_a_rejected_row_is_refused() -> None:
    table = documents("白日依山尽", "黄河入海流")
    for name, value in (("stage", "intake"), ("reason", "empty_text")):
        column = pa.array([None, value], pa.string())
        table = table.set_column(table.schema.get_field_index(name), name, column)
    assert decisions(table, drop(0), partner="甲")["verdict"].to_pylist() == ["dropped", "rejected"]
    with pytest.raises(ConservationError, match="a rejected row was also dropped"):
        decisions(table, drop(1), partner="甲")


def test_kept_document_without_facts_is_refused() -> None:
    table = documents("白日依山尽", "黄河入海流")
    known = facts(table, params=SignatureParams(num_perm=16, seed=1, shingle_chars=5))
    known = known.append_column("ordinal", table["ordinal"])
    known = known.append_column("partner", pa.array(["甲"] * 2, pa.string()))
    verdicts = decisions(table, DROPS.empty_table(), partner="甲")
    assert len(released_facts(known, table, verdicts)) == 2
    with pytest.raises(ConservationError, match="1 of 2 kept documents have no facts"):
        released_facts(known.slice(1), table, verdicts)


def test_released_documents_have_their_partners_licence() -> None:
    table = documents("白日依山尽", "黄河入海流")
    verdicts = decisions(table, drop(0), partner="甲")
    shown = released(table, verdicts, licence="CC0-1.0").to_pylist()
    assert [(row["partner"], row["licence"], row["content"]) for row in shown] == [
        ("甲", "CC0-1.0", "黄河入海流")
    ]


def dedup_row(ordinal: int, **values: object) -> pa.Table:
    row = {"partner": "甲", "doc_id": document_id("甲", f"文{ordinal}"), "ordinal": ordinal}
    return pa.Table.from_pylist([{**row, **values}], schema=DROPS)


def test_sibling_is_kept_and_names_the_first_of_its_template() -> None:
    table = documents("第一次会议", "第二次会议")
    first = document_id("甲", "文0")
    told = dedup_row(1, reason="template", kept_doc_id=first, similarity=0.9, evidence="相似")
    _, sibling = decisions(table, told, partner="甲").to_pylist()
    assert (sibling["verdict"], sibling["stage"], sibling["reason"]) == ("kept", "merge", None)
    assert sibling["template_of"] == first.hex()
    assert {sibling[name] for name in ("kept_doc_id", "similarity", "evidence")} == {None}


def test_kept_document_counts_its_copies_and_the_partners_that_gave_them() -> None:
    table = documents("白日依山尽", "黄河入海流", "欲穷千里目")
    counted = [("甲", 2), ("乙", 3), ("丙", 1)]
    copies = [dedup_row(0, reason="copies", kept_partner=p, copies=n) for p, n in counted]
    others = dedup_row(1, reason="copies", kept_partner="乙", copies=1)
    drops = pa.concat_tables([*copies, others, drop(2)])
    verdicts = decisions(table, drops, partner="甲")
    assert verdicts["copies"].to_pylist() == [7, 2, None]
    assert verdicts["copy_partners"].to_pylist() == [3, 2, None]
    shown = released(table, verdicts, licence="CC0-1.0")
    assert shown["copies"].to_pylist() == [7, 2]
    assert shown["copy_partners"].to_pylist() == [3, 2]


def test_facts_of_siblings_say_so_to_the_builds_that_extend_the_release() -> None:
    table = documents("第一次会议", "第二次会议")
    known = facts(table, params=SignatureParams(num_perm=16, seed=1, shingle_chars=5))
    known = known.append_column("ordinal", table["ordinal"])
    told = dedup_row(1, reason="template", kept_doc_id=document_id("甲", "文0"))
    verdicts = decisions(table, told, partner="甲")
    assert released_facts(known, table, verdicts)["is_template"].to_pylist() == [False, True]
