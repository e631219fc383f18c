"""Files as they arrive: good ones, after what may happen to their content, packing and name."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.compact_thrift import I16, I32, I64, LIST, STRUCT, Struct, parsed, written
from tests.fuzz.byte_mutations import (
    CONTENT,
    STORED,
    flipped,
    mutated_bytes,
    part_of,
    swapped,
    without,
    wrong_length,
)
from tests.fuzz.good_files import PACKINGS, Delivery, good_file

_ODD = (0, 1, -1, 2**31 - 1, -(2**31), 2**32, 2**62, 2**63 - 1, -(2**63))
_BOMB_BYTES = 4 << 20
_TAIL_BYTES = 600  # of Parquet: most of the footer


def mutated(chance: Random) -> tuple[Delivery, str, bytes]:
    """A file as it arrives: what its partner says of it, its name and its bytes."""
    made = good_file(chance)
    in_content, in_stored = chance.choice(((0, 0), (1, 0), (1, 0), (3, 0), (0, 1), (0, 3), (2, 1)))
    content = mutated_bytes(chance, made.content, in_content, (*CONTENT, _spliced))
    if chance.random() < 0.02:
        content = bomb(chance, content)
    stored = _packed(chance, content, made.packing)
    if made.format == "parquet" and chance.random() < 0.6:
        stored = chance.choice((_lying_footer, _lying_footer, _footer_changed))(chance, stored)
    stored = mutated_bytes(chance, stored, in_stored, (*STORED, _spliced))
    packing, delivered_as = made.packing, made.format
    if chance.random() < 0.02:  # a name that lies
        packing = chance.choice([*PACKINGS])
    if chance.random() < 0.02:
        delivered_as = good_file(chance).format
    if delivered_as == "parquet":
        packing = ""
    made = made._replace(format=delivered_as, packing=packing, content=content)
    return made, f"甲{made.suffix}{packing}", stored


def bomb(chance: Random, content: bytes) -> bytes:
    """The content, then one of its bytes or lines millions of times."""
    unit = chance.choice((b"\0", b" ", b"\n", b"{}\n", b"a,b\n", b'"', b"[", content[-40:] or b"x"))
    return content + unit * (_BOMB_BYTES // len(unit))


def _packed(chance: Random, content: bytes, packing: str) -> bytes:
    pack = PACKINGS[packing]
    if not packing or chance.random() < 0.8:
        return pack(content)
    place = chance.randint(0, len(content))
    members = pack(content[:place]), pack(content[place:])
    between = chance.choice((b"", b"\0" * 512, PACKINGS[chance.choice([*PACKINGS])](b"{}\n")))
    return members[0] + between + members[1]


def _spliced(chance: Random, content: bytes) -> bytes:
    other = good_file(chance)
    source = PACKINGS[other.packing](other.content)
    place, (start, end) = chance.randint(0, len(content)), part_of(chance, source)
    return content[:place] + source[start:end] + content[place:]


def _footer_changed(chance: Random, content: bytes) -> bytes:
    """What a Parquet file says of itself, which no checksum covers."""
    place = max(0, len(content) - _TAIL_BYTES)
    change = chance.choice((flipped, flipped, wrong_length, without, swapped))
    return content[:place] + change(chance, content[place:])


def _lying_footer(chance: Random, content: bytes) -> bytes:
    """A whole footer in which one to three numbers are others: sizes, offsets, counts, types."""
    size = int.from_bytes(content[-8:-4], "little")
    if not content.endswith(b"PAR1") or size + 12 > len(content):
        return content
    try:
        footer = parsed(content[-8 - size : -8])
    except IndexError:
        return content
    numbers = [*_numbers(footer)]
    for struct, field in chance.sample(numbers, min(len(numbers), chance.choice((1, 1, 3)))):
        kind, number = struct[field]
        struct[field] = kind, chance.choice((*_ODD, number - 1, number + 1, number * 1000))
    forged = written(footer)
    return content[: -8 - size] + forged + len(forged).to_bytes(4, "little") + b"PAR1"


def _numbers(struct: Struct) -> Iterator[tuple[Struct, int]]:
    """Every number in a struct and what is in it, as the struct that holds it and its field."""
    for field, (kind, value) in struct.items():
        if kind in {I16, I32, I64}:
            yield struct, field
        elif kind == STRUCT:
            yield from _numbers(value)
        elif kind == LIST and value[0] == STRUCT:
            for element in value[1]:
                yield from _numbers(element)
