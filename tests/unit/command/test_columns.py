"""Columns for people are aligned, wrapped and cut by the cells that characters take."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.command.columns import cells, cut, padded, table, wrapped
from jobs.command.exits import coloured
from jobs.command.terminal import in_progress, say_table

WORDS = st.text("ab 公告，。é\u0301", max_size=60)


@given(WORDS, st.integers(2, 30))
def test_lines_are_no_wider_than_the_terminal_and_lose_nothing(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert cells(line) <= width or len(line.split()) == 1


@given(WORDS, st.integers(2, 30))
def test_cut_text_fits_and_says_that_it_is_cut(text: str, width: int) -> None:
    short = cut(text, width)
    assert cells(short) <= width
    assert (short == text) == (cells(text) <= width)
    assert short == text or "…" in short


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5), st.integers(20, 60))
def test_table_fits_if_it_can_and_columns_begin_at_one_cell(
    rows: list[tuple[str, str]], limit: int
) -> None:
    lines = list(table([("名称", "n"), *rows], numbers=[False, False], limit=limit))
    assert all(cells(line) <= limit for line in lines)


def test_words_keep_both_ends_and_sentences_their_beginning() -> None:
    assert cut("sha256:0123456789abcdef", 11) == "sha25…bcdef"
    assert cut("a 公告 of the ministry", 8) == "a 公告 …"
    assert padded("公告", 6) == "公告  "
    assert cells("e\u0301") == 1


def test_numbers_are_never_cut_however_narrow_the_terminal() -> None:
    header, row = table(
        [("名称", "n"), ("甲" * 20, "1,234,567,890")], numbers=[False, True], limit=12
    )
    assert row == "甲甲…甲   1,234,567,890"
    assert header.endswith(" n")


ROW = ["甲" * 60, "b" * 90, 1234567]


def test_table_is_cut_on_a_terminal_and_whole_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    say_table(["名称", "path", "rows"], [ROW])
    assert "b" * 90 in capsys.readouterr().out
    for columns in (80, 160):
        monkeypatch.setenv("COLUMNS", str(columns))
        say_table(["名称", "path", "rows"], [ROW])
        shown = capsys.readouterr().out.splitlines()
        assert {cells(line) for line in shown} == {columns}
        assert all(line.endswith(("rows", "1,234,567")) for line in shown)


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_that_want_it(
    variables: dict[str, str], is_coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown = coloured("公告", "red", Terminal())  # type: ignore[arg-type]
    assert shown == ("\x1b[31m公告\x1b[0m" if is_coloured else "公告")
    with Path("/dev/null").open("w") as pipe:
        assert coloured("公告", "red", pipe) == "公告"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_work_of_seconds_is_named_on_a_terminal_until_it_is_done(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    with in_progress("reading samples of 新华社 …"):
        before = capsys.readouterr().err
    assert before == "reading samples of 新华社 …\r" * is_terminal
    assert capsys.readouterr().err == "\r\x1b[K" * is_terminal
