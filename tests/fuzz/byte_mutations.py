"""Mutations of bytes: what disks, networks, programs and people do to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from tests.fuzz.hostile_texts import hostile_number, hostile_text

MOST_BYTES = 4 << 20
_NUMBER = re.compile(rb"\d{1,20}")
_HEADER = re.compile(rb"(?m)^([A-Za-z-]{3,30}): ?([^\r\n]{0,80})")
_CODECS = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16", "euc_jp", "cp949", "utf-7")
_LENGTHS = (b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0" * 4, b"\x01\0\0\x80", b"\xff" * 9 + b"\x01")

Mutation = Callable[[Random, bytes], bytes]


def flipped(chance: Random, content: bytes) -> bytes:
    """Some bits are others."""
    held = bytearray(content)
    for _ in range(int(64 ** chance.random()) if held else 0):
        held[chance.randrange(len(held))] ^= 1 << chance.randrange(8)
    return bytes(held)


def part_of(chance: Random, content: bytes) -> tuple[int, int]:
    """Start and end of a part, short ones as likely as long ones."""
    start = chance.randint(0, len(content))
    return start, min(len(content), start + int((len(content) + 1) ** chance.random()))


def cut(chance: Random, content: bytes) -> bytes:
    """Its end or beginning is missing."""
    place = chance.randint(0, len(content))
    return chance.choice((content[:place], content[:place], content[place:]))


def without(chance: Random, content: bytes) -> bytes:
    """A part is missing."""
    start, end = part_of(chance, content)
    return content[:start] + content[end:]


def repeated(chance: Random, content: bytes) -> bytes:
    """A part is there many times."""
    start, end = part_of(chance, content)
    times = chance.choice((2, 3, 50, 5000))
    part = content[start:end][: max(1, MOST_BYTES // 8 // times)]
    return content[:start] + part * times + content[end:]


def swapped(chance: Random, content: bytes) -> bytes:
    """Two parts have changed places."""
    (a, b), (c, d) = sorted((part_of(chance, content), part_of(chance, content)))
    b = min(b, c)
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def inserted(chance: Random, content: bytes) -> bytes:
    """A hostile text stands in it, in some encoding."""
    place = chance.randint(0, len(content))
    text = hostile_text(chance, 30_000).encode(chance.choice(_CODECS), "replace")
    return content[:place] + text + content[place:]


def raw_inserted(chance: Random, content: bytes) -> bytes:
    """Bytes that mean something to somebody stand in it."""
    place = chance.randint(0, len(content))
    odd = chance.choice(
        (
            *(
                b"\0",
                b"\xff\xfe",
                b"\xef\xbb\xbf",
                b"\xed\xa0\x80",
                b"\xc0\x80",
                b"\xf4\x90\x80\x80",
            ),
            *(
                b"\xff",
                b"\x81",
                b"\x8e\xa1",
                b"\r",
                b"\n",
                b'"',
                b'""',
                b"\\",
                b"\t",
                b",",
                b"\x1a",
            ),
            *(
                b"{",
                b"}",
                b"[",
                b'{"a":',
                b"PK\x03\x04",
                b"PAR1",
                b"%PDF-",
                b"\x1f\x8b\x08",
                b"WARC/1.0",
            ),
        )
    )
    return (
        content[:place] + odd * chance.choice((1, 1, 3, 2000, 60_000 // len(odd))) + content[place:]
    )


def renumbered(chance: Random, content: bytes) -> bytes:
    """One number another: a length, a date, an id."""
    found = [*_NUMBER.finditer(content[: 1 << 16])]
    if not found:
        return content
    one = chance.choice(found)
    return content[: one.start()] + hostile_number(chance).encode() + content[one.end() :]


def lying_header(chance: Random, content: bytes) -> bytes:
    """One header of a record or response another, longer, twice or not there."""
    found = [*_HEADER.finditer(content[: 1 << 16])]
    if not found:
        return content
    one, other = chance.choice(found), chance.choice(found)
    value = chance.choice(
        (other[2], b"", hostile_text(chance, 20_000).encode(), b"chunked", b"gzip, br", one[2] * 50)
    )
    line = one[1] + b": " + value
    return content[: one.start()] + line * chance.choice((1, 1, 2)) + content[one.end() :]


def recoded(chance: Random, content: bytes) -> bytes:
    """A part of it in another encoding."""
    start, end = part_of(chance, content)
    part = content[start:end].decode(chance.choice(_CODECS), "replace")
    return content[:start] + part.encode(chance.choice(_CODECS), "replace") + content[end:]


def wrong_length(chance: Random, content: bytes) -> bytes:
    """Four bytes are what a length must not be."""
    place, length = chance.randint(0, len(content)), chance.choice(_LENGTHS)
    return content[:place] + length + content[place + len(length) :]


CONTENT: tuple[Mutation, ...] = (
    *(flipped, cut, without, repeated, swapped, inserted, inserted),
    *(raw_inserted, raw_inserted, renumbered, lying_header, lying_header, recoded),
)
STORED: tuple[Mutation, ...] = (
    *(flipped, flipped, cut, without, repeated, swapped, raw_inserted),
    *(wrong_length, renumbered),
)


def mutated_bytes(chance: Random, content: bytes, times: int, how: tuple[Mutation, ...]) -> bytes:
    """The content after some mutations of a kind, one after the other."""
    for _ in range(times):
        content = chance.choice(how)(chance, content)[:MOST_BYTES]
    return content
