"""Which bytes are which characters: the encodings a delivery may come in, and how to tell them."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator

ENCODINGS = ("auto", "utf-8", "gb18030", "big5", "utf-16")

# GB18030 contains GBK and GB2312. Windows' Big5 has the punctuation people type; what it lacks is
# looked up with Hong Kong's supplement.
_CODECS = {"utf-8": ("utf-8",), "gb18030": ("gb18030",), "big5": ("cp950", "big5hkscs")}

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    ("\ufeff".encode("gb18030"), "gb18030"),
)

# The commonest characters and marks of modern and classical Chinese in both scripts: a quarter to
# a half of any text, and hardly ever what bytes read in a wrong encoding happen to spell.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过后作里"
    "用道行所然家事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想"
    "這個們來為國會說時對發後裡經學當沒動還進樣開從實軍無長機業將兩間問應與關點於產或第條者及令由若曰"
    "，。、：；？！「」“”（）《》"
)

# Measured on 52 real files: the right encoding scores 0.24 to 0.58, a wrong one up to 0.04; a file
# in none of these encodings (EUC-TW) scored 0.11.
_LEAST_SCORE = 0.15
_GUESSES = ("gb18030", "big5", "utf-16-le", "utf-16-be")
_SCORED_BYTES = 1 << 19

_ASCII, _ABOVE_ASCII = bytes(range(0x80)), bytes(range(0x80, 0x100))


def detect(sample: bytes) -> str:
    """The encoding of a file that begins with `sample`: a few MB, or all of it.

    One of utf-8, gb18030, big5, utf-16-le, utf-16-be. A file that fits none of them counts as
    UTF-8, because strict UTF-8 then refuses its rows one by one instead of inventing characters.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    if sample.count(0) * 10 > len(sample):
        return utf16_order(sample)
    if _is_mostly_utf8(sample):
        return "utf-8"
    telling = _telling(sample)
    scores = {encoding: _score(telling, encoding) for encoding in _GUESSES}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= _LEAST_SCORE else "utf-8"


def utf16_order(sample: bytes) -> str:
    """`utf-16-le` or `utf-16-be`: by the mark, else by the order that makes more sense."""
    for mark, encoding in _BYTE_ORDER_MARKS[1:3]:
        if sample.startswith(mark):
            return encoding
    return max(
        ("utf-16-le", "utf-16-be"), key=lambda order: _sense(sample.decode(order, "replace"))
    )


def decoded(line: bytes, encoding: str) -> str:
    """The characters of `line`, strictly; raises `UnicodeDecodeError`."""
    first, *others = _CODECS[encoding]
    try:
        return line.decode(first)
    except UnicodeDecodeError:
        for codec in others:
            return line.decode(codec)
        raise


def escaped(line: bytes, encoding: str) -> str:
    """The characters of `line`, each undecodable byte as a lone surrogate, U+DC80 to U+DCFF."""
    return line.decode(_CODECS[encoding][0], "surrogateescape")


def utf8_blocks(blocks: Iterable[bytes], order: str) -> Iterator[bytes]:
    """UTF-16 blocks as UTF-8 ones.

    A half of a surrogate pair passes through, and half a character at the end becomes such a half:
    neither is valid UTF-8, so it is the row holding it that fails later, not the file.
    """
    decoder = codecs.getincrementaldecoder(order)("surrogatepass")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield "\udc80".encode("utf-8", "surrogatepass")


def without_mark(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The blocks of a file without the byte order mark it may begin with."""
    rest = iter(blocks)
    yield next(rest, b"").removeprefix("\ufeff".encode(encoding, "ignore"))
    yield from rest


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether more characters beyond ASCII are valid UTF-8 than not; a few bad bytes stay few."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd") - sample.count("\ufffd".encode())
    beyond_ascii = len(text) - len(sample.translate(None, _ABOVE_ASCII))
    return 2 * wrong <= beyond_ascii


def _telling(sample: bytes) -> bytes:
    """The part of `sample` worth scoring: from the first byte beyond ASCII, on an even place."""
    start = len(sample) - len(sample.lstrip(_ASCII))
    start -= start % 2
    return sample[start : start + _SCORED_BYTES]


def _score(sample: bytes, encoding: str) -> float:
    """The share of common Chinese among the characters beyond ASCII."""
    counts = Counter(sample.decode(_CODECS.get(encoding, (encoding,))[0], "replace"))
    beyond_ascii = sum(count for character, count in counts.items() if character > "\x7f")
    return sum(counts[character] for character in _COMMON) / max(beyond_ascii, 1)


def _sense(text: str) -> int:
    """How many characters are ASCII or common Chinese."""
    counts = Counter(text).items()
    return sum(count for one, count in counts if one < "\x7f" or one in _COMMON)
