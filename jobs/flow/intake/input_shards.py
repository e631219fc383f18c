"""Input shards: what one task reads of the delivered files of a partner."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from jobs.corpus.intake.splits import Split
from jobs.corpus.text.canonical import folding_digest
from jobs.flow.intake.scans import FileName, text_bytes
from jobs.flow.params import BuildParams, FileGroup, PartnerParams, recorded_reading
from jobs.flow.recorded import InputName
from jobs.flow.tasks.checkpoints import code_digest
from jobs.storage.canonical_json import fingerprint
from jobs.storage.source_bytes import Known
from jobs.storage.source_files import SourceFile


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
    """What one normalize task reads: files of one group of a partner, in order.

    Attributes:
        partner: Whose files.
        group: How they are read.
        files: Sorted by name, splits by place; their rows are numbered through.
        key: Fingerprint of the files, how they are read and what is computed from them.
    """

    partner: PartnerParams
    group: FileGroup
    files: tuple[Delivered, ...]
    key: str

    def __str__(self) -> str:
        """The files, for errors."""
        return f"{self.partner.name}: {', '.join(map(str, self.files))}"


class DeliveredFile(NamedTuple):
    """A delivered file, of which partner and group."""

    partner: PartnerParams
    group: FileGroup
    file: Delivered


def input_shard(
    partner: PartnerParams, group: FileGroup, files: Sequence[Delivered], params: BuildParams
) -> InputShard:
    """Return the input shard of these files.

    Args:
        partner: that delivered them.
        group: how they are read.
        files: in order.
        params: of the build.
    """
    # The rest of what a split knows follows from the file's bytes.
    names = [(file.source.name, _content(file), _place(file.split)) for file in files]
    text, run_bytes = params.text_params(partner), params.shards.run_bytes
    sets = params.benchmarks.digest
    how = (group.reading, text, params.site_boilerplate.is_on, params.signature, run_bytes, sets)
    key = fingerprint(partner.name, how, names, code_digest(), folding_digest())
    return InputShard(partner, group, tuple(files), key)


def delivered_files(plan: Iterable[InputShard]) -> list[DeliveredFile]:
    """Each file read, once for all its splits, in the order of the plan."""
    files = {
        (shard.partner.name, file.source.name): DeliveredFile(shard.partner, shard.group, file)
        for shard in plan
        for file in shard.files
    }
    return list(files.values())


def input_name(one: DeliveredFile) -> InputName:
    """What makes a delivered file the same one in another build."""
    reading = fingerprint(recorded_reading(one.group.reading, one.partner.repair))
    return InputName(one.partner.name, one.file.source.name, one.file.digest, reading)


def with_read(plan: Iterable[InputShard], digests: Mapping[FileName, str]) -> list[InputShard]:
    """Return the plan with the digests of the files that were read, by partner and name."""

    def read(partner: str, file: Delivered) -> Delivered:
        return replace(file, digest=digests.get((partner, file.source.name), file.digest))

    return [
        replace(shard, files=tuple(read(shard.partner.name, file) for file in shard.files))
        for shard in plan
    ]


def without_files(
    shard: InputShard, out: Container[FileName], params: BuildParams
) -> list[InputShard]:
    """Return a shard without some files: itself, another, or none if no file is left.

    Args:
        shard: of the plan.
        out: the files.
        params: of the build.
    """
    partner = shard.partner.name
    files = [file for file in shard.files if (partner, file.source.name) not in out]
    if len(files) == len(shard.files):
        return [shard]
    return [input_shard(shard.partner, shard.group, files, params)] if files else []


def _place(split: Split | None) -> tuple[int, int] | None:
    return (split.start, split.end) if split else None


def _content(file: Delivered) -> str | tuple[int, str]:
    """Return what a file's bytes are known by before a task reads them."""
    return file.known.digest if file.known else file.source.listed
