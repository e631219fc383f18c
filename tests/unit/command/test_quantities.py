"""Quantities as people read them."""

from __future__ import annotations

import pytest

from jobs.command.terminal import say_table
from jobs.quantities import Share, Size, approximate, counted, duration, rate


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.037, "3.7 %"),
        (0.5, "50.0 %"),
        (0.9996, ">99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_share_is_a_percentage_that_is_whole_only_if_it_is_exact(share: float, text: str) -> None:
    assert str(Share(share)) == text
    assert f"{Share(share)}" == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_200_000_000, "1.2 GB"),
        (850 * 10**9, "850 GB"),
        (12 * 10**15, "12 PB"),
        (5_000 * 10**15, "5,000 PB"),
    ],
)
def test_size_has_two_or_three_digits_and_a_unit(size: int, text: str) -> None:
    assert str(Size(size)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (4.2, "4.2 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (3599.9, "1 h"),
        (4800, "1 h 20 min"),
        (86_400, "1 d"),
        (190_000, "2 d 4 h"),
    ],
)
def test_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_is_counted_in_the_singular() -> None:
    assert [counted(n, "file") for n in (0, 1, 1234)] == ["0 files", "1 file", "1,234 files"]


def test_estimated_time_is_no_finer_than_it_is_known() -> None:
    times = (1, 42, 61, 200, 700, 4_800, 90_000)
    said = ["5 s", "40 s", "1 min", "3 min 30 s", "12 min", "1 h 20 min", "1 d 1 h"]
    assert [approximate(seconds) for seconds in times] == said


def test_rate_is_a_size_a_second() -> None:
    assert rate(4.2e6) == "4.2 MB/s"


def test_table_shows_quantities_as_their_text_to_the_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_table(["合作方", "share", "size"], [["公报", Share(0.5), Size(1200)], ["论文", 0.25, 7]])
    assert capsys.readouterr().out.splitlines() == [
        "合作方   share    size",
        "公报    50.0 %  1.2 kB",
        "论文    0.2500       7",
    ]
