"""Striking: which delivered rows that are in no release a takedown means, by what is still told.

Their texts are gone; decisions keep address, id and a quotation as evidence, removals what was cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import DropReason, Verdict
from jobs.corpus.release.takedown import (
    CLEARED_COLUMNS,
    Selection,
    any_of,
    criteria_masks,
    null_as_false,
)
from jobs.corpus.text.canonical import folded_texts

STRUCK_COLUMNS = ("doc_id", "partner", "verdict", "reason", *CLEARED_COLUMNS)
"""The columns of DECISIONS that `struck` looks at."""

_ESCAPE = re.compile(r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|x[0-9a-fA-F]{2}|[abfnrtv])")
_QUOTED_CHARS = 200  # evidence is no longer
_FEWEST_CHARS = 2  # of a quotation that breaks off: a shorter one is no sign of anything


def struck(
    decisions: pa.Table, selection: Selection, *, licence: str, with_wanted_text: pa.Array
) -> pa.ChunkedArray:
    """Whether each row of DECISIONS is meant, is in no release and still tells something.

    A row meets a criterion by its columns, or because its evidence quotes what was asked for.

    Args:
        decisions: columns STRUCK_COLUMNS.
        selection: the criteria.
        licence: of the partner, when the rows were delivered.
        with_wanted_text: ids of documents that lost a span with the characters wanted.

    Law: row-wise.
    """
    meets = _tells(decisions)
    for criterion, words in criteria_masks(_as_documents(decisions, licence), selection):
        meets = pc.and_(
            meets, pc.or_(null_as_false(criterion), quotes(decisions["evidence"], words))
        )
    if selection.contains:
        quoted = quotes(decisions["evidence"], [selection.contains])
        has_text = pc.is_in(decisions["doc_id"], value_set=with_wanted_text)
        meets = pc.and_(meets, pc.or_(has_text, quoted))
    return meets


def blocked_rows(decisions: pa.Table, gone: pa.Array) -> pa.ChunkedArray:
    """Whether each row of DECISIONS was rejected and has an id that was taken down.

    Law: row-wise.
    """
    is_rejected = pc.equal(decisions["verdict"], str(Verdict.REJECTED))
    return pc.and_(is_rejected, pc.is_in(decisions["doc_id"], value_set=gone))


def has_wanted_text(removals: pa.Table, selection: Selection) -> pa.ChunkedArray:
    """Whether each removed piece, a row of REMOVED, has the characters wanted.

    Law: row-wise.
    """
    if not selection.contains:
        return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(removals))])
    return pc.match_substring(removals["text"], pattern=selection.words)


def quotes(evidence: pa.ChunkedArray, words: Sequence[str]) -> pa.ChunkedArray:
    """Whether each piece of evidence quotes one of some words, or begins or breaks off within it.

    Evidence is quoted from deliveries as they came, so both are compared in folded form: letters
    and digits alone, Traditional as Simplified. What has neither is looked for as it is.

    Law: row-wise.
    """
    found = [pc.match_substring(evidence, pattern=word) for word in words]
    folded = _folded(words)
    if patterns := [_pattern(word) for word in folded.to_pylist() if word]:
        plain = _folded([text and _ESCAPE.sub(_unescaped, text) for text in evidence.to_pylist()])
        found += [pa.chunked_array([pc.match_substring_regex(plain, one)]) for one in patterns]
    if not found:
        return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(evidence))])
    return any_of([null_as_false(one) for one in found])


def _tells(decisions: pa.Table) -> pa.ChunkedArray:
    """Rows of no release that name anything; who was taken down before names nothing."""
    tells = any_of([pc.is_valid(decisions[name]) for name in CLEARED_COLUMNS])
    is_down = null_as_false(pc.equal(decisions["reason"], str(DropReason.TAKEN_DOWN)))
    is_out = pc.and_(pc.not_equal(decisions["verdict"], str(Verdict.KEPT)), pc.invert(is_down))
    return pc.and_(tells, is_out)


def _as_documents(decisions: pa.Table, licence: str) -> pa.Table:
    rows = decisions.select(["doc_id", "partner", "url"]).rename_columns(["id", "partner", "url"])
    return rows.append_column("licence", pa.repeat(licence, len(rows)))


def _folded(texts: Sequence[str | None]) -> pa.Array:
    return folded_texts(pa.array(texts, pa.large_string()))


def _pattern(word: str) -> str:
    """Matches a folded word, its beginning at the end of evidence, its end where a quote begins."""
    fewest = max(_FEWEST_CHARS, len(word) // 4)
    whole = re.escape(word)
    head, tail = word[:_QUOTED_CHARS], word[-_QUOTED_CHARS:]
    if len(word) <= fewest:
        return whole
    begins = re.escape(head[:fewest]) + _optional(head[fewest:])
    ends = _optional_before(tail[:-fewest]) + re.escape(tail[-fewest:])
    return f"{whole}|{begins}$|near{ends}"


def _optional(rest: str) -> str:
    """Matches every beginning of the rest."""
    return "".join(f"(?:{re.escape(one)}" for one in rest) + ")?" * len(rest)


def _optional_before(rest: str) -> str:
    """Matches every end of the rest."""
    return "(?:" * len(rest) + "".join(f"{re.escape(one)})?" for one in rest)


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else " "
