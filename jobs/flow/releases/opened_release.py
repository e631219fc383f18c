"""An opened release: its files, schemas and datasets for readers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs.config_errors import suggestion
from jobs.errors import DamagedMetadata, ReleaseMissing
from jobs.storage.corpus import Corpus
from jobs.storage.log import Head, head
from jobs.storage.manifests import FileEntry, Manifest
from jobs.storage.objects import ObjectStore
from jobs.storage.registry import Release
from jobs.storage.releases import corpora, found_in, read_manifest, resolved

if TYPE_CHECKING:  # listing releases and files need not load Arrow
    import pyarrow as pa
    import pyarrow.dataset as pd
    from pyarrow import fs

_FIXED = re.compile(r"fixed_size_binary\[(\d+)\]")
_LIST = re.compile(r"list<\w+: (.+)>")
_PIN = "@sha256:"


@dataclass(frozen=True)
class OpenedRelease:
    """A release pinned by its digest, the store that holds it, and the log when it was opened."""

    store: ObjectStore = field(repr=False)
    corpus: str
    version: str
    digest: str
    published_at: str
    manifest: Manifest = field(repr=False)
    at: Head = field(repr=False)
    warning: str | None = None  # later log entries about it (yanked, redacted), for the user
    is_redacted: bool = False  # whether a takedown removed rows from its files since

    @property
    def source(self) -> Corpus:
        """The corpus that the release is of, in the store that it was opened from."""
        return Corpus(self.store, self.corpus)

    def entries(self, kind: str) -> list[FileEntry]:
        """Return the entries of each file of a kind, in order; none of a kind it lacks."""
        files: Any = self.manifest.get(kind, [])
        return list(files)

    def kinds(self) -> list[str]:
        """Return the kinds of files that the manifest declares: `shards`, `decisions`, …."""
        return list(self.manifest["schema"])

    def files(self, kind: str = "shards") -> list[str]:
        """Return the locations of the files of a kind, in order; kinds are `blobs.FILES`."""
        return [self.store.location(file["key"]) for file in self.entries(kind)]

    def schema(self, kind: str = "shards") -> pa.Schema:
        """Return the schema of a kind of file, as the manifest declares it."""
        import pyarrow as pa  # noqa: PLC0415

        columns = self.manifest["schema"][kind]
        try:
            return pa.schema(
                [
                    pa.field(column["name"], _arrow_type(column["type"]), column["nullable"])
                    for column in columns
                ]
            )
        except (ValueError, OverflowError) as error:
            raise DamagedMetadata(
                f"{self.corpus} {self.version} has a column in {kind} of a type that this version "
                f"of heliu does not know ({error}): it was written by a newer one, or was edited"
            ) from error

    def dataset(self, kind: str = "shards") -> pd.Dataset:
        """Return a pyarrow dataset; nothing is read yet, and S3 needs no more arguments."""
        import pyarrow.dataset as pd  # noqa: PLC0415  `files` must not wait for it

        return pd.dataset(
            self.paths(kind),
            schema=self.schema(kind),
            filesystem=self.filesystem(),
            format="parquet",
            partitioning=None,
        )

    def ray_dataset(self, kind: str = "shards") -> Any:
        """Return a `ray.data.Dataset`; nothing is read yet, and S3 needs no more arguments."""
        from jobs.on_ray.datasets import parquet_dataset  # noqa: PLC0415  loads Ray

        return parquet_dataset(self.paths(kind), self.filesystem(), self.schema(kind))

    def paths(self, kind: str = "shards") -> list[str]:
        """Return the files of a kind as `filesystem` names them."""
        return [self.store.path(file["key"]) for file in self.entries(kind)]

    def filesystem(self) -> fs.FileSystem:
        """Return the file system of `paths`, for libraries that read through pyarrow."""
        return self.store.filesystem()


def open_release(
    store: ObjectStore, corpus: str | None, version: str, *, digest: str | None = None
) -> OpenedRelease:
    """Open the release called `version`, `NAME/version`, a tag, or `latest`.

    `manifest` lists the files to read now, substituted ones included; `digest` is that of the
    manifest as it was published.

    Args:
        store: where to look.
        corpus: its name; None if the root holds only one corpus or `version` names it.
        version: of the release; `VERSION@sha256:DIGEST` pins it like `digest`.
        digest: the sha256 of the manifest that must be found, or None for any.

    Raises:
        ReleaseMissing: no such corpus or release, or one with another digest than the pinned one.
        DamagedMetadata: the log cannot be read, or the manifest is not the one that was published.
    """
    version, _, pinned = version.partition(_PIN)
    if "/" in version:
        corpus, version = version.rsplit("/", 1)
    source = choose_corpus(store, corpus)
    at = head(source)
    found = found_in(at.registry, source.name, version)
    _check_pins(source.name, found, digest, pinned)
    return _opened(source, at, found)


def opened_beside(release: OpenedRelease, other: Release) -> OpenedRelease:
    """Open another release of `release.at`, as it was then.

    Raises:
        DamagedMetadata: its manifest is not the one that was published.
    """
    return _opened(release.source, release.at, other)


def _opened(source: Corpus, at: Head, found: Release) -> OpenedRelease:
    name = source.name
    published = read_manifest(source, found["digest"])
    if published["version"] != found["version"] or published["corpus"] != name:
        raise DamagedMetadata(
            f"the log of {name} gives {found['version']} the manifest of {published['corpus']} "
            f"{published['version']}: the log was edited; compare it with a mirror"
        )
    return OpenedRelease(
        store=source.store,
        corpus=name,
        version=found["version"],
        digest=found["digest"],
        published_at=found["at"],
        manifest=resolved(published, at.registry, name),
        at=at,
        warning=_warning(found),
        is_redacted="redacted" in found,
    )


def _warning(release: Release) -> str | None:
    if "yanked" in release:
        return f"{release['version']} was yanked: {release['yanked']}"
    if "redacted" in release:
        return (
            f"{release['version']} reads without the rows that takedown {release['redacted']} "
            "and earlier ones removed; its manifest counts them as they were published"
        )
    return None


def _check_pins(corpus: str, found: Release, *pins: str | None) -> None:
    for wanted in filter(None, pins):
        if found["digest"] != wanted.removeprefix("sha256:"):
            raise ReleaseMissing(
                f"{corpus} {found['version']} has the digest {found['digest']}, not {wanted}: this "
                "is another root or the pin is wrong; a published version never changes"
            )


def choose_corpus(store: ObjectStore, name: str | None) -> Corpus:
    """Return the corpus of that name, or the only one there is.

    Raises:
        ReleaseMissing: there is none of that name, none at all, or several to choose from.
    """
    known = corpora(store)
    if name is None and len(known) == 1:
        return Corpus(store, known[0])
    if name in known:
        return Corpus(store, str(name))
    if not known:
        raise ReleaseMissing(f"nothing is published below {store.location('catalog')} yet")
    where = store.location("catalog")
    if name is not None:
        raise ReleaseMissing(f"{where} has no corpus {name}{suggestion(name, known)}")
    raise ReleaseMissing(f"{where} has several: give corpus.name=NAME, one of {', '.join(known)}")


class ListedRelease(NamedTuple):
    """A published release, its corpus and its other names: `latest` and tags."""

    corpus: str
    release: Release
    names: list[str]


def list_releases(store: ObjectStore, name: str | None) -> list[ListedRelease]:
    """Return every published release, by corpus, in order of publication."""
    names = corpora(store) if name is None else [choose_corpus(store, name).name]
    registries = ((one, head(Corpus(store, one)).registry) for one in names)
    return [
        ListedRelease(one, release, registry.names_of(release))
        for one, registry in registries
        for release in registry.releases
    ]


def _arrow_type(name: str) -> pa.DataType:
    """Return the Arrow type that `str(type)` wrote, of those a release has."""
    import pyarrow as pa  # noqa: PLC0415

    if fixed := _FIXED.fullmatch(name):
        return pa.binary(int(fixed[1]))
    if listed := _LIST.fullmatch(name):
        return pa.list_(_arrow_type(listed[1]))
    return pa.type_for_alias(name)


def origin(entry: FileEntry) -> str:
    """Return the release whose build delivered the rows of a file, also of one a takedown wrote."""
    return entry["origin"] if "origin" in entry else entry["since"]
