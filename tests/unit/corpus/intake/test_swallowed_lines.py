"""Rows that a quote takes in are counted; texts of several lines are not."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.corpus.intake.deliveries import read_rows
from jobs.corpus.intake.swallowed_lines import evidence_of, swallowed_lines
from tests.deliveries import asked

COLUMNS = (("text", "text"), ("id", "id"))


def found(source: str, delivered_as: str) -> int:
    params = asked(delivered_as, columns=COLUMNS)
    stream = io.BytesIO(source.encode())
    return swallowed_lines(pa.concat_tables(read_rows(stream, source_file="甲", params=params)))


@pytest.mark.parametrize(
    ("delivered_as", "source", "lines"),
    [
        ("tsv", 'id\ttext\n1\t"你好\n2\t文章\n3\t再见"\n4\t正常\n', 2),
        ("tsv", 'id\ttext\n1\t"第一段\n第二段"\n2\t文章\n', 0),
        ("tsv", 'id\ttext\n1\t"第一段\n第二段\n2\t文章"\n', 0),
        ("tsv", 'text\n"第一段\n第二段"\n', 0),
        ("csv", 'id,text,by\n1,"你好,甲\n2,文章,乙\n3,再见,"\n4,正常,丙\n', 0),
        ("csv", 'id,by,text\n1,甲,"你好\n2,乙,文章\n3,丙,再见"\n4,丁,正常\n', 2),
        ("csv", 'id,by,text\n1,甲,"你好\n其一,其二,其三\n末段"\n', 0),
        ("csv", 'id,text\n1,"第一段\n第二段,完"\n', 0),
        ("csv", 'id,text\n1,2,"5 lines inside quotes look like rows"\n', 0),
    ],
)
def test_lines_that_look_like_rows_are_counted(delivered_as: str, source: str, lines: int) -> None:
    assert found(source, delivered_as) == lines


@given(
    lines=st.lists(st.text("甲,\t", max_size=6), min_size=2, max_size=6),
    delimiter=st.sampled_from(",\t"),
    fields=st.integers(1, 4),
)
def test_evidence_counts_the_lines_behind_the_first(
    lines: list[str], delimiter: str, fields: int
) -> None:
    alike = [line for line in lines[1:] if line.count(delimiter) == fields - 1]
    evidence = evidence_of(lines, delimiter, fields)
    if evidence is None:
        assert fields < 3 or len(alike) < len(lines) - 1
    else:
        assert evidence.startswith(f"{len(alike)} lines")
        assert 2 * len(alike) > len(lines) - 1
