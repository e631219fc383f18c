"""The plan of a build: which delivered files there are, and which task reads which of them."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from jobs.corpus.intake.deliveries import require_text
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.splits import Split
from jobs.corpus.text.canonical import folding_digest
from jobs.errors import TextColumnMissing
from jobs.flow.intake.choices import Choice
from jobs.flow.intake.read_files import FileState, digests_read, remember_read, state_of_file
from jobs.flow.intake.scans import FileName, Scan, is_scanned, scan, text_bytes
from jobs.flow.params import BuildParams, PartnerParams, recorded_reading
from jobs.flow.recorded import InputName
from jobs.flow.tasks.checkpoints import Progress, code_digest
from jobs.storage.canonical_json import fingerprint
from jobs.storage.source_bytes import Known, open_random, open_stream
from jobs.storage.sources import SourceFile, expand
from jobs.storage.stores import open_store

# A wrong mapping shows in every file, a file unlike the others only in itself.
_FILES_TRIED = 8

_SPEC_BYTES = 48 << 10  # of the files of a shard, so that a specification has less than 64 KiB
_FILE_BYTES = 150  # of it for a version, a digest and numbers


@dataclass(frozen=True)
class Delivered:
    """One delivered file, or a split of it.

    Attributes:
        source: The file as it was listed; another one is not read.
        known: Digests by which what is read is checked; None for a file that is hashed while it is
            read.
        split: Which part of the file; None for all of it.
        digest: The xxh3-128 of the file's bytes as delivered; empty until it has been read.
        was_read: Was it read as it would be read now, by a build before this one?
    """

    source: SourceFile
    known: Known | None
    split: Split | None
    digest: str = ""
    was_read: bool = False

    def __str__(self) -> str:
        """The file's address, for errors, and which of its bytes or row groups."""
        split = f" ({self.split.start} to {self.split.end})" if self.split else ""
        return f"{self.source.uri}{split}"

    @property
    def text_bytes(self) -> int:
        """About how much text there is to read, so that tasks are of like size."""
        is_split_by_bytes = self.split is not None and not self.source.name.endswith(".parquet")
        if self.split is not None and is_split_by_bytes:
            return self.split.end - self.split.start
        return text_bytes(self.source)


@dataclass(frozen=True)
class InputShard:
    """What one normalize task reads: files of one partner, in order.

    Attributes:
        partner: Whose files.
        files: Sorted by name, splits by place; their rows are numbered through.
        key: Fingerprint of the files, how they are read and what is computed from them.
    """

    partner: PartnerParams
    files: tuple[Delivered, ...]
    key: str

    def __str__(self) -> str:
        """The files, for errors."""
        return f"{self.partner.name}: {', '.join(map(str, self.files))}"


def _unseen(_label: str, _done: int, _total: int) -> None:
    """Progress that is not shown."""


def plan(
    params: BuildParams,
    *,
    known: Collection[InputName] = (),
    only: Collection[InputName] | None = None,
    progress: Progress = _unseen,
) -> list[InputShard]:
    """Return the input shards of a build, sorted by partner and file.

    Files are listed. Tasks scan those that may be split, and those that `known` or `only` may name
    unless they were read before. Every partner's first files are opened, so that a wrong pattern,
    format or column ends the build before it begins. Neither files, splits nor shards depend on how
    many workers there are.

    Args:
        params: of the build.
        known: files whose rows are decided in the parent release: they are not read.
        only: the files to read, whatever else is delivered; None for all.
        progress: called after every finished task.

    Raises:
        DeliveryMissing: a pattern matches no file.
        DeliveryUnreadable: a first file is not what the partner's `format` says.
        DeliveryChanged: a file changed between listing and scanning it.
        TextColumnMissing: the first files all lack the text column.
    """
    partners = sorted(params.partners, key=lambda partner: partner.name)
    choices = {partner.name: Choice(partner, known, only) for partner in partners}

    def may_be_read(partner: PartnerParams, file: Delivered) -> bool:
        return choices[partner.name].may_be_read(file.source.name, file.digest)

    with ThreadPoolExecutor() as pool:
        listings = list(pool.map(lambda partner: _listed(partner, params), partners))
    files = {
        partner.name: [file for file in listing if may_be_read(partner, file)]
        for partner, listing in zip(partners, listings, strict=True)
    }

    def must_be_scanned(partner: PartnerParams, file: Delivered) -> bool:
        is_asked = not file.digest and choices[partner.name].is_named(file.source.name)
        return is_asked or is_scanned(file.source, partner.reading, params)

    work = [
        (partner, [file.source for file in files[partner.name] if must_be_scanned(partner, file)])
        for partner in partners
    ]
    found = scan(work, params, progress=progress)
    return [
        InputShard(partner, pack, _shard_key(partner, pack, params))
        for partner in partners
        for pack in _packs(
            [
                split
                for file in files[partner.name]
                for split in _splits(file, found.get((partner.name, file.source.name)))
                if may_be_read(partner, split)
            ],
            params.shards.input_bytes,
        )
    ]


