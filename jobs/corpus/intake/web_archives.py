"""Rows of web archives: the pages of a WARC, the texts of a WET."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from jobs.corpus.intake.blocks import reading
from jobs.corpus.intake.encoding_evidence import characters
from jobs.corpus.intake.encodings import (
    detect,
    legacy_encoding,
    utf8_blocks,
    utf16_order,
    without_mark,
)
from jobs.corpus.intake.missing_columns import text_column_missing
from jobs.corpus.intake.open_files import OpenFile
from jobs.corpus.intake.opt_outs import joined, opt_outs
from jobs.corpus.intake.rows import DeliveryParams, Refusal, Row, delivered_row
from jobs.corpus.intake.text_files import declared_charset, document_text, known_charset
from jobs.corpus.model.reasons import RejectReason
from jobs.errors import DeliveryUnreadable

ARCHIVE_COLUMNS = ("text", "url", "date", "id")
_HEADERS = {"url": "WARC-Target-URI", "date": "WARC-Date", "id": "WARC-Record-ID"}
_KINDS = {"warc": WarcRecordType.response, "wet": WarcRecordType.conversion}
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
_OK = 200
_VERSION = re.compile(rb"WARC/\d\.\d[ \t]*\n")
_VERSION_BYTES = 16


def archive_rows(file: OpenFile) -> Iterator[Row]:
    """Yield a row for each response of a WARC or conversion of a WET.

    Rows are numbered among records of all kinds. Their columns are `text`, `url`, `date` (of the
    crawl) and `id`; the address is read even if it is not mapped.

    Raises:
        DeliveryUnreadable: if the bytes are no web archive or end early.
    """
    source_file, params = file.name, file.params
    if params.text_column != "text":
        raise text_column_missing(source_file, params.text_column, ARCHIVE_COLUMNS)
    names = dict(params.columns)
    wanted = [names.get(column) for column in ("id", "title")] + [names.get("url", "url")]
    wanted += [names.get("published"), names.get("licence"), *params.keep]
    for number, record in _records(file.bytes_stream, source_file):
        if record.record_type == _KINDS[params.format]:
            text, rights = _content(record, source_file, params)
            known = [record.headers.get(_HEADERS.get(name or "", "")) for name in wanted]
            yield delivered_row(number, [text, *known], params)._replace(rights=rights)


class _Forward:
    """A stream that is only read; FastWARC asks where it is, and to go to where it is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._place = 0
        self._ahead = b""

    def peek(self) -> bytes:
        """Return the first bytes, which are read again."""
        self._ahead = self._stream.read(_VERSION_BYTES)
        return self._ahead

    def read(self, size: int = -1) -> bytes:
        data, self._ahead = self._ahead, b""
        if len(data) > size >= 0:
            data, self._ahead = data[:size], data[size:]
        elif not data:
            data = self._stream.read(size)
        self._place += len(data)
        return data

    def close(self) -> None:
        """Do nothing: the stream is closed where it was opened."""

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        target = offset + (self._place if whence == io.SEEK_CUR else 0)
        if whence == io.SEEK_END or target < self._place:
            raise io.UnsupportedOperation("a delivery is read forwards only")
        while self._place < target and self.read(target - self._place):
            pass
        return self._place


def _records(stream: BinaryIO, source_file: str) -> Iterator[tuple[int, WarcRecord]]:
    with reading(source_file):
        forward = _Forward(stream)
        if _VERSION.match(forward.peek()):
            raise DeliveryUnreadable(
                f"{source_file} ends its lines with LF alone, where archives have CR LF: it was "
                "changed on the way; ask the partner for it as it was written"
            )
        records = iter(ArchiveIterator(forward, parse_http=False, stream_detect=False))
    number, end, address = 0, 0, None
    while True:
        with reading(source_file):
            record = next(records, None)
        if record is None:
            break
        number += 1
        end, address = (
            record.stream_pos + record.content_length,
            record.headers.get(_HEADERS["url"]),
        )
        yield number, record
    if end > forward.tell():  # what is not read, because of its type or size, is passed over
        raise _breaks_off(source_file, address)


def _breaks_off(source_file: str, address: str | None) -> DeliveryUnreadable:
    return DeliveryUnreadable(
        f"{source_file} breaks off in the record of {address}: ask the partner for it again"
    )


def _content(
    record: WarcRecord, source_file: str, params: DeliveryParams
) -> tuple[str | Refusal, str | None]:
    """Read the page or text of a record, whole or not at all, and the opt-outs of its headers."""
    limit = params.max_text_bytes
    if record.content_length > limit:
        evidence = f"record of {record.content_length} bytes, at most {limit}"
        return Refusal(RejectReason.TOO_LARGE, evidence), None
    promised = record.content_length if "Content-Length" in record.headers else -1
    with reading(source_file):
        record.freeze()
    if record.content_length != promised:
        raise _breaks_off(source_file, record.headers.get(_HEADERS["url"]))
    charset = rights = None
    try:
        if params.format == "warc":
            record = _alone(record)
            record.parse_http(auto_decode="all")
            if (refusal := _no_page(record)) is not None:
                return refusal, None
            rights = joined(opt_outs("header", record.http_headers.astuples()))
            charset = known_charset(record.http_charset or "")
        source = record.reader.read(limit + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        return Refusal(RejectReason.UNDECODABLE, f"headers, chunks or coding: {error}"), None
    if len(source) > limit:
        return Refusal(RejectReason.TOO_LARGE, f"page of more than {limit} bytes"), rights
    return _decoded(source, charset or declared_charset(source), params), rights


def _alone(record: WarcRecord) -> WarcRecord:
    """Parse a record in an archive of its own: after a failure no archive is readable."""
    body = record.reader.read()
    kind = record.headers.get("Content-Type", "application/http")
    head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: {kind}\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    archive = io.BytesIO(head.encode("utf-8", "replace") + body)
    return next(iter(ArchiveIterator(archive, parse_http=False, stream_detect=False)))


def _no_page(record: WarcRecord) -> Refusal | None:
    status = record.http_headers.status_code if record.http_headers else None
    kind = (record.http_content_type or "text/html").lower()
    if status == _OK and kind in _PAGE_TYPES:
        return None
    return Refusal(RejectReason.NOT_A_PAGE, f"status {status}, {kind}")


def _decoded(source: bytes, charset: str | None, params: DeliveryParams) -> str | Refusal:
    encoding = params.encoding
    order = detect(source) if encoding == "auto" else encoding
    if order.startswith("utf-16"):
        order = order if encoding == "auto" else utf16_order(source)
        source = b"".join(utf8_blocks([source], order))
        encoding, charset = "utf-8", None
    own = characters(source, encoding, lambda: legacy_encoding(source))
    return document_text(b"".join(without_mark([source])), own, charset, params.lost_share)
