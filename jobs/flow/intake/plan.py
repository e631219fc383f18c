"""The plan of a build: which delivered files there are, and which task reads which of them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from jobs.corpus.intake.rows import DeliveryParams
from jobs.flow.intake.choices import Choice
from jobs.flow.intake.input_shards import (
    Delivered,
    InputShard,
    delivered_files,
    input_shard,
    with_read,
)
from jobs.flow.intake.listing import ListedGroup, listed_groups
from jobs.flow.intake.read_files import FileState, digests_read, remember_read, state_of_file
from jobs.flow.intake.scans import FileName, Scan, is_scanned, scan, text_bytes
from jobs.flow.params import BuildParams
from jobs.flow.recorded import InputName
from jobs.flow.tasks.checkpoints import Progress
from jobs.storage.source_files import SourceFile
from jobs.storage.stores import open_store

_SPEC_BYTES = 48 << 10  # of the files of a shard, so that a specification has less than 64 KiB
_FILE_BYTES = 150  # of it for a version, a digest and numbers
_ENOUGH_TASKS = 2048  # a corpus of as many, alike in size, is split no further: splits cost scans
_MOST_TIMES = 16  # as much as `input_bytes` is what a task then reads, a minute and a half


def _unseen(*_: object) -> None:
    """Progress that is not shown."""


def plan(
    params: BuildParams,
    *,
    known: Collection[InputName] = (),
    only: Collection[InputName] | None = None,
    progress: Progress = _unseen,
    scanned: Callable[..., Mapping[FileName, Scan]] = scan,
) -> list[InputShard]:
    """Return the input shards of a build, sorted by partner, group and file.

    Files are listed. Tasks scan those that are split, and those that `known` or `only` may name
    unless they were read before. Neither files, splits nor shards depend on how many workers there
    are, but splits on how much is delivered: of more, larger files are read whole, and once.

    Args:
        params: of the build.
        known: files whose rows are decided in the parent release: they are not read.
        only: the files to read, whatever else is delivered; None for all.
        progress: called after every finished task.
        scanned: `scan`, or `scanned_before` for a plan that reads nothing: files that no build has
            scanned are whole in it.

    Raises:
        DeliveryChanged: a file changed between listing and scanning it.
        DeliveryError: as `listed_groups`.
    """
    groups = [(Choice(one.partner, one.group, known, only), one) for one in listed_groups(params)]
    chosen = [
        one._replace(files=[file for file in one.files if _may_be_read(choice, file)])
        for choice, one in groups
    ]

    sources = (file.source for one in chosen for file in one.files)
    split_bytes = text_of_splits(sources, params.shards.input_bytes)

    def must_be_scanned(choice: Choice, one: ListedGroup, file: Delivered) -> bool:
        is_asked = not file.digest and choice.is_named(file.source.name)
        return is_asked or is_scanned(file.source, one.group.reading, split_bytes)

    work = [
        (
            one.partner.name,
            one.group.reading,
            [file.source for file in one.files if must_be_scanned(choice, one, file)],
        )
        for (choice, _), one in zip(groups, chosen, strict=True)
    ]
    found = scanned(work, params, split_bytes=split_bytes, progress=progress)
    return [
        input_shard(one.partner, one.group, pack, params)
        for (choice, _), one in zip(groups, chosen, strict=True)
        for pack in _packs(
            [
                split
                for file in one.files
                for split in _splits(file, found.get((one.partner.name, file.source.name)))
                if _may_be_read(choice, split)
            ],
            params.shards.input_bytes,
        )
    ]


def text_of_splits(files: Iterable[SourceFile], input_bytes: int) -> int:
    """Return the text above which a file is split: `input_bytes` times a power of two.

    Args:
        files: of the corpus, each once.
        input_bytes: the text that a task reads of small files together.
    """
    total = sum(map(text_bytes, files))
    times = 1
    while times < _MOST_TIMES and 2 * times * input_bytes * _ENOUGH_TASKS <= total:
        times *= 2
    return times * input_bytes


def _may_be_read(choice: Choice, file: Delivered) -> bool:
    return choice.may_be_read(file.source.name, file.digest)


def with_digests(plan: Sequence[InputShard], params: BuildParams) -> list[InputShard]:
    """Return the plan with the digests of all files; those not read yet are scanned."""
    unread: dict[tuple[str, str], tuple[str, DeliveryParams, list[SourceFile]]] = {}
    for partner, group, file in delivered_files(plan):
        if not file.digest:
            work = unread.setdefault((partner.name, group.name), (partner.name, group.reading, []))
            work[2].append(file.source)
    split_bytes = params.shards.input_bytes
    found = scan(unread.values(), params, split_bytes=split_bytes, progress=_unseen)
    return with_read(plan, {name: one.known.digest for name, one in found.items()})


def remember_plan(plan: Iterable[InputShard], params: BuildParams) -> None:
    """Remember the files of a plan that was read, and those that it left out as read before."""
    store = open_store(params.storage)
    read: dict[tuple[str, str], dict[FileState, str]] = {}
    for partner, group, file in delivered_files(plan):
        states = read.setdefault((partner.name, group.name), {})
        states[state_of_file(file.source)] = file.digest
    for partner in params.partners:
        for group in partner.groups:
            states = read.get((partner.name, group.name), {})
            before = digests_read(store, params.corpus, partner, group)
            names = {name for name, *_ in states}
            kept = {file: digest for file, digest in before.items() if file[0] not in names}
            now = kept | states
            if now != before:
                remember_read(store, params.corpus, partner, group, now)


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
