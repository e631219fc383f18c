"""Partners' delivery files: which ones a pattern means, and their bytes, whole or not at all.

A pattern is a file, a folder, or a glob with `*`, `?`, `[..]` and `**`; each also as a `file://`
or `s3://` address. A folder, named or matched, stands for every file below it. Hidden files are
nobody's delivery and are skipped.
"""

from __future__ import annotations

import bz2
import fnmatch
import io
import lzma
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

import pyarrow as pa
import xxhash

from jobs.errors import DeliveryMissing, DeliveryUnreadable, HeliuError, ObjectMissing, StorageError
from jobs.storage.objects import S3_SCHEME
from jobs.storage.s3 import listed, open_object, split_address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_Decoder = bz2.BZ2Decompressor | lzma.LZMADecompressor

COMPRESSED_SUFFIXES = (".bz2", ".gz", ".xz", ".zst")

_FILE_SCHEME = "file://"
_MAGIC = re.compile(r"[*?[]")
_ARROW_CODECS = {".gz": "gzip", ".zst": "zstd"}
_READ_FAILURES = (OSError, EOFError, lzma.LZMAError, pa.ArrowException)
# From S3 each filling of the buffer is one request, so it must be worth the wait for an answer.
_BUFFER_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class SourceFile:
    """One delivered file: where it is now, what every table calls it, its size as stored."""

    uri: str
    name: str
    size_bytes: int


def expand(patterns: Sequence[str], *, partner: str, endpoint_url: str | None) -> list[SourceFile]:
    """The files that a partner's patterns mean, each once, sorted by name.

    A name is the path below the part of its pattern before any wildcard, or below the folder of a
    plain file; names that would be equal get as many parent folders in front as it takes.

    Raises:
        DeliveryMissing: A pattern matches no file, or a link leads nowhere.
        DeliveryUnreadable: A folder cannot be listed, or something found is not a named file.
        StorageError: A bucket cannot be listed.
    """
    found: dict[str, SourceFile] = {}
    for pattern in patterns:
        is_remote = pattern.startswith(S3_SCHEME)
        matched = list(_s3_matches(pattern, endpoint_url) if is_remote else _local_matches(pattern))
        if not matched:
            raise DeliveryMissing(
                f"partner {partner}: '{pattern}' matches no file: "
                "correct the path, or ask the partner for the delivery"
            )
        for file in matched:
            found.setdefault(file.uri, file)
    return sorted(_told_apart(found.values()), key=lambda file: file.name)


def digest(uri: str, *, endpoint_url: str | None) -> str:
    """The xxh3_128 of the file's bytes as they are stored, 32 hex digits."""
    state = xxhash.xxh3_128()
    with _raw_stream(uri, endpoint_url) as stream:
        while chunk := stream.read(_BUFFER_BYTES):
            state.update(chunk)
    return state.hexdigest()


def open_stream(uri: str, *, endpoint_url: str | None) -> BinaryIO:
    """The file's content from the beginning, decompressed if its suffix says so.

    All members of a .gz, .zst, .bz2 or .xz are read, and a file that breaks off raises when the
    break is reached: half a delivery must never pass for a whole one.

    Raises:
        DeliveryMissing: The file is not there.
        DeliveryUnreadable: Now or while reading: no permission, truncated, corrupt.
        StorageError: Now or while reading: the S3 server refused or cannot be reached.
    """
    stored = _raw_stream(uri, endpoint_url)
    suffix = PurePosixPath(uri).suffix.lower()
    if suffix not in COMPRESSED_SUFFIXES:
        return stored
    if not stored.peek(1):
        raise DeliveryUnreadable(
            f"{uri} is empty, which no whole {suffix} file is: ask the partner to send it again"
        )
    complaint = f"{uri} cannot be decompressed: ask the partner to send it again"
    content = _Explaining(_decompressed(stored, suffix), DeliveryUnreadable, complaint)
    return io.BufferedReader(content, _CHUNK_BYTES * 16)


def open_random(uri: str, *, endpoint_url: str | None) -> pa.NativeFile:
    """The file for random access; raises as `open_stream` does, once open plain `OSError`."""
    try:
        if uri.startswith(S3_SCHEME):
            return open_object(uri, endpoint_url, None)
        return pa.OSFile(uri)
    except (FileNotFoundError, ObjectMissing) as error:
        raise DeliveryMissing(f"{uri} is not there: correct the path or restore it") from error
    except OSError as error:
        raise DeliveryUnreadable(f"{uri} cannot be opened ({error}): check its rights") from error


def _raw_stream(uri: str, endpoint_url: str | None) -> io.BufferedReader:
    kind = StorageError if uri.startswith(S3_SCHEME) else DeliveryUnreadable
    file = open_random(uri, endpoint_url=endpoint_url)
    complaint = f"{uri} cannot be read: check the disk or network it is on, then run again"
    return io.BufferedReader(_Explaining(file, kind, complaint), _BUFFER_BYTES)


def _decompressed(stored: io.BufferedReader, suffix: str) -> io.RawIOBase:
    if suffix in _ARROW_CODECS:
        return pa.CompressedInputStream(stored, _ARROW_CODECS[suffix])
    return _Members(stored, bz2.BZ2Decompressor if suffix == ".bz2" else lzma.LZMADecompressor)


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


