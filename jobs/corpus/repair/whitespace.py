"""Whitespace: no spaces at the ends of lines, one space for several, one empty line for several."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.text.code_blocks import have_code
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, large_string_array, text_buffers
from jobs.corpus.text.utf8 import Bytes, is_blank
from jobs.corpus.text.verbatim import apply_outside, program_blocks

_INNER_SPACES = re.compile(r"  (?<=[^ \t\n]  ) *")
_SPACED_LINE = re.compile(r"^(?![ \t]*[|\u2502\u2503]).*[^ \t\n]  .*$", re.MULTILINE)
_BLANK_LINES = re.compile("\n{3,}")


def normalize_whitespace(texts: pa.Array) -> pa.LargeStringArray:
    """Return each text with one space for several, and one empty line at a time; null stays null.

    Lines lose the whitespace around them but for ASCII indentation. Code keeps its spaces and its
    empty lines, which align or stand in strings, and rows of tables the spaces in them. The text
    loses the whitespace at its ends.

    Law: row-wise; `normalize_whitespace_of` does the same to one text.
    """
    data, offsets, is_valid = text_buffers(texts)
    normalized = large_string_array(*_normalize(data, offsets), is_valid)
    is_kept = pc.or_(pc.match_substring(texts, "```"), pc.match_substring(texts, "~~~"))
    is_kept = pc.or_(is_kept, pa.array(have_code(data, offsets), mask=~is_valid))
    kept = texts.filter(is_kept).to_pylist()
    if not kept:
        return normalized
    one_by_one = pa.array(map(normalize_whitespace_of, kept), pa.large_string())
    return pc.replace_with_mask(normalized, is_kept, one_by_one)


def normalize_whitespace_of(text: str) -> str:
    """Return `text` as `normalize_whitespace` does."""
    if " \n" in text or "\t\n" in text:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    if "  " not in text and "\n\n\n" not in text:
        return text.strip(" \t\n")
    kept = program_blocks(text)
    is_code_first = bool(kept) and not text[: min(kept)[0]].strip(" \t\n")
    text = apply_outside(text, kept, _spaced).rstrip(" \t\n")
    # Of code that begins the text the first line is indented as the others are.
    return text.lstrip("\n") if is_code_first else text.lstrip(" \t\n")


def _spaced(text: str) -> str:
    if "  " in text:
        text = _SPACED_LINE.sub(lambda line: _INNER_SPACES.sub(" ", line[0]), text)
    return _BLANK_LINES.sub("\n\n", text)


@kernel
def _normalize(data: Bytes, offsets: Offsets) -> tuple[Bytes, Offsets]:
    out = np.empty(offsets[-1] - offsets[0], np.uint8)
    new_offsets = np.empty_like(offsets)
    one, at = np.uint64(1), np.uint64(0)
    for row in range(len(offsets) - 1):
        new_offsets[row] = start = at
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        breaks, is_row = 1, False
        blanks = i  # where the blanks before `i` begin
        while i < end:
            byte = data[i]
            if byte == 0x0A:
                breaks += 1
                blanks = i + one
            elif byte not in (0x20, 0x09):
                is_row = _begins_row(data, i, end) if breaks else is_row
                breaks = -1 if is_row and breaks == 0 else breaks
                if at > start:
                    at = _put_gap(data, blanks, i, breaks, out, at)
                breaks = 0
                while i < end and (data[i] > 0x20 or not is_blank(data[i])):
                    out[at] = data[i]
                    at += one
                    i += one
                blanks = i
                continue
            i += one
    new_offsets[len(offsets) - 1] = at
    return out[: np.int64(at)], new_offsets


@kernel
def _begins_row(data: Bytes, i: np.uint64, end: np.uint64) -> bool:
    """Whether | or │ is at a byte: cells of a table are padded with blanks."""
    if data[i] == 0x7C:
        return True
    is_box = data[i] == 0xE2 and i + np.uint64(2) < end and data[i + np.uint64(1)] == 0x94
    return bool(is_box and data[i + np.uint64(2)] in (0x82, 0x83))


@kernel
def _put_gap(
    data: Bytes, first: np.uint64, end: np.uint64, breaks: int, out: Bytes, at: np.uint64
) -> np.uint64:
    """Write what stands between two words, as it is to stand; where the next one goes."""
    one = np.uint64(1)
    for _ in range(min(breaks, 2)):
        out[at] = 0x0A
        at += one
    if breaks == 0:
        # Several spaces become one; what a tab aligns stays.
        while first + one < end and data[first] == 0x20 and data[first + one] == 0x20:
            first += one
    while first < end:
        out[at] = data[first]
        at += one
        first += one
    return at
