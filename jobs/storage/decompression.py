"""Compressed delivery files: every member of a bz2, gzip, xz or zstd file, in bounded memory."""

from __future__ import annotations

import bz2
import io
import lzma
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

DECODER_FAILURES = (lzma.LZMAError, zlib.error, zstd.ZstdError)
_CHUNK_BYTES = 1 << 16
_WINDOW_LOG = 31  # of `zstd --long=31`, the largest there is


class _Decoder(Protocol):
    """What decompresses one member, as the standard library's decompressors do."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _GzipDecoder:
    """A member of a gzip file; zlib's decompressor, which leaves to its caller what is left."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        content = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        # zlib may hold content back for which there was no room, though all input is consumed.
        self.needs_input = len(content) < max_length and not self._inner.unconsumed_tail
        return content


def _zstd_decoder() -> _Decoder:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    ".bz2": bz2.BZ2Decompressor,
    ".gz": _GzipDecoder,
    ".xz": lzma.LZMADecompressor,
    ".zst": _zstd_decoder,
}
_MAGIC = re.compile(
    rb"(?P<gz>\x1f\x8b\x08)|(?P<zst>\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)"
    rb"|(?P<xz>\xfd7zXZ\0)|(?P<bz2>BZh[1-9](?:1AY&SY|\x17rE8P\x90))",
    re.DOTALL,
)
MAGIC_BYTES = 10
_PADDED = (".gz", ".xz")  # tapes and block devices fill up with zeros
COMPRESSED_SUFFIXES = tuple(_DECODERS)


def compression(head: bytes, name: str) -> str | None:
    """Return the suffix of how a file is compressed, by its first bytes, else by its name.

    None for one that is not. A name alone is believed, so that damaged first bytes are no text.
    """
    found = _MAGIC.match(head)
    if found:
        return f".{found.lastgroup}"
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix in COMPRESSED_SUFFIXES else None


class Members(io.RawIOBase):
    """The content of every member of a compressed file.

    The readers of the standard library end silently where a later member is damaged, and pyarrow's
    know neither padding nor large windows.
    """

    def __init__(self, stored: io.BufferedReader, suffix: str) -> None:
        self._stored = stored
        self._new_decoder = _DECODERS[suffix]
        self._padding = b"\0" if suffix in _PADDED else b""
        self._decoder = self._new_decoder()
        self._ahead = b""

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as one step of the decoder does; return how far, 0 at the end."""
        view = memoryview(buffer)
        while not self._decoder.eof or self._begin_next():
            data = self._ahead
            if not data and self._decoder.needs_input:
                data = self._stored.read(_CHUNK_BYTES)
                if not data:
                    raise EOFError("it breaks off inside a member")
            self._ahead = b""
            content = self._decoder.decompress(data, len(view))
            if content:
                view[: len(content)] = content
                return len(content)
        return 0

    def _begin_next(self) -> bool:
        data = self._decoder.unused_data or self._stored.read(_CHUNK_BYTES)
        while not (ahead := data.lstrip(self._padding)) and data:
            data = self._stored.read(_CHUNK_BYTES)
        if ahead:
            self._decoder = self._new_decoder()
        self._ahead = ahead
        return bool(ahead)

    def close(self) -> None:
        """Close the stored file, too."""
        self._stored.close()
        super().close()
