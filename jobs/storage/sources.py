"""Partners' delivery files: which ones a pattern means.

A pattern is a file, a folder, or a glob with `*`, `?`, `[..]` and `**`; each also as a `file://`
or `s3://` address. What matches is read, passed over by its suffix or refused by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from jobs.errors import ConfigError, DeliveryMissing, DeliveryUnreadable
from jobs.storage.local_matches import local_matches, nearest_path
from jobs.storage.patterns import before_magic, beginning, fits, is_delivered
from jobs.storage.source_files import PassedOver, SourceFile, Wanted
from jobs.storage.stores import Backend, backend_of


@dataclass(frozen=True)
class Listing:
    """What patterns match.

    Attributes:
        files: Each once, sorted by name.
        passed_over: Names of what lies in their folders and has another suffix.
    """

    files: list[SourceFile]
    passed_over: list[str]


def expand(
    patterns: Sequence[str], *, partner: str, endpoint_url: str | None, follow_links: bool
) -> list[SourceFile]:
    """The files that patterns mean, of any suffix, each once, sorted by name.

    Args:
        patterns: Files, folders, globs, addresses.
        partner: Whose, for errors.
        endpoint_url: Of an S3 server other than AWS.
        follow_links: Whether links may lead out of their folders.

    Raises:
        DeliveryMissing: A pattern matches no file.
        DeliveryUnreadable: As `listings`, or something found is not to be opened.
        StorageError: A bucket cannot be listed.
    """
    wanted = Wanted(f"partner {partner}", tuple(patterns), follow_links=follow_links)
    (found,) = listings([wanted], endpoint_url=endpoint_url)
    require_no_refusals(found.files)
    return found.files


def require_no_refusals(files: Iterable[SourceFile]) -> None:
    """Raise `DeliveryUnreadable` with every file that may not be opened, if there is one."""
    if refusals := [file.refusal for file in files if file.refusal]:
        raise DeliveryUnreadable("\n".join(refusals))


def listings(groups: Sequence[Wanted], *, endpoint_url: str | None) -> list[Listing]:
    """What each group of patterns matches.

    A name is the path below the part of its pattern before any wildcard, or below the folder of a
    plain file; names that would be equal in any groups get as many parent folders in front as it
    takes.

    Args:
        groups: what is wanted; no file may be in two of them.
        endpoint_url: of an S3 server other than AWS.

    Raises:
        ConfigError: A file is in two groups.
        DeliveryMissing: A pattern matches no file.
        DeliveryUnreadable: A folder cannot be listed, or is none of a disk.
        StorageError: A bucket cannot be listed.
    """
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda group: _matched(group, endpoint_url), groups))
    owners: dict[str, int] = {}
    for number, (files, _) in enumerate(found):
        for uri in files:
            if (other := owners.setdefault(uri, number)) != number:
                raise ConfigError(
                    f"{uri} is in the deliveries of {groups[other].owner} and of "
                    f"{groups[number].owner}: let their patterns match different files"
                )
    named = _distinct_names(file for files, _ in found for file in files.values())
    return [
        Listing(sorted((named[uri] for uri in files), key=lambda file: file.name), passed_over)
        for files, passed_over in found
    ]


def _matched(group: Wanted, endpoint_url: str | None) -> tuple[dict[str, SourceFile], list[str]]:
    """Return the files that a group matches by their address, and names of those passed over."""
    files: dict[str, SourceFile] = {}
    passed_over: dict[str, None] = {}
    for pattern in group.patterns:
        found = list(_matches(pattern, group, endpoint_url))
        others = [one for one in found if isinstance(one, PassedOver)]
        if len(others) == len(found):
            cure = "correct the path, or ask the partner for the delivery"
            if not backend_of(pattern) and (nearest := nearest_path(pattern)):
                cure = f"{nearest} (or ask the partner for the delivery)"
            if others:
                suffixes = ", ".join(group.suffixes or ())
                cure = (
                    f"no file there ends in {suffixes}, but {others[0]!r} and {len(others) - 1:,} "
                    "more lie there: correct format, or name the files by a pattern as FOLDER/*"
                )
            raise DeliveryMissing(f"{group.owner}: '{pattern}' matches no file: {cure}")
        for one in found:
            if isinstance(one, SourceFile):
                files.setdefault(one.uri, one)
            else:
                passed_over[one] = None
    return files, list(passed_over)


def _matches(
    pattern: str, group: Wanted, endpoint_url: str | None
) -> Iterator[SourceFile | PassedOver]:
    if backend := backend_of(pattern):
        return _remote_matches(pattern, group, backend, endpoint_url)
    return local_matches(pattern, group)


def _remote_matches(
    address: str, group: Wanted, backend: Backend, endpoint_url: str | None
) -> Iterator[SourceFile | PassedOver]:
    """What a pattern matches in a bucket, where a path may have empty parts, which names keep."""
    scheme, _, path = address.partition("://")
    bucket, _, key = path.partition("/")
    root = f"{scheme}://{bucket}/"
    wanted = [part for part in key.split("/") if part]
    fixed = before_magic(wanted)
    for found, size_bytes, version in backend.list_files(root + beginning(key), endpoint_url):
        name = found.removeprefix(root)
        inner = _below(name, fixed)
        parts = [part for part in inner.split("/") if part]
        if name == key and not key.endswith("/"):
            yield SourceFile(address, name.rpartition("/")[2], size_bytes, version)
        elif not inner or not fits(parts, wanted[len(fixed) :]):
            continue
        elif name.endswith("/"):
            if size_bytes:  # what consoles store to show a folder is empty
                yield PassedOver(inner)
        elif is_delivered(parts, wanted[len(fixed) :], group.suffixes):
            yield SourceFile(found, inner, size_bytes, version)
        else:
            yield PassedOver(inner)


def _below(name: str, folders: Sequence[str]) -> str:
    """Return the path of a key below these folders; empty if it is not below them."""
    for folder in folders:
        first, _, name = name.lstrip("/").partition("/")
        if first != folder:
            return ""
    return name


def _distinct_names(files: Iterable[SourceFile]) -> dict[str, SourceFile]:
    """The same files by address, equal names lengthened by parent folders until none are equal."""
    named = {file.uri: file for file in files}
    while clashing := {
        name for name, count in Counter(file.name for file in named.values()).items() if count > 1
    }:
        for uri, file in named.items():
            if file.name in clashing:
                longer = "/".join(uri.split("/")[-2 - file.name.count("/") :])
                named[uri] = replace(file, name=longer)
    return named