class _Members(io.RawIOBase):
    """Every member of a bz2 or xz file.

    The readers of the standard library end without a word where a later member is damaged, and
    pyarrow's bz2 stumbles over empty members.
    """

    def __init__(self, stored: io.BufferedReader, new_decoder: type[_Decoder]) -> None:
        self._stored = stored
        self._new_decoder = new_decoder
        self._decoder = new_decoder()
        self._ahead = b""

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        while not self._decoder.eof or self._begin_next():
            data = self._ahead
            if not data and self._decoder.needs_input:
                data = self._stored.read(_CHUNK_BYTES)
                if not data:
                    raise EOFError("it breaks off inside a member")
            self._ahead = b""
            content = self._decoder.decompress(data, len(view))
            if content:
                view[: len(content)] = content
                return len(content)
        return 0

    def _begin_next(self) -> bool:
        self._ahead = self._decoder.unused_data or self._stored.read(_CHUNK_BYTES)
        if self._ahead:
            self._decoder = self._new_decoder()
        return bool(self._ahead)

    def close(self) -> None:
        self._stored.close()
        super().close()


def _local_matches(pattern: str) -> Iterator[SourceFile]:
    if pattern.startswith(_FILE_SCHEME):
        pattern = unquote(pattern.removeprefix(_FILE_SCHEME))
    path = Path(os.path.normpath(Path(pattern).expanduser().absolute()))
    if path.exists() and not path.is_dir():
        yield _local_file(path, path.parent)
        return
    base = path if path.is_dir() else Path(*_before_magic(path.parts))
    if base.is_dir():
        for file in _files_below(base, path.parts[len(base.parts) :]):
            yield _local_file(file, base)


def _local_file(path: Path, base: Path) -> SourceFile:
    try:
        str(path).encode()
        size_bytes = path.stat().st_size
    except UnicodeEncodeError as error:
        raise DeliveryUnreadable(
            f"the file name {str(path)!a} is not UTF-8: rename it (convmv -f gbk -t utf8 --notest)"
        ) from error
    except OSError as error:
        raise DeliveryMissing(
            f"{path} leads to no file ({error.strerror}): restore it or remove the link"
        ) from error
    if not path.is_file():
        raise DeliveryUnreadable(f"{path} is not a regular file: deliver files only")
    return SourceFile(str(path), path.relative_to(base).as_posix(), size_bytes)


def _files_below(base: Path, wanted: Sequence[str]) -> Iterator[Path]:
    """Through links too, unless they lead back to a folder the walk is in."""
    for parent, folders, names in os.walk(base, followlinks=True, onerror=_refuse):
        here = Path(parent)
        inside = here.relative_to(base).parts
        if inside and any(above.samefile(here) for above in here.parents):
            folders.clear()
            continue
        folders[:] = [name for name in folders if _leads((*inside, name), wanted)]
        yield from (here / name for name in names if _fits((*inside, name), wanted))


def _refuse(error: OSError) -> None:
    complaint = f"{error.filename} cannot be listed ({error.strerror}): check its rights"
    raise DeliveryUnreadable(complaint) from error


def _s3_matches(address: str, endpoint_url: str | None) -> Iterator[SourceFile]:
    bucket, key = split_address(address)
    wanted = [part for part in key.split("/") if part]
    fixed = _before_magic(wanted)
    base = "".join(f"{part}/" for part in fixed)
    for name, size_bytes in listed(bucket, _MAGIC.split(key)[0], endpoint_url, None):
        inner = name.removeprefix(base)
        if name == key and not key.endswith("/"):
            yield SourceFile(address, name.rpartition("/")[2], size_bytes)
        elif name.startswith(base) and _fits(inner.split("/"), wanted[len(fixed) :]):
            yield SourceFile(f"{S3_SCHEME}{bucket}/{name}", inner, size_bytes)


def _before_magic(parts: Sequence[str]) -> list[str]:
    return list(takewhile(lambda part: not _MAGIC.search(part), parts))


def _fits(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether a path, or a folder above it, is what the wildcards want.

    Never a hidden one, nor the empty object that consoles store to show a folder.
    """
    if any(part[:1] in {"", "."} for part in parts):
        return False
    if not wanted:
        return True
    if wanted[0] == "**":
        return _fits(parts, wanted[1:]) or (bool(parts) and _fits(parts[1:], wanted))
    is_first = bool(parts) and fnmatch.fnmatchcase(parts[0], wanted[0])
    return is_first and _fits(parts[1:], wanted[1:])


def _leads(folder: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether anything below the folder could fit, so that no other folder need be readable."""
    if folder[-1].startswith("."):
        return False
    pairs = zip(folder, takewhile("**".__ne__, wanted), strict=False)
    return all(fnmatch.fnmatchcase(part, want) for part, want in pairs)


def _told_apart(files: Iterable[SourceFile]) -> list[SourceFile]:
    """The same files, equal names lengthened by parent folders until none are equal."""
    named = {file.uri: file for file in files}
    while clashing := {
        name for name, count in Counter(file.name for file in named.values()).items() if count > 1
    }:
        for uri, file in named.items():
            if file.name in clashing:
                longer = "/".join(uri.split("/")[-2 - file.name.count("/") :])
                named[uri] = replace(file, name=longer)
    return list(named.values())
