"""Patterns of delivery files: which path means which, and what a folder stands for.

A folder, named or matched, stands for the files of a format's suffixes below it; a pattern that
names files stands for all that match. Hidden files and the notes that Spark and its like leave
beside their data are no deliveries.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import PurePosixPath

from jobs.storage.decompression import COMPRESSED_SUFFIXES

ARCHIVE_SUFFIXES = (".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".zip")

_MAGIC = re.compile(r"[*?[]")
_NOTES = (
    *("_SUCCESS", "_committed_*", "_started_*", "_temporary"),
    *("_metadata", "_common_metadata", "_delta_log", "_spark_metadata"),
)
_NOTE = re.compile("|".join(map(fnmatch.translate, _NOTES)))
_HADOOP = re.compile(r"part-(?:[mr]-)?\d+|\d{6}_\d+(?:_copy_\d+)?")  # which give no suffix

Pattern = frozenset[tuple[str, ...]]
"""The ways in which the rest of a pattern can be met, each as parts of a path."""


def before_magic(parts: Sequence[str]) -> list[str]:
    """Return the parts of a path before the first wildcard."""
    return list(takewhile(lambda part: not _MAGIC.search(part), parts))


def beginning(path: str) -> str:
    """Return what a path begins with before its first wildcard."""
    return _MAGIC.split(path)[0]


def fits(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Return whether a path, or a folder above it, is what the wildcards want; no note ever is."""
    return any(set(rest) <= {"**"} for rest in left(parts, wanted))


def left(parts: Sequence[str], wanted: Sequence[str]) -> Pattern:
    """Return what the wildcards may still want below a folder: nothing at all if it leads nowhere.

    Args:
        parts: of the folder's path.
        wanted: parts of the pattern.
    """
    rests = frozenset({tuple(wanted)})
    for part in parts:
        after = (_after(part, rest) for rest in rests)
        rests = frozenset() if _is_note(part) else frozenset().union(*after)
    return rests


def is_delivered(
    parts: Sequence[str], wanted: Sequence[str], suffixes: Sequence[str] | None
) -> bool:
    """Return whether a file that fits is read: for its suffix, or as the pattern names files.

    Args:
        parts: of the file's path.
        wanted: parts of the pattern.
        suffixes: of the format, in lower case; None for any.
    """
    if suffixes is None or has_suffix(parts[-1], suffixes):
        return True
    return any(_names(parts[-1], rest) for rest in left(parts[:-1], wanted))


def has_suffix(name: str, suffixes: Sequence[str]) -> bool:
    """Return whether a file has one of these suffixes, compressed or not, or may hold such files.

    An archive may, and so may a compressed file, or one of Hadoop's, whose name says no more.
    """
    bare = PurePosixPath(name.lower())
    is_compressed = bare.suffix in COMPRESSED_SUFFIXES
    if is_compressed:
        bare = PurePosixPath(bare.stem)
    if not bare.suffix:
        return is_compressed or _HADOOP.fullmatch(bare.name) is not None
    return bare.suffix in suffixes or bare.suffix in ARCHIVE_SUFFIXES


def _names(part: str, rest: tuple[str, ...]) -> bool:
    """Return whether the last part of a pattern, no `**`, matches a file's own name."""
    is_last = bool(rest) and rest[-1] != "**" and set(rest[:-1]) <= {"**"}
    return is_last and fnmatch.fnmatchcase(part, rest[-1])


def _after(part: str, wanted: tuple[str, ...]) -> Pattern:
    if not wanted:
        return frozenset({()})
    if wanted[0] == "**":
        return frozenset({wanted}) | _after(part, wanted[1:])
    return frozenset({wanted[1:]} if fnmatch.fnmatchcase(part, wanted[0]) else ())


def _is_note(part: str) -> bool:
    return part[:1] in {"", "."} or _NOTE.match(part) is not None
