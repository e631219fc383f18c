"""Temporary folders for files on their way into the store."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import StorageUnwritable

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for temporary files of heliu, deleted at the end.

    Raises:
        StorageUnwritable: it cannot be made, or what is written does not fit in it.
    """
    try:
        where = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise StorageUnwritable(
            f"temporary files can be written nowhere ({error.strerror}): free some space there, "
            "grant this user the right to write, or set TMPDIR to another folder"
        ) from error
    try:
        with tempfile.TemporaryDirectory(prefix="heliu-", dir=where) as folder:
            yield Path(folder)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        raise StorageUnwritable(
            f"cannot write temporary files in {where} ({error}): free some space there, grant this "
            "user the right to write, or set TMPDIR to another folder"
        ) from error
