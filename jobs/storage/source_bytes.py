"""The bytes of delivery files: as stored, decompressed, in part, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from jobs.errors import DeliveryUnreadable, HeliuError
from jobs.storage.checked_files import Blocks, CheckedFile, block_digests
from jobs.storage.decompression import DECODER_FAILURES, MAGIC_BYTES, Members, compression
from jobs.storage.hashed_stream import changed, complaint, hashed_stream, kind, opening
from jobs.storage.local_files import require_regular
from jobs.storage.objects import Listed
from jobs.storage.stores import backend_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_FAILURES = (OSError, EOFError, pa.ArrowException, *DECODER_FAILURES)
# From S3 each filling of the buffer is one request, so it must be worth the wait for an answer.
_BUFFER_BYTES = 8 << 20
_BLOCK_BYTES = 1 << 20  # 8 bytes of digest each: 7 MB for 850 GB of deliveries
_MOST_BLOCKS = 4096  # the digests of all of them are in specifications: 32 KiB
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Known:
    """What a file's bytes, as they are stored, are known by.

    Attributes:
        digest: Their xxh3_128, 32 hex digits.
        blocks: Digests of its parts, by which whatever is read later is checked.
        version: Of the file, as the store gives it.
    """

    digest: str
    blocks: Blocks
    version: str


def known_bytes(
    uri: str,
    *,
    endpoint_url: str | None,
    listed: Listed | None = None,
    watch: Callable[[bytes], None] | None = None,
) -> Known:
    """Read a file once, to know it again; raises as `hashed_stream` does.

    Args:
        uri: where the file is.
        endpoint_url: of an S3 server other than AWS.
        listed: its size and version as listed; None for whatever is there.
        watch: shown the bytes as they pass, in blocks of whole megabytes; so they are read once.
    """
    step = _block_bytes(listed[0] if listed else 0)
    digests = []
    with hashed_stream(uri, endpoint_url=endpoint_url, listed=listed) as stream:
        buffered = io.BufferedReader(stream, _BUFFER_BYTES)
        while block := buffered.read(max(step, _BUFFER_BYTES)):
            digests.append(block_digests(block, step))
            if watch is not None:
                watch(block)
    return Known(stream.digest, Blocks(stream.size_bytes, step, b"".join(digests)), stream.version)


def _block_bytes(size_bytes: int) -> int:
    """Return a size of blocks, a power of two, of which a file has no more than `_MOST_BLOCKS`."""
    return max(_BLOCK_BYTES, 1 << (max(1, size_bytes - 1) // _MOST_BLOCKS).bit_length())


def open_stream(uri: str, *, endpoint_url: str | None, known: Known | None = None) -> BinaryIO:
    """The file's content from the beginning, decompressed if its bytes or suffix say so.

    All members of a .gz, .zst, .bz2 or .xz are read, with zeros between and behind those of .gz
    and .xz, and windows of .zst up to 2 GiB. A file that breaks off raises when the break is
    reached: half a delivery must never pass for a whole one.

    Args:
        uri: where the file is.
        endpoint_url: of an S3 server other than AWS.
        known: what its bytes must be; None for whatever is there.

    Raises:
        DeliveryMissing: The file is not there.
        DeliveryUnreadable: Now or while reading: no permission, truncated, corrupt.
        DeliveryChanged: Now or while reading: it is not what is known.
        StorageError: Now or while reading: the S3 server refused or cannot be reached.
    """
    return decompressed(_raw_stream(uri, endpoint_url, known), uri)


def decompressed(stored: io.BufferedReader, uri: str) -> BinaryIO:
    """Return the content of a file from its bytes as stored; raises as `open_stream` does."""
    suffix = compression(stored.peek(MAGIC_BYTES), uri)
    if suffix is None:
        return stored
    if not stored.peek(1):
        raise DeliveryUnreadable(
            f"{uri} is empty, which no whole {suffix} file is: ask the partner to send it again"
        )
    broken = f"{uri} cannot be decompressed: ask the partner to send it again"
    content = _Explaining(Members(stored, suffix), DeliveryUnreadable, broken)
    return io.BufferedReader(content, _CHUNK_BYTES * 16)


def open_range(
    uri: str, start: int, end: int, *, endpoint_url: str | None, known: Known | None = None
) -> BinaryIO:
    """The bytes from `start` to `end` of a file as stored; raises as `open_stream` does."""
    stored = open_random(uri, endpoint_url=endpoint_url, known=known)
    return io.BufferedReader(
        _Explaining(_Range(stored, start, end), kind(uri), complaint(uri)), _BUFFER_BYTES
    )


def open_random(uri: str, *, endpoint_url: str | None, known: Known | None = None) -> pa.NativeFile:
    """The file for random access; raises as `open_stream` does, once open plain `OSError`."""
    file = _opened(uri, endpoint_url, known)
    return file if known is None else pa.PythonFile(_checked(file, uri, known), "r")


def _checked(file: pa.NativeFile, uri: str, known: Known) -> CheckedFile:
    found = f"{known.blocks.size_bytes:,} bytes, xxh3-128 {known.digest}"
    if file.size() != known.blocks.size_bytes:
        raise changed(uri, found)
    return CheckedFile(file, known.blocks, partial(changed, uri, found))


def _opened(uri: str, endpoint_url: str | None, known: Known | None) -> pa.NativeFile:
    with opening(uri):
        if backend := backend_of(uri):
            listed = (known.blocks.size_bytes, known.version) if known else None
            return backend.open_file(uri, endpoint_url, listed)
        # What was a file when the delivery was listed may have become a link or a pipe.
        require_regular(uri)
        return pa.OSFile(uri)


def _raw_stream(uri: str, endpoint_url: str | None, known: Known | None) -> io.BufferedReader:
    file = _opened(uri, endpoint_url, known)
    source = file if known is None else _checked(file, uri, known)
    return io.BufferedReader(_Explaining(source, kind(uri), complaint(uri)), _BUFFER_BYTES)


class _Explaining(io.RawIOBase):
    """Bytes of one file; whatever goes wrong while they are read names the file."""

    def __init__(self, source: io.RawIOBase, kind: type[HeliuError], complaint: str) -> None:
        self._source = source
        self._kind = kind
        self._complaint = complaint

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        try:
            return self._source.readinto(buffer)
        except _READ_FAILURES as error:
            raise self._kind(f"{self._complaint} ({error})") from error

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


class _Range(io.RawIOBase):
    """Some of the bytes of a file."""

    def __init__(self, file: pa.NativeFile, start: int, end: int) -> None:
        self._file = file
        self._left = end - start
        file.seek(start)

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        count = int(self._file.readinto(view[: min(self._left, len(view))])) if self._left else 0
        self._left -= count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
