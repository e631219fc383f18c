"""A delivered file as its reader gets it: opened, in whole or one split of it, and decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple, cast

import pyarrow as pa

from jobs.corpus.intake.blocks import decodable_blocks, file_blocks, lines
from jobs.corpus.intake.encodings import Characters, without_mark
from jobs.corpus.intake.file_kinds import expected_contents
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.intake.splits import Split


class OpenFile(NamedTuple):
    """An opened file and how it is to be read.

    Attributes:
        stream: its bytes, decompressed; of a split these bytes alone, but the whole file for
            formats of random access.
        name: what rows and errors call it.
        params: the partner's format, encoding, columns and limits.
        split: which part of the file to read; None: all of it.
        legacy: the encoding of lines that are not UTF-8, by evidence of the whole file; None: the
            head of the file decides.
    """

    stream: BinaryIO | pa.NativeFile
    name: str
    params: DeliveryParams
    split: Split | None = None
    legacy: Callable[[], str | None] | None = None

    @property
    def rows_before(self) -> int:
        """How many rows of the file precede this part."""
        return self.split.rows_before if self.split else 0

    @property
    def bytes_stream(self) -> BinaryIO:
        """The stream of a format that is read from the beginning."""
        return cast("BinaryIO", self.stream)


def decoded_blocks(file: OpenFile) -> tuple[Characters, Iterator[bytes]]:
    """Return how the lines of a file become characters, and its blocks without byte order mark.

    The header of a delimited file precedes each of its splits.

    Raises:
        DeliveryUnreadable: the file holds something that has a format of its own.
    """
    blocks = file_blocks(file.bytes_stream, file.name)
    if file.split is not None:
        return _split_blocks(blocks, file.params, file.split)
    blocks = expected_contents(blocks, file.name, file.params.format)
    return decodable_blocks(blocks, file.params.encoding, file.legacy)


def decoded_lines(file: OpenFile) -> tuple[Characters, Iterator[bytes | None]]:
    """Return the same as `decoded_blocks`, line by line; None for a line too long to hold."""
    characters, blocks = decoded_blocks(file)
    return characters, lines(blocks, file.params.max_line_bytes)


def _split_blocks(
    blocks: Iterator[bytes], params: DeliveryParams, split: Split
) -> tuple[Characters, Iterator[bytes]]:
    declared = None if params.encoding == "auto" else params.encoding
    characters = Characters(declared, is_legacy=split.is_legacy, legacy=lambda: split.legacy)
    if split.header:
        blocks = chain([split.header], blocks)
    begins = split.start == 0 or bool(split.header)
    return characters, without_mark(blocks) if begins else blocks
