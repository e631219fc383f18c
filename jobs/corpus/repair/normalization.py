"""One text, one spelling: every repair of `repairs`, in order, until nothing changes.

Chinese punctuation is content: no rule turns ，：；（）！？ into their ASCII look-alikes.

Most texts meet no rule at all: `detectors` finds out in one pass, and only what it names is run.
Rules feed each other (an entity becomes a tag, a full-width letter an ASCII one), so what changed
goes round again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.repair import characters
from jobs.corpus.repair.detectors import Scan, scan
from jobs.corpus.repair.letter_spacing import remove_letter_spacing
from jobs.corpus.repair.markup import remove_markup
from jobs.corpus.repair.mojibake import fix_mojibake
from jobs.corpus.repair.pinyin import remove_pinyin
from jobs.corpus.repair.punctuation import widen_punctuation
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.repair.script import scripts, simplify
from jobs.corpus.repair.whitespace import normalize_whitespace, normalize_whitespace_of
from jobs.corpus.repair.wrapped_lines import join_wrapped_lines
from jobs.corpus.text import alphabets

# Releases record it: other rules, other number.
NORMALIZATION_VERSION = 7

Bits = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EVERY = Repair(sum(Repair))
"""All rules."""

# What has not settled by then was built to unfold again and again, and loses what it unfolds from.
_ROUNDS = 8
_UNFOLDING = re.compile("[<&]")


@dataclass(frozen=True)
class Repaired:
    """Texts after repair, and what is known of it; all of the same length.

    Attributes:
        texts: large_string; null where the text was.
        repairs: int64, the `Repair` bits of the rules that changed the text.
        script: the script it was delivered in, None where it is unknown.
        found: what the detectors find in the repaired texts.
    """

    texts: pa.LargeStringArray
    repairs: Bits
    script: list[str | None]
    found: Scan


class _Stage(NamedTuple):
    """Rules that run together: one for characters, or one that takes a text."""

    repairs: Repair
    rule: Callable[[str], str] | None


def compose(text: str) -> str:
    """Return `text` in NFC, except for more marks on one letter than any script has.

    To put those in order takes the square of their number.
    """
    parts = alphabets.marks_in_a_row().split(text)
    if len(parts) > 1:
        return "".join(part if i % 2 else compose(part) for i, part in enumerate(parts))
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


_STAGES = (
    _Stage(Repair.MOJIBAKE, fix_mojibake),
    _Stage(Repair.LINE_ENDS | Repair.INVISIBLE, None),
    _Stage(Repair.MARKUP, remove_markup),
    _Stage(Repair.WRAPS, join_wrapped_lines),
    _Stage(Repair.BLANKS | Repair.WIDTH | Repair.RADICALS, None),
    _Stage(Repair.LAYOUT, normalize_whitespace_of),
    _Stage(Repair.COMPOSITION, compose),
    _Stage(Repair.PINYIN, remove_pinyin),
    _Stage(Repair.SCRIPT, simplify),
    _Stage(Repair.SPACES, remove_letter_spacing),
    _Stage(Repair.PUNCTUATION, widen_punctuation),
)


def repaired(column: pa.Array | pa.ChunkedArray, wanted: Repair = EVERY) -> Repaired:
    """Apply the wanted rules to each text; null stays null.

    Laws: row-wise. Repairing twice is repairing once. The result has at most three times the
    characters of the text (NFC takes some apart). With all rules it is NFC, has no control or
    invisible character but tab, newline and those that are part of emoji and of words of other
    scripts, no space but U+0020 and no full-width letter or digit; Chinese punctuation stays.
    """
    texts = _large(column)
    found = scan(texts)
    repairs = np.zeros(len(texts), np.int64)
    script = scripts(texts, found.flagged, found.traditional, found.simplified)
    rows = np.flatnonzero(found.flagged & int(wanted))
    active = texts.take(pa.array(rows)) if len(rows) < len(texts) else texts
    flagged = found.flagged[rows] & int(wanted)
    # What a round makes is put behind what there is; the last of each text is taken at the end.
    versions, where, count = [texts], np.arange(len(texts)), len(texts)
    for round_number in range(1, 4 * _ROUNDS):
        if not len(rows):
            break
        after, bits, unseen = _round(active, flagged, wanted)
        if round_number % _ROUNDS == 0:
            after, unseen = pc.replace_substring_regex(after, "[<&]", ""), np.full_like(unseen, -1)
        is_changed = pc.not_equal(after, active).to_numpy(zero_copy_only=False)
        repairs[rows] |= bits
        rows, active = rows[is_changed], _filtered(after, is_changed)
        versions.append(active)
        where[rows] = np.arange(count, count + len(rows))
        count += len(rows)
        again = scan(active)
        found.replace(rows, again)
        flagged = again.flagged & int(wanted) & unseen[is_changed]
        is_open = flagged != 0
        rows, active, flagged = rows[is_open], _filtered(active, is_open), flagged[is_open]
    is_new = where >= len(texts)
    if is_new.any():
        new = pa.concat_arrays(versions[1:]).take(pa.array(where[is_new] - len(texts)))
        texts = _replaced(texts, np.flatnonzero(is_new), new)
    return Repaired(texts, repairs, script, found)


def _filtered(texts: pa.LargeStringArray, is_wanted: Flags) -> pa.LargeStringArray:
    return texts if is_wanted.all() else texts.filter(pa.array(is_wanted))


def normalized_texts(
    column: pa.Array | pa.ChunkedArray, wanted: Repair = EVERY
) -> pa.LargeStringArray:
    """Return the texts of `repaired`."""
    return repaired(column, wanted).texts


def normalized(text: str, wanted: Repair = EVERY) -> str:
    """Repair one text as `repaired` does."""
    result: str = repaired(pa.array([text], pa.large_string()), wanted).texts[0].as_py()
    return result


def changes(text: str, wanted: Repair = EVERY) -> Iterator[tuple[Repair, str, str]]:
    """Yield every change on the way from `text` to `normalized(text)`: rule, before, after.

    The last `after` is what a release holds.
    """
    unseen = -1
    for round_number in range(1, 4 * _ROUNDS):
        start, sofar, last = text, 0, 0
        found = int(scan(pa.array([text], pa.large_string())).flagged[0]) & int(wanted) & unseen
        for stage in _STAGES:
            sofar |= int(stage.repairs)
            for repair in stage.repairs & wanted if found & int(stage.repairs) else ():
                before, text = text, _alone(text, stage, repair)
                if text != before:
                    last = sofar
                    yield repair, before, text
        unseen = last | ~found
        if found and round_number % _ROUNDS == 0:
            before, text, unseen = text, _UNFOLDING.sub("", text), -1
            if text != before:
                yield Repair.MARKUP, before, text
        if text == start:
            return


def _alone(text: str, stage: _Stage, repair: Repair) -> str:
    if stage.rule is not None:
        return stage.rule(text)
    column, _ = characters.replace_characters(pa.array([text], pa.large_string()), repair)
    result: str = column[0].as_py()
    return result


def _round(
    texts: pa.LargeStringArray, flagged: Bits, wanted: Repair
) -> tuple[pa.LargeStringArray, Bits, Bits]:
    """Apply once to each text the rules that its flags name; return two sets of bits for each.

    The first are the rules that changed it; the second those that have not yet seen what the last
    of these made of it.
    """
    bits, unseen = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
    taken = _Taken(texts)
    sofar = 0
    for stage in _STAGES:
        sofar |= int(stage.repairs)
        rows = np.flatnonzero(flagged & int(stage.repairs))
        if not len(rows):
            continue
        if stage.rule is None or stage.repairs is Repair.LAYOUT:
            texts, changed = _staged(taken.given_back(), rows, stage, wanted)
            taken = _Taken(texts)
        else:
            changed = taken.ruled(rows, stage.rule) * np.int64(stage.repairs)
        bits[rows] |= changed
        unseen[rows[changed != 0]] = sofar
    return taken.given_back(), bits, unseen | ~flagged


class _Taken:
    """Texts of which some are taken out as strings, for one rule after the other."""

    def __init__(self, texts: pa.LargeStringArray) -> None:
        self.texts = texts
        self.strings: dict[int, str] = {}
        self.changed: set[int] = set()

    def ruled(self, rows: npt.NDArray[np.int64], rule: Callable[[str], str]) -> Flags:
        """Apply `rule` to the texts of `rows`; which of them it changed."""
        is_changed = np.zeros(len(rows), np.bool_)
        for at, row in enumerate(rows.tolist()):
            text = self.strings.get(row)
            text = self.texts[row].as_py() if text is None else text
            self.strings[row] = after = rule(text)
            is_changed[at] = after is not text and after != text
        self.changed.update(rows[is_changed].tolist())
        return is_changed

    def given_back(self) -> pa.LargeStringArray:
        """Return all texts, put together once however many rules there were."""
        rows = sorted(self.changed)
        new = pa.array([self.strings[row] for row in rows], pa.large_string())
        return _replaced(self.texts, np.array(rows, np.int64), new)


def _staged(
    texts: pa.LargeStringArray, rows: npt.NDArray[np.int64], stage: _Stage, wanted: Repair
) -> tuple[pa.LargeStringArray, Bits]:
    """Apply a rule of kernels to `rows`; return all texts, and what changed in each of these."""
    some = texts if len(rows) == len(texts) else texts.take(pa.array(rows))
    if stage.rule is None:
        after, changed = characters.replace_characters(some, stage.repairs & wanted)
    else:
        after = normalize_whitespace(some)
        changed = pc.not_equal(after, some).to_numpy(zero_copy_only=False) * np.int64(stage.repairs)
    new = after if changed.all() else after.filter(pa.array(changed != 0))
    return _replaced(texts, rows[changed != 0], new), changed


def _replaced(
    texts: pa.LargeStringArray, rows: npt.NDArray[np.int64], new: pa.LargeStringArray
) -> pa.LargeStringArray:
    if not len(rows):
        return texts
    if len(rows) == len(texts):
        return new
    mask = np.zeros(len(texts), np.bool_)
    mask[rows] = True
    return pc.replace_with_mask(texts, pa.array(mask), new)


def _large(column: pa.Array | pa.ChunkedArray) -> pa.LargeStringArray:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array if array.type == pa.large_string() else array.cast(pa.large_string())
