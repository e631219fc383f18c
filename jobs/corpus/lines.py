"""Lines and blanks: what a page's width, a scanner or an editor's fingers put into a text.

A line that was broken in the middle of a sentence is joined with the next, but only where the text
shows a fixed width: verse, tables, lists, headings, signatures and dates keep their lines.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from jobs.corpus.alphabets import HAN
from jobs.corpus.markup import fenced_blocks
from jobs.corpus.structure import has_code_signs

_WIDE = f"{HAN}\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_OPEN = re.compile(rf"(?:[{_WIDE}0-9A-Za-z，、（《“‘「『・·—\uff05/-]|[0-9\uff10-\uff19]：)\Z")
# Paragraphs hardly end in these at the very width at which others are broken.
_HALF_OPEN = re.compile(r"[）》”’」』〉〈【]\Z")
_CONTINUING = re.compile(rf"[{_WIDE}0-9A-Za-z，。、；：？！）》”’」』（《“‘「『—…\uff05]")
_CLOSING = re.compile("[，。、；：？！）》”’」』％]")
_NUMERALS = "一二三四五六七八九十百千\u3007○零0-9\uff10-\uff19"
_MARKER = re.compile(
    rf"[（(]?[{_NUMERALS}]{{1,4}}[）)、\uff0e.\u3000 ]"
    rf"|第\s?[{_NUMERALS}]+\s?[条章节编款篇回集部條節編]"
    r"|[①-⓿❶-➓]|[-*+•●○◆■□▲△※·>#|]|附[件录錄表]|[甲乙丙丁戊己庚辛壬癸][、\u3000 ]"
)
_GAP = re.compile(r"\S {3,}\S|\S\u3000{2,}\S")
_LATIN_EDGES = re.compile(r"[A-Za-z]\n[A-Za-z]")

_LEAST_CELLS = 36  # 18 Han characters: no line of classical verse is as long
_SLACK_CELLS = 4  # a mark that may not begin a line, half a cell of Latin
_LEAST_FULL = 3
_LEAST_FULL_AMONG_LONGER = 6
_FULL_SHARE = 0.5

_INNER_SPACES = re.compile(r"  (?<=[^ \t\n]  ) *")
_SPACED_LINE = re.compile(r"^.*[^ \t\n]  .*$", re.MULTILINE)
_BLANK_LINES = re.compile("\n{3,}")
# Each begins with a space, which `re` finds at the speed of memchr.
_SPACED_OUT = re.compile(rf"(?: [{HAN}，。、；：？！（）《》“”](?=[ \n]|\Z)){{7,}}")
_BEFORE_MARK = re.compile(rf" (?<=[{HAN}] )(?=[，。；？！、）》”])")
_AFTER_MARK = re.compile(rf" (?<=[，；、] )(?<=[{HAN}][，；、] )(?=[{HAN}《“（])")


def unwrapped(text: str) -> str:
    """`text` with lines joined that were broken at a fixed width in the middle of a sentence."""
    if "```" in text or "~~~" in text:
        return text
    lines = text.split("\n")
    cells = _cells(text, lines)
    joins = _broken(lines, cells)
    if not joins:
        return text
    pieces = [lines[0]]
    for number, line in enumerate(lines[1:]):
        pieces += ["" if number in joins else "\n", line]
    return "".join(pieces)


def _broken(lines: list[str], cells: list[int]) -> set[int]:
    """The numbers of the lines that go on in the next."""
    open_ended = _ended(lines, cells, _LEAST_CELLS, _OPEN)
    if len(open_ended) < 2:
        return set()
    widths = Counter(cells[number] for number in open_ended)
    width = max(widths, key=lambda w: (sum(widths[w - s] for s in range(_SLACK_CELLS + 1)), w))
    full = {n for n in open_ended if width - _SLACK_CELLS <= cells[n] <= width}
    longer = sum(width < c for c in cells)
    shown = sum(bool(_CLOSING.match(lines[n + 1])) for n in full)
    if longer:
        # Part of the text is broken; a line that begins with a comma shows it.
        return full if shown or len(full) >= _LEAST_FULL_AMONG_LONGER > 2 * longer else set()
    long = sum(c > width // 2 for c in cells)
    enough = len(full) >= _LEAST_FULL or shown
    if not enough or len(full) < _FULL_SHARE * long:
        return set()
    half_open = _ended(lines, cells, width - _SLACK_CELLS, _HALF_OPEN)
    return full | set(half_open) if len(full) >= _LEAST_FULL else full


def _ended(lines: list[str], cells: list[int], least: int, ends: re.Pattern[str]) -> list[int]:
    """The numbers of the lines of so many cells that end so and may go on in the next."""
    return [
        number
        for number, (line, following) in enumerate(pairwise(lines))
        if cells[number] >= least and _goes_on(line, following, ends)
    ]


def _goes_on(line: str, following: str, ends: re.Pattern[str]) -> bool:
    # What a line ends with is told by its last two characters.
    return (
        bool(ends.search(line[-2:]) or _CLOSING.match(following))
        and bool(_CONTINUING.match(following))
        and not _MARKER.match(following)
        and not _is_tabular(line)
        and not _LATIN_EDGES.search(f"{line[-1]}\n{following[0]}")
    )


def _is_tabular(line: str) -> bool:
    if "|" in line or "\t" in line:
        return True
    return ("   " in line or "\u3000\u3000" in line) and bool(_GAP.search(line))


def _cells(text: str, lines: list[str]) -> list[int]:
    """How wide each line is: a Han character is two cells and three bytes, a letter one of each."""
    sizes = map(len, text.encode().split(b"\n"))
    return [(size + len(line)) // 2 for size, line in zip(sizes, lines, strict=True)]


def despaced(text: str) -> str:
    """`text` without the blanks of text that was set or read character by character."""
    text = _SPACED_OUT.sub(lambda run: run[0].replace(" ", ""), text)
    return _AFTER_MARK.sub("", _BEFORE_MARK.sub("", text))


def layout(text: str) -> str:
    """`text` as `blanks.laid_out` gives it, but for runs of spaces in code, where they align."""
    if " \n" in text or "\t\n" in text:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    if "  " in text:
        text = _single_spaced(text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip(" \t\n")


def _single_spaced(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in fenced_blocks(text):
        pieces += [_SPACED_LINE.sub(_single_spaces, text[position:start]), text[start:end]]
        position = end
    return "".join([*pieces, _SPACED_LINE.sub(_single_spaces, text[position:])])


def _single_spaces(line: re.Match[str]) -> str:
    return line[0] if has_code_signs(line[0]) else _INNER_SPACES.sub(" ", line[0])
