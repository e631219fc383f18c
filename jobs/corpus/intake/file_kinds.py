"""What a file begins with says what it is, where that is not what it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from jobs.errors import DeliveryUnreadable

_TAR, _TAR_PLACE = b"ustar", 257
_UNPACK = "unpack it, and deliver the files in it"
_TO_TEXT = "save it as plain text in UTF-8, or let pandoc -t plain make one"
_EXPORT = "export it as one of the formats that are read"
_ZIP = b"PK\x03\x04"
_KINDS = (
    (_ZIP, "a zip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a rar archive", _UNPACK),
    (b"\x1f\x8b\x08", "gzip", "let its name end in .gz, once for each time it was packed"),
    (b"\x28\xb5\x2f\xfd", "zstd", "let its name end in .zst"),
    (b"\xfd7zXZ\x00", "xz", "let its name end in .xz"),
    (b"BZh91AY&SY", "bzip2", "let its name end in .bz2"),
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
    if first.startswith(_ZIP) and (member := _MEMBER.search(first)):
        kind, cure = _DOCUMENTS[member[1]]
        raise DeliveryUnreadable(f"{source_file} holds {kind}: {cure}")
    for begins, kind, cure in _KINDS:
        if first.startswith(begins):
            raise DeliveryUnreadable(f"{source_file} holds {kind}: {cure}")
    if first.startswith(_TAR, _TAR_PLACE):
        raise DeliveryUnreadable(f"{source_file} holds a tar archive: {_UNPACK}")
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
