"""Checked files: every read is compared with digests of blocks that were made before.

A part of a file is checked by reading the blocks that it touches. Digests take a ten-thousandth of
the size of the file, and checking a hundredth of a second per 100 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import xxhash

from jobs.errors import HeliuError
from jobs.storage.objects import ObjectReplaced
from jobs.storage.random_access import RandomAccess

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_TRIES = 2  # bytes garbled by a network or disk once may be right when read again


def block_digests(body: ReadableBuffer, block_bytes: int) -> bytes:
    """Return 8 bytes (xxh3_64, little-endian) for each block; the last block may be short."""
    view = memoryview(body)
    digests = [
        xxhash.xxh3_64_intdigest(view[start : start + block_bytes])
        for start in range(0, len(view), block_bytes)
    ]
    return np.array(digests, "<u8").tobytes()


@dataclass(frozen=True)
class Blocks:
    """Digests of the blocks of a file.

    Attributes:
        size_bytes: Of the file.
        block_bytes: Of each block but the last.
        digests: As `block_digests` gives them.
    """

    size_bytes: int
    block_bytes: int
    digests: bytes


class CheckedFile(RandomAccess):
    """A file for random access whose bytes are checked before they are returned."""

    def __init__(
        self, file: pa.NativeFile, blocks: Blocks, damage: Callable[[], HeliuError]
    ) -> None:
        """Read a file.

        Args:
            file: may be longer than what `blocks` cover.
            blocks: digests of its bytes.
            damage: makes the error to raise for other bytes.
        """
        super().__init__(blocks.size_bytes)
        self._file = file
        self._blocks = blocks
        self._digests = memoryview(blocks.digests)
        self._damage = damage
        self._held = (0, b"")  # offset of the bytes read last, and the bytes

    def size(self) -> int:
        """Return the size of the part that has digests, in bytes."""
        return self._blocks.size_bytes

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer, or less at the end of the file."""
        view = memoryview(buffer).cast("B")
        part = self._part(len(view))
        view[: len(part)] = part
        return len(part)

    def read_buffer(self, size_bytes: int = -1) -> pa.Buffer:
        """As `read`, without a copy; pyarrow asks for it."""
        return pa.py_buffer(self._part(self._blocks.size_bytes if size_bytes < 0 else size_bytes))

    def read_at(self, size_bytes: int, offset: int) -> memoryview:
        """Return the bytes at an offset, or fewer at the end of the file."""
        self.seek(offset)
        return self._part(size_bytes)

    def hold(self, offset: int, body: bytes) -> None:
        """Keep bytes that were read along with others, if they are right.

        Args:
            offset: of the first one: a multiple of the size of a block.
            body: the rest of the file from there.
        """
        step = self._blocks.block_bytes
        if block_digests(body, step) == self._digests[8 * offset // step :]:
            self._held = (offset, body)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._file.close()
        super().close()

    def _part(self, size_bytes: int) -> memoryview:
        stop = max(self._at, min(self._at + size_bytes, self._blocks.size_bytes))
        first, body = self._held
        if stop > self._at and not first <= self._at <= stop <= first + len(body):
            first, body = self._held = self._checked(self._at, stop)
        part = memoryview(body)[max(0, self._at - first) : max(0, stop - first)]
        self._at = stop
        return part

    def _checked(self, start: int, stop: int) -> tuple[int, bytes]:
        """Return the offset and bytes of the blocks that hold these bytes."""
        step = self._blocks.block_bytes
        first, last = start // step, -(-stop // step)
        begin, end = first * step, min(last * step, self._blocks.size_bytes)
        for _ in range(_TRIES):
            try:
                body = self._file.read_at(end - begin, begin)
            except ObjectReplaced as error:
                raise self._damage() from error
            if block_digests(body, step) == self._digests[8 * first : 8 * last]:
                return begin, body
        raise self._damage()
