"""Documents: delivered rows after normalization, each with its identity and its signals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.intake.dates import dates
from jobs.corpus.model.identity import document_ids
from jobs.corpus.model.reasons import DropReason, RejectReason, Stage
from jobs.corpus.model.signal_columns import MEASURED
from jobs.corpus.model.tables import DELIVERED, DOCUMENTS, require
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.private_data.quotations import (
    without_private_evidence,
    without_private_members,
)
from jobs.corpus.private_data.replacement import (
    WithoutPrivateData,
    without_private_data,
    without_private_values,
)
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.removal.removals import removals
from jobs.corpus.removal.repeated_lines import without_repeated_lines
from jobs.corpus.repair.languages import languages
from jobs.corpus.repair.normalization import Repaired, normalized_texts, repaired
from jobs.corpus.repair.repairs import Repair, RepairParams
from jobs.corpus.repair.script import simplify
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.signals import signals
from jobs.corpus.sources.filters import OriginParams, origins


@dataclass(frozen=True)
class TextParams:
    """What is done to the texts of one partner, in this order.

    Attributes:
        repair: which repairs are made.
        repeated_lines: which repeated lines are removed.
        signals: the keyword lists.
        private_data: what becomes of each kind, before repeated lines are removed.
        origin: where documents may come from, and of which time.
    """

    repair: RepairParams
    repeated_lines: RepeatedLineParams
    signals: SignalParams
    private_data: PrivateDataParams
    origin: OriginParams = field(default_factory=OriginParams)


def documents(
    delivered: pa.Table, *, partner: str, first_position: int, params: TextParams
) -> tuple[pa.Table, pa.Table, Counter[tuple[str, str]]]:
    """One row per delivered row, in the same order; a rejected or dropped row has no content.

    Args:
        delivered: rows of DELIVERED.
        partner: its name.
        first_position: the position of the first row inside its input shard.
        params: what is done to the texts.

    Returns:
        DOCUMENTS, the REMOVALS from them, and counts of private data per (kind, "documents" or
        "values").

    Law: row-wise, `first_position` moving along.
    """
    require(delivered, DELIVERED, "delivered")
    delivered = delivered.combine_chunks()
    fields = _fields(delivered, params.private_data)
    origin = origins(fields["url"], fields["published"], fields["rights"], params.origin)
    is_unwanted = pc.and_(pc.is_null(delivered["reason"]), pc.is_valid(origin["reason"]))
    text = repaired(_without(delivered["text"], is_unwanted), params.repair.wanted)
    titles = _title(_without(delivered["title"], is_unwanted), text.repairs, params.repair)
    private = without_private_data(text.texts, titles, params=params.private_data)
    # Afterwards, so that what is recorded of a repeated line holds no private data.
    texts, spans = without_repeated_lines(private.texts, params=params.repeated_lines)
    # Nothing may be left of a text that was only markup and white space.
    is_empty = pc.fill_null(pc.equal(pc.binary_length(texts), 0), fill_value=False)
    is_garbled = pa.array(text.found.lost > params.repair.lost_share * text.found.chars)
    is_unfit = pc.or_(is_empty, is_garbled)
    content = _without(texts, is_unfit)
    unfit = pc.if_else(is_empty, str(RejectReason.EMPTY_TEXT), str(RejectReason.GARBLED))
    stage, reason = _outcome(
        (pc.is_valid(delivered["reason"]), str(Stage.INTAKE), delivered["reason"]),
        (is_unwanted, origin["stage"], origin["reason"]),
        (is_unfit, str(Stage.NORMALIZE), unfit),
        (pc.is_valid(private.evidence), str(Stage.PRIVATE_DATA), str(DropReason.PRIVATE_DATA)),
    )
    evidence = _evidence(delivered, is_garbled, text, private, params)
    measured = signals(content, params=params.signals)
    columns = {
        **_identity(delivered, partner, first_position),
        "content": content,
        "stage": stage,
        "repairs": pa.array(text.repairs, mask=pc.is_null(content).to_numpy(zero_copy_only=False)),
        "script": pa.array(text.script, pa.string()),
        **_languages(text, content),
        "reason": reason,
        "title": private.titles,
        **fields,
        **_partner_columns(delivered, origin, params),
        **{name: origin[name] for name in ("site", "source_tier", "region", "rights")},
        "evidence": pc.if_else(is_unwanted, origin["evidence"], evidence),
        **{field.name: measured[field.name] for field in MEASURED},
    }
    table = pa.table({field.name: columns[field.name] for field in DOCUMENTS}).cast(DOCUMENTS)
    return table, removals(table, pa.concat_tables([private.spans, spans])), private.counts


def _languages(text: Repaired, content: pa.Array) -> dict[str, pa.Array]:
    """The columns of languages, null where a row has no content."""
    columns = languages(text.texts, text.found, text.script)._asdict()
    is_null = pc.is_null(content).to_numpy(zero_copy_only=False)
    return {name: pa.array(column, pa.string(), mask=is_null) for name, column in columns.items()}


def _partner_columns(
    delivered: pa.Table, origin: pa.Table, params: TextParams
) -> dict[str, pa.Array]:
    """Return kept columns and licences; a row without a licence has that of its source."""
    private = params.private_data
    licence = without_private_values(_field(_column(delivered, "licence")), params=private)
    return {
        "meta": without_private_members(_column(delivered, "meta"), params=private),
        "licence": pc.coalesce(licence, origin["licence"]),
    }


def _column(delivered: pa.Table, name: str) -> pa.Array:
    return delivered[name].combine_chunks()


def _without(texts: pa.ChunkedArray | pa.Array, is_left_out: pa.Array) -> pa.Array:
    """Return texts, null in rows that are left out: these need no repair."""
    if pc.any(is_left_out).as_py():  # else a copy of all text for nothing
        texts = pc.if_else(is_left_out, pa.scalar(None, texts.type), texts)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _outcome(
    *verdicts: tuple[pa.Array, pa.Array | str, pa.Array | str],
) -> tuple[pa.Array, pa.Array]:
    """Stage and reason of the first verdict that each row has, null where it has none."""
    stages = [pc.if_else(is_so, stage, None) for is_so, stage, _ in verdicts]
    reasons = [pc.if_else(is_so, reason, None) for is_so, _, reason in verdicts]
    return pc.coalesce(*stages), pc.coalesce(*reasons)


def _identity(delivered: pa.Table, partner: str, first_position: int) -> dict[str, pa.Array]:
    """Return the columns that say which row of which delivery a document is."""
    return {
        "doc_id": document_ids(delivered, partner=partner),
        "position": pa.array(np.arange(len(delivered)) + first_position, pa.int64()),
        **{name: delivered[name] for name in ("source_file", "source_row", "source_id")},
    }


# What an address or a date is made of is not Chinese text.
_OF_FIELDS = (
    Repair.LINE_ENDS | Repair.INVISIBLE | Repair.MARKUP | Repair.BLANKS | Repair.WIDTH
    | Repair.RADICALS | Repair.COMPOSITION | Repair.LAYOUT
)  # fmt: skip


def _title(titles: pa.Array, repairs: npt.NDArray[np.int64], repair: RepairParams) -> pa.Array:
    """Titles, Simplified where the text is: alone they are too short to show their script."""
    wanted = repair.wanted & ~Repair.SCRIPT
    texts = normalized_texts(titles.cast(pa.large_string()), wanted)
    is_converted = (repairs & int(Repair.SCRIPT)) != 0
    if is_converted.any():
        rows = pa.array(is_converted)
        some = [title and simplify(title) for title in texts.filter(rows).to_pylist()]
        texts = pc.replace_with_mask(texts, rows, pa.array(some, pa.large_string()))
    return _line(texts)


def _evidence(
    delivered: pa.Table,
    is_garbled: pa.Array,
    text: Repaired,
    private: WithoutPrivateData,
    params: TextParams,
) -> pa.Array:
    """Evidence of intake, of garbled texts how much no decoding brings back, of private data."""
    given = without_private_evidence(_column(delivered, "evidence"), params=params.private_data)
    given = pc.coalesce(given, private.evidence)
    if not pc.any(is_garbled).as_py():
        return given
    garbled = np.flatnonzero(is_garbled)
    lost = [
        f"{text.found.lost[row]} of {text.found.chars[row]} characters are � or 锟斤拷"
        for row in garbled
    ]
    return pc.replace_with_mask(given, is_garbled, pa.array(lost, pa.string()))


def _fields(delivered: pa.Table, private: PrivateDataParams) -> dict[str, pa.Array]:
    """Return the address, the date, which is null where it cannot be read, and the opt-outs."""
    published, as_given = dates(_field(delivered["published"].combine_chunks()))
    url = _field(delivered["url"].combine_chunks())
    return {
        "url": url,
        "published": published,
        "published_as_given": without_private_values(as_given, params=private),
        "rights": without_private_values(_column(delivered, "rights"), params=private),
    }


def _field(values: pa.Array) -> pa.Array:
    """An address or date on one line; null when nothing is left."""
    return _line(normalized_texts(values.cast(pa.large_string()), _OF_FIELDS))


def _line(text: pa.LargeStringArray) -> pa.Array:
    line = pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"\s+", " "))
    return pc.if_else(pc.equal(pc.binary_length(line), 0), None, line).cast(pa.string())
