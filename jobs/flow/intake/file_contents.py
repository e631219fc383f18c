"""Contents of delivered files: the file itself, or the members of an archive.

What the first bytes of a file show decides, not its name. A member is called
`ARCHIVE!/MEMBER`, wherever rows, decisions and errors name a file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, NamedTuple, cast

import pyarrow as pa

from jobs.corpus.intake.deliveries import legacy_evidence
from jobs.corpus.intake.file_kinds import complaint_of_document
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.rows import DeliveryParams
from jobs.errors import DeliveryUnreadable
from jobs.storage.archive_members import Member
from jobs.storage.archives import HEAD_BYTES, archive_kind, archive_members
from jobs.storage.decompression import compression
from jobs.storage.patterns import fits, has_suffix
from jobs.storage.source_bytes import decompressed, open_random, open_stream
from jobs.storage.source_files import SourceFile

_DOCUMENT_BYTES = 1 << 16  # in which an office document shows what it is
_BUFFER_BYTES = 1 << 20
MEMBER = "!/"
"""What stands between the name of an archive and that of its member."""


class Content(NamedTuple):
    """What rows are read from.

    Attributes:
        name: The file's or member's.
        stream: Its bytes, decompressed; seekable for formats of random access.
        legacy: Returns what all of it shows of lines that are not UTF-8.
    """

    name: str
    stream: BinaryIO | pa.NativeFile
    legacy: Callable[[], str | None]


@contextmanager
def opened_contents(
    source: SourceFile, reading: DeliveryParams, *, endpoint_url: str | None
) -> Iterator[Iterator[Content]]:
    """Open the contents of a file to look at.

    Args:
        source: the file.
        reading: how it is read.
        endpoint_url: of an S3 server other than AWS.

    Raises:
        DeliveryUnreadable: Now or while reading: it may not be opened, or its bytes are damaged.
    """
    if source.refusal:
        raise DeliveryUnreadable(source.refusal)
    opened = open_random if format_named(reading.format).is_random_access else open_stream
    with opened(source.uri, endpoint_url=endpoint_url) as stream:
        yield contents(stream, source.uri, source.uri, reading, lambda: None)


def contents(
    stream: BinaryIO | pa.NativeFile,
    name: str,
    where: str,
    reading: DeliveryParams,
    legacy: Callable[[], str | None],
) -> Iterator[Content]:
    """Yield what an open file holds, each to be read before the next is asked for.

    Args:
        stream: its bytes, decompressed.
        name: of the file, in rows.
        where: its address, for errors.
        reading: how it is read.
        legacy: of the file, see `Content`.

    Raises:
        DeliveryUnreadable: an archive is damaged or holds nothing of the format.
    """
    head, stream = _with_head(stream)
    kind = archive_kind(head)
    if kind is None and isinstance(stream, pa.NativeFile) and compression(head, ""):
        # What is read here and there is not compressed, but an archive of it may be.
        head, plain = _with_head(decompressed(io.BufferedReader(_Ahead(b"", stream)), where))
        kind = archive_kind(head)
        stream = stream if kind is None else plain
    if kind is None:
        yield Content(name, stream, legacy)
        return
    if kind == "zip":
        head, stream = _with_head(stream, _DOCUMENT_BYTES)
        if complaint := complaint_of_document(head):
            raise DeliveryUnreadable(f"{where} {complaint}")
    members = archive_members(cast("BinaryIO", stream), kind, where)
    yield from _members(members, name, where, reading)


def _members(
    members: Iterator[Member], name: str, where: str, reading: DeliveryParams
) -> Iterator[Content]:
    delivered_as = format_named(reading.format)
    others: list[str] = []
    is_any = False
    for member in members:
        parts = member.name.split("/")
        if not fits(parts, ["**"]):
            continue
        if not has_suffix(parts[-1], delivered_as.suffixes):
            others.append(member.name)
            continue
        is_any = True
        inside = f"{where}{MEMBER}{member.name}"
        head, _ = _with_head(_plain(member, inside))
        if archive_kind(head) and not complaint_of_document(head):
            raise DeliveryUnreadable(f"{inside} is an archive in an archive: unpack it")
        opened: BinaryIO | pa.NativeFile = _plain(member, inside)
        if delivered_as.is_random_access:
            opened = pa.PythonFile(member.opened(), "r")
        yield Content(f"{name}{MEMBER}{member.name}", opened, partial(_legacy, member, inside))
    if others and not is_any:
        raise DeliveryUnreadable(
            f"{where} holds no file that ends in {' '.join(delivered_as.suffixes)}, but "
            f"{len(others):,} others, such as {others[0]!r}: correct format, or unpack it"
        )


def _plain(member: Member, where: str) -> BinaryIO:
    return decompressed(io.BufferedReader(member.opened(), _BUFFER_BYTES), where)


def _legacy(member: Member, where: str) -> str | None:
    return legacy_evidence(_plain(member, where), where)


def _with_head(
    stream: BinaryIO | pa.NativeFile, size_bytes: int = HEAD_BYTES
) -> tuple[bytes, BinaryIO | pa.NativeFile]:
    """Return the first bytes of a stream, and a stream that begins with them."""
    if isinstance(stream, pa.NativeFile):
        head = stream.read(size_bytes)
        stream.seek(0)
        return head, stream
    if isinstance(stream, io.BufferedReader) and len(head := stream.peek(size_bytes)) >= size_bytes:
        return head, stream
    head = stream.read(size_bytes)
    return head, io.BufferedReader(_Ahead(head, stream), _BUFFER_BYTES)


class _Ahead(io.RawIOBase):
    """A stream some bytes of which were read already."""

    def __init__(self, ahead: bytes, stream: BinaryIO) -> None:
        self._ahead, self._stream = ahead, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer).cast("B")
        part = self._ahead[: len(view)] or self._stream.read(len(view))
        self._ahead = self._ahead[len(view) :]
        view[: len(part)] = part
        return len(part)
