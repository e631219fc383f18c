"""Members of archives: what their names may be, and where they are held while they are read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from jobs.errors import DeliveryUnreadable
from jobs.storage.grammar import complaint_of_line
from jobs.storage.random_access import RandomAccess

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_MEMBERS = 100_000
MOST_MEMBER_BYTES = 4 << 30  # on the disk while it is read
_HELD_BYTES = 64 << 20  # of a member, or of a zip archive, in memory; more is on the disk
_COPY_BYTES = 1 << 20
_NAME_CHARS = 1024
_DRIVE = re.compile(r"[A-Za-z]:")


class Member(NamedTuple):
    """A file in an archive.

    Attributes:
        name: Its path in the archive.
        opened: Opens its bytes, from any number of places at once, until the next member is asked.
    """

    name: str
    opened: Callable[[], RandomAccess]


class Held:
    """Some bytes of a delivery in memory, or on the disk if they are many."""

    def __init__(self, folder: Path) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_HELD_BYTES, dir=str(folder))  # noqa: SIM115
        self.size_bytes = 0

    def fill(self, read: Callable[[int], bytes], size_bytes: int | None = None) -> None:
        """Take over `size_bytes`, or all there is if None.

        Raises:
            EOFError: there is less.
        """
        while size_bytes is None or self.size_bytes < size_bytes:
            most = _COPY_BYTES if size_bytes is None else size_bytes - self.size_bytes
            part = read(min(_COPY_BYTES, most))
            if not part:
                break
            self.file.write(part)
            self.size_bytes += len(part)
        if size_bytes is not None and self.size_bytes != size_bytes:
            raise EOFError("it breaks off inside a member")

    def opened(self) -> RandomAccess:
        """Return a stream of its own over these bytes."""
        return _View(self.file, self.size_bytes)

    def close(self) -> None:
        """Let them go."""
        self.file.close()


class _View(RandomAccess):
    """Held bytes from a place of its own; closing it leaves them."""

    def __init__(self, file: IO[bytes], size_bytes: int) -> None:
        super().__init__(size_bytes)
        self._file = file

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        self._file.seek(self._at)
        part = self._file.read(len(view))
        view[: len(part)] = part
        self._at += len(part)
        return len(part)


class Names:
    """The names of an archive's members, checked one by one."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._seen: set[str] = set()

    def checked(self, name: str) -> str:
        """Return the name of the next member, as decisions show it.

        Raises:
            DeliveryUnreadable: no file is called so, another one is, or there are too many.
        """
        shown = "/".join(part for part in name.split("/") if part != ".")
        is_outside = shown.startswith("/") or ".." in shown.split("/") or _DRIVE.match(shown)
        complaint = "leads out of the archive" if is_outside else None
        complaint = complaint or complaint_of_line(shown, _NAME_CHARS)
        if not shown or complaint:
            self.refuse(f"the name of the member {name[:80]!r} {complaint or 'is empty'}")
        if shown in self._seen:
            self.refuse(f"two members are called {shown!r}")
        if len(self._seen) == MOST_MEMBERS:
            self.refuse(f"it has more than {MOST_MEMBERS:,} members: deliver several archives")
        self._seen.add(shown)
        return shown

    def refuse(self, complaint: str) -> None:
        """Raise `DeliveryUnreadable` for the archive."""
        raise DeliveryUnreadable(f"{self._where} cannot be read as an archive: {complaint}")


def decoded_name(name: bytes) -> str:
    """Return the name of a member; programs under Chinese Windows write GBK and do not say so."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("cp437")


def held(folder: Path, read: Callable[[int], bytes], size_bytes: int) -> Iterator[Held]:
    """Yield the next bytes of a stream, held until the next item is asked for."""
    one = Held(folder)
    try:
        one.fill(read, size_bytes)
        yield one
    finally:
        one.close()
