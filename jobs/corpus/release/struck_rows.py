"""Struck rows: delivered rows in no release that a takedown matches by what is recorded of them.

Their texts are not stored; decisions hold address, id and a quotation as evidence, removals the
removed spans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import DropReason, Verdict
from jobs.corpus.release.takedown import (
    IDENTIFYING_COLUMNS,
    Selection,
    any_of,
    criteria_masks,
    null_as_false,
)
from jobs.corpus.text.canonical import folded_texts

STRUCK_COLUMNS = ("doc_id", "partner", "verdict", "reason", *IDENTIFYING_COLUMNS)
"""The columns of DECISIONS that `struck` looks at."""

_ESCAPE = re.compile(r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|x[0-9a-fA-F]{2}|[abfnrtv])")
_QUOTED_CHARS = 200  # evidence is no longer
_FEWEST_CHARS = 2  # of a quotation that breaks off: a shorter one occurs in unrelated texts


def struck(
    decisions: pa.Table, selection: Selection, *, licence: str, with_wanted_text: pa.Array
) -> pa.ChunkedArray:
    """Whether each row of DECISIONS matches, is in no release and still has identifying columns.

    A row satisfies a criterion by its columns, or if its evidence quotes a text of the criterion.

    Args:
        decisions: columns STRUCK_COLUMNS.
        selection: the criteria.
        licence: the partner's, when the rows were delivered.
        with_wanted_text: ids of documents that lost a span with the characters wanted.

    Law: row-wise.
    """
    is_match = _is_identifying(decisions)
    for criterion, texts in criteria_masks(_as_documents(decisions, licence), selection):
        is_match = pc.and_(
            is_match, pc.or_(null_as_false(criterion), quotes(decisions["evidence"], texts))
        )
    if selection.contains:
        quoted = quotes(decisions["evidence"], [selection.contains])
        has_text = pc.is_in(decisions["doc_id"], value_set=with_wanted_text)
        is_match = pc.and_(is_match, pc.or_(has_text, quoted))
    return is_match


def blocked_rows(decisions: pa.Table, taken_down: pa.Array) -> pa.ChunkedArray:
    """Whether each row of DECISIONS was rejected and has an id that was taken down.

    Law: row-wise.
    """
    is_rejected = pc.equal(decisions["verdict"], str(Verdict.REJECTED))
    return pc.and_(is_rejected, pc.is_in(decisions["doc_id"], value_set=taken_down))


def has_wanted_text(removals: pa.Table, selection: Selection) -> pa.ChunkedArray:
    """Whether each removed span, a row of REMOVED, has the characters of `contains`.

    Law: row-wise.
    """
    if not selection.contains:
        return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(removals))])
    return pc.match_substring(removals["text"], pattern=selection.wanted_text)


def quotes(evidence: pa.ChunkedArray, texts: Sequence[str]) -> pa.ChunkedArray:
    """Whether each evidence quotes one of some texts, or begins or breaks off within it.

    Evidence quotes deliveries before normalization, so both are compared in folded form: letters
    and digits alone, Traditional as Simplified. A text without either is searched for as it is.

    Law: row-wise.
    """
    found = [pc.match_substring(evidence, pattern=text) for text in texts]
    folded = _folded(texts)
    if patterns := [_pattern(text) for text in folded.to_pylist() if text]:
        plain = _folded([text and _ESCAPE.sub(_unescaped, text) for text in evidence.to_pylist()])
        found += [pa.chunked_array([pc.match_substring_regex(plain, one)]) for one in patterns]
    if not found:
        return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(evidence))])
    return any_of([null_as_false(one) for one in found])


def _is_identifying(decisions: pa.Table) -> pa.ChunkedArray:
    """Whether rows in no release have an identifying column; rows taken down before have none."""
    is_identifying = any_of([pc.is_valid(decisions[name]) for name in IDENTIFYING_COLUMNS])
    is_taken_down = null_as_false(pc.equal(decisions["reason"], str(DropReason.TAKEN_DOWN)))
    is_out = pc.and_(
        pc.not_equal(decisions["verdict"], str(Verdict.KEPT)), pc.invert(is_taken_down)
    )
    return pc.and_(is_identifying, is_out)


def _as_documents(decisions: pa.Table, licence: str) -> pa.Table:
    rows = decisions.select(["doc_id", "partner", "url"]).rename_columns(["id", "partner", "url"])
    return rows.append_column("licence", pa.repeat(licence, len(rows)))


def _folded(texts: Sequence[str | None]) -> pa.Array:
    return folded_texts(pa.array(texts, pa.large_string()))


def _pattern(text: str) -> str:
    """Match a folded text, its beginning at the end of evidence, its end where a quote begins."""
    fewest = max(_FEWEST_CHARS, len(text) // 4)
    whole = re.escape(text)
    head, tail = text[:_QUOTED_CHARS], text[-_QUOTED_CHARS:]
    if len(text) <= fewest:
        return whole
    begins = re.escape(head[:fewest]) + _optional(head[fewest:])
    ends = _optional_before(tail[:-fewest]) + re.escape(tail[-fewest:])
    return f"{whole}|{begins}$|near{ends}"


def _optional(rest: str) -> str:
    """Match every prefix of the rest."""
    return "".join(f"(?:{re.escape(one)}" for one in rest) + ")?" * len(rest)


def _optional_before(rest: str) -> str:
    """Match every suffix of the rest."""
    return "(?:" * len(rest) + "".join(f"{re.escape(one)})?" for one in rest)


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else " "
