"""What a whole file says of its encoding, gathered while it streams by."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jobs.corpus.intake.encodings import Characters, detect, is_mostly_utf8, legacy_encoding

HEAD_BYTES = 1 << 22
_UNIT_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 14
_MOST_SAMPLES = 256


class Evidence:
    """The lines of a file that are not UTF-8, thinned evenly to a few megabytes.

    Every megabyte of the file has its say, and a file of any size takes no more memory than this.
    """

    def __init__(self) -> None:
        self._samples: list[bytes] = []
        self._units = 0
        self._stride = 1
        self._rest = b""

    def add(self, blocks: Iterable[bytes]) -> Evidence:
        """Look at the next blocks of the file, each of whole units but the last of all."""
        for block in blocks:
            for start in range(0, len(block), _UNIT_BYTES):
                self._look(block[start : start + _UNIT_BYTES])
        return self

    def legacy(self) -> str | None:
        """Return the encoding of the lines that are not UTF-8: gb18030, big5, euc-tw or None."""
        return legacy_encoding(b"\n".join([*self._samples, _foreign(self._rest)]))

    def _look(self, unit: bytes) -> None:
        lines = self._rest + unit
        end = lines.rfind(b"\n") + 1 or len(lines)
        self._rest = lines[end:]
        foreign = _foreign(lines[:end])
        if not foreign:
            return
        if self._units % self._stride == 0:
            self._samples.append(foreign)
        self._units += 1
        if len(self._samples) > _MOST_SAMPLES:
            self._samples = self._samples[::2]
            self._stride *= 2


def characters(head: bytes, declared: str, legacy: Callable[[], str | None]) -> Characters:
    """Return how to read the lines of a file that begins with `head`.

    Args:
        head: the first `HEAD_BYTES`, or all of the file; not in UTF-16.
        declared: one of `ENCODINGS`.
        legacy: what `Evidence` says of the whole file; asked only if the file needs it.
    """
    is_auto = declared == "auto"
    is_legacy = is_auto and detect(head) not in {"utf-8", "utf-16-le", "utf-16-be"}
    return Characters(None if is_auto else declared, is_legacy=is_legacy, legacy=legacy)


def _foreign(lines: bytes) -> bytes:
    """Return some of the lines that are not UTF-8, not even UTF-8 with a few bad bytes."""
    try:
        lines.decode()
    except UnicodeDecodeError:
        found: list[bytes] = []
        size = 0
        for line in lines.split(b"\n"):
            if size < _SAMPLE_BYTES and not is_mostly_utf8(line):
                found.append(line[: _SAMPLE_BYTES - size])
                size += len(found[-1])
        return b"\n".join(found)
    return b""
