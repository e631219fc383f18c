"""Lines inside the quotes of a CSV or TSV record that look like records of their own.

Where quotes are text and the partner's file does not say so, a field that begins with one takes in
whole rows up to the next that ends with one: rows vanish that no decision names.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

_EVIDENCE = "lines inside quotes look like rows"
_LINES = rf"^(?P<lines>\d+) {_EVIDENCE}"


def evidence_of(record: Sequence[str], delimiter: str, fields: int) -> str | None:
    """Return what shows that a record took in others; None if it did not.

    Most lines behind its first have as many fields as the header. In CSV, where commas are in many
    a text, these are all lines, and three fields.

    Args:
        record: its lines as they stand in the file.
        delimiter: between fields.
        fields: of the header.
    """
    is_text = delimiter == ","
    if fields < 2 + is_text or (is_text and record[-1].count(delimiter) != fields - 1):
        return None
    counts = [line.count(delimiter) for line in record[1:]]
    alike = counts.count(fields - 1)
    is_many = alike == len(counts) if is_text else 2 * alike > len(counts)
    return f"{alike} {_EVIDENCE}" if is_many else None


def swallowed_lines(delivered: pa.Table) -> int:
    """Return how many lines of DELIVERED rows look like rows."""
    evidence = delivered["evidence"]
    if evidence.null_count == len(evidence):
        return 0
    evidence = evidence.filter(pc.is_null(delivered["reason"]))
    found = pc.struct_field(pc.extract_regex(evidence, _LINES), "lines")
    return pc.sum(found.cast(pa.int64())).as_py() or 0
