"""Kinds of delivered files: by suffix and group, which are read, and why others are not."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from jobs.errors import DeliveryError
from jobs.flow.intake.delivery_samples import signs
from jobs.flow.params import FileGroup, PartnerParams
from jobs.storage.decompression import COMPRESSED_SUFFIXES
from jobs.storage.patterns import ARCHIVE_SUFFIXES, before_magic
from jobs.storage.source_files import SourceFile, Wanted
from jobs.storage.sources import listings

_PLAIN_SUFFIX = re.compile(r"\.\w{1,12}")
_MOST_KINDS = 12  # of files that are not read
OTHERS = "others"


@dataclass(frozen=True)
class KindOfFiles:
    """Files of one suffix.

    Attributes:
        suffix: In lower case, of compressed files with the one before it; empty for none.
        group: That reads them; None if none does.
        files: How many.
        bytes: As stored.
        why: Why they are not read, and what to do; empty if they are.
        example: The name of one.
    """

    suffix: str
    group: str | None
    files: int
    bytes: int
    why: str
    example: str


def suffix_of(name: str) -> str:
    """Return the suffix of a file in lower case, `.jsonl.gz` of compressed ones; empty for none."""
    bare = PurePosixPath(name.lower())
    last = bare.suffix if _PLAIN_SUFFIX.fullmatch(bare.suffix) else ""
    if last in COMPRESSED_SUFFIXES:
        before = PurePosixPath(bare.stem).suffix
        return (before if _PLAIN_SUFFIX.fullmatch(before) else "") + last
    return last


def by_suffix(files: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    """Return files by their suffix, the most frequent first."""
    found: dict[str, list[SourceFile]] = defaultdict(list)
    for file in files:
        found[suffix_of(file.name)].append(file)
    return dict(sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))


def beside(
    partner: PartnerParams, group: FileGroup, *, endpoint_url: str | None
) -> list[SourceFile]:
    """Return whatever lies where a group's patterns look, of any name; nothing where none does."""
    patterns = tuple(dict.fromkeys(_any_name(pattern) for pattern in group.deliveries))
    found: dict[str, SourceFile] = {}
    for pattern in patterns:
        wanted = Wanted(partner.owner(group), (pattern,), None, partner.follow_links)
        with suppress(DeliveryError):
            (listing,) = listings([wanted], endpoint_url=endpoint_url)
            found |= {file.uri: file for file in listing.files}
    return list(found.values())


def _any_name(pattern: str) -> str:
    """Return a pattern with `*` in place of wildcards for names of files."""
    above, slash, last = pattern.rpartition("/")
    is_magic = bool(last) and before_magic([last]) == []
    return f"{above}{slash}*" if is_magic else pattern


def kinds_read(group: FileGroup, files: Iterable[SourceFile]) -> list[KindOfFiles]:
    """Return the kinds of the files that a group reads."""
    return [kind_of(suffix, group.name, some, "") for suffix, some in by_suffix(files).items()]


def kinds_unread(
    files: Iterable[SourceFile], groups: Sequence[FileGroup], endpoint_url: str | None
) -> list[KindOfFiles]:
    """Return the kinds of files that lie beside those that are read, and why they are not.

    Args:
        files: that no group reads.
        groups: of the partner.
        endpoint_url: of an S3 server other than AWS.
    """
    kinds = list(by_suffix(files).items())
    found = [
        kind_of(suffix, None, some, _why(suffix, some[0], groups, endpoint_url))
        for suffix, some in kinds[:_MOST_KINDS]
    ]
    rest = [file for _, some in kinds[_MOST_KINDS:] for file in some]
    return found + ([kind_of(OTHERS, None, rest, "of many suffixes")] if rest else [])


def format_shown(files: Iterable[SourceFile], endpoint_url: str | None) -> str:
    """Return the format that most of some files, or their members, show; empty for none."""
    return (shown_formats(files, endpoint_url).most_common(1) or [("", 0)])[0][0]


def shown_formats(files: Iterable[SourceFile], endpoint_url: str | None) -> Counter[str]:
    """Return how many of some files, or of their first members, show each format; "" for none."""
    found: Counter[str] = Counter()
    for file in files:
        with suppress(DeliveryError):
            found.update(sign.format for _, sign in signs(file, endpoint_url))
    return found


def _why(
    suffix: str, file: SourceFile, groups: Sequence[FileGroup], endpoint_url: str | None
) -> str:
    try:
        shown = signs(file, endpoint_url)
    except DeliveryError as error:
        return str(error)
    if not file.size_bytes:
        return "empty"
    if not shown:
        return "an archive that was not looked into"
    _, sign = shown[0]
    if sign.complaint:
        return sign.complaint
    formats = sorted({group.reading.format for group in groups})
    if sign.format in formats:
        what = "an archive of " if suffix in ARCHIVE_SUFFIXES else ""
        return f"{what}{sign.format} outside of the patterns of deliveries: add it there"
    return f"looks like {sign.format}: give a group with format: {sign.format}"


def kind_of(suffix: str, group: str | None, files: Sequence[SourceFile], why: str) -> KindOfFiles:
    """Return files of one suffix as one kind; `why` they are not read, empty if they are."""
    size = sum(file.size_bytes for file in files)
    return KindOfFiles(suffix, group, len(files), size, why, min(file.name for file in files))
