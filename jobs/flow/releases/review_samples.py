"""Samples: documents of a release, drawn by stratum for people to review.

Ids and the columns that make a stratum are read of all documents, a few files at a time; titles and
texts only of the row groups that hold what was drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.tables import WITH_META, with_columns
from jobs.corpus.release.acceptance import Check, checked, together
from jobs.corpus.release.review_sampling import (
    Key,
    Reservoir,
    SampleParams,
    allocation,
    hex_ids,
)
from jobs.errors import ConfigError
from jobs.flow.releases.amounts import columns_of, keyed
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.tasks.checkpoints import Progress
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.manifests import FileEntry, JsonObject

SHOWN = ("id", "partner", "source_tier", "site", "url", "title", "published", "content")
"""Columns of a document that a reviewer sees."""

SHOWN_CHARS = 100_000
"""Characters of a text that a reviewer sees, at most."""

PAGE_CHARS = 20_000_000
"""Characters of all texts together: some 54 MB of UTF-8, which Chromium opens in 3 s."""

_FORMAT = "heliu-sample/1"
_THREADS = 8  # most of the time each waits for an answer
_MOST_TIMES = 4

Result = TypeVar("Result")


@dataclass(frozen=True)
class Stratum:
    """A part of the release and the documents drawn of it: DRAWN."""

    key: Key
    documents: int
    drawn: npt.NDArray[np.void]


@dataclass(frozen=True)
class Sample:
    """A sample of a release; the same release and parameters give the same one."""

    release: OpenedRelease
    params: SampleParams
    strata: tuple[Stratum, ...]

    @cached_property
    def drawn(self) -> npt.NDArray[np.void]:
        """All documents drawn, in the order of reviewing: that of their ranks."""
        drawn = np.concatenate([one.drawn for one in self.strata])
        return drawn[np.lexsort((drawn["low"], drawn["high"], drawn["rank"]))]

    @cached_property
    def ids(self) -> list[str]:
        """The ids of all documents drawn, in the order of reviewing."""
        return list(hex_ids(self.drawn))

    @property
    def parts(self) -> list[tuple[Key, int, Sequence[str]]]:
        """Key, documents and drawn ids of each stratum."""
        return [(one.key, one.documents, hex_ids(one.drawn)) for one in self.strata]

    @property
    def name(self) -> JsonObject:
        """What a verdict file says of its sample."""
        release = self.release
        named = {"corpus": release.corpus, "version": release.version, "release": release.digest}
        return {**named, "sample": self.digest, "drawn": str(self.params)}

    @cached_property
    def digest(self) -> str:
        """The sha256 of release, parameters and ids."""
        return sha256_hex(
            canonical_json([_FORMAT, self.release.digest, str(self.params), self.ids])
        )


def draw(
    release: OpenedRelease, params: SampleParams, *, progress: Progress | None = None
) -> Sample:
    """Draw a sample.

    Memory: at most twice `n` documents of each stratum, and narrow columns of a few files.

    Args:
        release: or candidate.
        params: of the sample.
        progress: called after every file.

    Raises:
        ConfigError: no such keys, nothing to draw, or strata that make it much larger than `n`.
    """
    reservoir = Reservoir(params)
    columns = ["id", *columns_of(release, params.by)]
    files = list(enumerate(release.entries("shards")))
    for number, rows in _each(files, lambda one: (one[0], _narrow(release, one[1], columns))):
        reservoir.add(rows["id"], keyed(rows, params.by), file=number)
        if progress is not None:
            progress("sample", number + 1, len(files))
    sizes = reservoir.sizes
    shares = allocation(sizes, params)
    _require_size(sum(shares.values()), len(sizes), params)
    chosen = reservoir.chosen(shares)
    return Sample(release, params, tuple(Stratum(key, sizes[key], chosen[key]) for key in sizes))


def _require_size(drawn: int, strata: int, params: SampleParams) -> None:
    if not drawn:
        raise ConfigError("the release has no documents: there is nothing to review")
    if drawn > _MOST_TIMES * params.n:
        raise ConfigError(
            f"{strata:,} strata by {', '.join(params.by)} of at least {params.least} documents "
            f"make a sample of {drawn:,}, more than {_MOST_TIMES} times n={params.n}: give fewer "
            "keys, as by=[source_tier], a smaller least=, or n= as large as that"
        )


def documents(sample: Sample) -> list[dict[str, Any]]:
    """Return the documents drawn, in the order of reviewing: SHOWN, `stratum` and `chars`.

    Of `content` only the first SHOWN_CHARS are there, or fewer of the longest where all together
    have more than PAGE_CHARS; `chars` is how many it has.
    """
    entries = sample.release.entries("shards")
    rows: dict[int, list[int]] = defaultdict(list)
    for one in sample.drawn:
        rows[int(one["file"])].append(int(one["row"]))
    work = [(entries[file], sorted(rows[file])) for file in sorted(rows)]
    found = {
        row["id"]: row
        for part in _each(work, partial(_shown, sample.release))
        for row in part.to_pylist()
    }
    of = {one: stratum.key for stratum in sample.strata for one in hex_ids(stratum.drawn)}
    most = _longest(np.array([len(row["content"]) for row in found.values()]), PAGE_CHARS)
    return [
        found[one] | {"stratum": of[one], "content": found[one]["content"][:most]}
        for one in sample.ids
    ]


def _longest(lengths: npt.NDArray[np.int64], most: int) -> int:
    """Return the length to which texts are cut, so that all together have at most so many."""
    sizes = np.sort(lengths)
    before = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    totals = before + sizes * np.arange(len(sizes), 0, -1)  # if all are cut to the length of each
    fits = int(np.searchsorted(totals, most, side="right"))
    if fits == len(sizes):
        return int(sizes[-1])
    return int((most - before[fits]) // (len(sizes) - fits))


def check_limits(release: OpenedRelease, limits: dict[str, float]) -> Check:
    """Count the documents of a release that are within limits of signals; reads these alone.

    Args:
        release: or candidate.
        limits: the most of each signal.

    Raises:
        ConfigError: the release has no such signal.
    """
    lacking = sorted(set(limits) - set(release.schema().names))
    if lacking:
        raise ConfigError(f"acceptance.limits.{lacking[0]}: the release has no such column")
    names = list(limits)

    def count(entry: FileEntry) -> Check:
        return checked(_narrow(release, entry, names), limits)

    return together(list(_each(release.entries("shards"), count)), limits)


def _each(work: Sequence[Any], act: Callable[[Any], Result]) -> Iterator[Result]:
    """Yield what is made of each, in order; few are held at a time."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(work), _THREADS):
            yield from pool.map(act, work[start : start + _THREADS])


