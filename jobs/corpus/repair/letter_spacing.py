"""Letter spacing: spaces between the characters of text that was set or scanned one by one."""

from __future__ import annotations

import re
from functools import partial

from jobs.corpus.repair.word_pairs import known_pairs
from jobs.corpus.text.alphabets import HAN

# Each begins with a space, which `re` finds at the speed of memchr.
_SPACED_OUT = re.compile(rf"(?: [{HAN}，。、；：？！（）《》“”](?=[ \n]|\Z)){{7,}}")
_SPACED_MARK = re.compile("[，。；？！]")
_COVERED_SHARE = 0.5
_BEFORE_MARK = re.compile(rf" (?<=[{HAN}] )(?=[，。；？！、）》”])")
_AFTER_MARK = re.compile(rf" (?<=[，；、] )(?<=[{HAN}][，；、] )(?=[{HAN}《“（])")


def remove_letter_spacing(text: str) -> str:
    """Return `text` without spaces between single characters, and beside Chinese punctuation."""
    if _SPACED_OUT.search(text):
        text = _SPACED_OUT.sub(partial(_closed_up, pairs=known_pairs(text)), text)
    return _AFTER_MARK.sub("", _BEFORE_MARK.sub("", text))


def _closed_up(run: re.Match[str], pairs: set[str]) -> str:
    """Return a run of single characters without its spaces if they are words and not a list."""
    before = run.string[max(run.start() - 1, 0) : run.start()]
    together = run[0].replace(" ", "")
    if _SPACED_MARK.search(together):
        return together
    whole = before + together
    covered = {
        at + k for at in range(len(whole) - 1) if whole[at : at + 2] in pairs for k in (0, 1)
    }
    return together if len(covered) >= _COVERED_SHARE * len(whole) else run[0]
