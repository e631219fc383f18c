"""What of a build's losses is alarming, from counts alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from jobs.corpus.model.tables import DECISIONS
from jobs.corpus.release.loss_alarms import (
    SITE_ROWS,
    AlarmKind,
    AlarmParams,
    LossNotes,
    alarms,
    loss_notes,
    merged_notes,
)
from jobs.errors import ConfigError, LossAlarm
from jobs.flow.builds.loss_alarms import stop

PARAMS = AlarmParams(
    is_stopping=True, share=0.9, reason_share=0.5, id_rows=10, rows=100, bad_share=0.01
)
SOUND: dict[str, Any] = {
    "delivered": 1000,
    "kept": 600,
    "dropped": 390,
    "rejected": 10,
    "reasons": {"dedup/near_duplicate": 380, "dedup/same_id": 10, "intake/null_text": 10},
    "files": 4,
    "empty_files": 0,
    "empty": [],
    "columns": {"id": 1000, "title": 1},
}
NOTHING = LossNotes({}, {})


def kinds(
    delivered: dict[str, Any], found: LossNotes = NOTHING
) -> list[tuple[AlarmKind, str | None]]:
    return [(alarm.kind, alarm.name) for alarm in alarms("甲", SOUND | delivered, found, PARAMS)]


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        ({}, []),
        ({"delivered": 0, "kept": 0}, [(AlarmKind.NOTHING_DELIVERED, None)]),
        ({"kept": 0, "dropped": 1000, "rejected": 0}, [(AlarmKind.NOTHING_KEPT, None)]),
        (
            {"delivered": 2, "kept": 0, "dropped": 2, "rejected": 0},
            [(AlarmKind.NOTHING_KEPT, None)],
        ),
        ({"kept": 100, "dropped": 900, "rejected": 0}, []),
        ({"kept": 99, "dropped": 900, "rejected": 1}, [(AlarmKind.LOST, None)]),
        ({"reasons": {"dedup/exact_duplicate": 900, "dedup/taken_down": 900}}, []),
        ({"reasons": {"dedup/same_id": 501}}, [(AlarmKind.REASON, "dedup/same_id")]),
        ({"reasons": {"judge/too_short": 501}}, []),
        ({"reasons": {"intake/null_text": 501}}, [(AlarmKind.REASON, "intake/null_text")]),
        ({"reasons": {"dedup/same_id": 500}}, []),
        ({"delivered": 99, "reasons": {"intake/null_text": 98}}, []),
        ({"columns": {"id": 0, "title": 1}}, [(AlarmKind.EMPTY_COLUMN, "id")]),
        ({"empty_files": 3, "empty": ["a.jsonl"]}, [(AlarmKind.EMPTY_FILES, "a.jsonl")]),
    ],
)
def test_alarms_of_a_partner_follow_from_its_account(
    delivered: dict[str, Any], expected: list[tuple[AlarmKind, str | None]]
) -> None:
    assert kinds(delivered) == expected


def test_sites_and_ids_are_alarming_from_their_limits_on() -> None:
    found = LossNotes({"甲.example": (200, 181), "乙.example": (200, 180)}, {"0": 9, "1": 8})
    assert kinds({}, found) == [(AlarmKind.SITE, "甲.example"), (AlarmKind.SAME_ID, "0")]
    assert kinds({}, LossNotes({"丙.example": (99, 99)}, {})) == []


def rows(*given: tuple[str, str, str | None, str | None]) -> pa.Table:
    """Rows of (verdict, url, source_id, reason)."""
    names = ("verdict", "url", "source_id", "reason")
    plain = {"partner": "甲", "source_file": "a", "stage": "dedup"}
    told = [
        plain | {"doc_id": str(number), "source_row": number} | dict(zip(names, one, strict=True))
        for number, one in enumerate(given)
    ]
    return pa.Table.from_pylist(told, schema=DECISIONS)


def test_files_of_decisions_note_large_sites_and_crowded_ids_and_add_up() -> None:
    kept, lost = (
        ("kept", "https://甲.example/1", None, None),
        ("dropped", "//甲.example/2", "0", "same_id"),
    )
    few = ("rejected", "https://乙.example", "1", "null_text")
    table = rows(*[kept] * (SITE_ROWS - 3), *[lost] * 3, few, ("dropped", "", "2", "same_id"))
    told = loss_notes(table)
    sites = [["甲.example", SITE_ROWS, 3]]
    assert told == {"sites": sites, "ids": [["0", 3]], "excluded": []}
    twice = merged_notes([json.loads(json.dumps(told)), told])
    assert (twice.sites, twice.ids) == ({"甲.example": (2 * SITE_ROWS, 6)}, {"0": 6})
    assert loss_notes(rows()) == {"sites": [], "ids": [], "excluded": []}


def test_sites_that_the_gate_excludes_are_named_once() -> None:
    """The largest of all files' largest, with how many rows went in all."""
    gone = ("rejected", "https://乙.example/1", None, "source_over_limit")
    other = ("rejected", "https://丙.example/1", None, "source_over_limit")
    table = rows(*[gone] * SITE_ROWS, other, ("rejected", "https://丁.example", None, "ads"))
    found = merged_notes([loss_notes(table), loss_notes(rows(*[other] * 3))])
    assert found.excluded == {"乙.example": SITE_ROWS, "丙.example": 4}
    account = SOUND | {"reasons": {"sources/source_over_limit": SITE_ROWS + 4}}
    assert kinds(account, found) == [(AlarmKind.EXCLUDED_SITES, "乙.example")]
    (alarm,) = alarms("甲", account, found, PARAMS)
    assert alarm.text == (
        "甲: 104 of 1,000 rows are rejected with whole sites of which too many documents are "
        "flagged, most of 乙.example"
    )


def test_texts_of_alarms_say_whose_what_and_how_much() -> None:
    bad = SOUND | {"kept": 0, "dropped": 990, "columns": {"id": 0}, "empty_files": 1}
    bad |= {"empty": ["空.jsonl"], "reasons": {"dedup/same_id": 990}}
    found = list(alarms("甲", bad, LossNotes({}, {r"\N": 989}), PARAMS))
    assert [alarm.text for alarm in found] == [
        "甲: 1 of 4 files have no row, such as 空.jsonl",
        "甲: columns.id gives nothing in any of 1,000 rows",
        "甲: none of 1,000 rows is kept",
        "甲: 990 of 1,000 rows are dedup/same_id (99.0 %)",
        r"甲: 989 rows are dropped because others have the id '\\N'",
    ]
    with pytest.raises(
        LossAlarm, match=r"2\.0 is not published(.|\n)*none of 1,000(.|\n)*alarms=warn"
    ):
        stop(found, "2.0")
    stop([], "2.0")


def test_limits_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"limits\.alarm_share=2 is no share"):
        replace(PARAMS, share=2)
    with pytest.raises(ConfigError, match=r"limits\.alarm_id_rows=0"):
        replace(PARAMS, id_rows=0)
