"""The evaluation sets that a build keeps out: their records in the manifest, and their index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, asdict, dataclass
from typing import Any

import orjson
import xxhash

from jobs.corpus.contamination.item_index import INDEX_VERSION, Searchable, build_index, index_bytes
from jobs.corpus.contamination.items import Benchmark


@dataclass(frozen=True)
class BenchmarkSet:
    """The record of an evaluation set in a manifest, without its items.

    Attributes:
        name: As configured.
        version: Likewise.
        licence: Likewise.
        policy: Pairs of part and action, by part.
        items: How many distinct ones.
        duplicates: Items that repeat one before them.
        without_text: Items with neither question nor passage.
        digest: sha256 of the content of all items.
        searchable: How many of the items can be found, and how.
    """

    name: str
    version: str
    licence: str
    policy: tuple[tuple[str, str], ...]
    items: int
    duplicates: int
    without_text: int
    digest: str
    searchable: Searchable

    @property
    def record(self) -> dict[str, Any]:
        """The record as JSON."""
        return {**asdict(self), "policy": dict(self.policy)}


@dataclass(frozen=True)
class BenchmarkParams:
    """The evaluation sets of a build, known by their content.

    The index goes to workers through storage, so it is not pickled with this.
    """

    sets: tuple[BenchmarkSet, ...]
    artifact: InitVar[bytes | None]

    def __post_init__(self, artifact: bytes | None) -> None:
        object.__setattr__(self, "_artifact", artifact)

    def __getstate__(self) -> dict[str, Any]:
        return {"sets": self.sets}

    @property
    def index(self) -> bytes | None:
        """The index as a file; None without sets, and where this was pickled."""
        artifact: bytes | None = self.__dict__.get("_artifact")
        return artifact

    @property
    def digest(self) -> str | None:
        """Of all that decides what is found and dropped; None without sets."""
        if not self.sets:
            return None
        records = [one.record for one in self.sets]
        body = orjson.dumps([INDEX_VERSION, records], option=orjson.OPT_SORT_KEYS)
        return xxhash.xxh3_128_hexdigest(body)


NO_BENCHMARKS = BenchmarkParams((), None)


def indexed_benchmarks(benchmarks: Sequence[Benchmark]) -> BenchmarkParams:
    """Return the sets, by name, with the index of all their items."""
    if not benchmarks:
        return NO_BENCHMARKS
    ordered = sorted(benchmarks, key=lambda benchmark: benchmark.name)
    index, names, searchable = build_index(ordered)
    sets = (
        BenchmarkSet(
            name=one.name,
            version=one.version,
            licence=one.licence,
            policy=tuple(sorted(one.policy.items())),
            items=len(one.items),
            duplicates=one.duplicates,
            without_text=one.without_text,
            digest=one.digest,
            searchable=found,
        )
        for one, found in zip(ordered, searchable, strict=True)
    )
    return BenchmarkParams(tuple(sets), index_bytes(index, names))
