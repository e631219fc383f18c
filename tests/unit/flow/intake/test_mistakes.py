"""Mistakes that a sample shows: what would end a build, and what is only worth a look."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jobs.corpus.intake.column_profiles import Column, Layout
from jobs.errors import DeliveryUnreadable, TooManyRejects
from jobs.flow.intake.mistakes import Findings, Mistake, mistakes
from tests.deliveries import asked


def found(**given: Any) -> list[Mistake]:
    """The mistakes of ten files of lines, of which `given` is different."""
    findings = {
        "owner": "gov",
        "reading": asked(columns=(("text", "正文"),)),
        "layouts": [layout("正文", 90)],
        "formats": Counter(jsonl=10),
        "encodings": Counter(),
        "errors": [],
        "files": 10,
        "is_skipping": False,
        "reject_share": 0.1,
    }
    return [*mistakes(Findings(**{**findings, **given}))]


def layout(name: str, rows: int) -> Layout:
    return Layout(name, rows, Counter(甲=rows), ("甲", 1), {name: Column(name)})


def test_format_is_wrong_if_most_files_show_another_one() -> None:
    assert found() == []
    assert found(formats=Counter(parquet=5, jsonl=4)) == []
    (wrong,) = found(formats=Counter(parquet=6, jsonl=4))
    assert "format is 'jsonl', but 6 of the 10 files" in wrong.text
    assert wrong.exit_code == DeliveryUnreadable.exit_code


def test_unreadable_file_ends_a_build_that_sets_none_aside() -> None:
    errors = [DeliveryUnreadable("甲 is damaged")]
    codes = [found(errors=errors, is_skipping=skips)[0].exit_code for skips in (False, True)]
    assert codes == [DeliveryUnreadable.exit_code, 0]


def test_rows_with_another_text_column_end_a_build_if_they_are_many() -> None:
    for rows, code in ((10, 0), (11, TooManyRejects.exit_code)):
        one = [layout("正文", 100 - rows), layout("content", rows)]
        (other,) = found(layouts=one)
        assert "write text: 正文|content" in other.text
        assert other.exit_code == code
