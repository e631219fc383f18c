"""Private data is replaced, dropped with its document or counted, as its kind asks; never shown."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pyarrow as pa
import pytest

from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import TextParams, documents
from jobs.corpus.private_data.kinds import PrivateKind
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.removal.removals import restored_text
from jobs.corpus.repair.repairs import RepairParams
from jobs.errors import ConfigError
from tests.corpora import NO_KEYWORDS

MOBILE, OTHER, ID = "13812345678", "13987654321", "11010519491231002X"
REPEATS = RepeatedLineParams(is_on=True, min_chars=20, min_times=3, min_pasted_chars=200)
LINE = "现将有关事项通知如下，请各有关单位认真组织落实，确有疑问的请联系{}。"


def normalized(text: str | None, title: str = "通知", **given: Any) -> tuple[Any, Any, Any]:
    """The document, its removals and the counts; `given` are policies and columns delivered."""
    policies = {name: given.pop(name) for name in list(given) if name in set(PrivateKind)}
    row = {"source_file": "a", "source_row": 1, "title": title, "text": text, **given}
    params = TextParams(RepairParams((), 0.02), REPEATS, NO_KEYWORDS, PrivateDataParams(**policies))
    delivered = pa.Table.from_pylist([row], schema=DELIVERED)
    table, removals, counts = documents(delivered, partner="甲", first_position=0, params=params)
    return table.to_pylist()[0], removals.to_pylist(), dict(counts)


def test_a_policy_for_every_kind_and_no_other() -> None:
    assert [one.name for one in fields(PrivateDataParams)] == [str(kind) for kind in PrivateKind]
    with pytest.raises(ConfigError, match=r"private_data\.mobile=hide: choose replace, drop"):
        PrivateDataParams(mobile="hide")


def test_replaced_values_are_recorded_by_kind_and_place_alone() -> None:
    text = f"通知\n有疑问请电话{MOBILE}或{OTHER}。\n身份证{ID}"
    row, removals, counts = normalized(text, mobile="replace", resident_id="report")
    assert row["content"] == f"通知\n有疑问请电话〔手机号〕或〔手机号〕。\n身份证{ID}"
    assert row["content_chars"] == len(row["content"])
    assert (row["stage"], row["reason"], row["evidence"]) == (None, None, None)
    places = [(one["kind"], one["line"], one["offset"], one["chars"]) for one in removals]
    assert places == [("private_data", 2, 9, 11), ("private_data", 2, 21, 11)]
    assert {text[start : start + size] for _, _, start, size in places} == {MOBILE, OTHER}
    assert {one["text"] for one in removals} == {"〔手机号〕"}
    assert counts == {
        ("mobile", "documents"): 1,
        ("mobile", "values"): 2,
        ("resident_id", "documents"): 1,
        ("resident_id", "values"): 1,
    }


def test_titles_lose_values_and_say_so_as_line_0() -> None:
    row, removals, _ = normalized("正文如下。", title=f"联系{MOBILE}", mobile="replace")
    assert row["title"] == "联系〔手机号〕"
    assert [(one["line"], one["offset"], one["chars"]) for one in removals] == [(0, 2, 11)]


@pytest.mark.parametrize("place", ["title", "text"])
def test_a_dropped_document_keeps_nothing(place: str) -> None:
    given = {"title": "通知", "text": LINE.format(OTHER) + "\n"} | {place: f"身份证{ID}"}
    row, removals, _ = normalized(**given, resident_id="drop", mobile="replace")
    assert (row["stage"], row["reason"]) == ("private_data", "private_data")
    assert (row["content"], row["content_chars"], row["repairs"]) == (None, None, None)
    assert row["evidence"] == "1 resident_id"
    assert ID not in str((row, removals))
    assert OTHER not in str((row, removals))
    assert {one["line"] for one in removals} <= {0}  # of its title, which tables keep


def test_what_is_recorded_of_a_repeated_line_holds_no_value() -> None:
    text = "\n".join([LINE.format(MOBILE)] * 2)
    row, removals, _ = normalized(text, mobile="replace")
    assert {one["kind"] for one in removals} == {"private_data", "repeated_paragraph"}
    assert MOBILE not in str(removals)
    whole = restored_text(row["content"], removals)
    assert whole == text.replace(MOBILE, "〔手机号〕")


def test_evidence_of_a_rejected_row_holds_no_value() -> None:
    given = {"reason": "broken_json", "evidence": f'{{"tel": "{MOBILE}", "text": "'}
    row, _, _ = normalized(None, **given, mobile="drop")
    assert row["evidence"] == '{"tel": "〔手机号〕", "text": "'
    assert (row["stage"], row["reason"]) == ("intake", "broken_json")


@pytest.mark.parametrize("policy", ["off", "report"])
def test_counting_changes_nothing(policy: str) -> None:
    text = LINE.format(MOBILE)
    row, removals, counts = normalized(text, title=MOBILE, mobile=policy)
    assert (row["content"], row["title"], removals) == (text, MOBILE, [])
    assert counts.get(("mobile", "values"), 0) == (0 if policy == "off" else 2)
