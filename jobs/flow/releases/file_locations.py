"""File locations: where the readers of a release find its files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileLocation:
    """A file of documents and its locations.

    Attributes:
        path: Relative to the folder of the derived files.
        address: Absolute, or relative to where programs run that read a moved folder.
        sha256: Of its bytes.
        size_bytes: Of the file.
    """

    path: str
    address: str
    sha256: str
    size_bytes: int
