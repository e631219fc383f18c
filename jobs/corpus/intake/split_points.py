"""Where a large file of lines can be split, so that its splits give the rows of the whole file.

A file is split only after a record, and each split records how many rows precede it. So the number
of a row, and with it its identity, does not depend on the splits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jobs.corpus.intake.delimited import DELIMITERS
from jobs.corpus.intake.encoding_evidence import HEAD_BYTES, Evidence, characters
from jobs.corpus.intake.encodings import detect, without_mark
from jobs.corpus.intake.file_kinds import packed_kind
from jobs.corpus.intake.rows import MOST_VALUES, DeliveryParams
from jobs.corpus.intake.splits import Split
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.utf8 import Bytes

# States of a CSV reader; RECORD is before a record.
_RECORD, _FIELD, _BARE, _QUOTED, _CLOSED, _ENDING, _BLANK, _BROKEN = range(8)

_OTHER, _QUOTE, _NEWLINE, _RETURN, _DELIMITER = range(5)
_AFTER = np.array(
    [
        [_BARE, _QUOTED, _RECORD, _BLANK, _FIELD],
        [_BARE, _QUOTED, _RECORD, _ENDING, _FIELD],
        [_BARE, _BARE, _RECORD, _ENDING, _FIELD],
        [_QUOTED, _CLOSED, _QUOTED, _QUOTED, _QUOTED],
        [_BROKEN, _QUOTED, _RECORD, _ENDING, _FIELD],
        [_BROKEN, _BROKEN, _RECORD, _BROKEN, _BROKEN],
        [_BROKEN, _BROKEN, _RECORD, _BROKEN, _BROKEN],
    ],
    np.uint8,
)


class SplitPoint(NamedTuple):
    """A place between two rows: its offset in bytes, and how many rows precede it."""

    offset: int
    rows: int


class _Position(NamedTuple):
    """Where a scan of CSV stopped, all in bytes from the beginning of the block.

    Attributes:
        at: the next byte.
        state: of the reader.
        records: complete records so far, in all blocks.
        began: where the last record began.
    """

    at: int
    state: int
    records: int
    began: int


class Splitter:
    """Finds the splits of one file while its bytes stream by."""

    def __init__(self, encoding: str, scan: _Lines | _Records) -> None:
        self._encoding = encoding
        self._scan = scan
        self._head = b""
        self._evidence = Evidence()
        self._size = 0

    def add(self, block: bytes) -> None:
        """Scan the next block; all but the last are of whole megabytes."""
        self._size += len(block)
        if len(self._head) < HEAD_BYTES:
            self._head += block[: HEAD_BYTES - len(self._head)]
        if self._encoding == "auto":
            self._evidence.add([block])
        self._scan.add(block)

    def splits(self) -> list[Split]:
        """Return the splits, in order; none if the file must be read from its beginning.

        These are UTF-16, whose newlines are not single bytes, what is packed whatever its name
        says, and CSV that breaks its rules of quoting, where only reading finds ends of records.
        """
        encoding = self._encoding
        is_wide = encoding == "utf-16" or detect(self._head).startswith("utf-16")
        points = self._scan.points(self._size)
        is_packed = packed_kind(self._head) is not None
        if is_wide or is_packed or len(points) < 2 or points[0].offset > len(self._head):
            return []
        read = characters(self._head, encoding, self._evidence.legacy)
        legacy = self._evidence.legacy() if encoding == "auto" else None
        header = self._head[: points[0].offset]
        ends = [point.offset for point in points[1:]] + [self._size]
        return [
            Split(point.offset, end, point.rows, header, is_legacy=read.is_legacy, legacy=legacy)
            for point, end in zip(points, ends, strict=True)
        ]


def line_splitter(params: DeliveryParams, split_bytes: int) -> Splitter:
    """Return a scan for splits of about `split_bytes`, each of whole lines."""
    return Splitter(params.encoding, _Lines(split_bytes))


def record_splitter(params: DeliveryParams, split_bytes: int) -> Splitter | None:
    """Return a scan for splits of CSV or TSV; None where quotes do not enclose fields."""
    if params.quoting != "double":
        return None
    most_bytes = min(params.max_line_bytes, MOST_VALUES)  # longer ones may have too many fields
    scan = _Records(split_bytes, DELIMITERS[params.format], most_bytes)
    return Splitter(params.encoding, scan)


class _Lines:
    """Split points between lines."""

    def __init__(self, split_bytes: int) -> None:
        self._split_bytes = split_bytes
        self._points = [SplitPoint(0, 0)]
        self._offset = self._rows = 0

    def add(self, block: bytes) -> None:
        start = 0
        while (end := self._newline(block, start)) > 0:
            self._rows += block.count(b"\n", start, end)
            self._points.append(SplitPoint(self._offset + end, self._rows))
            start = end
        self._rows += block.count(b"\n", start)
        self._offset += len(block)

    def points(self, size: int) -> list[SplitPoint]:
        return [point for point in self._points if point.offset < size]

    def _newline(self, block: bytes, start: int) -> int:
        """Return the end of the first line that makes the split long enough; 0: not in `block`."""
        least = self._points[-1].offset + self._split_bytes - 1 - self._offset
        return block.find(b"\n", max(start, least)) + 1


class _Records:
    """Split points between CSV records, the first after the header."""

    def __init__(self, split_bytes: int, delimiter: str, max_bytes: int) -> None:
        self._split_bytes = split_bytes
        kinds = np.full(256, _OTHER, np.uint8)
        kinds[[ord(sign) for sign in f'"\n\r{delimiter}']] = (_QUOTE, _NEWLINE, _RETURN, _DELIMITER)
        self._machine = _Machine(kinds, _AFTER)
        self._max_bytes = max_bytes
        self._points: list[SplitPoint] = []
        self._offset = 0
        self._position = _Position(0, _RECORD, 0, 0)

    def add(self, block: bytes) -> None:
        data = np.frombuffer(block, np.uint8)
        # A quote is no quote behind a byte order mark, which readers never see.
        start = 0 if self._offset else len(block) - len(next(without_mark([block])))
        here = self._position._replace(at=start)
        while here.at < len(data) and here.state != _BROKEN:
            least = self._points[-1].offset + self._split_bytes if self._points else 1
            here = _scanned(data, here, self._machine, least - self._offset, self._max_bytes)
            is_end = here.state == _RECORD and self._offset + here.at >= least
            if is_end and (self._points or here.records):
                self._points.append(SplitPoint(self._offset + here.at, here.records - 1))
        self._offset += len(block)
        self._position = here._replace(began=here.began - len(block))

    def points(self, size: int) -> list[SplitPoint]:
        here = self._position
        is_whole = here.state not in {_QUOTED, _BROKEN} and -here.began <= self._max_bytes
        return [point for point in self._points if point.offset < size] if is_whole else []


class _Machine(NamedTuple):
    """The reader of CSV as a table: `kinds` (256,) of bytes, and `after` (state, kind)."""

    kinds: Bytes
    after: Bytes


@kernel
def _scanned(
    data: Bytes, start: _Position, machine: _Machine, least: int, max_bytes: int
) -> _Position:
    """Read on from `start` to the first end of a record at or after `least`, or to the end.

    A record of more than `max_bytes` breaks the rules.
    """
    kinds, after = machine
    at, state, records, began = start
    while at < len(data):
        before = state
        state = int(after[before, kinds[data[at]]])
        at += 1
        if state == _RECORD:
            if at - began > max_bytes:
                state = _BROKEN
            else:
                began = at
                records += int(before not in (_RECORD, _BLANK))
        is_end = state == _RECORD and at >= least and records > 0
        if state == _BROKEN or is_end:
            break
    return _Position(at, state, records, began)
