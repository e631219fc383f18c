"""Partners' delivery files: which ones a pattern means.

A pattern is a file, a folder, or a glob with `*`, `?`, `[..]` and `**`; each also as a `file://`
or `s3://` address. A folder, named or matched, stands for every file below it. Hidden files and the
notes that Spark and its like leave beside their data are no deliveries and are skipped.

What is read is published, and partners fill these folders: a link out of one is followed only for
those who say so, and what is no file of a disk is never opened.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from jobs.errors import DeliveryMissing, DeliveryUnreadable
from jobs.storage.local_files import kernel_devices, settled, version_of
from jobs.storage.objects import Listed
from jobs.storage.stores import Backend, backend_of

_FILE_SCHEME = "file://"
_MAGIC = re.compile(r"[*?[]")
_NOTES = (
    *("_SUCCESS", "_committed_*", "_started_*", "_temporary"),
    *("_metadata", "_common_metadata", "_delta_log", "_spark_metadata"),
)
_NOTE = re.compile("|".join(map(fnmatch.translate, _NOTES)))

Pattern = frozenset[tuple[str, ...]]
"""The ways in which the rest of a pattern can be met, each as parts of a path."""


@dataclass(frozen=True)
class SourceFile:
    """One delivered file, as it was listed.

    Attributes:
        uri: Where it is.
        name: What every table calls it.
        size_bytes: As stored.
        version: What the store gives another value when the content changes: an ETag, or inode,
            time of modification and time of the last change of a file on a disk.
    """

    uri: str
    name: str
    size_bytes: int
    version: str

    @property
    def listed(self) -> Listed:
        """Size and version, by which the file is known again."""
        return self.size_bytes, self.version


class _Found(NamedTuple):
    """A file that a pattern matches.

    Attributes:
        name: Its path below the folder in which its name begins.
        path: Its path.
        real: The same without links above it.
        is_link: Is it a link itself?
    """

    name: str
    path: str
    real: str
    is_link: bool


def expand(
    patterns: Sequence[str], *, partner: str, endpoint_url: str | None, follow_links: bool
) -> list[SourceFile]:
    """The files that a partner's patterns mean, each once, sorted by name.

    A name is the path below the part of its pattern before any wildcard, or below the folder of a
    plain file; names that would be equal get as many parent folders in front as it takes.

    Args:
        patterns: Files, folders, globs, addresses.
        partner: Whose, for errors.
        endpoint_url: Of an S3 server other than AWS.
        follow_links: Whether links may lead out of that folder.

    Raises:
        DeliveryMissing: A pattern matches no file, or a link leads nowhere.
        DeliveryUnreadable: A folder cannot be listed, something found is not a named file, or a
            link leads where it may not.
        StorageError: A bucket cannot be listed.
    """
    found: dict[str, SourceFile] = {}

    def matches(pattern: str) -> list[SourceFile]:
        if backend := backend_of(pattern):
            return list(_remote_matches(pattern, backend, endpoint_url))
        return list(_local_matches(pattern, follow_links=follow_links))

    with ThreadPoolExecutor() as pool:
        listings = list(pool.map(matches, patterns))
    for pattern, matched in zip(patterns, listings, strict=True):
        if not matched:
            raise DeliveryMissing(
                f"partner {partner}: '{pattern}' matches no file: "
                "correct the path, or ask the partner for the delivery"
            )
        for file in matched:
            found.setdefault(file.uri, file)
    return sorted(_distinct_names(found.values()), key=lambda file: file.name)


def _local_matches(pattern: str, *, follow_links: bool) -> Iterator[SourceFile]:
    if pattern.startswith(_FILE_SCHEME):
        pattern = unquote(pattern.removeprefix(_FILE_SCHEME))
    path = Path(os.path.normpath(Path(pattern).expanduser().absolute()))
    if path.exists() and not path.is_dir():
        above = path.parent.resolve()
        found = _Found(path.name, str(path), str(above / path.name), path.is_symlink())
        yield _local_file(found, path.parent, str(above), follow_links=follow_links)
        return
    base = path if path.is_dir() else Path(*_before_magic(path.parts))
    if base.is_dir():
        wanted = path.parts[len(base.parts) :]
        below = list(_files_below(base, wanted, follow_links=follow_links))
        real = str(base.resolve())
        # Of a file and the links to it, the file's own name stays.
        for file in sorted(below, key=lambda file: (file.is_link, file.name.split("/"))):
            yield _local_file(file, base, real, follow_links=follow_links)


def _local_file(found: _Found, base: Path, real_base: str, *, follow_links: bool) -> SourceFile:
    path, real = found.path, found.real
    try:
        path.encode()
        if found.is_link:
            Path(path).stat()
            real = str(Path(path).resolve())
    except UnicodeEncodeError as error:
        raise DeliveryUnreadable(
            f"the file name {path!a} is not UTF-8: rename it (convmv -f gbk -t utf8 --notest)"
        ) from error
    except OSError as error:
        raise DeliveryMissing(
            f"{path} leads to no file ({error.strerror}): restore it or remove the link"
        ) from error
    if found.is_link:
        _require_inside(Path(path), base, follow_links=follow_links)
    status = settled(real)
    uri = path if real == f"{real_base.rstrip('/')}/{found.name}" else real
    return SourceFile(uri, found.name, status.st_size, version_of(status))


def _files_below(base: Path, wanted: Sequence[str], *, follow_links: bool) -> Iterator[_Found]:
    """Each folder once, through links last: however they lead round, the walk ends."""
    folders, links = deque([base]), deque[Path]()
    seen: set[tuple[int, int, Pattern]] = set()
    while folders or links:
        here = folders.popleft() if folders else links.popleft()
        inside = here.relative_to(base).parts
        place, left = here.stat(), _left(inside, wanted)
        walked = (place.st_dev, place.st_ino, left)
        if walked in seen or (inside and any(above.samefile(here) for above in here.parents)):
            continue
        seen.add(walked)
        _require_inside(here, base, follow_links=follow_links)
        if place.st_dev in kernel_devices():
            raise DeliveryUnreadable(f"{here} holds no regular file: deliver files only")
        real = str(here.resolve()).rstrip("/")
        for entry in _entries(here):
            if not _is_folder(entry):
                name = "/".join((*inside, entry.name))
                if _fits((*inside, entry.name), wanted):
                    yield _Found(name, entry.path, f"{real}/{entry.name}", entry.is_symlink())
            elif _left((*inside, entry.name), wanted):
                (links if entry.is_symlink() else folders).append(here / entry.name)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        complaint = f"{folder} cannot be listed ({error.strerror}): check its rights"
        raise DeliveryUnreadable(complaint) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to what cannot be looked at; opening it says why
        return False


def _require_inside(path: Path, base: Path, *, follow_links: bool) -> None:
    real = path.resolve()
    if not follow_links and not real.is_relative_to(base.resolve()):
        raise DeliveryUnreadable(
            f"{path} is a link to {real}, out of {base}: deliver what is there itself, or say "
            "follow_links: true in the partner's file if those who set links there may "
            "choose what is published"
        )


def _remote_matches(
    address: str, backend: Backend, endpoint_url: str | None
) -> Iterator[SourceFile]:
    scheme, _, path = address.partition("://")
    bucket, _, key = path.partition("/")
    root = f"{scheme}://{bucket}/"
    wanted = [part for part in key.split("/") if part]
    fixed = _before_magic(wanted)
    base = "".join(f"{part}/" for part in fixed)
    beginning = root + _MAGIC.split(key)[0]
    for found, size_bytes, version in backend.list_files(beginning, endpoint_url):
        name = found.removeprefix(root)
        inner = name.removeprefix(base)
        if name == key and not key.endswith("/"):
            yield SourceFile(address, name.rpartition("/")[2], size_bytes, version)
        elif name.startswith(base) and _fits(inner.split("/"), wanted[len(fixed) :]):
            yield SourceFile(found, inner, size_bytes, version)


def _before_magic(parts: Sequence[str]) -> list[str]:
    return list(takewhile(lambda part: not _MAGIC.search(part), parts))


def _fits(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether a path, or a folder above it, is what the wildcards want.

    Never a hidden one or a note, nor the empty object that consoles store to show a folder.
    """
    return any(set(rest) <= {"**"} for rest in _left(parts, wanted))


def _left(parts: Sequence[str], wanted: Sequence[str]) -> Pattern:
    """What the wildcards may still want below a folder: nothing at all if it leads nowhere."""
    left = frozenset({tuple(wanted)})
    for part in parts:
        after = (_after(part, rest) for rest in left)
        left = frozenset() if _is_nobodys(part) else frozenset().union(*after)
    return left


def _after(part: str, wanted: tuple[str, ...]) -> Pattern:
    if not wanted:
        return frozenset({()})
    if wanted[0] == "**":
        return frozenset({wanted}) | _after(part, wanted[1:])
    return frozenset({wanted[1:]} if fnmatch.fnmatchcase(part, wanted[0]) else ())


def _is_nobodys(part: str) -> bool:
    return part[:1] in {"", "."} or _NOTE.match(part) is not None


def _distinct_names(files: Iterable[SourceFile]) -> list[SourceFile]:
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
