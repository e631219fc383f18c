"""Lines and blanks: what a page's width, a scanner or an editor's fingers put into a text.

A line that was broken in the middle of a sentence is joined with the next where the text shows that
a fixed width broke it: lines are as full as they can be, or go on indented behind their item, and
what is joined ends as sentences do. Verse, tables, lists, headlines, addresses, signatures and
dates keep their lines, however long each happens to be. No line begins with a comma: it was broken.
"""

from __future__ import annotations

import re
from collections import Counter

from jobs.corpus.text.alphabets import HAN

_WIDE = f"{HAN}\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_OPEN = re.compile(rf"(?:[{_WIDE}0-9A-Za-z，、（《“‘「『・·—\uff05/-]|[0-9\uff10-\uff19]：)\Z")
# Paragraphs hardly end in these at the very width at which others are broken.
_HALF_OPEN = re.compile(r"[）》”’」』〉〈【]\Z")
_WRITTEN = re.compile(f"[{_WIDE}0-9A-Za-z]")
_CLOSING = frozenset("，。、；：？！）》”’」』\uff05")
_MARKS = _CLOSING | frozenset("（《“‘「『—…")
_NUMERALS = "一二三四五六七八九十百千\u3007○零0-9\uff10-\uff19"
_MARKER = re.compile(
    rf"[（(]?[{_NUMERALS}]{{1,4}}[）)、\uff0e.\u3000 ]"
    rf"|第\s?[{_NUMERALS}]+\s?[条章节编款篇回集部條節編]"
    r"|[①-⓿❶-➓]|[-*+•●○◆■□▲△※·>#|]|附[件录錄表]|[甲乙丙丁戊己庚辛壬癸][、\u3000 ]"
)
_GAP = re.compile(r"\S {3,}\S|\S\u3000{2,}\S")

_LEAST_CELLS = 36  # 18 Han characters: no line of classical verse is as long
_SLACK_CELLS = 4  # a mark that may not begin a line, half a cell of Latin
_LEAST_FULL = 3
_LEAST_HANGING = 2
_LEAST_FULL_AMONG_LONGER = 6
_FILLED_SHARE = 0.6
_ENDED_SHARE = 0.5
# What the next line begins with, as far as it cannot be broken.
_UNIT = re.compile(r"[0-9A-Za-z.%/-]+|.[，。、；：？！）》”’」』]*")
_TRAILING = re.compile("(?<=[^ \u3000\n])[ \u3000]+\n")
_ORPHANS = tuple("，。、；：）》」』")
_MOST_HANGING = 50  # lines of one item
_ENDED = re.compile("[。；：！？…][”’」』）)]*\\Z")


def join_wrapped_lines(text: str) -> str:
    """Join lines that were broken at a fixed width in the middle of a sentence."""
    if "```" in text or "~~~" in text:
        return text
    bare = _TRAILING.sub("\n", text) if " \n" in text or "\u3000\n" in text else text
    lines = bare.split("\n")
    cells = _cells(bare, lines)
    joins = _broken(lines, cells)
    if not joins:
        return text
    parts = [lines[0]]
    for number, line in enumerate(lines[1:]):
        parts += [line.lstrip(" \u3000")] if number in joins else ["\n", line]
    return "".join(parts)


def _broken(lines: list[str], cells: list[int]) -> set[int]:
    """Return the numbers of the lines that go on in the next."""
    orphaned = _orphaned(lines)
    open_ended = _ended(lines, cells, _LEAST_CELLS, _OPEN)
    if len(open_ended) < 2:
        return orphaned
    widths = Counter(cells[number] for number in open_ended)
    width = max(widths, key=lambda w: (sum(widths[w - s] for s in range(_SLACK_CELLS + 1)), w))
    full = {n for n in open_ended if width - _SLACK_CELLS <= cells[n] <= width}
    if len(full) >= _LEAST_FULL:
        full.update(_ended(lines, cells, width - _SLACK_CELLS, _HALF_OPEN))
    hanging = {n for n in full if lines[n + 1][0] in " \u3000"}
    if not (_is_enough(full, open_ended, cells, width, len(orphaned)) and _is_prose(full, lines)):
        # Lines that go on indented behind their items show it, however wide others are.
        is_shown = len(hanging) >= _LEAST_HANGING and _is_prose(hanging, lines)
        return orphaned | hanging if is_shown else orphaned
    filled = sum(_is_filled(cells[n], lines[n + 1], width) for n in full - hanging)
    if not orphaned and filled < _FILLED_SHARE * len(full - hanging):
        return hanging
    return orphaned | full


