"""Rows of a CSV or TSV file: a header, then records whose quoted fields may span lines."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from jobs.corpus.intake.encodings import ESCAPED, Characters
from jobs.corpus.intake.open_files import OpenFile, decoded_lines
from jobs.corpus.intake.rows import (
    MOST_VALUES,
    DeliveryParams,
    Head,
    Refusal,
    Row,
    delivered_row,
    refused_row,
    text_missing,
    with_losses,
)
from jobs.corpus.intake.swallowed_lines import evidence_of
from jobs.corpus.model.reasons import RejectReason
from jobs.errors import DeliveryUnreadable

DELIMITERS = {"csv": ",", "tsv": "\t"}

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANINGS = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


def delimited_rows(file: OpenFile) -> Iterator[Row]:
    """Yield one row for each record after the header, numbered from 1.

    A record that breaks the rules costs one row, its first line. Reading starts again behind that
    line, so that an open quote cannot swallow the rest of the file.

    Raises:
        DeliveryUnreadable: if the header breaks the rules.
    """
    params = file.params
    lines, records = _file_records(file)
    header = next(records, None)
    if header is None:
        return
    if isinstance(header, Refusal):
        raise DeliveryUnreadable(f"{file.name} has no header to read: {header.evidence}")
    names = _names(header)
    places = [names.index(name) if name in names else None for name in params.source_columns]
    missing = text_missing(names) if places[0] is None else None
    has_quotes = params.quoting == "double"
    for number, record in enumerate(records, file.rows_before + 1):
        if isinstance(record, Refusal):
            yield refused_row(number, *record)
        elif len(record) != len(names):
            evidence = f"{len(record)} fields instead of {len(names)}: {record[0]}"
            yield refused_row(number, RejectReason.BROKEN_ROW, evidence)
        else:
            fields = [None if place is None else record[place] for place in places]
            row = _row(number, [missing or fields[0], *fields[1:]], params)
            if has_quotes and len(lines.record) > 1 and row.reason is None:
                row = _with_evidence(row, lines.record, DELIMITERS[params.format], len(names))
            yield row


def _with_evidence(row: Row, record: Sequence[str], delimiter: str, fields: int) -> Row:
    evidence = evidence_of(record, delimiter, fields)
    return row if evidence is None else row._replace(evidence=evidence)


def delimited_heads(file: OpenFile) -> list[Head]:
    """Return the names of the header, if it can be read."""
    header = next(_file_records(file)[1], None)
    if header is None or isinstance(header, Refusal):
        return []
    names = _names(header)
    return [Head({*names} & {*file.params.source_columns}, names)]


def _names(header: Sequence[str | None]) -> list[str]:
    return [(name or "").strip() for name in header]


def _file_records(
    file: OpenFile,
) -> tuple[_Lines, Iterator[Sequence[str | None] | Refusal]]:
    """Return the records of a file, and its lines, which know those of the last record."""
    params = file.params
    characters, file_lines = decoded_lines(file)
    lines = _Lines(file_lines, characters, params)
    return lines, _READERS[params.quoting](lines, params.format)


def _row(number: int, fields: list[str | Refusal | None], params: DeliveryParams) -> Row:
    bad = [field for field in fields if isinstance(field, str) and _has_escapes(field)]
    known: Sequence[object] = fields
    if bad:
        known = with_losses(fields, _undecodable(bad[0]), params.lost_share)
    return delivered_row(number, known, params)


def _undecodable(field: str) -> Refusal:
    wrong = [f"{ord(one) - 0xDC00:02x}" for one in ESCAPED.findall(field)[:8]]
    return Refusal(RejectReason.UNDECODABLE, f"undecodable bytes: {' '.join(wrong)}")


def _has_escapes(field: str) -> bool:
    """Whether `field` holds an undecodable byte; UTF-8 answers three times as fast as `re`."""
    try:
        field.encode()
    except UnicodeEncodeError:
        return True
    return False


class _Lines:
    """The decoded lines of a file, those of the record being read remembered."""

    def __init__(
        self, file_lines: Iterable[bytes | None], characters: Characters, params: DeliveryParams
    ) -> None:
        self._lines = characters.decoded_lines(file_lines)
        self._max_bytes = params.max_line_bytes
        self._unchecked = min(self._max_bytes, MOST_VALUES)
        self._delimiter = DELIMITERS[params.format]
        self._again: deque[str] = deque()
        self.record: list[str] = []
        self._size = self._values = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        if line is None:
            raise _LineTooLong(f"line of more than {self._max_bytes} bytes")
        self.record.append(line)
        self._size += len(line)
        if self._size > self._unchecked:
            self._require_fit(line)
        return line

    def _require_fit(self, line: str) -> None:
        """Refuse a record that is too long, or of too many fields from where it is long."""
        if self._size > self._max_bytes:
            raise csv.Error(f"record of more than {self._max_bytes} bytes")
        self._values += line.count(self._delimiter)
        if self._values > MOST_VALUES:
            raise csv.Error(f"record of more than {MOST_VALUES} fields")

    def begin_record(self) -> None:
        """Forget the lines of the last record."""
        self.record, self._size, self._values = [], 0, 0

    @property
    def last_line(self) -> str:
        """The last line read of this record; empty if there is none, or none that can be held."""
        return self.record[-1] if self.record else ""

    def reread(self) -> None:
        """Go back to the second line of this record.

        No line is read more than twice: one that opens a quote ends any record still open before.
        """
        self._again.extendleft(reversed(self.record[1:]))


class _LineTooLong(csv.Error):
    """A line too long to hold."""


def _unquoted(lines: _Lines, delimited: str) -> Iterator[Sequence[str | None] | Refusal]:
    """Yield a record for each line, its quotes as they are."""
    while True:
        lines.begin_record()
        try:
            line = _without_end(next(lines))
        except StopIteration:
            return
        except csv.Error as error:
            yield Refusal(RejectReason.TOO_LARGE, f"{error}")
        else:
            if line:
                yield line.split(DELIMITERS[delimited])


def _escaped(lines: _Lines, delimited: str) -> Iterator[Sequence[str | None] | Refusal]:
    """A record a line, as MySQL and Hive write it: a backslash takes the meaning of what follows.

    A line that ends in one goes on in the next.
    """
    while True:
        lines.begin_record()
        try:
            parts = [_without_end(next(lines))]
            while _is_open(parts[-1]) and (more := next(lines, None)) is not None:
                parts.append(_without_end(more))
        except StopIteration:
            return
        except csv.Error as error:
            yield Refusal(RejectReason.TOO_LARGE, f"{error}")
            _skip_record(lines)
        else:
            if record := "\n".join(parts):
                yield [_unescaped(field) for field in _fields(record, DELIMITERS[delimited])]


def _without_end(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _is_open(line: str) -> bool:
    """Whether a line ends in a backslash that is none of a pair."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _skip_record(lines: _Lines) -> None:
    """Pass over what is left of a record that is too large."""
    while _is_open(_without_end(lines.last_line)):
        lines.begin_record()
        with suppress(csv.Error):
            next(lines, None)


def _fields(record: str, delimiter: str) -> Iterator[str]:
    start = 0
    for sign in re.finditer(rf"\\.|{delimiter}", record, re.DOTALL):
        if sign[0] == delimiter:
            yield record[start : sign.start()]
            start = sign.end()
    yield record[start:]


def _unescaped(field: str) -> str | None:
    if field == r"\N":
        return None
    return _ESCAPE.sub(lambda sign: _MEANINGS.get(sign[1], sign[1]), field)


def _records(lines: _Lines, delimited: str) -> Iterator[Sequence[str | None] | Refusal]:
    # The module's own limit is for the whole process and lower than ours, which bounds records.
    csv.field_size_limit(1 << 30)
    reader = csv.reader(lines, delimiter=DELIMITERS[delimited], strict=True)
    while True:
        lines.begin_record()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.reread()
            too_long = isinstance(error, _LineTooLong)
            yield Refusal(
                RejectReason.TOO_LARGE if too_long else RejectReason.BROKEN_ROW, f"{error}"
            )
        else:
            if record:
                yield record


_READERS = {"double": _records, "none": _unquoted, "escaped": _escaped}
