"""Layouts of JSONL: released documents as lines of JSON, as in the CCI corpora of BAAI.

CCI 1 and 2 are `id, content`, others add `title`, and CCI 4 a `meta_info` that holds the rest.
"""

from __future__ import annotations

import orjson
import pyarrow as pa

from jobs.config_errors import unknown_choice

LAYOUTS = {
    "content": ("id", "content"),
    "title": ("id", "title", "content"),
    "meta_info": ("id", "content", "meta_info"),
}


def json_lines(documents: pa.Table, *, layout: str) -> bytes:
    """Return a line of UTF-8 JSON per document, its keys in the order of the layout.

    Args:
        documents: RELEASED.
        layout: one of LAYOUTS; `meta_info` holds every other column that is not null.

    Law: row-wise.
    """
    keys = layout_keys(layout)
    rest = [name for name in documents.column_names if name not in keys]
    chosen = documents if "meta_info" in keys else documents.select([*keys])
    lines = []
    for row in chosen.to_pylist():
        record = {key: row.get(key) for key in keys}
        if "meta_info" in keys:
            record["meta_info"] = {name: row[name] for name in rest if row[name] is not None}
        lines.append(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    return b"".join(lines)


def layout_keys(layout: str) -> tuple[str, ...]:
    """Return the keys of a layout.

    Raises:
        ConfigError: there is none of that name.
    """
    if layout not in LAYOUTS:
        raise unknown_choice("layout", layout, LAYOUTS)
    return LAYOUTS[layout]
