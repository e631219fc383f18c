"""Members of a zip archive, which is read from its end."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from jobs.storage.archive_members import (
    MOST_MEMBER_BYTES,
    MOST_MEMBERS,
    Held,
    Member,
    Names,
    decoded_name,
)

_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_TAIL_BYTES = (1 << 16) + 256  # a comment of 64 KiB, and the records of the end
_MOST_DIRECTORY_BYTES = 256 * MOST_MEMBERS  # what the standard library holds of it is ten times
_MOST_RATIO = 1100  # deflate packs 1,032 bytes in one; members that overlap seem to do better
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_FAILURES = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error),
    *(NotImplementedError, RuntimeError),
)


def zip_members(stream: BinaryIO, where: str, folder: Path) -> Iterator[Member]:
    """Yield the files of an archive; folders and links hold no text and are passed over.

    Args:
        stream: the archive; read to its end.
        where: what errors call it.
        folder: for what does not fit in memory.

    Raises:
        DeliveryUnreadable: it is damaged, encrypted, packed in a way that is not read or too tight,
            or a name is none.
    """
    names = Names(where)
    whole = Held(folder)
    try:
        whole.fill(stream.read)
        yield from _members(whole, names, folder)
    finally:
        whole.close()


def _members(whole: Held, names: Names, folder: Path) -> Iterator[Member]:
    if _directory_bytes(whole) > _MOST_DIRECTORY_BYTES:
        names.refuse(f"it has more than {MOST_MEMBERS:,} members: deliver several archives")
    try:
        archive = zipfile.ZipFile(whole.file)
    except _FAILURES as error:
        names.refuse(f"it is damaged ({error}): ask the partner for it again")
        raise
    with archive:
        files = [info for info in archive.infolist() if not info.is_dir() and not _is_link(info)]
        size = sum(info.file_size for info in files)
        if size > _MOST_RATIO * whole.size_bytes:
            names.refuse(f"{whole.size_bytes:,} bytes would become {size:,}")
        for info in files:
            name = names.checked(_name(info))
            if info.flag_bits & _ENCRYPTED:
                names.refuse(f"its member {name!r} is encrypted: send it without a password")
            if info.file_size > MOST_MEMBER_BYTES:
                names.refuse(f"its member {name!r} is too large: send it by itself")
            yield from _held_member(archive, info, name, names, folder)


def _held_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, names: Names, folder: Path
) -> Iterator[Member]:
    one = Held(folder)
    try:
        with archive.open(info) as member:
            one.fill(member.read, info.file_size)
            member.read(1)  # where the checksum is compared
    except _FAILURES as error:
        one.close()
        names.refuse(f"its member {name!r} cannot be unpacked ({error}): ask for it again")
    try:
        yield Member(name, one.opened)
    finally:
        one.close()


def _directory_bytes(whole: Held) -> int:
    """Return the size that an archive gives for its directory."""
    whole.file.seek(max(0, whole.size_bytes - _TAIL_BYTES))
    tail = whole.file.read(_TAIL_BYTES)
    end, end_64 = tail.rfind(_END), tail.rfind(_END_64)
    size = struct.unpack_from("<I", tail + bytes(64), end + 12)[0] if end >= 0 else 0
    size_64 = struct.unpack_from("<Q", tail + bytes(64), end_64 + 40)[0] if end_64 >= 0 else 0
    return int(size_64 if size == 0xFFFFFFFF else size)


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF_8:
        name = info.filename
    else:
        name = decoded_name(info.filename.encode("cp437", "replace"))
    return name.replace("\\", "/")


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)
