"""UTF-16 is read on behind a byte that was lost or added, and whole text is never touched."""

from __future__ import annotations

import time

import pytest

from jobs.corpus.intake.encodings import utf8_blocks
from jobs.corpus.intake.utf16_alignment import aligned
from tests.right_texts import right_texts

ORDERS = ("utf-16-le", "utf-16-be")
PROSE = "山色空濛雨亦奇，行到水穷处，坐看云起时。天地玄黄，宇宙洪荒；日月盈昃，辰宿列张。\n"
PAGE = '<p class="a">Hello, world! 你好，世界。</p>\n'
TEXTS = (PROSE * 8, PAGE * 8, (PROSE + PAGE) * 4, "Война и мир, роман. " * 12)


def read(data: bytes, order: str) -> str:
    return b"".join(aligned([data], order)).decode(order, "replace")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("at", [0, 101, 252])
def test_lost_or_added_byte_costs_some_characters(text: str, at: int, order: str) -> None:
    data = text.encode(order)
    for damaged in (data[:at] + data[at + 1 :], data[:at] + b"\xff" + data[at:]):
        found = read(damaged, order)
        assert found.endswith(text[at // 2 + 30 :])
        assert 0 < found.count("\ufffd") <= 3


@pytest.mark.parametrize("order", ORDERS)
def test_whole_text_is_left_as_it_is(order: str) -> None:
    texts = [right.text for right in right_texts()]
    for text in (*texts, "\n".join(texts), "ཀི་ཀུ་བོད་ཡིག་" * 20, "😀👍🏿" * 40, "𤾓𢆥𥪞" * 40):
        data = text.encode(order)
        assert b"".join(aligned([data], order)) == data


@pytest.mark.parametrize("size", [1, 7, 1000, 20_000])
def test_blocks_do_not_matter(size: int) -> None:
    data = (PROSE * 500).encode("utf-16-le")
    data = data[:20_001] + data[20_002:30_003] + data[30_004:]
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    assert b"".join(aligned(blocks, "utf-16-le")) == b"".join(aligned([data], "utf-16-le"))
    assert read(data, "utf-16-le").count(PROSE) > 490


def test_what_was_given_up_makes_its_line_invalid_and_no_other() -> None:
    data = (PROSE * 20).encode("utf-16-le")
    lines = b"".join(utf8_blocks([data[:301] + data[302:]], "utf-16-le")).split(b"\n")
    valid = [line for line in lines if line.decode("utf-8", "ignore").encode() == line]
    assert len(lines) - len(valid) == 1
    assert valid == [PROSE.rstrip("\n").encode()] * 19 + [b""]


def test_time_is_linear_where_every_line_is_damaged() -> None:
    lines = [PROSE.encode("utf-16-le")[number % 2 :] for number in range(4000)]
    start = time.process_time()
    assert read(b"".join(lines), "utf-16-le").count("宇宙洪荒") > 3000
    assert time.process_time() - start < 5
