"""Members of a tar archive, from its beginning to its end, in bounded memory.

The standard library reads the headers; its reader of whole archives takes what stands between them
for as long as it says, and ends in silence where a second archive follows or the rest is missing.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from jobs.storage.archive_members import MOST_MEMBER_BYTES, Member, Names, decoded_name, held

_BLOCK = tarfile.BLOCKSIZE
_IN_PARTS = {tarfile.GNUTYPE_SPARSE, b"M"}  # without its holes; going on in another archive
_FILES = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE} | _IN_PARTS
_SPARSE = "GNU.sparse.map"
_OWN_HEADERS = {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}
_LONG_NAME = tarfile.GNUTYPE_LONGNAME
_NOTES = {tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK}
_MOST_NOTE_BYTES = 1 << 20
_MOST_PADDING = 1 << 14  # blocks between archives, or behind the last
_SIZE = re.compile("[0-9]{1,20}")


def tar_members(stream: BinaryIO, where: str, folder: Path) -> Iterator[Member]:
    """Yield the files of an archive; folders, links and devices hold no text and are passed over.

    Args:
        stream: the archive, decompressed; read to its end.
        where: what errors call it.
        folder: for what does not fit in memory.

    Raises:
        DeliveryUnreadable: a header is damaged, a member sparse or too large, or a name is none.
        EOFError: it breaks off.
    """
    names = Names(where)
    given: dict[str, str] = {}
    for block in _headers(stream, names):
        info = _header(block, names)
        if info.type == _LONG_NAME or info.type in _OWN_HEADERS | _NOTES:
            note = _note(stream, info, names)
            given |= _stated(note, info.type)
            continue
        size = _size(given.get("size"), info, names)
        if info.type in _FILES:
            name = names.checked(given.get("path") or _name(info.name))
            if info.type in _IN_PARTS or _SPARSE in given or size > MOST_MEMBER_BYTES:
                names.refuse(f"its member {name!r} is sparse or too large: send it by itself")
            for one in held(folder, stream.read, size):
                yield Member(name, one.opened)
            _skip(stream, -size % _BLOCK)
        else:
            _skip(stream, size + -size % _BLOCK)
        given = {}


def _headers(stream: BinaryIO, names: Names) -> Iterator[bytes]:
    """Yield the blocks that are headers; what stands behind one is read before the next."""
    zeros, ends = bytes(_BLOCK), 0
    while block := stream.read(_BLOCK):
        ends = ends + 1 if block == zeros else 0
        if ends > _MOST_PADDING:
            names.refuse(f"more than {_MOST_PADDING * _BLOCK:,} zeros follow one another")
        if not ends:
            yield block
    if not ends:
        raise EOFError("it has no end")


def _header(block: bytes, names: Names) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        names.refuse(f"a header is damaged ({error}): ask the partner for it again")
        raise
    if info.size < 0:
        names.refuse(f"a header gives {info.size} bytes: ask the partner for it again")
    return info


def _size(stated: str | None, info: tarfile.TarInfo, names: Names) -> int:
    """Return the size of a member by the header before its own, which counts, or by its own."""
    if stated is None:
        return info.size
    if not _SIZE.fullmatch(stated):
        names.refuse(f"a header gives {stated[:20]!r} bytes: ask the partner for it again")
    return int(stated)


def _name(name: str) -> str:
    return decoded_name(name.encode("utf-8", "surrogateescape"))


def _note(stream: BinaryIO, info: tarfile.TarInfo, names: Names) -> bytes:
    if info.size > _MOST_NOTE_BYTES:
        names.refuse(f"a header has {info.size:,} bytes")
    note = stream.read(info.size)
    _skip(stream, -info.size % _BLOCK)
    return note


def _stated(note: bytes, kind: bytes) -> dict[str, str]:
    """Return what a header states of the member behind it: `path` and `size`, and holes."""
    if kind == _LONG_NAME:
        return {"path": decoded_name(note.rstrip(b"\0"))}
    stated: dict[str, str] = {}
    while kind in _OWN_HEADERS and note:
        length, _, _ = note.partition(b" ")
        if not length.isdigit() or not 0 < int(length[:9]) <= len(note):
            break
        key, _, value = note[len(length) + 1 : int(length) - 1].partition(b"=")
        if key in {b"path", b"size"}:
            stated[key.decode()] = decoded_name(value)
        elif key.startswith(b"GNU.sparse."):
            stated[_SPARSE] = decoded_name(value)
        note = note[int(length) :]
    return stated


def _skip(stream: BinaryIO, size_bytes: int) -> None:
    while size_bytes > 0:
        part = stream.read(min(size_bytes, 1 << 20))
        if not part:
            raise EOFError("it breaks off inside a member")
        size_bytes -= len(part)
