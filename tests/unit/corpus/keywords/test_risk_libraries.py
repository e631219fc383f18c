"""Libraries of risk keywords: how files are read, what is refused, what is recorded."""

from __future__ import annotations

from dataclasses import asdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.keywords.libraries import LibraryFile, read_library
from jobs.errors import ConfigError

ROWS = '类别,关键词\n诈骗,刷单兼职\n赌博,老虎机\n诈骗,"走私,品"\n,\n'


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table(
        {"category": ["诈骗", "赌博", "诈骗"], "word": ["刷单兼职", "老虎机", "走私,品"]}
    )
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def library(name: str, body: str | bytes, exceptions: str = ""):
    given = body if isinstance(body, bytes) else body.encode()
    files = [LibraryFile("例外.txt", exceptions.encode())] if exceptions else []
    return read_library([LibraryFile(name, given)], files, version=None)


def test_formats_say_the_same() -> None:
    tsv = "word\tcategory\n刷单兼职\t诈骗\n老虎机\t赌博\n走私,品\t诈骗\n"
    found = [library("a.csv", ROWS), library("b.tsv", tsv), library("c.parquet", parquet())]
    assert len({one.digest for one in found}) == 1
    assert found[0].categories == (("诈骗", 2), ("赌博", 1))
    assert found[0].words["number"].to_pylist() == [1, 3, 2]


def test_list_is_a_category_numbered_by_line() -> None:
    one = library("赌博.txt", "\ufeff# 说明\n老虎机\n\n 时时彩 \n老虎机\n")
    assert one.categories == (("赌博", 2),)
    assert one.words["number"].to_pylist() == [2, 4]


def test_digest_is_of_categories_numbers_words_and_exceptions() -> None:
    given = [
        ("甲.txt", "老虎机"),
        ("乙.txt", "老虎机"),
        ("甲.txt", "\n老虎机"),
        ("甲.txt", "走私品"),
    ]
    found = [library(*one) for one in given] + [library("甲.txt", "老虎机", "打老虎机")]
    assert len({one.digest for one in found}) == len(found)


def test_what_is_recorded_holds_no_word() -> None:
    recorded = str(asdict(library("a.csv", ROWS, exceptions="打老虎机")))
    assert not [word for word in ("刷单", "老虎", "走私") if word in recorded]


def test_shortfalls_are_named() -> None:
    few = library("a.csv", ROWS).shortfalls
    assert few == [
        "3 words, 10,000 are asked for",
        "2 categories, 17 are asked for",
        "fewer than 200 words in a category: 诈骗 2, 赌博 1",
    ]
    sizes = [200, *[610] * 15, 650]  # as few as are asked for
    rows = "".join(f"类{k}\t词{n}号\n" for k, size in enumerate(sizes) for n in range(size))
    assert library("a.tsv", "category\tword\n" + rows).shortfalls == []


def test_longest_word_is_one_of_64_characters() -> None:
    assert library("a.txt", "机" * 64).categories == (("a", 1),)


@pytest.mark.parametrize(
    ("name", "body", "complaint"),
    [
        ("a.doc", "老虎机", r"a\.doc is none of \.txt"),
        ("a.txt", "老虎机".encode("gb18030"), r"a\.txt is not UTF-8 at byte 0"),
        ("a.txt", "老虎机\n机", r"1 words have fewer than 2 letters .* 2 \(1\)"),
        ("a.txt", "**\n" + "机" * 65, r"2 words have .* 1 \(2\), 2 \(65\)"),
        ("a.csv", "词,类\n老虎机,赌博", r"it needs category and word"),
        ("a.csv", "类别,关键词\n赌 博,老虎机", r"row 1: the category '赌 博' is no name"),
        ("a.csv", "类别,关键词\n赌博,老虎机,多", r"cannot be read"),
        ("a.parquet", b"PAR1", r"cannot be read"),
        ("a.txt", "# 无", r"0 categories"),
    ],
)
def test_what_is_no_library_is_refused_by_file_and_row(name, body, complaint) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        library(name, body)
    assert "老虎机" not in str(caught.value)


def test_category_stands_in_one_file() -> None:
    files = [
        LibraryFile("a/赌博.txt", "老虎机".encode()),
        LibraryFile("b/赌博.txt", "时时彩".encode()),
    ]
    with pytest.raises(ConfigError, match=r"赌博 is in a/赌博\.txt and in b/赌博\.txt"):
        read_library(files, [], version=None)
