"""The index of a build's evaluation sets goes to tasks through storage, once per worker."""

from __future__ import annotations

from functools import lru_cache

from jobs.corpus.contamination.findings import Benchmarks
from jobs.corpus.contamination.item_index import read_index
from jobs.errors import DamagedTable
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import code_digest, read_checkpoint, write_checkpoint
from jobs.flow.tasks.sealed_objects import read_sealed, seal
from jobs.storage.canonical_json import fingerprint
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore

_FOLDER = "benchmarks"


def store_index(store: ObjectStore, params: BuildParams) -> None:
    """Write the index of the build's evaluation sets, unless it is there."""
    digest, index = params.benchmarks.digest, params.benchmarks.index
    if digest is None or index is None:
        return
    checkpoint = _checkpoint_key(params.corpus, digest)
    if read_checkpoint(store, checkpoint) is None:
        key = f"{checkpoint.removesuffix('.json')}/index.npz"
        write_checkpoint(store, checkpoint, {"file": seal(store, key, index)})


def load_index(store: ObjectStore, params: BuildParams) -> Benchmarks | None:
    """Return the index of the build's evaluation sets, read once per process; None without sets.

    Raises:
        DamagedTable: it is not what was written.
    """
    digest = params.benchmarks.digest
    if digest is None:
        return None
    checkpoint = _checkpoint_key(params.corpus, digest)
    made = read_checkpoint(store, checkpoint)
    if made is None:
        raise DamagedTable(f"{store.location(checkpoint)} is damaged: run the same command again")
    return _loaded(store, made["file"])


@lru_cache(maxsize=2)
def _loaded(store: ObjectStore, key: str) -> Benchmarks:
    return Benchmarks(*read_index(bytes(read_sealed(store, key))))


def _checkpoint_key(corpus: str, digest: str) -> str:
    # Other code may lay an index out otherwise.
    return work_key(corpus, _FOLDER, f"{fingerprint(digest, code_digest())}.json")
