"""Which documents are dropped, on corpora small enough to decide by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from jobs.corpus.dedup.banding import band_keys
from jobs.corpus.dedup.drop_evidence import with_copies
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.params import VERIFICATIONS, BandParams, SignatureParams
from jobs.corpus.dedup.ranking import RankParams
from jobs.corpus.model.identity import document_id
from jobs.errors import ConfigError
from tests.corpora import canonical_list, documents_table, ranked_table

SIGNATURE = SignatureParams(num_perm=128, seed=1, shingle_chars=5)
BANDS = BandParams(SIGNATURE, bands=32, rows=4, threshold=0.8, verify="signature")
NOTICE = (
    "国务院办公厅关于进一步做好防汛抗旱工作的通知。各省、自治区、直辖市人民政府，国务院各部委："
    "今年以来，我国部分地区降水偏多，防汛形势严峻，请各地区各部门切实加强组织领导，落实防汛责任。"
)


def rows(
    texts: list[str],
    partner: str = "甲",
    priority: int = 1,
    ids: list[str] | None = None,
    base: int = 0,
) -> pa.Table:
    documents = documents_table(texts, partner=partner, ids=ids)
    return ranked_table(documents, params=SIGNATURE, partner=partner, priority=priority, base=base)


def drops(*tables: pa.Table, prefer: tuple[str, ...] = ("longest",)) -> list[dict[str, object]]:
    return find_duplicates(
        pa.concat_tables(tables), bands=BANDS, rank=RankParams(prefer)
    ).to_pylist()


def test_duplicates_of_equal_texts_keep_the_partner_of_lower_priority_number() -> None:
    (drop,) = drops(rows([NOTICE], "乙", 2), rows([NOTICE.replace("，", ",")], "甲", 1, base=1))
    assert (drop["partner"], drop["kept_partner"]) == ("乙", "甲")
    assert (drop["reason"], drop["similarity"]) == ("exact_duplicate", 1.0)


def test_duplicates_of_a_near_copy_name_similarity_and_evidence() -> None:
    (drop,) = drops(rows([NOTICE, NOTICE + "特此通知。"]))
    assert drop["reason"] == "near_duplicate"
    assert drop["similarity"] == int(str(drop["evidence"]).split()[0]) / 128
    assert drop["kept_doc_id"] == document_id("甲", "文1")


def test_duplicates_of_one_id_with_two_texts_keep_the_preferred_one() -> None:
    table = rows([NOTICE, "《静夜思》床前明月光，疑是地上霜。"], ids=["同", "同"])
    (drop,) = drops(table)
    assert (drop["reason"], drop["similarity"], drop["ordinal"]) == ("same_id", None, 1)


def test_duplicates_never_match_texts_without_letters() -> None:
    assert drops(rows(["。。。", "。。。", "！", ""])) == []


def test_duplicates_do_not_drift_along_a_chain() -> None:
    # Each text resembles its neighbour, the ends do not: the middle goes, both ends stay.
    middle = NOTICE * 2
    left, right = "甲" * 20 + middle[:-12], middle[12:] + "乙" * 20
    found = drops(rows([left, middle, right]), prefer=())
    dropped = {row["ordinal"] for row in found}
    assert dropped
    assert dropped < {0, 1, 2}
    for row in found:
        assert row["kept_doc_id"] not in {document_id("甲", f"文{n}") for n in dropped}


def test_duplicates_of_no_documents_are_no_rows_of_the_schema() -> None:
    assert drops(rows([])) == []


def test_preference_newest_keeps_the_later_of_two_equal_texts() -> None:
    table = rows([NOTICE, NOTICE])
    dates = table.column_names.index("published")
    table = table.set_column(
        dates, table.schema.field(dates), pa.array(["2020-01-01", "2021-01-01"])
    )
    assert [row["ordinal"] for row in drops(table, prefer=("newest",))] == [0]
    assert [row["ordinal"] for row in drops(table, prefer=("oldest",))] == [1]


def test_params_that_cannot_work_are_refused_with_the_values() -> None:
    with pytest.raises(ConfigError, match=r"bands=40 x minhash\.rows=4"):
        replace(BANDS, bands=40)
    for threshold in (0, -0.1, 1.5):
        with pytest.raises(ConfigError, match=rf"threshold is {threshold}"):
            replace(BANDS, threshold=threshold)
    assert replace(BANDS, threshold=1).threshold == 1
    with pytest.raises(ConfigError, match="verify=maybe: choose"):
        replace(BANDS, verify="maybe")
    with pytest.raises(ConfigError, match="prefer=shortest: choose"):
        RankParams(prefer=("shortest",))


def frozen(table: pa.Table) -> pa.Table:
    columns = dict(zip(table.column_names, table.columns, strict=True))
    columns["is_frozen"] = pa.repeat(pa.scalar(value=True), len(table))
    return pa.table(columns, schema=table.schema)


def test_duplicates_never_drop_frozen_documents_and_rank_them_first() -> None:
    old = frozen(rows([NOTICE, NOTICE + "特此通知。"], "乙", 2))
    (drop,) = drops(rows([NOTICE + "特此通知。此件公开发布。"], "甲", 1, base=2), old)
    assert (drop["partner"], drop["kept_partner"], drop["ordinal"]) == ("甲", "乙", 2)
    # Both frozen ones match; longest first is the rank among them.
    assert drop["kept_doc_id"] == document_id("乙", "文1")


def test_duplicates_against_frozen_documents_only_leave_the_others_undecided() -> None:
    poem = "《静夜思》床前明月光，疑是地上霜。举头望明月，低头思故乡。"
    old, new = frozen(rows([NOTICE], "乙", 2)), rows([NOTICE, poem, poem + "。"], base=1)
    both = pa.concat_tables([new, old])
    rank = RankParams(("longest",))
    (only,) = find_duplicates(both, bands=BANDS, rank=rank, frozen_only=True).to_pylist()
    assert only["kept_partner"] == "乙"
    assert set(find_duplicates(both, bands=BANDS, rank=rank)["ordinal"].to_pylist()) == {1, 2}


def test_duplicates_that_were_taken_down_are_not_named() -> None:
    deleted = rows([NOTICE], "乙")
    for name in ("is_frozen", "is_taken_down"):
        at = deleted.schema.get_field_index(name)
        deleted = deleted.set_column(at, deleted.schema.field(at), pa.array([True]))
    (drop,) = drops(deleted, rows([NOTICE], "甲", base=1))
    assert (drop["reason"], drop["kept_doc_id"], drop["kept_partner"]) == ("taken_down", None, None)


def test_documents_share_keys_by_whole_bands_and_by_their_ids_alone() -> None:
    signatures = np.arange(2 * 128, dtype=np.uint32).reshape(2, 128)
    ids = np.array([[1, 2], [3, 4]], np.uint64)

    def shared(values: np.ndarray, halves: np.ndarray) -> list[int]:
        first, second = band_keys(values, halves, params=BANDS)
        return np.flatnonzero(first == second).tolist()

    assert shared(signatures, ids) == []
    part = signatures.copy()
    part[1, 5:8] = part[0, 5:8]  # all rows of the second band but its first
    assert shared(part, ids) == []
    part[1, 4] = part[0, 4]
    assert shared(part, ids) == [1]
    assert shared(signatures, ids[[0, 0]]) == [BANDS.bands]


KEEP = replace(BANDS, templates="keep")
LONGEST = RankParams(("longest",))
BULLETIN = "本月居民消费价格同比上涨0.{}%。" + NOTICE


def titled(table: pa.Table, keys: list[str | None]) -> pa.Table:
    at = table.schema.get_field_index("title_key")
    return table.set_column(at, table.schema.field(at), pa.array(keys, pa.string()))


def test_equal_texts_under_other_furniture_are_the_same_content_and_say_what_was_set_aside() -> (
    None
):
    (drop,) = drops(rows([NOTICE, f"{NOTICE}\n责任编辑：王小明"]))
    assert (drop["reason"], drop["similarity"], drop["novel_chars"]) == ("same_content", 1.0, 0)
    evidence = str(drop["evidence"])
    assert "page furniture of 0 and 7 characters" in evidence
    chars = 7 + len(NOTICE) - sum(NOTICE.count(sign) for sign in "，。：、")
    assert f"at least {(chars - 7) / chars:.2f}" in evidence


def test_texts_that_differ_in_numbers_alone_stay_as_siblings_of_the_first() -> None:
    texts = [BULLETIN.format(number) for number in (1, 2, 3, 3)]
    found = find_duplicates(rows(texts), bands=KEEP, rank=RankParams(())).to_pylist()
    reasons = sorted(str(row["reason"]) for row in found)
    assert reasons == ["exact_duplicate", "template", "template"]
    siblings = [row for row in found if row["reason"] == "template"]
    assert len({row["kept_doc_id"] for row in siblings}) == 1
    assert len(drops(rows(texts))) == 3  # all but the first, where templates are dropped


def test_texts_of_unlike_titles_stay_and_a_copy_with_another_name_goes() -> None:
    texts = [NOTICE + "甲", NOTICE + "乙", NOTICE + "丙丙"]
    table = titled(rows(texts), ["高雄办事细则", "新竹办事细则", "某省高雄办事细则"])
    found = find_duplicates(table, bands=KEEP, rank=LONGEST).to_pylist()
    assert {row["ordinal"]: row["reason"] for row in found} == {
        0: "near_duplicate",
        1: "template",
    }


def test_documents_of_an_exempt_partner_go_for_equal_texts_alone() -> None:
    exempt = replace(KEEP, exempt=("乙",))
    texts = [NOTICE, NOTICE + "特此通知。", NOTICE]
    table = pa.concat_tables([rows([NOTICE]), rows(texts, "乙", 2, base=1)])
    found = find_duplicates(table, bands=exempt, rank=LONGEST).to_pylist()
    reasons = {row["ordinal"]: row["reason"] for row in found}
    assert reasons == {1: "exact_duplicate", 2: "template", 3: "exact_duplicate"}


def test_partner_decides_from_which_similarity_its_own_documents_go() -> None:
    longer = NOTICE + "特此通知。"
    strict = replace(BANDS, thresholds={"乙": 0.99})
    table = pa.concat_tables([rows([longer]), rows([NOTICE], "乙", 2, base=1)])
    assert len(find_duplicates(table, bands=BANDS, rank=LONGEST)) == 1
    assert len(find_duplicates(table, bands=strict, rank=LONGEST)) == 0
    other = pa.concat_tables([rows([longer], "乙"), rows([NOTICE], "甲", 2, base=1)])
    (drop,) = find_duplicates(other, bands=strict, rank=LONGEST).to_pylist()
    assert (drop["partner"], drop["kept_partner"]) == ("甲", "乙")


def test_documents_like_one_taken_down_go_whatever_their_partner_asks() -> None:
    table = pa.concat_tables([rows([NOTICE + "特此通知。"]), rows([NOTICE], "乙", 2, base=1)])
    for name in ("is_frozen", "is_taken_down"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array([True, False]))
    strict = replace(BANDS, thresholds={"乙": 0.99})
    (drop,) = find_duplicates(table, bands=strict, rank=LONGEST).to_pylist()
    assert drop["reason"] == "taken_down"


@pytest.mark.parametrize("verify", VERIFICATIONS)
def test_hot_buckets_are_searched_for_the_lowest_threshold(verify: str) -> None:
    """A document that goes at 0.5 only is found behind a hundred others of its bucket."""
    bands = BandParams(SIGNATURE, 40, 3, 0.95, verify, thresholds={"乙": 0.5})
    tails = np.random.default_rng(1).choice(list(NOTICE), (100, 36))
    longer = [NOTICE + "".join(tail) for tail in tails]
    table = pa.concat_tables([rows(longer), rows([NOTICE], "乙", 2, base=100)])
    texts = canonical_list([*longer, NOTICE])
    table = table.append_column("canonical", pa.array(texts, pa.large_string()))
    found = find_duplicates(table, bands=bands, rank=LONGEST, hot_documents=2)
    assert found["partner"].to_pylist() == ["乙"]
    assert found.equals(find_duplicates(table, bands=bands, rank=LONGEST, hot_documents=1000))


@pytest.mark.parametrize(("own", "refused"), [(0.0, True), (1.5, True), (0.5, True), (0.95, False)])
def test_own_threshold_is_a_share_that_bands_find(own: float, refused: bool) -> None:
    few = replace(BANDS, bands=16, rows=8)
    if not refused:
        assert replace(few, thresholds={"乙": own}).lowest_threshold == few.threshold
        return
    with pytest.raises(ConfigError, match=r"minhash\.thresholds\.乙 is ") as raised:
        replace(few, thresholds={"乙": own})
    if 0 < own < 1:
        bands, rows_of = map(int, re.findall(r"minhash\.(?:bands|rows)=(\d+)", str(raised.value)))
        enough = replace(few, bands=bands, rows=rows_of, thresholds={"乙": own})
        assert enough.lowest_threshold == own


def test_dropped_copy_says_how_much_of_it_the_kept_one_lacks() -> None:
    addition = "另外，请各地区及时报送有关情况。"
    (drop,) = drops(rows([NOTICE, NOTICE * 1 + addition]), prefer=("oldest",))
    (other,) = drops(rows([NOTICE + addition]), rows([NOTICE], "乙", 2, base=1))
    gains = {row["novel_chars"]: row["containment"] for row in (drop, other)}
    assert max(gains) > 5 > min(gains)
    assert gains[min(gains)] > 0.93


def test_copies_are_counted_per_kept_document_and_partner() -> None:
    table = pa.concat_tables(
        [rows([NOTICE]), rows([NOTICE] * 2, "乙", 2, base=1), rows([NOTICE], "丙", 3, base=3)]
    )
    found = with_copies(find_duplicates(table, bands=KEEP, rank=LONGEST)).to_pylist()
    copies = {row["kept_partner"]: row["copies"] for row in found if row["reason"] == "copies"}
    assert copies == {"乙": 2, "丙": 1}
    assert {row["ordinal"] for row in found if row["reason"] == "copies"} == {0}


def test_fullest_prefers_the_text_and_not_its_furniture() -> None:
    longer = f"{NOTICE}\n来源：新华社  发布时间：2023-11-29\n责任编辑：王小明"
    table = rows([longer, NOTICE + "特此通知。"])
    assert [row["ordinal"] for row in drops(table, prefer=("longest",))] == [1]
    assert [row["ordinal"] for row in drops(table, prefer=("fullest",))] == [0]
