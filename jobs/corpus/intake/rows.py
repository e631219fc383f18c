"""One delivered row: what is asked of it, why it may be refused, and how rows become tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from jobs.config_errors import choice_message, unknown_choice
from jobs.corpus.intake.cells import as_string, if_given, joined, kept_values
from jobs.corpus.intake.encodings import ENCODINGS, ESCAPED, EUC_TW
from jobs.corpus.model.reasons import RejectReason
from jobs.corpus.model.tables import DELIVERED
from jobs.errors import ConfigError, UnknownEncoding

QUOTING = ("double", "none", "escaped")
COLUMNS = ("text", "id", "title", "url", "published", "licence")
_ID = COLUMNS.index("id")
_KEPT = len(COLUMNS)  # from here on the values of columns to keep
DELIVERED_AS = {"id": "source_id"} | {name: name for name in COLUMNS[2:]}
"""The columns of DELIVERED in which what is mapped stands, beside the text."""

HEAD_ROWS = 100
"""How many rows of a file show whether its columns are those of the mapping."""

MOST_HEAD_ROWS = 20_000
"""How many lines are looked at for them."""

ROW_BYTES = 500
"""What a row takes besides its text, measured on rows of a few characters."""

_EVIDENCE_CHARS = 200
NAMES_SHOWN = 40
"""How many of a file's columns a message or evidence names."""

MOST_VALUES = 1 << 23
"""Of a line or record: each takes up to 170 bytes of memory, and two or three in the file."""

# A character of text may be up to three times as long in the file as in UTF-8: `\\ud842\\udfb7`.
LINE_FACTOR = 3


@dataclass(frozen=True)
class DeliveryParams:
    """How one partner's files are to be read.

    Attributes:
        format: one of `formats.FORMATS`, which `formats.format_named` checks.
        encoding: one of `ENCODINGS`; `auto` looks at each file, and at each of its lines.
        columns: pairs of our name, one of `COLUMNS`, and the partner's; `doc.body` is the key
            `doc.body`, else the key `body` inside `doc`; `content|正文` the first of these that
            a row of JSON has a value for, or that is a column of the file.
        max_text_bytes: a longer text, in UTF-8, is refused; bounds the memory a row can take.
        batch_bytes: about how much text one table holds.
        html: whether a text that is a whole web page gives way to its main text; always in
            formats of pages.
        quoting: one of `QUOTING`: whether quotes in CSV and TSV enclose fields, are text, or are
            text beside the escapes of MySQL and Hive.
        lost_share: the share of characters in a row that may be bytes which the encoding does not
            have; each becomes U+FFFD. Above it the row is refused.
        keep: further columns of the partner's, whose values are kept as strings in `meta`.
    """

    format: str
    encoding: str
    columns: tuple[tuple[str, str], ...]
    max_text_bytes: int = field(metadata={"key": "text_bytes"})
    batch_bytes: int
    html: bool
    quoting: str = "double"  # releases of before do not say
    lost_share: float = 0.0
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise UnknownEncoding(choice_message("encoding", self.encoding, ENCODINGS))
        if self.quoting not in QUOTING:
            raise unknown_choice("quoting", self.quoting, QUOTING)
        for column, _ in self.columns:
            if column not in COLUMNS:
                raise unknown_choice("columns", column, COLUMNS)
        if "text" not in dict(self.columns) or len(dict(self.columns)) < len(self.columns):
            raise ConfigError("columns: map text, and each column once at most")
        if len(set(self.keep)) < len(self.keep):
            raise ConfigError(f"keep {', '.join(self.keep)} names a column twice: remove one")
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not 0 <= self.lost_share <= 1:
            raise ConfigError(f"lost_share={self.lost_share} is no share: give 0 to 1")
        if self.max_text_bytes <= 0 or self.batch_bytes <= 0:
            raise ConfigError(
                f"limits.text_bytes={self.max_text_bytes}, shards.batch_bytes={self.batch_bytes}: "
                "give numbers above 0"
            )

    @property
    def source_columns(self) -> tuple[str | None, ...]:
        """The partner's names of `COLUMNS`, None for what is not mapped, and of `keep`."""
        names = dict(self.columns)
        return (*(names.get(column) for column in COLUMNS), *self.keep)

    @property
    def text_column(self) -> str:
        """The partner's name of the text."""
        return dict(self.columns)["text"]

    @property
    def max_line_bytes(self) -> int:
        """How much of a line is held before it is given up as too large."""
        return LINE_FACTOR * self.max_text_bytes + (1 << 16)


class Row(NamedTuple):
    """A row of `DELIVERED` within its file."""

    source_row: int
    source_id: str | None
    title: str | None
    text: str | None
    url: str | None
    published: str | None
    licence: str | None
    meta: str | None
    reason: RejectReason | None
    evidence: str | None
    rights: str | None = None


class Head(NamedTuple):
    """What a row or header has: those names that are mapped, and names there are."""

    found: set[str]
    names: list[str]


class Refusal(NamedTuple):
    """Why a row is refused, and what shows it."""

    reason: RejectReason
    evidence: str


