"""Blocks of code without fences: runs of lines that are programs, configuration or a shell's.

Some lines of a program show that they are one (`line_kinds.is_code_line`), others do not, as
`return c`. So a line is code by the lines beside it: a run of lines without Chinese prose is a
block if enough of it shows. Empty lines between blocks belong to them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.line_kinds import is_code_line
from jobs.corpus.text.text_buffers import Offsets
from jobs.corpus.text.utf8 import Bytes

Spans = npt.NDArray[np.int64]

_WORDS = (
    "import from package using namespace include require def class func fn function struct "
    "enum impl module public private protected static final const let var val void int "
    "char float double long bool string return yield await throw raise new delete assert echo "
    "print pass break continue if for while switch case try else except finally elif do done "
    "fi then end begin until select insert update create alter drop where join left inner "
    "group order having values limit set and or sudo npm pip pip3 apt git docker cd ls mkdir "
    "chmod make run copy cmd env export source implicit integer real program use mod type "
    "data module dim sub next loop"
)
_SHOWING = "if for while def class else try with elif except finally switch"


def _packed(words: str) -> npt.NDArray[np.uint64]:
    packed = [int.from_bytes(word.encode()[:8], "little") for word in words.split()]
    return np.array(sorted(packed), np.uint64)


_FIRST_WORDS, _OPENING_WORDS = _packed(_WORDS), _packed(_SHOWING)
_BLANK, _PROSE, _OTHER, _LIKELY, _SHOWN = range(5)
_LEAST_SCORE = 3
_BRIDGE_LINES = 2


def code_blocks(text: str) -> list[tuple[int, int]]:
    """Return start and end of the blocks in `text`, in whole lines, without the last newline."""
    encoded = text.encode()
    data = np.frombuffer(encoded, np.uint8)
    spans = _blocks(data, np.int64(0), np.int64(len(data)))
    blocks: list[tuple[int, int]] = []
    at = chars = 0
    for start, end in spans.tolist():
        first = chars + len(encoded[at:start].decode())
        chars = first + len(encoded[start:end].decode())
        blocks.append((first, chars))
        at = end
    return blocks


def have_code(data: Bytes, offsets: Offsets) -> npt.NDArray[np.bool_]:
    """Return which texts have a line that shows that it is code, bool (n,).

    Args:
        data: UTF-8 of the texts.
        offsets: shape (n + 1,).
    """
    found = np.zeros(len(offsets) - 1, np.bool_)
    _find_code(data, offsets, found)
    return found


@kernel
def _find_code(data: Bytes, offsets: Offsets, found: npt.NDArray[np.bool_]) -> None:
    for row in range(len(offsets) - 1):
        start = np.int64(offsets[row])
        while start < offsets[row + 1] and not found[row]:
            end = _line_end(data, start, np.int64(offsets[row + 1]))
            found[row] = _kind(data, start, end) == _SHOWN
            start = end + 1


@kernel
def _line_end(data: Bytes, at: np.int64, end: np.int64) -> np.int64:
    while at < end and data[at] != 0x0A:
        at += 1
    return at


@kernel
def _blocks(data: Bytes, start: np.int64, end: np.int64) -> Spans:
    """Return the first and last byte of every block, int64 (n, 2)."""
    found = np.empty((16, 2), np.int64)
    blocks = lines = score = shown = 0
    first = last = start
    is_bridged = False  # nothing but a few lines and empty ones since the last block
    while start <= end + 1:
        stop = _line_end(data, start, end)
        kind = _kind(data, start, stop) if start < end else _BLANK
        if kind > _PROSE:
            first = first if lines else start
            lines, last = lines + 1, stop
            score += (kind == _LIKELY) + 2 * (kind == _SHOWN)
            shown += kind == _SHOWN
        elif lines:
            is_block = shown and (is_bridged or score >= _LEAST_SCORE) and 3 * score >= 2 * lines
            if is_block or shown == lines:
                blocks -= is_bridged
                if blocks == len(found):
                    wider = np.empty((2 * blocks, 2), np.int64)
                    wider[:blocks] = found
                    found = wider
                found[blocks, 0] = found[blocks, 0] if is_bridged else first
                found[blocks, 1] = last
                blocks, is_bridged = blocks + 1, True
            else:
                is_bridged = is_bridged and lines <= _BRIDGE_LINES
            lines = score = shown = 0
        is_bridged = is_bridged and kind != _PROSE
        start = stop + 1
    return found[:blocks]


@kernel
def _kind(data: Bytes, start: np.int64, end: np.int64) -> int:
    """Return of which kind a line is."""
    ink = start
    while ink < end and (data[ink] in (0x20, 0x09) or _is_no_break_space(data, ink, end)):
        ink += 1 + int(data[ink] == 0xC2)
    if ink == end:
        return _BLANK
    if data[ink] in (0x3C, 0x26):  # < and &: of a page as often as of a program
        return _OTHER
    if data[ink] >= 0x80:
        return _PROSE
    return _SHOWN if is_code_line(data, start, end) else _kind_by_word(data, start, ink, end)


@kernel
def _kind_by_word(data: Bytes, start: np.int64, ink: np.int64, end: np.int64) -> int:
    """Return the kind of a line of which the signs show nothing."""
    word, after = _first_word(data, ink, end)
    if _is_assigned(data, after, end):
        return _LIKELY
    if not _is_latin(data, ink, end):
        return _PROSE
    is_prompt = data[ink] == 0x24 and ink + 1 < end and data[ink + 1] == 0x20
    if is_prompt or (data[end - 1] == 0x3A and _has(_OPENING_WORDS, word)):
        return _SHOWN
    is_likely = ink - start >= 4 or data[start] == 0x09 or _has(_FIRST_WORDS, word)
    return _LIKELY if is_likely and data[end - 1] != 0x2E else _OTHER


@kernel
def _is_no_break_space(data: Bytes, at: np.int64, end: np.int64) -> bool:
    return bool(data[at] == 0xC2 and at + 1 < end and data[at + 1] == 0xA0)


@kernel
def _first_word(data: Bytes, at: np.int64, end: np.int64) -> tuple[np.uint64, np.int64]:
    """Return the first word in lower case, packed in eight bytes, and where it ends."""
    word, shift = np.uint64(0), np.uint64(0)
    while at < end and (
        0x41 <= (data[at] & 0xDF) <= 0x5A or 0x30 <= data[at] <= 0x39 or data[at] in (0x5F, 0x2E)
    ):
        if shift < np.uint64(64):
            lower = data[at] | 0x20 if data[at] >= 0x41 else data[at]
            word |= np.uint64(lower) << shift
            shift += np.uint64(8)
        at += 1
    return word, at


@kernel
def _has(words: npt.NDArray[np.uint64], word: np.uint64) -> bool:
    at = np.searchsorted(words, word)
    return bool(at < len(words) and words[at] == word)


@kernel
def _is_assigned(data: Bytes, at: np.int64, end: np.int64) -> bool:
    """Whether what goes on at a byte is = and a value."""
    while at < end and data[at] == 0x20:
        at += 1
    return bool(at + 1 < end and data[at] == 0x3D and data[at + 1] == 0x20)


@kernel
def _is_latin(data: Bytes, at: np.int64, end: np.int64) -> bool:
    """Whether a line has nothing but ASCII outside of its quotes and comments."""
    quote = np.int64(0)
    before = np.int64(0)
    while at < end:
        byte = np.int64(data[at])
        if quote:
            quote = np.int64(0) if byte == quote else quote
        elif byte >= 0x80:
            if not _is_no_break_space(data, at, end):
                return False
            at += 1
        elif byte in (0x22, 0x27):
            quote = byte
        elif byte == 0x23 and before in (0, 0x20):
            return True
        before = byte
        at += 1
    return True
