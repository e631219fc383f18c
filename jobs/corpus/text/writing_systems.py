"""Writing systems: the script of every letter, by its ISO 15924 code.

Only scripts that are in use today, and Mongolian, Yi and Manchu's neighbours in China, have a name;
letters of all others are `Zyyy`. Marks that combine with letters count with them.
"""

from __future__ import annotations

import sys
import unicodedata

import numpy as np

from jobs.corpus.text.alphabets import HAN_RANGES
from jobs.corpus.text.table_cache import kept_table
from jobs.corpus.text.utf8 import Bytes

_BLOCKS = (
    ("Hani", HAN_RANGES),
    ("Kana", ((0x3041, 0x309F), (0x30A1, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D))),
    (
        "Hang",
        ((0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7FB), (0xFFA1, 0xFFDC)),
    ),
    (
        "Latn",
        ((0x41, 0x24F), (0x250, 0x2AF), (0x1D00, 0x1D7F), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F),
         (0xA722, 0xA7FF), (0xAB30, 0xAB6F), (0xFF21, 0xFF5A)),
    ),
    ("Grek", ((0x370, 0x3FF), (0x1F00, 0x1FFF))),
    ("Cyrl", ((0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F))),
    ("Armn", ((0x530, 0x58F),)),
    ("Hebr", ((0x590, 0x5FF), (0xFB1D, 0xFB4F))),
    ("Arab", ((0x600, 0x6FF), (0x750, 0x77F), (0x870, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC))),
    ("Syrc", ((0x700, 0x74F),)),
    ("Thaa", ((0x780, 0x7BF),)),
    ("Nkoo", ((0x7C0, 0x7FF),)),
    ("Deva", ((0x900, 0x97F), (0xA8E0, 0xA8FF))),
    ("Beng", ((0x980, 0x9FF),)),
    ("Guru", ((0xA00, 0xA7F),)),
    ("Gujr", ((0xA80, 0xAFF),)),
    ("Orya", ((0xB00, 0xB7F),)),
    ("Taml", ((0xB80, 0xBFF),)),
    ("Telu", ((0xC00, 0xC7F),)),
    ("Knda", ((0xC80, 0xCFF),)),
    ("Mlym", ((0xD00, 0xD7F),)),
    ("Sinh", ((0xD80, 0xDFF),)),
    ("Thai", ((0xE00, 0xE7F),)),
    ("Laoo", ((0xE80, 0xEFF),)),
    ("Tibt", ((0xF00, 0xFFF),)),
    ("Mymr", ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F))),
    ("Geor", ((0x10A0, 0x10FF), (0x1C90, 0x1CBF))),
    ("Ethi", ((0x1200, 0x139F),)),
    ("Cher", ((0x13A0, 0x13FF),)),
    ("Khmr", ((0x1780, 0x17FF),)),
    ("Mong", ((0x1800, 0x18AF),)),
    ("Tale", ((0x1950, 0x197F),)),
    ("Talu", ((0x1980, 0x19DF),)),
    ("Java", ((0xA980, 0xA9DF),)),
    ("Bali", ((0x1B00, 0x1B7F),)),
    ("Yiii", ((0xA000, 0xA4CF),)),
    ("Lisu", ((0xA4D0, 0xA4FF),)),
    ("Bopo", ((0x3105, 0x312F), (0x31A0, 0x31BF))),
)  # fmt: skip

SCRIPTS = ("", "Zyyy", *(name for name, _ in _BLOCKS))
"""What the numbers in `script_numbers` stand for: no letter, another script, and those named."""


@kept_table
def script_numbers() -> Bytes:
    """Return the number of the script of each code point, uint8 (0x110000,)."""
    numbers = np.zeros(sys.maxunicode + 1, np.uint8)
    for point in range(0x20000):
        category = unicodedata.category(chr(point))
        numbers[point] = category[0] == "L" or (category[0] == "M" and not _is_of_any(point))
    for number, (_, ranges) in enumerate(_BLOCKS, start=2):
        for first, last in ranges:
            block = numbers[first : last + 1]
            block[block != 0] = number
    for first, last in HAN_RANGES:  # beyond the first planes, and the zero 〇
        numbers[first : last + 1] = SCRIPTS.index("Hani")
    return numbers


def _is_of_any(point: int) -> bool:
    """Whether a combining mark belongs to letters of any script: accents, variation selectors."""
    return (
        0x300 <= point < 0x370
        or 0x1AB0 <= point < 0x1B00
        or 0x1DC0 <= point < 0x1E00
        or 0x20D0 <= point < 0x2100
        or 0x3099 <= point < 0x309B
        or 0xFE00 <= point < 0xFE30
    )
