"""Archives that are read member by member: tar, and zip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from jobs.errors import DeliveryUnreadable
from jobs.storage.archive_members import Member
from jobs.storage.scratch import scratch_folder
from jobs.storage.tar_members import tar_members
from jobs.storage.zip_members import zip_members

HEAD_BYTES = 512
"""Of a file, which show whether it is an archive."""

_TAR, _TAR_PLACE = b"ustar", 257
_ZIP = b"PK\x03\x04"
_READERS = {"tar": tar_members, "zip": zip_members}


def archive_kind(head: bytes) -> str | None:
    """Return `tar` or `zip` by the first bytes of a file; None if it is none of them."""
    if head.startswith(_ZIP):
        return "zip"
    return "tar" if head.startswith(_TAR, _TAR_PLACE) else None


def archive_members(stream: BinaryIO, kind: str, where: str) -> Iterator[Member]:
    """Yield the files of an archive in its order, each to be read before the next is asked for.

    Args:
        stream: the archive from its beginning, decompressed.
        kind: as `archive_kind` gives it.
        where: what errors call it.

    Raises:
        DeliveryUnreadable: it is damaged, breaks off or holds what is not read.
        StorageUnwritable: a large member finds no room on the disk.
    """
    with scratch_folder() as folder:
        try:
            yield from _READERS[kind](stream, where, folder)
        except EOFError as error:
            raise DeliveryUnreadable(
                f"{where} cannot be read to its end ({error}): ask the partner for it again"
            ) from error