def _is_enough(
    full: set[int], open_ended: list[int], cells: list[int], width: int, shown: int
) -> bool:
    """Whether so many lines are of one width that it broke them, all of the text or a part."""
    if longer := sum(width < c for c in cells):
        # Part of the text is broken; a line that begins with a comma shows it.
        return shown > 0 or len(full) >= _LEAST_FULL_AMONG_LONGER > 2 * longer
    others = sum(width // 2 < cells[n] for n in open_ended) - len(full)
    return shown > 0 or (len(full) >= _LEAST_FULL and len(full) >= others)


def _is_prose(full: set[int], lines: list[str]) -> bool:
    """Whether what begins with a broken line mostly ends as sentences do, or the text ends there.

    Headlines and addresses of one width end like their neighbours.
    """
    last = [n + 1 for n in full if n + 1 not in full]
    ended = sum(bool(_ENDED.search(lines[n])) for n in last)
    return ended > 0 and ended >= _ENDED_SHARE * len(last)


def _is_filled(cells: int, following: str, width: int) -> bool:
    """Whether what `following` begins with had no room in a line of so many cells."""
    unit = _UNIT.match(following)
    return unit is None or cells + sum(1 + (c > "\x7f") for c in unit[0]) > width


def _orphaned(lines: list[str]) -> set[int]:
    """Return the numbers of the lines that go on with a mark with which no line begins."""
    return {
        number
        for number, following in enumerate(lines[1:])
        if following.lstrip(" \u3000")[:1] in _ORPHANS
        and _OPEN.search(lines[number][-2:])
        and not _is_tabular(lines[number])
    }


def _ended(lines: list[str], cells: list[int], least: int, ends: re.Pattern[str]) -> list[int]:
    """Return the lines of `least` cells that end as `ends` and may go on in the next."""
    return [
        number
        for number in range(len(lines) - 1)
        if cells[number] >= least and _goes_on(lines, number, ends)
    ]


def _goes_on(lines: list[str], number: int, ends: re.Pattern[str]) -> bool:
    line, following = lines[number], lines[number + 1]
    start = _indent(following)
    if start == len(following):
        return False
    last, first = line[-1], following[start]
    if not _is_written_on(first) or (start and not _is_hanging(lines, number, start)):
        return False
    # The last two characters of a line show what it ends with.
    if not (first in _CLOSING or ends.search(line[-2:])) or _MARKER.match(following, start):
        return False
    if first.isascii() and last.isascii() and first.isalpha() and last.isalpha():
        return False
    return not _is_tabular(line) and not _is_tabular(following)


def _is_written_on(first: str) -> bool:
    """Whether a character may begin the rest of a line: Han, a letter, a digit or a mark."""
    return "\u4e00" <= first <= "\u9fff" or first in _MARKS or bool(_WRITTEN.match(first))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \u3000")) if line[:1] in (" ", "\u3000") else 0


def _is_hanging(lines: list[str], number: int, start: int) -> bool:
    """Whether what goes on `start` blanks behind the edge belongs to an item that begins before."""
    for line in reversed(lines[max(number - _MOST_HANGING, 0) : number + 1]):
        indent = _indent(line)
        if _MARKER.match(line, indent):
            return indent < start
        if indent != start:
            return False
    return False


def _is_tabular(line: str) -> bool:
    if "|" in line or "\t" in line:
        return True
    return ("   " in line or "\u3000\u3000" in line) and bool(_GAP.search(line))


def _cells(text: str, lines: list[str]) -> list[int]:
    """Return the width of each line: a Han character is two cells and three bytes, a letter one."""
    sizes = map(len, text.encode().split(b"\n"))
    return [(size + len(line)) // 2 for size, line in zip(sizes, lines, strict=True)]
