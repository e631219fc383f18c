"""Mapped columns that are nowhere are said before anything is read, and only they."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import LossAlarm
from jobs.flow.intake.column_check import require_columns
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from tests.builds import build_parameters, write_partner

ROWS = [
    {"headline": f"公告{number}", "text": "大桥今日恢复通行。", "doc": {"id": number}}
    for number in range(3)
]


def delivery(
    folder: Path, form: str, columns: dict[str, str], *files: list[dict[str, Any]]
) -> BuildParams:
    (folder / "files").mkdir(exist_ok=True)
    for number, rows in enumerate(files):
        path = folder / "files" / f"{number:02d}.{form}"
        if form == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        elif form == "csv":
            lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
            path.write_text("\n".join(lines), encoding="utf-8")
        elif form == "text":
            path.write_text(rows[0]["text"], encoding="utf-8")
        else:
            path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    mapped = ", ".join(f"{ours}: {theirs}" for ours, theirs in columns.items())
    write_partner(
        folder,
        "gov",
        f"deliveries: {folder}/files/*\nformat: {form}\nlicence: x\npriority: 1\n"
        f"columns: {{{mapped}}}",
    )
    return build_parameters(folder, folder / "root", "partners=[gov]")


def complaint(params: BuildParams) -> str:
    with pytest.raises(LossAlarm) as raised:
        require_columns(plan(params), params)
    return str(raised.value)


@pytest.mark.parametrize("form", ["jsonl", "parquet", "csv"])
def test_misspelt_column_is_named_with_what_it_may_mean(tmp_path: Path, form: str) -> None:
    columns = {"title": "headlin", "url": "link"}
    flat = [row | {"doc": 1} for row in ROWS]
    said = complaint(delivery(tmp_path, form, columns, flat))
    assert "columns.title is 'headlin': did you mean 'headline'?" in said
    assert "columns.url is 'link': there are headline, text, doc" in said
    assert "alarms=warn" in said


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_columns_that_some_file_has_are_mapped_rightly(tmp_path: Path, form: str) -> None:
    columns = {"title": "headline", "id": "doc.id", "url": "urls"}
    later = [row | {"urls": "https://a.example", "url": "x"} for row in ROWS]
    files = [*[[row | {"url": "x"} for row in ROWS]] * 20, later]
    params = delivery(tmp_path, form, columns, *files[-8:])
    require_columns(plan(params), params)


def test_column_that_is_like_none_and_may_come_later_is_waited_for(tmp_path: Path) -> None:
    params = delivery(tmp_path, "jsonl", {"title": "headline", "url": "link"}, ROWS)
    require_columns(plan(params), params)


def test_formats_without_names_have_what_they_have(tmp_path: Path) -> None:
    params = delivery(tmp_path, "text", {"title": "name"}, ROWS)
    require_columns(plan(params), params)
    assert "there are text, name" in complaint(delivery(tmp_path, "text", {"url": "url"}, ROWS))


def test_nothing_mapped_and_nothing_to_read_is_no_complaint(tmp_path: Path) -> None:
    params = delivery(tmp_path, "jsonl", {"text": "text"}, ROWS)
    require_columns(plan(params), params)
    require_columns([], replace(params, version="2.0"))
