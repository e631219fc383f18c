"""What a file begins with says what it is, where that is not what it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from jobs.errors import DeliveryUnreadable

_TAR, _TAR_PLACE = b"ustar", 257
_UNPACK = "unpack it, and deliver the files in it"
_TO_TEXT = "save it as plain text in UTF-8, or let pandoc -t plain make one"
_ONCE = "it is compressed twice, and only one of these is undone: compress it once"
_EXPORT = "export it as one of the formats that are read"
_ZIP = b"PK\x03\x04"
_KINDS = (
    (_ZIP, "a zip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a rar archive", _UNPACK),
    (b"\x1f\x8b\x08", "gzip", _ONCE),
    (b"\x28\xb5\x2f\xfd", "zstd", _ONCE),
    (b"\xfd7zXZ\x00", "xz", _ONCE),
    (b"BZh91AY&SY", "bzip2", _ONCE),
    (b"PAR1\x15", "Parquet", "say format: parquet"),
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"{\\rtf", "an RTF document", _TO_TEXT),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a document of an old office program (doc, xls)",
        "let soffice --convert-to txt or csv make text of it",
    ),
)
_DOCUMENTS = {
    b"word/": ("a Word document (docx)", _TO_TEXT),
    b"xl/": ("an Excel workbook (xlsx)", "save each sheet as CSV in UTF-8"),
    b"ppt/": ("slides of PowerPoint (pptx)", _EXPORT),
    b"mimetypeapplication/epub": ("an EPUB book", _TO_TEXT),
    b"mimetypeapplication/vnd.oasis": ("an OpenDocument file (odt, ods)", _TO_TEXT),
}
_MEMBER = re.compile(
    rb"PK\x03\x04.{26}(%b)" % b"|".join(map(re.escape, _DOCUMENTS)), re.DOTALL
)  # a member's name stands 26 bytes behind its signature
_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+(?:\{|\Z)")
_INDENTED = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\{[ \t\r]*+\n")


def expected_contents(
    blocks: Iterator[bytes], source_file: str, delivered_as: str
) -> Iterator[bytes]:
    """Yield the blocks of a file without columns or of lines, if it is one.

    Args:
        blocks: from the beginning of the file.
        source_file: its name, for errors.
        delivered_as: the format that the partner's file gives.

    Raises:
        DeliveryUnreadable: they are an archive, or something else that has a format of its own.
    """
    first = next(blocks, b"")
    if complaint := complaint_of_document(first):
        raise DeliveryUnreadable(f"{source_file} {complaint}")
    if packed := packed_kind(first):
        raise DeliveryUnreadable(f"{source_file} holds {packed[0]}: {packed[1]}")
    if delivered_as == "jsonl":
        if _ARRAY.match(first):
            raise DeliveryUnreadable(
                f"{source_file} is one JSON array, not an object a line: jq -c '.[]' makes lines"
            )
        if _INDENTED.match(first):
            raise DeliveryUnreadable(
                f"{source_file} is indented JSON, not an object a line: jq -c . makes lines"
            )
    return chain([first], blocks) if first else blocks


def packed_kind(first: bytes) -> tuple[str, str] | None:
    """Return what bytes are that are no text, and what to do; None for what may be text."""
    if first.startswith(_TAR, _TAR_PLACE):
        return "a tar archive", _UNPACK
    found = ((kind, cure) for begins, kind, cure in _KINDS if first.startswith(begins))
    return next(found, None)


def complaint_of_document(first: bytes) -> str | None:
    """Return what an office document is and what to do; None for bytes that are none."""
    if first.startswith(_ZIP) and (member := _MEMBER.search(first)):
        kind, cure = _DOCUMENTS[member[1]]
        return f"holds {kind}: {cure}"
    return None
