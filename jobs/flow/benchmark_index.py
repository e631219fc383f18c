"""The index of a build's evaluation sets goes to tasks through storage, once per worker."""

from __future__ import annotations

from functools import lru_cache

from jobs.corpus.benchmark_index import read_index
from jobs.corpus.contamination import Benchmarks
from jobs.flow.marked import code_digest
from jobs.flow.params import BuildParams
from jobs.storage.layout import work_key
from jobs.storage.manifests import fingerprint
from jobs.storage.objects import ObjectStore

_STAGE = "benchmarks"


def store_index(store: ObjectStore, params: BuildParams) -> None:
    """Write the index of the build's evaluation sets, unless it is there."""
    digest, index = params.benchmarks.digest, params.benchmarks.index
    if digest is None or index is None:
        return
    if store.size(_key(params.corpus, digest)) is None:
        store.put(_key(params.corpus, digest), index)


def load_index(store: ObjectStore, params: BuildParams) -> Benchmarks | None:
    """The index of the build's evaluation sets; None if there are none. Read once per process."""
    digest = params.benchmarks.digest
    return None if digest is None else _loaded(store, _key(params.corpus, digest))


@lru_cache(maxsize=2)
def _loaded(store: ObjectStore, key: str) -> Benchmarks:
    return Benchmarks(*read_index(store.get(key)))


def _key(corpus: str, digest: str) -> str:
    # Other code may lay an index out otherwise.
    return work_key(corpus, _STAGE, f"{fingerprint(digest, code_digest())}.npz")
