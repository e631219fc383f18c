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
_VALUE_BYTES = 2 << 30  # one value may be that long in Parquet
_LEAST_BYTES = 512 << 20  # one value that every element of a row's list names


@contextmanager
def decoding(source_file: str, text_bytes: int, stored_bytes: int) -> Iterator[None]:
    """Turn errors about bad bytes into `DeliveryUnreadable`, as `reading`; and want of memory.

    Inside, the process may grow by 16 times the bytes asked for and stored, and by 512 MiB, but by
    no more than 2 GiB for what is stored, beside up to a gigabyte that Arrow has reserved; by any
    amount where the system is no Linux, which says how large the process is. No thread of pyarrow
    may start inside: each reserves memory.

    Args:
        source_file: its name, for errors.
        text_bytes: about how much text is asked for at a time.
        stored_bytes: how much is decoded for that, decompressed, as far as the file says.
    """
    stored = min(_VALUE_BYTES, _LEAST_BYTES + _FACTOR * max(0, stored_bytes))
    most = _FACTOR * text_bytes + stored
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