def with_digests(plan: Sequence[InputShard], params: BuildParams) -> list[InputShard]:
    """Return the plan with the digests of all files; those not read yet are scanned."""
    unread: dict[str, tuple[PartnerParams, list[SourceFile]]] = {}
    for partner, file in delivered_files(plan):
        if not file.digest:
            unread.setdefault(partner.name, (partner, []))[1].append(file.source)
    found = scan(unread.values(), params, progress=_unseen)
    return with_read(plan, {name: one.known.digest for name, one in found.items()})


def with_read(plan: Iterable[InputShard], digests: Mapping[FileName, str]) -> list[InputShard]:
    """Return the plan with the digests of the files that were read, by partner and name."""

    def read(partner: str, file: Delivered) -> Delivered:
        return replace(file, digest=digests.get((partner, file.source.name), file.digest))

    return [
        replace(shard, files=tuple(read(shard.partner.name, file) for file in shard.files))
        for shard in plan
    ]


def remember_plan(plan: Iterable[InputShard], params: BuildParams) -> None:
    """Remember the files of a plan that was read, and those that it left out as read before."""
    store = open_store(params.storage)
    read: dict[str, dict[FileState, str]] = {partner.name: {} for partner in params.partners}
    for partner, file in delivered_files(plan):
        read[partner.name][state_of_file(file.source)] = file.digest
    for partner in params.partners:
        before = digests_read(store, params.corpus, partner)
        names = {name for name, *_ in read[partner.name]}
        kept = {file: digest for file, digest in before.items() if file[0] not in names}
        now = kept | read[partner.name]
        if now != before:
            remember_read(store, params.corpus, partner, now)


def input_name(partner: PartnerParams, file: Delivered) -> InputName:
    """What makes a delivered file the same one in another build."""
    reading = fingerprint(recorded_reading(partner))
    return InputName(partner.name, file.source.name, file.digest, reading)


def delivered_files(plan: Iterable[InputShard]) -> list[tuple[PartnerParams, Delivered]]:
    """The partner and name of each file read, once for all its splits, in the order of the plan."""
    files = {
        (shard.partner.name, file.source.name): (shard.partner, file)
        for shard in plan
        for file in shard.files
    }
    return list(files.values())


def _listed(partner: PartnerParams, params: BuildParams) -> list[Delivered]:
    """List the files of a partner; try a few that were not read before."""
    endpoint_url = params.storage.endpoint_url
    sources = expand(
        partner.deliveries,
        partner=partner.name,
        endpoint_url=endpoint_url,
        follow_links=partner.follow_links,
    )
    digests = digests_read(open_store(params.storage), params.corpus, partner)
    found = ((source, digests.get(state_of_file(source), "")) for source in sources)
    files = [
        Delivered(source, None, None, digest, was_read=bool(digest)) for source, digest in found
    ]
    filled = [file for file in files if file.source.size_bytes]
    if not all(file.was_read for file in filled[:_FILES_TRIED]):
        _require_text([file.source for file in filled], partner, endpoint_url)
    return files


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


def _splits(file: Delivered, found: Scan | None) -> list[Delivered]:
    """The file, or its splits if it is split."""
    if found is None:
        return [file]
    digest, sources = found.known.digest, [(found.known, split) for split in found.splits or [None]]
    return [replace(file, known=known, split=split, digest=digest) for known, split in sources]


def _spec_bytes(file: Delivered) -> int:
    """Return about how many bytes of a specification a file takes, whatever is remembered of it."""
    named = file.source.uri, file.source.name
    return _FILE_BYTES + len(pickle.dumps((named, file.known, file.split)))


def _packs(files: Iterable[Delivered], input_bytes: int) -> Iterator[tuple[Delivered, ...]]:
    pack: list[Delivered] = []
    size = spec = 0
    for file in files:
        added = _spec_bytes(file)
        if pack and (size + file.text_bytes > input_bytes or spec + added > _SPEC_BYTES):
            yield tuple(pack)
            pack, size, spec = [], 0, 0
        pack.append(file)
        size += file.text_bytes
        spec += added
    if pack:
        yield tuple(pack)


def _place(split: Split | None) -> tuple[int, int] | None:
    return (split.start, split.end) if split else None


def _content(file: Delivered) -> str | tuple[int, str]:
    """Return what a file's bytes are known by before a task reads them."""
    return file.known.digest if file.known else file.source.listed


def _shard_key(partner: PartnerParams, pack: tuple[Delivered, ...], params: BuildParams) -> str:
    # The rest of what a split knows follows from the file's bytes.
    names = [(file.source.name, _content(file), _place(file.split)) for file in pack]
    text, run_bytes = params.text_params(partner), params.shards.run_bytes
    sets = params.benchmarks.digest
    how = (partner.reading, text, params.site_boilerplate.is_on, params.signature, run_bytes, sets)
    return fingerprint(partner.name, how, names, code_digest(), folding_digest())
