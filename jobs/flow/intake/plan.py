"""The plan of a build: which delivered files there are, and which task reads which of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from jobs.corpus.intake.deliveries import require_text
from jobs.corpus.intake.formats import format_named, growth_of
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.intake.splits import Split
from jobs.corpus.text.canonical import folding_digest
from jobs.errors import TextColumnMissing
from jobs.flow.params import BuildParams, PartnerParams, recorded_reading
from jobs.flow.recorded import InputName
from jobs.flow.tasks.checkpoints import code_digest
from jobs.storage.canonical_json import fingerprint
from jobs.storage.source_bytes import (
    COMPRESSED_SUFFIXES,
    Known,
    known_bytes,
    open_random,
    open_stream,
)
from jobs.storage.sources import SourceFile, expand

# A wrong mapping shows in every file, a file unlike the others only in itself.
_FILES_TRIED = 8

# How many times as large text is taken to be as its compressed file; only balances tasks.
_GROWTH = 4


@dataclass(frozen=True)
class Delivered:
    """One delivered file, or a piece of it, and what its bytes as delivered are known by.

    Whoever reads it reads these bytes or ends the build. None: whatever is there will do.
    """

    source: SourceFile
    known: Known | None
    piece: Split | None

    def __str__(self) -> str:
        """The file's address, for errors, and which of its bytes or row groups."""
        piece = f" ({self.piece.start} to {self.piece.end})" if self.piece else ""
        return f"{self.source.uri}{piece}"

    @property
    def digest(self) -> str:
        """The xxh3-128 of the file's bytes as delivered; empty if they are not known."""
        return self.known.digest if self.known else ""

    @property
    def size_bytes(self) -> int:
        """Of the file, as delivered."""
        return self.known.blocks.size_bytes if self.known else self.source.size_bytes

    @property
    def text_bytes(self) -> int:
        """About how much text there is to read, so that tasks are of like size."""
        is_cut_by_bytes = self.piece is not None and not self.source.name.endswith(".parquet")
        if self.piece is not None and is_cut_by_bytes:
            return self.piece.end - self.piece.start
        return _text_bytes(self.source)


@dataclass(frozen=True)
class InputShard:
    """What one normalize task reads: files of one partner, in order.

    Attributes:
        partner: Whose files.
        files: Sorted by name, pieces by place; their rows are numbered through.
        key: Fingerprint of the files, how they are read and what is computed from them.
    """

    partner: PartnerParams
    files: tuple[Delivered, ...]
    key: str

    def __str__(self) -> str:
        """The files, for errors."""
        return f"{self.partner.name}: {', '.join(map(str, self.files))}"


def plan(
    params: BuildParams,
    *,
    known: Collection[InputName] = (),
    only: Collection[InputName] | None = None,
) -> list[InputShard]:
    """The input shards of a build, sorted by partner and file.

    Every partner's first files are opened, so that a wrong pattern, format or column ends the
    build before it begins. Neither files, pieces nor shards depend on how many workers there are.

    Args:
        params: of the build.
        known: files whose rows are decided in the parent release: they are hashed and not read.
        only: the files to read, whatever else is delivered; None for all.

    Raises:
        DeliveryMissing: a pattern matches no file.
        DeliveryUnreadable: a first file is not what the partner's `format` says.
        TextColumnMissing: the first files all lack the text column.
    """
    partners = sorted(params.partners, key=lambda partner: partner.name)
    files = {partner.name: _files(partner, params) for partner in partners}

    def is_read(partner: PartnerParams, file: Delivered) -> bool:
        name = input_name(partner, file)
        return name not in known and (only is None or name in only)

    return [
        InputShard(partner, pack, _shard_key(partner, pack, params))
        for partner in partners
        for pack in _packs(
            [file for file in files[partner.name] if is_read(partner, file)],
            params.shards.input_bytes,
        )
    ]


def input_name(partner: PartnerParams, file: Delivered) -> InputName:
    """What makes a delivered file the same one in another build."""
    reading = fingerprint(recorded_reading(partner))
    return InputName(partner.name, file.source.name, file.digest, reading)


