"""Rows of files that have no columns: plain text, text cut by blank lines, and web pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from jobs.corpus.intake.encodings import Characters, decoded, escaped, is_mostly_utf8
from jobs.corpus.intake.missing_columns import text_column_missing
from jobs.corpus.intake.open_files import OpenFile, decoded_blocks, decoded_lines
from jobs.corpus.intake.rows import Refusal, Row, delivered_row, undecodable, without_escapes
from jobs.corpus.model.reasons import RejectReason

_COMPRESSED = {".gz", ".zst", ".bz2", ".xz"}
FILE_COLUMNS = ("text", "name")

_BLANK_BYTES = 60  # a longer line is not looked at twice
_CHARSET_BYTES = 4096
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE
)
_CHARSETS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk", "cp936", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cp950"), "big5"),
    # Pages in these are found among Chinese ones, and read as Chinese they would be gibberish.
    **dict.fromkeys(("euc-jp", "x-euc-jp"), "euc_jp"),
    **dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "cp949"), "cp949"),
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-kr": "iso2022_kr",
    **dict.fromkeys(("hz-gb-2312", "hz"), "hz"),
}
# Their bytes are ASCII, so that UTF-8 would take them for its own.
_OF_ASCII = frozenset(("iso2022_jp_ext", "iso2022_kr", "hz"))


def file_rows(file: OpenFile) -> Iterator[Row]:
    """Yield the one row of a text file or page; its columns are `text` and `name`, the file's."""
    params = file.params
    known = _known(file)
    characters, blocks = decoded_blocks(file)
    held = bytearray()
    for block in blocks:
        held += block
        if len(held) > params.max_text_bytes:
            evidence = f"file of more than {params.max_text_bytes} bytes"
            refusal = Refusal(RejectReason.TOO_LARGE, evidence)
            yield delivered_row(1, [refusal, *known], params)
            return
    text = document_text(bytes(held), characters, declared_charset(held), params.lost_share)
    yield delivered_row(1, [text, *known], params)


def block_rows(file: OpenFile) -> Iterator[Row]:
    """Yield one row for each run of lines between blank ones, numbered from 1.

    Columns are those of `file_rows`.
    """
    params = file.params
    known = _known(file)
    characters, file_lines = decoded_lines(file)
    for number, block in enumerate(_blocks(file_lines, characters, params.max_text_bytes), 1):
        text = (
            block
            if isinstance(block, Refusal)
            else _lines_text(block, characters, params.lost_share)
        )
        yield delivered_row(number, [text, *known], params)


def document_text(
    source: bytes, characters: Characters, charset: str | None, lost_share: float
) -> str | Refusal:
    """Decode a whole document: as UTF-8, in the charset it declares, or line by line.

    Args:
        source: all of it.
        characters: how the lines of its file are read.
        charset: what it says of itself, by our name, believed if that fits; or None.
        lost_share: see `DeliveryParams`.
    """
    if charset is not None and not characters.is_declared:
        for encoding in (charset, "utf-8") if charset in _OF_ASCII else ("utf-8", charset):
            try:
                return decoded(source, encoding)
            except UnicodeDecodeError:
                continue
        believed = "utf-8" if is_mostly_utf8(source) else charset
        if (text := without_escapes(escaped(source, believed), lost_share)) is not None:
            return text
    return _lines_text(source.split(b"\n"), characters, lost_share)


def declared_charset(source: bytes | bytearray) -> str | None:
    """Return the older East Asian encoding that the head of a page names, by its name here."""
    named = _CHARSET.search(source, 0, _CHARSET_BYTES)
    return _CHARSETS.get(named[1].decode("ascii", "replace").lower()) if named else None


def known_charset(name: str) -> str | None:
    """Return `name`, as an HTTP header has it, if it is an older East Asian encoding."""
    return _CHARSETS.get(name.lower())


def _lines_text(
    file_lines: Sequence[bytes], characters: Characters, lost_share: float
) -> str | Refusal:
    try:
        return "\n".join([characters.decoded(line) for line in file_lines])
    except UnicodeDecodeError as error:
        refusal = undecodable(error)
    if not lost_share:
        return refusal
    text = "\n".join([characters.lenient(line) for line in file_lines])
    return without_escapes(text, lost_share) or refusal


def _blocks(
    file_lines: Iterable[bytes | None], characters: Characters, max_bytes: int
) -> Iterator[list[bytes] | Refusal]:
    held: list[bytes] = []
    size = 0
    for line in file_lines:
        if line is not None and _is_blank(line, characters):
            if size:
                yield _block(held, size, max_bytes)
            held, size = [], 0
            continue
        size += max_bytes + 2 if line is None else len(line) + 1
        # What is too long is only measured.
        if line is not None and size <= max_bytes + 1:
            held.append(line)
    if size:
        yield _block(held, size, max_bytes)


def _is_blank(line: bytes, characters: Characters) -> bool:
    if not line or line.isspace():
        return True
    # An ideographic space is no ASCII one in any encoding.
    if len(line) > _BLANK_BYTES or line.isascii():
        return False
    try:
        return characters.decoded(line).isspace()
    except UnicodeDecodeError:
        return False


def _block(held: list[bytes], size: int, max_bytes: int) -> list[bytes] | Refusal:
    if size > max_bytes + 1:
        return Refusal(RejectReason.TOO_LARGE, f"text of {size} bytes, at most {max_bytes}")
    return held


def _known(file: OpenFile) -> list[str | None]:
    params = file.params
    if params.text_column != "text":
        raise text_column_missing(file.name, params.text_column, FILE_COLUMNS)
    return [_stem(file.name) if name == "name" else None for name in params.source_columns[1:]]


def _stem(source_file: str) -> str:
    path = PurePosixPath(source_file)
    return PurePosixPath(path.stem).stem if path.suffix.lower() in _COMPRESSED else path.stem
