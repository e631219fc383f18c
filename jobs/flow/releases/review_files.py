"""Review files: a sample as people review it, a page for a browser and a table for a spreadsheet.

The page is one file that needs no network. What documents hold is data: it stands in the page as
JSON, and a policy lets only the page's own script run.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from jobs.corpus.release.acceptance import Category
from jobs.flow.releases.exports import new_folder
from jobs.flow.releases.review_samples import SHOWN, Sample, documents
from jobs.storage.canonical_json import canonical_json

PAGE, TABLE, NAME = "review.html", "sample.csv", "sample.json"
VERDICT_COLUMNS = ("verdict", "category", "note", "reviewer")

_PARTS = Path(__file__).with_name("review_page")
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_CELL_CHARS = 32_000  # a spreadsheet's cell holds 32,767


def write_review(sample: Sample, to: Path) -> list[Path]:
    """Write the page, the table and the name of a sample into a new folder; return their paths.

    Args:
        sample: to be reviewed.
        to: a folder that is not there yet, or empty.

    Raises:
        ConfigError: the folder holds something.
        StorageUnwritable: it cannot be written.
    """
    rows = documents(sample)
    bodies = {
        PAGE: review_page(sample, rows),
        TABLE: table(sample, rows),
        NAME: canonical_json(_described(sample)) + b"\n",
    }
    with new_folder(to) as folder:
        for name, body in bodies.items():
            (folder / name).write_bytes(body)
    return [to / name for name in bodies]


def _described(sample: Sample) -> dict[str, Any]:
    strata = [
        {"key": one.key, "documents": one.documents, "drawn": len(one.drawn)}
        for one in sample.strata
    ]
    return sample.name | {"format": "heliu-sample/1", "strata": strata, "ids": sample.ids}


def review_page(sample: Sample, rows: Sequence[dict[str, Any]]) -> bytes:
    """Return the page.

    Args:
        sample: that it shows.
        rows: its documents.
    """
    shown = [row | {"shown": len(row["content"])} for row in rows]
    words = orjson.loads(_part("words.json"))
    data = sample.name | {"words": words, "categories": [*Category], "documents": shown}
    style, script = (_part(name) for name in ("style.css", "script.js"))
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    # No text can end the element that holds it.
    parts = {"data": orjson.dumps(data).decode().replace("<", "\\u003c")}
    parts |= {"policy": policy, "style": style, "script": script}
    return _PLACE.sub(lambda place: parts[place[1]], _part("page.html")).encode()


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return how a policy names an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def table(sample: Sample, rows: Sequence[dict[str, Any]]) -> bytes:
    """Return the documents as CSV with empty columns for verdicts, in UTF-8 with its mark.

    Args:
        sample: that it shows.
        rows: its documents.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    of_sample = {name: sample.name[name] for name in ("sample", "drawn")}
    writer.writerow([*of_sample, "number", *SHOWN, *VERDICT_COLUMNS])
    for number, row in enumerate(rows, start=1):
        cells = [_cell(row[name]) for name in SHOWN]
        writer.writerow([*of_sample.values(), number, *cells, *[""] * len(VERDICT_COLUMNS)])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: str | None) -> str:
    """Return a text that no spreadsheet takes for a formula, as long as its cells."""
    text = (value or "")[:_CELL_CHARS]
    return f"'{text}" if _FORMULA.match(text) else text