def _text_bytes(source: SourceFile) -> int:
    growth = _GROWTH if _is_compressed(source) else growth_of(source.name)
    return source.size_bytes * growth


def _is_compressed(source: SourceFile) -> bool:
    return PurePosixPath(source.name).suffix.lower() in COMPRESSED_SUFFIXES


def delivered_files(plan: Iterable[InputShard]) -> list[tuple[PartnerParams, Delivered]]:
    """The partner and name of each file read, once for all its pieces, in the order of the plan."""
    files = {
        (shard.partner.name, file.source.uri): (shard.partner, file)
        for shard in plan
        for file in shard.files
    }
    return list(files.values())


def _files(partner: PartnerParams, params: BuildParams) -> list[Delivered]:
    endpoint_url = params.storage.endpoint_url
    sources = expand(
        partner.deliveries,
        partner=partner.name,
        endpoint_url=endpoint_url,
        follow_links=partner.follow_links,
    )
    _require_text([source for source in sources if source.size_bytes], partner, endpoint_url)
    with ThreadPoolExecutor() as pool:
        pieces = pool.map(lambda source: _delivered(source, partner.reading, params), sources)
        return [piece for file in pieces for piece in file]


def _require_text(
    sources: Iterable[SourceFile], partner: PartnerParams, endpoint_url: str | None
) -> None:
    """Raise what the first file gives rise to, unless one of a few has the text's column."""
    complaint: TextColumnMissing | None = None
    is_random = format_named(partner.reading.format).is_random_access
    opened = open_random if is_random else open_stream
    for source in islice(sources, _FILES_TRIED):
        try:
            with opened(source.uri, endpoint_url=endpoint_url) as stream:
                require_text(stream, source_file=source.uri, params=partner.reading)
        except TextColumnMissing as error:
            complaint = complaint or error
        else:
            return
    if complaint is not None:
        raise complaint


def _delivered(source: SourceFile, reading: DeliveryParams, params: BuildParams) -> list[Delivered]:
    """The file, or its pieces where it is large and may be cut; its bytes are read once."""
    piece_bytes, endpoint_url = params.shards.input_bytes, params.storage.endpoint_url
    is_large = _text_bytes(source) > piece_bytes
    delivered_as, cutter = format_named(reading.format), None
    if is_large and delivered_as.splitter and not _is_compressed(source):
        cutter = delivered_as.splitter(reading, piece_bytes)
    watch = cutter.add if cutter else None
    found = known_bytes(source.uri, endpoint_url=endpoint_url, watch=watch)
    pieces = cutter.splits() if cutter else []
    if is_large and delivered_as.stored_splits:
        with open_random(source.uri, endpoint_url=endpoint_url, known=found) as stream:
            pieces = delivered_as.stored_splits(stream, source.name, piece_bytes)
    return [Delivered(source, found, piece) for piece in pieces] or [Delivered(source, found, None)]


def _packs(files: Iterable[Delivered], input_bytes: int) -> Iterator[tuple[Delivered, ...]]:
    pack: list[Delivered] = []
    size = 0
    for file in files:
        if pack and size + file.text_bytes > input_bytes:
            yield tuple(pack)
            pack, size = [], 0
        pack.append(file)
        size += file.text_bytes
    if pack:
        yield tuple(pack)


def _place(piece: Split | None) -> tuple[int, int] | None:
    return (piece.start, piece.end) if piece else None


def _shard_key(partner: PartnerParams, pack: tuple[Delivered, ...], params: BuildParams) -> str:
    # The rest of what a piece knows follows from the file's bytes.
    names = [(file.source.name, file.digest, _place(file.piece)) for file in pack]
    text, run_bytes = params.text_params(partner), params.shards.run_bytes
    sets = params.benchmarks.digest
    how = (partner.reading, text, params.site_boilerplate.is_on, params.signature, run_bytes, sets)
    return fingerprint(partner.name, how, names, code_digest(), folding_digest())