def _narrow(release: OpenedRelease, entry: FileEntry, columns: Sequence[str]) -> pa.Table:
    """Return columns of a file, asked for together; null where an older file lacks them."""
    schema = pa.schema([release.schema().field(name) for name in columns])
    with release.store.open(entry["key"]) as stream:
        rows = pq.ParquetFile(stream, pre_buffer=True).read(columns)
    return with_columns(rows, schema).select(columns)


def _shown(release: OpenedRelease, work: tuple[FileEntry, Sequence[int]]) -> pa.Table:
    """Return what a reviewer sees of some rows of a file; reads the row groups they are in."""
    entry, rows = work
    schema = pa.schema([WITH_META.field(name) for name in SHOWN])
    parts = []
    with release.store.open(entry["key"]) as stream:
        file = pq.ParquetFile(stream)
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        groups = np.searchsorted(starts, rows, side="right") - 1
        for group in np.unique(groups):
            within = np.asarray(rows)[groups == group] - starts[group]
            read = with_columns(file.read_row_group(int(group), list(SHOWN)), schema)
            parts.append(_shortened(read.select(SHOWN).take(pa.array(within))))
    return pa.concat_tables(parts)


def _shortened(rows: pa.Table) -> pa.Table:
    """Add `chars`, and keep the beginning of `content` alone."""
    content = rows["content"]
    kept = pc.utf8_slice_codeunits(content, 0, SHOWN_CHARS)
    at = rows.schema.get_field_index("content")
    return rows.set_column(at, "content", kept).append_column("chars", pc.utf8_length(content))
