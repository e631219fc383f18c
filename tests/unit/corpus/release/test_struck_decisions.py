"""Which rows that are in no release a takedown means, by what decisions still tell of them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from jobs.corpus.model.tables import DECISIONS, REMOVED
from jobs.corpus.release.struck_rows import has_wanted_text, quotes, struck
from jobs.corpus.release.takedown import Selection

NAME = "张三丰，住址：南京路8号"
ON_TWO_LINES = NAME.replace("，", "，\n")
NOTHING: dict[str, Any] = {"ids": (), "urls": ()} | dict.fromkeys(
    ("url_prefix", "domain", "partner", "licence", "contains")
)


def rows(*given: dict[str, Any]) -> pa.Table:
    plain = {"partner": "gov", "source_file": "甲.jsonl", "stage": "intake", "reason": "not_text"}
    numbered = [
        plain | {"doc_id": f"{number:032x}", "source_row": number, "verdict": "rejected"} | one
        for number, one in enumerate(given)
    ]
    return pa.Table.from_pylist(numbered, schema=DECISIONS)


ROWS = rows(
    {"url": "https://a.example/1", "verdict": "kept"},
    {"url": "https://a.example/2", "verdict": "dropped", "reason": "near_duplicate"},
    {"url": "https://b.example/3"},
    {"evidence": f"list: [\"{NAME}\"]"},
    {"evidence": "Expecting ',': near '\"url\": \"HTTPS://A.example/4'"},
    {"evidence": None, "source_id": "五"},
    {"verdict": "dropped", "reason": "taken_down", "url": None},
    {"reason": "too_short", "evidence": "content_chars 3 < 40"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"domain": "a.example"}, [1, 4]),
        ({"url_prefix": "https://b.example/"}, [2]),
        ({"urls": ("https://a.example/4", "https://a.example/1")}, [4]),
        ({"ids": (f"{5:032x}", f"{0:032x}", f"{6:032x}")}, [5]),
        ({"partner": "gov"}, [1, 2, 3, 4, 5, 7]),
        ({"licence": "CC0-1.0"}, [1, 2, 3, 4, 5, 7]),
        ({"licence": "CC-BY-4.0"}, []),
        ({"contains": NAME}, [3, 7]),
        ({"contains": NAME, "domain": "b.example"}, []),
        ({"partner": "gov", "contains": "40"}, [7]),
    ],
)
def test_rows_that_tell_of_what_is_meant_are_struck_and_documents_are_not(
    given: dict[str, Any], expected: list[int]
) -> None:
    removed = pa.array([f"{7:032x}"])  # a piece that was cut has the characters
    selection = Selection(**(NOTHING | given))
    found = struck(ROWS, selection, licence="CC0-1.0", with_wanted_text=removed)
    assert [number for number, is_one in enumerate(found.to_pylist()) if is_one] == expected
    alone = [
        struck(ROWS.slice(number, 1), selection, licence="CC0-1.0", with_wanted_text=removed)[
            0
        ].as_py()
        for number in range(len(ROWS))
    ]
    assert alone == found.to_pylist()
    nobody = struck(ROWS.slice(0, 0), selection, licence="CC0-1.0", with_wanted_text=removed)
    assert nobody.to_pylist() == []


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (f"list: [\"甲\", \"{NAME}\"]", True),
        ("str: 張三豐,住址:南京路８號", True),
        (f"dict: {json.dumps({'正文': ON_TWO_LINES}, ensure_ascii=False)}", True),
        (f"near {json.dumps(NAME)!r}", True),
        ("list: [\"前言\", \"张三丰，住址：…", True),
        ("Expecting ',', near '址：南京路8号\", \"da'", True),
        ("near '三丰，住址：南京'", False),
        ("list: [\"张三…", True),
        ("list: [\"张…", False),
        ("url, title, 正文", False),
        (None, False),
        ("", False),
    ],
)  # fmt: skip
def test_evidence_quotes_words_however_spelt_and_where_it_breaks_off(
    evidence: str | None, expected: bool
) -> None:
    column = pa.chunked_array([[evidence], []], pa.string())
    assert quotes(column, [NAME]).to_pylist() == [expected]


def test_words_without_letters_are_looked_for_as_they_are() -> None:
    column = pa.chunked_array([["……", "甲", None]], pa.string())
    assert quotes(column, ["……"]).to_pylist() == [True, False, False]
    assert quotes(column, []).to_pylist() == [False] * 3


def test_removed_pieces_with_the_characters_are_found() -> None:
    cut = {"doc_id": "0", "partner": "gov", "kind": "site_boilerplate", "line": 1, "offset": 0}
    pieces = [cut | {"chars": 2, "text": text} for text in (f"版权所有{NAME}\n", "甲乙")]
    removed = pa.Table.from_pylist(pieces, schema=REMOVED)
    assert has_wanted_text(removed, Selection(**(NOTHING | {"contains": NAME}))).to_pylist() == [
        True,
        False,
    ]
    assert (
        has_wanted_text(removed, Selection(**(NOTHING | {"partner": "gov"}))).to_pylist()
        == [False] * 2
    )
