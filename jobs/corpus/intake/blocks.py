"""A file as blocks of bytes and as lines, in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

import pyarrow as pa

from jobs.corpus.intake.encoding_evidence import HEAD_BYTES, Evidence, characters
from jobs.corpus.intake.encodings import Characters, detect, utf8_blocks, utf16_order, without_mark
from jobs.errors import DeliveryUnreadable

_BLOCK_BYTES = 1 << 20


@contextmanager
def reading(source_file: str) -> Iterator[None]:
    """Turn errors of decompressors and Parquet about bad bytes into `DeliveryUnreadable`.

    An operating system's or a network's error has a number and passes: it is not the partner's.
    """
    try:
        yield
    except (EOFError, zlib.error, UnicodeDecodeError, pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DeliveryUnreadable(
            f"{source_file} cannot be read to its end ({error}): ask the partner for it again"
        ) from error


def decodable_blocks(
    blocks: Iterator[bytes], encoding: str, legacy: Callable[[], str | None] | None
) -> tuple[Characters, Iterator[bytes]]:
    """Return how to read a file's lines, and its blocks without byte order mark.

    UTF-16 arrives as UTF-8: a newline in it is no longer one byte.

    Args:
        blocks: the file from its beginning.
        encoding: one of `ENCODINGS`.
        legacy: what the whole file shows of lines that are not UTF-8; None: look at its head only.
    """
    head = _head(blocks) if encoding in {"auto", "utf-16"} else b""
    blocks = chain([head], blocks) if head else blocks
    order = encoding
    if encoding == "utf-16":
        order = utf16_order(head)
    elif encoding == "auto":
        order = detect(head)
    if order.startswith("utf-16"):
        encoding, blocks = "utf-8", utf8_blocks(blocks, order)
    seen = legacy or (lambda: Evidence().add([head]).legacy())
    return characters(head, encoding, seen), without_mark(blocks)


def lines(blocks: Iterable[bytes], max_bytes: int) -> Iterator[bytes | None]:
    """Yield each line without its newline; None in place of one longer than `max_bytes`."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        start, *rest = block.split(b"\n")
        size += len(start)
        # A line that is too long is only measured.
        held = [*held, start] if size <= max_bytes else []
        if rest:
            yield b"".join(held) if size <= max_bytes else None
            *whole, end = rest
            for line in whole:
                yield line if len(line) <= max_bytes else None
            held, size = [end], len(end)
    if size:
        yield b"".join(held) if size <= max_bytes else None


def file_blocks(stream: BinaryIO, source_file: str) -> Iterator[bytes]:
    """Yield the bytes of a file, a megabyte at a time."""
    while True:
        with reading(source_file):
            block = stream.read(_BLOCK_BYTES)
        if not block:
            return
        yield block


def _head(blocks: Iterator[bytes]) -> bytes:
    head: list[bytes] = []
    while sum(map(len, head)) < HEAD_BYTES and (block := next(blocks, b"")):
        head.append(block)
    return b"".join(head)
