"""The bytes of delivery files: as stored, decompressed, in part, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import xxhash

from jobs.errors import (
    DeliveryChanged,
    DeliveryMissing,
    DeliveryUnreadable,
    HeliuError,
    ObjectMissing,
    StorageError,
)
from jobs.storage.checked import Blocks, CheckedFile, block_digests
from jobs.storage.decompression import COMPRESSED_SUFFIXES, DECODER_FAILURES, Members
from jobs.storage.sources import require_regular
from jobs.storage.stores import backend_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_FAILURES = (OSError, EOFError, pa.ArrowException, *DECODER_FAILURES)
# From S3 each filling of the buffer is one request, so it must be worth the wait for an answer.
_BUFFER_BYTES = 8 << 20
_BLOCK_BYTES = 1 << 20  # 8 bytes of digest each: 7 MB for 850 GB of deliveries
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Known:
    """What a file's bytes, as they are stored, are known by.

    Attributes:
        digest: Their xxh3_128, 32 hex digits.
        blocks: Digests of its parts, by which whatever is read later is checked.
    """

    digest: str
    blocks: Blocks


def known_bytes(
    uri: str, *, endpoint_url: str | None, watch: Callable[[bytes], None] | None = None
) -> Known:
    """Read a file once, to know it again.

    Args:
        uri: where the file is.
        endpoint_url: of an S3 server other than AWS.
        watch: shown the bytes as they pass, in blocks of `_BUFFER_BYTES`; so they are read once.
    """
    state, size_bytes, digests = xxhash.xxh3_128(), 0, []
    with _raw_stream(uri, endpoint_url, None) as stream:
        while block := stream.read(_BUFFER_BYTES):
            state.update(block)
            size_bytes += len(block)
            digests.append(block_digests(block, _BLOCK_BYTES))
            if watch is not None:
                watch(block)
    return Known(state.hexdigest(), Blocks(size_bytes, _BLOCK_BYTES, b"".join(digests)))


def open_stream(uri: str, *, endpoint_url: str | None, known: Known | None = None) -> BinaryIO:
    """The file's content from the beginning, decompressed if its suffix says so.

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
    stored = _raw_stream(uri, endpoint_url, known)
    suffix = PurePosixPath(uri).suffix.lower()
    if suffix not in COMPRESSED_SUFFIXES:
        return stored
    if not stored.peek(1):
        raise DeliveryUnreadable(
            f"{uri} is empty, which no whole {suffix} file is: ask the partner to send it again"
        )
    complaint = f"{uri} cannot be decompressed: ask the partner to send it again"
    content = _Explaining(Members(stored, suffix), DeliveryUnreadable, complaint)
    return io.BufferedReader(content, _CHUNK_BYTES * 16)


def open_range(
    uri: str, start: int, end: int, *, endpoint_url: str | None, known: Known | None = None
) -> BinaryIO:
    """The bytes from `start` to `end` of a file as stored; raises as `open_stream` does."""
    stored = open_random(uri, endpoint_url=endpoint_url, known=known)
    return io.BufferedReader(
        _Explaining(_Range(stored, start, end), _kind(uri), _complaint(uri)), _BUFFER_BYTES
    )


def open_random(uri: str, *, endpoint_url: str | None, known: Known | None = None) -> pa.NativeFile:
    """The file for random access; raises as `open_stream` does, once open plain `OSError`."""
    file = _opened(uri, endpoint_url)
    return file if known is None else pa.PythonFile(_checked(file, uri, known), "r")


def _checked(file: pa.NativeFile, uri: str, known: Known) -> CheckedFile:
    def changed() -> DeliveryChanged:
        return DeliveryChanged(
            f"{uri} is not what it was when this run hashed it ({known.blocks.size_bytes:,} bytes, "
            f"xxh3-128 {known.digest}): nothing is published; let the delivery be finished and "
            "leave it alone, then run again"
        )

    if file.size() != known.blocks.size_bytes:
        raise changed()
    return CheckedFile(file, known.blocks, changed)


def _opened(uri: str, endpoint_url: str | None) -> pa.NativeFile:
    try:
        if backend := backend_of(uri):
            return backend.open_file(uri, endpoint_url)
        # What was a file when the delivery was listed may have become a link or a pipe.
        require_regular(uri)
        return pa.OSFile(uri)
    except (FileNotFoundError, ObjectMissing) as error:
        raise DeliveryMissing(f"{uri} is not there: correct the path or restore it") from error
    except OSError as error:
        raise DeliveryUnreadable(f"{uri} cannot be opened ({error}): check its rights") from error


def _raw_stream(uri: str, endpoint_url: str | None, known: Known | None) -> io.BufferedReader:
    file = _opened(uri, endpoint_url)
    source = file if known is None else _checked(file, uri, known)
    return io.BufferedReader(_Explaining(source, _kind(uri), _complaint(uri)), _BUFFER_BYTES)


def _kind(uri: str) -> type[HeliuError]:
    return StorageError if backend_of(uri) else DeliveryUnreadable


def _complaint(uri: str) -> str:
    return f"{uri} cannot be read: check the disk or network it is on, then run again"


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
