"""Risk keywords: which spellings of a word are found, which texts hold none, what is reported."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from jobs.corpus.keywords.hits import risk_hits, risk_values, words_of
from jobs.corpus.keywords.libraries import LibraryFile, read_library

WORDS = "# 试用\n老虎机\n\n走私品\nviagra\n赌博"
LIBRARY = read_library(
    [
        LibraryFile("gambling.txt", WORDS.encode()),
        LibraryFile("other.tsv", "category\tword\n诈骗\t刷单兼职\n诈骗\t走私品\n".encode()),
    ],
    [LibraryFile("harmless.txt", "走私品检验\n打击老虎机".encode())],
    version="2026-11",
)


def found(text: str) -> str | None:
    return risk_hits(pa.array([text], pa.large_string()), LIBRARY)["risk_words"][0].as_py()


@pytest.mark.parametrize(
    "text",
    [
        "老虎机", "玩老虎機", "老 虎 机", "老*虎*机", "老-虎-机", "老。虎。机", "老，虎，机",
        "老虎\u0301机",
        "老\u3000虎\u3000机", "老★虎★机", "老  虎__机", "（老）（虎）（机）", "老\u200b虎\u200d机",
    ],
)  # fmt: skip
def test_word_is_found_however_it_is_hidden(text: str) -> None:
    assert found(f"有人说{text}很好") == "gambling=2"


@pytest.mark.parametrize(
    "text",
    [
        "viagra", "VIAGRA", "Ｖｉａｇｒａ", "v i a g r a", "v.i.a.g.r.a", "ⓥⓘⓐⓖⓡⓐ", "víàgrä",
        "vіаgrа", "𝐯𝐢𝐚𝐠𝐫𝐚",
    ],
)  # fmt: skip
def test_latin_word_is_found_in_every_dress(text: str) -> None:
    assert found(f"买{text}，") == "gambling=5"


@pytest.mark.parametrize(
    "text",
    [
        "养老，虎年机会", "动物有老虎\n机器", "老虎、机器", "老****虎机", "via gra", "viagrams",
        "aviagra", "赌，博", "赌\t博", "老虎|", "", "机虎老",
    ],
)  # fmt: skip
def test_words_beside_each_other_are_no_hit(text: str) -> None:
    assert found(text) is None


def test_hit_inside_an_exception_is_none() -> None:
    assert found("走私品检验，打击老虎机") is None
    assert found("走私品检验处查走私品") == "gambling=4 诈骗=2"
    assert found("严打老虎机") == "gambling=2"


def test_columns_count_categories_and_name_words_by_number() -> None:
    texts = ["老虎机，老虎机，赌博网与刷单兼职。" + "无" * 500, "无事", None]
    table = risk_hits(pa.array(texts, pa.large_string()), LIBRARY)
    first, second, third = table.to_pylist()
    assert first["risk_hits"] == "gambling=3 诈骗=1"
    assert first["risk_words"] == "gambling=2,6 诈骗=1"
    assert first["risk_hits_per_1000_chars"] == pytest.approx(4000 / 517)
    assert second == {"risk_hits_per_1000_chars": 0, "risk_hits": None, "risk_words": None}
    assert set(third.values()) == {None}
    assert risk_values(table, "risk_hits").tolist() == [4, 0, 0]
    assert risk_values(table, "risk_hits.诈骗").tolist() == [1, 0, 0]
    assert risk_values(table, "risk_hits_per_1000_chars.gambling")[0] == pytest.approx(3000 / 517)
    assert words_of(first["risk_words"], "risk_hits.诈骗") == "诈骗=1"


def test_without_a_library_nothing_is_searched() -> None:
    (row,) = risk_hits(pa.array(["老虎机"], pa.large_string()), None).to_pylist()
    assert set(row.values()) == {None}


def test_library_travels_with_its_words_and_finds_the_same() -> None:
    copy = pickle.loads(pickle.dumps(LIBRARY))
    assert copy == LIBRARY
    assert copy.words.equals(LIBRARY.words)


def test_one_hit_in_a_short_text_is_no_high_density() -> None:
    hits = risk_hits(pa.array(["玩老虎机"], pa.large_string()), LIBRARY)
    assert hits["risk_hits_per_1000_chars"].to_pylist() == [1000 / 200]
