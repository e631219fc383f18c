"""The handle of a corpus: a store and the name under which the corpus is in it."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.storage.objects import ObjectStore


@dataclass(frozen=True)
class Corpus:
    """A corpus in a store.

    Attributes:
        store: holds its log, manifests and files.
        name: of the corpus; its keys begin with it.
    """

    store: ObjectStore
    name: str
