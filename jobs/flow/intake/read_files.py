"""Files that a build has read: their digests, remembered by what the store says of the files.

So a file that is delivered again, to this build or to one that extends its release, is known
without a byte of it being read. What is remembered may be deleted: files are then read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobs.flow.params import FileGroup, PartnerParams, recorded_reading
from jobs.flow.tasks.checkpoints import read_checkpoint, write_checkpoint
from jobs.storage.canonical_json import fingerprint
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore
from jobs.storage.source_files import SourceFile

_STAGE = "read_files"

FileState = tuple[str, int, str]
"""Name, size in bytes and version of a file, as listed."""


def state_of_file(source: SourceFile) -> FileState:
    """Return what a file is known again by."""
    return source.name, *source.listed


def digests_read(
    store: ObjectStore, corpus: str, partner: PartnerParams, group: FileGroup
) -> dict[FileState, str]:
    """Return the digests of the files that were read as this group of a partner is read now."""
    found = read_checkpoint(store, _key(corpus, partner, group)) or []
    return {(name, size, version): digest for name, size, version, digest in found}


def remember_read(
    store: ObjectStore,
    corpus: str,
    partner: PartnerParams,
    group: FileGroup,
    digests: Mapping[FileState, str],
) -> None:
    """Remember the digests of all files of a group that are there now, and of no others."""
    rows: Iterable[tuple[str, int, str, str]] = ((*file, digests[file]) for file in sorted(digests))
    write_checkpoint(store, _key(corpus, partner, group), list(rows))


def _key(corpus: str, partner: PartnerParams, group: FileGroup) -> str:
    name = fingerprint(partner.name, recorded_reading(group.reading, partner.repair))
    return work_key(corpus, _STAGE, f"{name}.json")
