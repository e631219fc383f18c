"""Whitespace: no spaces at the ends of lines, one space for several, one empty line for several."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.line_kinds import has_code_signs, is_code_line
from jobs.corpus.text.markup_regions import fenced_blocks
from jobs.corpus.text.text_buffers import Offsets, large_string_array, text_buffers
from jobs.corpus.text.utf8 import Bytes, is_blank

_INNER_SPACES = re.compile(r"  (?<=[^ \t\n]  ) *")
_SPACED_LINE = re.compile(r"^.*[^ \t\n]  .*$", re.MULTILINE)
_BLANK_LINES = re.compile("\n{3,}")


def normalize_whitespace(texts: pa.Array) -> pa.LargeStringArray:
    """Return each text with one space for several, and one empty line at a time; null stays null.

    Lines lose the whitespace around them but for ASCII indentation. Lines of code keep their
    spaces, which align or stand in strings. The text loses the whitespace at its ends.

    Law: row-wise; `normalize_whitespace_of` does the same to one text.
    """
    data, offsets, is_valid = text_buffers(texts)
    normalized = large_string_array(*_normalize(data, offsets), is_valid)
    is_fenced = pc.or_(pc.match_substring(texts, "```"), pc.match_substring(texts, "~~~"))
    fenced = texts.filter(is_fenced).to_pylist()
    if not fenced:
        return normalized
    one_by_one = pa.array(map(normalize_whitespace_of, fenced), pa.large_string())
    return pc.replace_with_mask(normalized, is_fenced, one_by_one)


def normalize_whitespace_of(text: str) -> str:
    """Return `text` as `normalize_whitespace` does; fenced blocks keep their spaces as well."""
    if " \n" in text or "\t\n" in text:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    if "  " in text:
        text = _single_spaced(text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip(" \t\n")


def _single_spaced(text: str) -> str:
    parts: list[str] = []
    position = 0
    for start, end in fenced_blocks(text):
        parts += [_SPACED_LINE.sub(_single_spaces, text[position:start]), text[start:end]]
        position = end
    return "".join([*parts, _SPACED_LINE.sub(_single_spaces, text[position:])])


def _single_spaces(line: re.Match[str]) -> str:
    return line[0] if has_code_signs(line[0]) else _INNER_SPACES.sub(" ", line[0])


@kernel
def _normalize(data: Bytes, offsets: Offsets) -> tuple[Bytes, Offsets]:
    out = np.empty(offsets[-1] - offsets[0], np.uint8)
    new_offsets = np.empty_like(offsets)
    one, at = np.uint64(1), np.uint64(0)
    for row in range(len(offsets) - 1):
        new_offsets[row] = start = at
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        breaks = 0
        blanks = line = i  # where the blanks before `i` begin, and its line
        known, is_code = i, False  # what is known of the line that ends there
        while i < end:
            byte = data[i]
            if byte == 0x0A:
                breaks += 1
                blanks = line = i + one
            elif byte not in (0x20, 0x09):
                if at > start:
                    if breaks == 0 and i > blanks + one and known <= blanks:
                        known = _line_end(data, i, end)
                        is_code = is_code_line(data, np.int64(line), np.int64(known))
                    breaks = -1 if is_code and i < known else breaks
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
def _line_end(data: Bytes, i: np.uint64, end: np.uint64) -> np.uint64:
    while i < end and data[i] != 0x0A:
        i += np.uint64(1)
    return i


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