def delivered_row(number: int, values: Sequence[object], params: DeliveryParams) -> Row:
    """Make the row numbered `number`, rejected if its text is unfit.

    Args:
        number: the row's number in its file, from 1.
        values: in the order of `params.source_columns`; the text a string or a list of paragraphs,
            or a `Refusal` in its place if it was found wanting.
        params: of the delivery.
    """
    text = values[0]
    if isinstance(text, list):
        text = joined(text)
    meta = None
    if params.keep:
        meta, values = kept_values(params.keep, values[_KEPT:]), values[:_KEPT]
    source_id, title, url, published, licence = map(as_string, values[1:])
    source_id, licence = if_given(source_id), if_given(licence)
    refusal = _refusal(text, params.max_text_bytes)
    if refusal is None:
        return Row(number, source_id, title, str(text), url, published, licence, meta, None, None)
    facts = (url, published, licence, meta, refusal.reason, shortened(refusal.evidence))
    return Row(number, source_id, title, None, *facts)


def without_escapes(text: str, lost_share: float) -> str | None:
    """The text with U+FFFD for each undecodable byte; None if more is lost than may be."""
    whole, lost = ESCAPED.subn("\ufffd", text)
    return whole if lost <= lost_share * len(text) else None


def with_losses(values: Sequence[object], refusal: Refusal, lost_share: float) -> list[object]:
    """A row's values, some with escapes of undecodable bytes, as `delivered_row` takes them.

    Args:
        values: in the order of `COLUMNS`.
        refusal: of the row, if more is lost than may be, or anything of its id.
        lost_share: see `DeliveryParams`.
    """
    text = joined(values[0]) if isinstance(values[0], list) else values[0]
    known = [text if isinstance(text, str) else None, *map(as_string, values[1:])]
    is_within = without_escapes("".join(value or "" for value in known), lost_share) is not None
    if is_within and known[0] is not None and not ESCAPED.search(known[_ID] or ""):
        return [value and ESCAPED.sub("\ufffd", value) for value in known]
    refused = text if isinstance(text, Refusal) else refusal
    return [
        refused,
        *(value if value and not ESCAPED.search(value) else None for value in known[1:]),
    ]


def refused_row(number: int, reason: RejectReason, evidence: str) -> Row:
    """Make a row of which nothing is known but why it is refused.

    Args:
        number: the row's number in its file, from 1.
        reason: of its rejection.
        evidence: what shows it.
    """
    nothing = (None, None, None, None, None, None, None)
    return Row(number, *nothing, reason, shortened(evidence))


def shortened(evidence: str) -> str:
    """Evidence that fits in a report, and in UTF-8."""
    valid = _encodable(evidence[: _EVIDENCE_CHARS + 1])
    return valid if len(valid) <= _EVIDENCE_CHARS else valid[: _EVIDENCE_CHARS - 1] + "…"


def undecodable(error: UnicodeDecodeError) -> Refusal:
    """Return the refusal of bytes that are not in the encoding declared for them."""
    wrong = error.object[error.start : error.start + 8].hex(" ")
    evidence = f"{error.encoding}: {error.reason} at byte {error.start}: {wrong}"
    is_foreign = error.encoding == EUC_TW
    reason = RejectReason.UNSUPPORTED_ENCODING if is_foreign else RejectReason.UNDECODABLE
    return Refusal(reason, evidence)


def text_missing(found: Iterable[str]) -> Refusal:
    """The refusal of a row without the text's column: this file, or this row, is unlike others."""
    return Refusal(RejectReason.MISSING_TEXT, shortened(", ".join(islice(found, _EVIDENCE_CHARS))))


def tables(rows: Iterable[Row], source_file: str, batch_bytes: int) -> Iterator[pa.Table]:
    """Yield `DELIVERED` tables; none for no rows.

    Args:
        rows: of one file.
        source_file: its name.
        batch_bytes: about how much text each table has.
    """
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        # A Han character is three bytes.
        size += ROW_BYTES + 3 * sum([len(value) for value in _strings(row) if value])
        size += 3 * len(row.meta) if row.meta else 0
        if size >= batch_bytes:
            yield _table(batch, source_file)
            batch, size = [], 0
    if batch:
        yield _table(batch, source_file)


def _strings(row: Row) -> tuple[str | None, ...]:
    return row.text, row.title, row.source_id, row.url, row.published, row.licence


def _encodable(text: str) -> str:
    """`text` with undecodable bytes spelt out: what a partner wrote may be anything."""
    return text.encode("utf-8", "backslashreplace").decode()


def _table(rows: list[Row], source_file: str) -> pa.Table:
    columns = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    return pa.table({"source_file": [source_file] * len(rows), **columns}, schema=DELIVERED)


def _refusal(text: object, max_text_bytes: int) -> Refusal | None:
    if isinstance(text, str):
        if not text or text.isspace():
            return Refusal(RejectReason.EMPTY_TEXT, f"{len(text)} characters, all white space")
        # Encoding every text only to measure it would double the work.
        if 4 * len(text) > max_text_bytes and (size := len(text.encode())) > max_text_bytes:
            return Refusal(RejectReason.TOO_LARGE, f"{size} bytes, at most {max_text_bytes}")
        return None
    if isinstance(text, Refusal):
        return text
    if text is None:
        return Refusal(RejectReason.NULL_TEXT, "null")
    kind = float if isinstance(text, Decimal) else type(text)
    return Refusal(RejectReason.NOT_TEXT, f"{kind.__name__}: {as_string(text)}")
