"""Decoding within a limit of memory, where only the file itself says how much it takes.

A footer may lie of dictionaries, encodings and sizes. Then a few kilobytes become as many gigabytes
as their writer likes. Under the limit the decoder fails and its file is named; without it the
system kills this worker, or another one.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.corpus.intake.blocks import reading
from jobs.errors import DeliveryUnreadable
from jobs.quantities import Size

_SIZE = Path("/proc/self/statm")  # in pages, the first number
_FACTOR = 16  # of the text asked for: as stored, decompressed, decoded, and in tables
_LEAST_BYTES = 2 << 30  # one value may be that long in Parquet


@contextmanager
def decoding(source_file: str, text_bytes: int) -> Iterator[None]:
    """Turn errors about bad bytes into `DeliveryUnreadable`, as `reading`; and want of memory.

    Inside, the process may grow by 16 times `text_bytes`, but at least 2 GiB; by any amount where
    the system is no Linux, which says how large the process is.
    """
    most = _FACTOR * text_bytes + _LEAST_BYTES
    with reading(source_file):
        try:
            with _bounded(most):
                yield
        except MemoryError as error:
            raise DeliveryUnreadable(
                f"{source_file} takes more than {Size(most)} to decode a few rows, whatever "
                "it says of itself: ask the partner for smaller rows and row groups"
            ) from error


@contextmanager
def _bounded(most_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(_SIZE.read_bytes().split()[0])
    except OSError:
        yield
        return
    limit = pages * resource.getpagesize() + most_bytes
    is_lower = soft == resource.RLIM_INFINITY or limit < soft
    resource.setrlimit(resource.RLIMIT_AS, (limit if is_lower else soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
