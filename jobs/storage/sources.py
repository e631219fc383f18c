"""Partners' delivery files: which ones a pattern means.

A pattern is a file, a folder, or a glob with `*`, `?`, `[..]` and `**`; each also as a `file://`
or `s3://` address. A folder, named or matched, stands for every file below it. Hidden files are
nobody's delivery and are skipped.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

from jobs.errors import DeliveryMissing, DeliveryUnreadable
from jobs.storage.objects import S3_SCHEME
from jobs.storage.s3_clients import listed, split_address

_FILE_SCHEME = "file://"
_MAGIC = re.compile(r"[*?[]")


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
