"""Releases as their readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.errors import ReleaseMissing
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore
from jobs.storage.registry import Release
from jobs.storage.releases import corpora, found_in, read_manifest, resolved


@dataclass(frozen=True)
class OpenedRelease:
    """A release pinned by its digest, and the store that holds it."""

    store: ObjectStore
    corpus: str
    version: str
    digest: str
    published_at: str
    manifest: dict[str, Any]
    warning: str | None = None  # what befell it since; its readers should hear of it

    def files(self, kind: str) -> list[str]:
        """Addresses of files, in order; kind is one of `publishing.FILES`."""
        return [self.store.location(file["key"]) for file in self.manifest[kind]]


def open_release(store: ObjectStore, corpus: str | None, version: str) -> OpenedRelease:
    """The release called `version`, `NAME/version`, a tag, or `latest`.

    Files that a takedown replaced since are the replaced ones: `manifest` lists what there is to
    read now, `digest` is that of the manifest as it was published.

    Args:
        store: where to look.
        corpus: whose release; None if the root holds only one corpus or `version` names it.
        version: of the release.

    Raises:
        ReleaseMissing: no such corpus or release; the message lists what there is.
        DamagedRelease: the manifest is not the one that was published.
    """
    if "/" in version:
        corpus, version = version.rsplit("/", 1)
    name = choose_corpus(store, corpus)
    registry = head(store, name).registry
    found = found_in(registry, name, version)
    manifest = resolved(read_manifest(store, name, found["digest"]), registry, name)
    return OpenedRelease(
        store, name, found["version"], found["digest"], found["at"], manifest, _warning(found)
    )


def _warning(release: Release) -> str | None:
    if "yanked" in release:
        return f"{release['version']} was yanked: {release['yanked']}"
    if "redacted" in release:
        return (
            f"{release['version']} reads without the rows that takedown {release['redacted']} "
            "and earlier ones removed"
        )
    return None


def choose_corpus(store: ObjectStore, corpus: str | None) -> str:
    """The corpus asked for, or the only one there is.

    Raises:
        ReleaseMissing: there is none of that name, none at all, or several to choose from.
    """
    known = corpora(store)
    if corpus is None and len(known) == 1:
        return known[0]
    if corpus in known:
        return str(corpus)
    if not known:
        raise ReleaseMissing(f"nothing is published below {store.location('catalog')} yet")
    there = ", ".join(known)
    asked = f"no corpus {corpus!r}" if corpus else "no corpus was named (corpus.name=NAME)"
    raise ReleaseMissing(f"{asked}; {store.location('catalog')} lists: {there}")


def list_releases(store: ObjectStore, corpus: str | None) -> list[tuple[str, Release]]:
    """Every published release as (corpus, release), in order of publication within a corpus."""
    names = corpora(store) if corpus is None else [choose_corpus(store, corpus)]
    return [(name, release) for name in names for release in head(store, name).releases]
