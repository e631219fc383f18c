"""Delivery files on disks: what is found below a folder, and what of it may be opened.

What is read is published, and partners fill these folders: a link out of one is followed only for
those who say so, and what is no file of a disk is never opened.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from jobs.config_errors import nearest
from jobs.errors import DeliveryError, DeliveryMissing, DeliveryUnreadable
from jobs.storage.local_files import kernel_devices, settled, version_of
from jobs.storage.patterns import Pattern, before_magic, fits, is_delivered, left
from jobs.storage.source_files import PassedOver, SourceFile, Wanted

_FILE_SCHEME = "file://"
_SHOWN, _SHOWN_CHARS = 10, 200


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


def local_matches(pattern: str, group: Wanted) -> Iterator[SourceFile | PassedOver]:
    """Yield what a pattern matches on disks.

    Raises:
        DeliveryUnreadable: a folder is none, or the system does not let it be looked at.
    """
    try:
        yield from _matches(pattern, group)
    except OSError as error:
        raise DeliveryUnreadable(
            f"{pattern[:_SHOWN_CHARS]!r} cannot be looked at ({error.strerror}): check the path and"
            " its rights"
        ) from error


def _matches(pattern: str, group: Wanted) -> Iterator[SourceFile | PassedOver]:
    if pattern.startswith(_FILE_SCHEME):
        pattern = unquote(pattern.removeprefix(_FILE_SCHEME))
    path = Path(os.path.normpath(Path(pattern).expanduser().absolute()))
    follow_links = group.follow_links
    if path.exists() and not path.is_dir():
        above = path.parent.resolve()
        found = _Found(path.name, str(path), str(above / path.name), path.is_symlink())
        yield _local_file(found, path.parent, str(above), follow_links=follow_links)
        return
    base = path if path.is_dir() else Path(*before_magic(path.parts))
    if base.is_dir():
        wanted = path.parts[len(base.parts) :]
        below = list(_files_below(base, wanted, follow_links=follow_links))
        real = str(base.resolve())
        # Of a file and the links to it, the file's own name stays.
        for file in sorted(below, key=lambda file: (file.is_link, file.name.split("/"))):
            if file.real and not is_delivered(file.name.split("/"), wanted, group.suffixes):
                yield PassedOver(file.name)
            else:
                yield _local_file(file, base, real, follow_links=follow_links)


def nearest_path(pattern: str) -> str:
    """Return which part of a path is not there, and what it may mean; empty if all of it is."""
    path = Path(os.path.normpath(Path(pattern.removeprefix(_FILE_SCHEME)).expanduser().absolute()))
    here = Path(path.anchor)
    for part in before_magic(path.parts)[1:]:
        if not (here / part).exists():
            names = [entry.name for entry in _entries(here)] if here.is_dir() else []
            if near := nearest(part, names):
                return f"{str(here)!r} holds no {part!r}: did you mean {str(here / near)!r}?"
            there = f", only {', '.join(names[:_SHOWN])}" if names else ""
            return f"{str(here)!r} holds no {part!r}{there}: correct the path"
        here /= part
    return ""


def _local_file(found: _Found, base: Path, real_base: str, *, follow_links: bool) -> SourceFile:
    """Return a file of a disk, or with a refusal what is none that may be read."""
    try:
        return _regular_file(found, base, real_base, follow_links=follow_links)
    except DeliveryError as error:
        name, uri = (ascii(one)[1:-1] if not _is_utf8(one) else one for one in found[:2])
        return SourceFile(uri, name, 0, "", str(error))


def _is_utf8(name: str) -> bool:
    return name.encode(errors="replace").decode() == name


def _regular_file(found: _Found, base: Path, real_base: str, *, follow_links: bool) -> SourceFile:
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
        is_link = not folders
        here = folders.popleft() if folders else links.popleft()
        inside = here.relative_to(base).parts
        place, rest = here.stat(), left(inside, wanted)
        walked = (place.st_dev, place.st_ino, rest)
        if walked in seen or (inside and any(above.samefile(here) for above in here.parents)):
            continue
        seen.add(walked)
        if place.st_dev in kernel_devices():
            raise DeliveryUnreadable(f"{here} holds no regular file: deliver files only")
        if is_link and not follow_links and not here.resolve().is_relative_to(base.resolve()):
            yield _Found("/".join(inside), str(here), "", is_link=True)  # which is refused
            continue
        yield from _files_in(here, inside, wanted, folders, links)


def _files_in(
    here: Path,
    inside: tuple[str, ...],
    wanted: Sequence[str],
    folders: deque[Path],
    links: deque[Path],
) -> Iterator[_Found]:
    """Yield what fits in one folder; append the folders in it that may hold more."""
    real = str(here.resolve()).rstrip("/")
    for entry in _entries(here):
        path = (*inside, entry.name)
        if not _is_folder(entry):
            if fits(path, wanted):
                place = f"{real}/{entry.name}"
                yield _Found("/".join(path), entry.path, place, entry.is_symlink())
        elif left(path, wanted):
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
