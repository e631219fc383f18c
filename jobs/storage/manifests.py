"""The manifest of a release: its type, and the one place where its bytes become one.

What a key means is in docs/release-format.md. Keys that older releases lack are in the classes that
are not total; keys of later versions pass unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict, cast

from jobs.storage.grammar import check_manifest
from jobs.storage.typed_json import Malformed, parsed, typed

JsonObject = dict[str, Any]
"""An object of JSON with open keys: a partner's notes, parameters of a stage."""

CommitInfo = JsonObject
"""User, time, code and more of a commit: `at`, `by`, …; `about` in the entry."""


class FileBytes(TypedDict):
    """What proves that a file is undamaged: sha256 (hex) and size in bytes."""

    sha256: str
    bytes: int


class StoredFile(FileBytes):
    """A file under its key."""

    key: str


class WrittenFile(FileBytes):
    """A file of rows: how many, bytes of UTF-8 text in them, lowest and highest id (hex)."""

    rows: int
    content_bytes: int
    first_id: str
    last_id: str


class Substitute(StoredFile, WrittenFile):
    """A file in the place of another that a takedown replaced."""


class _Origin(TypedDict, total=False):
    since: str
    origin: str


class FileEntry(Substitute, _Origin):
    """A file as a manifest lists it.

    `since` is the release that first held it; `origin`, of files that a takedown wrote, the release
    whose build delivered the rows.
    """

    partner: str


class Balance(TypedDict):
    """Delivered rows by verdict; `reasons` counts those not kept per `stage/reason`."""

    delivered: int
    kept: int
    dropped: int
    rejected: int
    reasons: dict[str, int]


class _LaterPartnerAccount(TypedDict, total=False):
    licences: list[str]
    terms: dict[str, str]


class PartnerAccount(Balance, _LaterPartnerAccount):
    """A partner's rows over all builds that a release goes back to.

    `licences` are those of documents that have another than the partner's; `terms` what its papers
    report of it.
    """

    content_bytes: int
    licence: str
    priority: int
    metadata: JsonObject


class BadFiles(TypedDict):
    """Of a partner's newest delivery what was set aside, beside the bytes that were read."""

    files: int
    bytes: int
    read_bytes: int
    example: str


class BadFile(TypedDict):
    """A delivered file that could not be read, and why."""

    partner: str
    file: str
    bytes: int
    reason: str
    since: str


class _LaterAccount(TypedDict, total=False):
    bad_files: BadFiles
    swallowed_lines: int


class DeliveryAccount(Balance, _LaterAccount):
    """A partner's newest delivery alone; `columns` counts rows with a value in a mapped column."""

    since: str | None
    files: int
    empty_files: int
    empty: list[str]
    columns: dict[str, int]


class _Reading(TypedDict, total=False):
    reading: str
    since: str


class InputEntry(_Reading):
    """A delivered file: its bytes as read, and a fingerprint of how it was read."""

    partner: str
    file: str
    bytes: int
    xxh3_128: str


class ColumnEntry(TypedDict):
    """A column of a kind of file; `type` as pyarrow writes it."""

    name: str
    type: str
    nullable: bool


class ReleaseName(TypedDict):
    """A release and the digest that pins it."""

    version: str
    digest: str


class RecordedRequest(ReleaseName):
    """What a takedown was asked to do to the release it corrects."""

    policy: str
    reason: str
    is_redacting: bool


class Correction(RecordedRequest):
    """What a takedown did to the release it corrects."""

    documents: int
    restored: int


class _Later(TypedDict, total=False):
    parent: ReleaseName | None
    deliveries: dict[str, DeliveryAccount]
    bad_files: list[BadFile]
    benchmarks: list[JsonObject]
    private_data: dict[str, dict[str, dict[str, int]]]
    corrects: Correction
    publisher: str
    facts: list[FileEntry]
    removals: list[FileEntry]


class Manifest(_Later):
    """A release: all that determines and describes it."""

    format: str
    corpus: str
    version: str
    documents: int
    content_bytes: int
    partners: dict[str, PartnerAccount]
    parameters: JsonObject
    inputs: list[InputEntry]
    schema: dict[str, list[ColumnEntry]]
    shards: list[FileEntry]
    decisions: list[FileEntry]


def parse_manifest(body: bytes) -> Manifest:
    """Return the manifest that some bytes are.

    Raises:
        Malformed: they are none; the message names the key.
    """
    manifest = parsed(Manifest, body)
    for kind in {*manifest["schema"], *file_lists(manifest)}:
        try:
            typed(list[FileEntry], manifest.get(kind, []))
        except Malformed as error:
            raise Malformed(error.problem, kind, *error.path) from error
    check_manifest(manifest)
    return manifest


def file_lists(manifest: Manifest) -> dict[str, list[FileEntry]]:
    """Return every list of files in a manifest by kind, those of later versions too."""
    return {
        name: cast("list[FileEntry]", value) for name, value in manifest.items() if _is_files(value)
    }


def files_of(manifest: Manifest) -> Iterator[FileEntry]:
    """Yield every file a manifest lists, of whatever kind."""
    for files in file_lists(manifest).values():
        yield from files


def _is_files(value: object) -> bool:
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and "key" in first and "sha256" in first
