"""Delivered files as they are listed, and what is to be listed."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.storage.objects import Listed


@dataclass(frozen=True)
class SourceFile:
    """One delivered file, as it was listed.

    Attributes:
        uri: Where it is.
        name: What every table calls it.
        size_bytes: As stored.
        version: What the store gives another value when the content changes: an ETag, or inode,
            time of modification and time of the last change of a file on a disk.
        refusal: Why it is not opened; empty for what may be.
    """

    uri: str
    name: str
    size_bytes: int
    version: str
    refusal: str = ""

    @property
    def listed(self) -> Listed:
        """Size and version, by which the file is known again."""
        return self.size_bytes, self.version


@dataclass(frozen=True)
class Wanted:
    """Files to be found.

    Attributes:
        owner: Whose, for errors.
        patterns: Files, folders, globs, addresses.
        suffixes: What files in a folder end in, in lower case; None for anything.
        follow_links: Whether links may lead out of a folder.
    """

    owner: str
    patterns: tuple[str, ...]
    suffixes: tuple[str, ...] | None = None
    follow_links: bool = False


class PassedOver(str):
    """The name of a file that is not read for its suffix."""

    __slots__ = ()
