"""Where a large file of lines may be cut, so that its pieces give the rows of the whole.

A file is cut only after a record, and a piece knows how many rows precede it: a row's number, and
so its identity, does not depend on the cut.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jobs.corpus.intake.delimited import DELIMITERS
from jobs.corpus.intake.encoding_evidence import HEAD_BYTES, Evidence, characters
from jobs.corpus.intake.encodings import detect, without_mark
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.intake.splits import Piece
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.utf8 import Bytes

CUT_FORMATS = ("jsonl", *DELIMITERS)

# Where the reader of a CSV file is; RECORD is before one.
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


class _Cut(NamedTuple):
    offset: int
    rows: int


class Cutter:
    """Finds the pieces of one file while its bytes pass by."""

    def __init__(self, params: DeliveryParams, piece_bytes: int) -> None:
        self._params = params
        self._scan = (
            _Lines(piece_bytes)
            if params.format == "jsonl"
            else _Records(piece_bytes, DELIMITERS[params.format], params.max_line_bytes)
        )
        self._head = b""
        self._evidence = Evidence()
        self._size = 0

    def add(self, block: bytes) -> None:
        """Look at the next block, of whole megabytes but for the last."""
        self._size += len(block)
        if len(self._head) < HEAD_BYTES:
            self._head += block[: HEAD_BYTES - len(self._head)]
        if self._params.encoding == "auto":
            self._evidence.add([block])
        self._scan.add(block)

    def pieces(self) -> list[Piece]:
        """The pieces, in order; none if the file must be read from its beginning.

        UTF-16, whose newlines are not bytes, and CSV that breaks its rules of quoting, where only
        reading tells what a record is.
        """
        encoding = self._params.encoding
        is_wide = encoding == "utf-16" or detect(self._head).startswith("utf-16")
        cuts = self._scan.cuts(self._size)
        if is_wide or len(cuts) < 2 or cuts[0].offset > len(self._head):
            return []
        read = characters(self._head, encoding, self._evidence.legacy)
        legacy = self._evidence.legacy() if encoding == "auto" else None
        header = self._head[: cuts[0].offset]
        ends = [cut.offset for cut in cuts[1:]] + [self._size]
        return [
            Piece(cut.offset, end, cut.rows, header, is_legacy=read.is_legacy, legacy=legacy)
            for cut, end in zip(cuts, ends, strict=True)
        ]


class _Lines:
    """Cuts between lines."""

    def __init__(self, piece_bytes: int) -> None:
        self._piece_bytes = piece_bytes
        self._cuts = [_Cut(0, 0)]
        self._offset = self._rows = 0

    def add(self, block: bytes) -> None:
        start = 0
        while (end := self._newline(block, start)) > 0:
            self._rows += block.count(b"\n", start, end)
            self._cuts.append(_Cut(self._offset + end, self._rows))
            start = end
        self._rows += block.count(b"\n", start)
        self._offset += len(block)

    def cuts(self, size: int) -> list[_Cut]:
        return [cut for cut in self._cuts if cut.offset < size]

    def _newline(self, block: bytes, start: int) -> int:
        """The end of the first line that makes the piece long enough; 0 if it is not in `block`."""
        least = self._cuts[-1].offset + self._piece_bytes - 1 - self._offset
        return block.find(b"\n", max(start, least)) + 1


class _Records:
    """Cuts between CSV records, the first after the header."""

    def __init__(self, piece_bytes: int, delimiter: str, max_bytes: int) -> None:
        self._piece_bytes = piece_bytes
        kinds = np.full(256, _OTHER, np.uint8)
        kinds[[ord(sign) for sign in f'"\n\r{delimiter}']] = (_QUOTE, _NEWLINE, _RETURN, _DELIMITER)
        self._reading = (kinds, _AFTER)
        self._max_bytes = max_bytes
        self._cuts: list[_Cut] = []
        self._state, self._records, self._offset, self._began = _RECORD, 0, 0, 0

    def add(self, block: bytes) -> None:
        data = np.frombuffer(block, np.uint8)
        # A quote is no quote behind a byte order mark, which readers never see.
        start = 0 if self._offset else len(block) - len(next(without_mark([block])))
        while start < len(data) and self._state != _BROKEN:
            least = self._cuts[-1].offset + self._piece_bytes if self._cuts else 1
            start, self._state, self._records, self._began = _scanned(
                data,
                start,
                least - self._offset,
                self._reading,
                (self._state, self._records, self._began, self._max_bytes),
            )
            is_end = self._state == _RECORD and self._offset + start >= least
            if is_end and (self._cuts or self._records):
                self._cuts.append(_Cut(self._offset + start, self._records - 1))
        self._offset += len(block)
        self._began -= len(block)

    def cuts(self, size: int) -> list[_Cut]:
        is_whole = self._state not in {_QUOTED, _BROKEN} and -self._began <= self._max_bytes
        return [cut for cut in self._cuts if cut.offset < size] if is_whole else []


@kernel
def _scanned(
    data: Bytes,
    start: int,
    least: int,
    reading: tuple[Bytes, Bytes],
    known: tuple[int, int, int, int],
) -> tuple[int, int, int, int]:
    """Read on from `start` to the first end of a record at or after `least`, or to the end.

    `reading` is the kind of each byte, shape (256,), and the state after each state and kind;
    `known` the state, the records so far, where the last began, and how long one may be. Returns
    where it stopped, and the first three of `known` there.
    """
    kinds, after = reading
    state, records, began, max_bytes = known
    for i in range(start, len(data)):
        before = state
        state = int(after[before, kinds[data[i]]])
        if state == _BROKEN:
            return i + 1, state, records, began
        if state == _RECORD:
            if i + 1 - began > max_bytes:
                return i + 1, _BROKEN, records, began
            began = i + 1
            records += int(before not in (_RECORD, _BLANK))
            if began >= least and records > 0:
                return began, state, records, began
    return len(data), state, records, began
