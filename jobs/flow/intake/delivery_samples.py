"""Samples of deliveries: beginnings of some files of a group, read as a build reads them.

What is read is bounded, whatever was delivered: files evenly spread over the names, of each about
an equal share of the text. Small deliveries are read whole.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from jobs.corpus.intake.column_names import ALTERNATIVE
from jobs.corpus.intake.deliveries import heads
from jobs.corpus.intake.encodings import ENCODINGS
from jobs.corpus.intake.file_signs import Sign, sign_of
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.rows import DeliveryParams
from jobs.errors import DeliveryError, DeliveryUnreadable
from jobs.flow.intake.delivered_tables import file_tables
from jobs.flow.intake.file_contents import MEMBER, opened_contents
from jobs.flow.intake.input_shards import Delivered
from jobs.storage.archives import HEAD_BYTES, archive_kind, archive_members
from jobs.storage.source_bytes import decompressed, open_stream
from jobs.storage.source_files import SourceFile

_SIGN_BYTES = 1 << 16
_MEMBERS_SEEN = 4
_ARCHIVE_BYTES = 256 << 20  # a larger zip is not unpacked to look at it
_TABLE_BYTES = 1 << 18
_ANY = 1 << 62


@dataclass(frozen=True)
class SampleLimits:
    """How much of a delivery is looked at.

    Attributes:
        text_bytes: Of each group of files, about.
        files: Of each group.
    """

    text_bytes: int
    files: int


class Sampled(NamedTuple):
    """What was read of one file.

    Attributes:
        file: Which.
        rows: Of DELIVERED, as a build reads them; None for none.
        keyed: The same rows with all their keys kept in `meta`; None where the format names its
            columns.
        is_whole: Whether these are all.
        sign: What its beginning, or that of its first member, shows.
        error: Why it, or the rest of it, cannot be read; None if it can.
    """

    file: SourceFile
    rows: pa.Table | None
    keyed: pa.Table | None
    is_whole: bool
    sign: Sign | None
    error: DeliveryError | None = None


class FirstRows(NamedTuple):
    """Rows of a file from its beginning, as DELIVERED tables.

    Attributes:
        tables: What was read; none of a file without rows.
        is_whole: Whether these are all its rows, or all up to the error.
        error: What ended the reading early.
    """

    tables: Sequence[pa.Table]
    is_whole: bool
    error: DeliveryError | None


def spread(files: Sequence[SourceFile], most: int) -> list[SourceFile]:
    """Return so many of the files with something in them, the first and last among them."""
    filled = [file for file in files if file.size_bytes]
    if len(filled) <= most:
        return filled
    return [filled[number * (len(filled) - 1) // (most - 1)] for number in range(most)]


def samples(
    files: Sequence[SourceFile],
    reading: DeliveryParams,
    sample: SampleLimits,
    endpoint_url: str | None,
) -> Iterator[Sampled]:
    """Yield what is read of some files of a group.

    Args:
        files: of the group.
        reading: how they are read.
        sample: how much of them.
        endpoint_url: of an S3 server other than AWS.
    """
    left = sample.text_bytes
    chosen = spread(files, max(2, sample.files))
    for number, file in enumerate(chosen):
        share = left // (len(chosen) - number)
        found = first_rows(file, reading, endpoint_url, most_bytes=share)
        rows = _together(found)
        keyed, sign = None, _sign(file, endpoint_url)
        if rows is not None and not format_named(reading.format).columns:
            known = reading if sign is None else _of_encoding(reading, sign.encoding)
            keyed = _keyed(file, known, len(rows), endpoint_url)
        yield Sampled(file, rows, keyed, found.is_whole, sign, found.error)
        left -= min(share, 0 if rows is None else rows.nbytes)


def _together(found: FirstRows) -> pa.Table | None:
    return pa.concat_tables(found.tables) if found.tables else None


def _sign(file: SourceFile, endpoint_url: str | None) -> Sign | None:
    with suppress(DeliveryError):
        return next((sign for _, sign in signs(file, endpoint_url)), None)
    return None


def _of_encoding(reading: DeliveryParams, seen: str) -> DeliveryParams:
    """Return how to read a file again without finding out its encoding again."""
    is_seen = reading.encoding == "auto" and seen in ENCODINGS
    return replace(reading, encoding=seen) if is_seen else reading


def _keyed(
    file: SourceFile, reading: DeliveryParams, rows: int, endpoint_url: str | None
) -> pa.Table | None:
    """Return so many rows with all their keys; None where some of these are not to be read."""
    with suppress(DeliveryError):
        names = column_names(file, reading, rows, endpoint_url)
        known = [one for name in reading.source_columns if name for one in _spelt(name, names)]
        # What stands in a column is shown as it was delivered.
        how = replace(reading, keep=tuple(dict.fromkeys([*names, *known])), html=False)
        return _together(first_rows(file, how, endpoint_url, rows=rows))
    return None


def first_rows(
    file: SourceFile,
    reading: DeliveryParams,
    endpoint_url: str | None,
    *,
    most_bytes: int = _ANY,
    rows: int = _ANY,
) -> FirstRows:
    """Return the first rows of a file: so many, or so many bytes, and the rest of a table.

    Bytes of all columns count, so that a file without any text ends as well.

    Args:
        file: to read.
        reading: how.
        endpoint_url: of an S3 server other than AWS.
        most_bytes: of tables.
        rows: in them.
    """
    found: list[pa.Table] = []
    how = replace(reading, batch_bytes=_TABLE_BYTES)
    try:
        for table in file_tables(Delivered(file, None, None), how, endpoint_url=endpoint_url):
            found.append(table)
            if sum(one.nbytes for one in found) >= most_bytes or sum(map(len, found)) >= rows:
                return FirstRows(found, is_whole=False, error=None)
    except DeliveryError as met:
        return FirstRows(found, is_whole=True, error=met)
    return FirstRows(found, is_whole=True, error=None)


def _spelt(name: str, names: Sequence[str]) -> Sequence[str]:
    """Return a name that is mapped, or the alternatives that it gives."""
    return [name] if name in names else name.split(ALTERNATIVE)


def column_names(
    file: SourceFile, reading: DeliveryParams, rows: int, endpoint_url: str | None
) -> list[str]:
    """Return the names of a file's columns, as far as they show in its first rows."""
    names: dict[str, None] = {}
    with opened_contents(file, reading, endpoint_url=endpoint_url) as contents:
        for content in islice(contents, _MEMBERS_SEEN):
            for head in heads(content.stream, source_file=file.uri, params=reading, rows=rows):
                names |= dict.fromkeys(head.names)
    return list(names)


def signs(file: SourceFile, endpoint_url: str | None) -> list[tuple[str, Sign]]:
    """Return what the beginning of a file shows, or of the first members of an archive, by name.

    Raises:
        DeliveryError: it cannot be opened or read.
    """
    if file.refusal:
        raise DeliveryUnreadable(file.refusal)
    with open_stream(file.uri, endpoint_url=endpoint_url) as stream:
        head = stream.read(_SIGN_BYTES)
        own = sign_of(file.name, head)
        kind = archive_kind(head[:HEAD_BYTES])
    if kind is None or (own.complaint and "archive" not in own.complaint):
        return [(file.name, own)]
    if file.size_bytes > _ARCHIVE_BYTES:
        return []
    found: list[tuple[str, Sign]] = []
    with open_stream(file.uri, endpoint_url=endpoint_url) as stream:
        for member in islice(archive_members(stream, kind, file.uri), _MEMBERS_SEEN):
            name = f"{file.name}{MEMBER}{member.name}"
            with suppress(DeliveryError):
                plain = decompressed(io.BufferedReader(member.opened()), name)
                found.append((name, sign_of(member.name, plain.read(_SIGN_BYTES))))
    return found
