"""Sampling: which documents of a release are reviewed, by stratum, whatever the order of reading.

Each document has a rank, a hash of its id and the seed. Of a stratum those of lowest rank are
chosen, so that the sample depends on the documents alone, and memory on its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.errors import ConfigError, DamagedRelease

Key = tuple[str | None, ...]
"""The values of the columns that make a stratum."""

DRAWN = np.dtype([("rank", "u8"), ("high", "u8"), ("low", "u8"), ("file", "i4"), ("row", "i8")])
"""A document: rank, both halves of its id, number of its file, row in that file."""

_ID_CHARS = 32
_PARAMS = re.compile(r"n=(\d{1,9}) seed=(\d{1,18}) least=(\d{1,9}) by=\[([a-z_]+(?:,[a-z_]+)*)\]")
_GOLDEN = 0x9E3779B97F4A7C15
_MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class SampleParams:
    """How a sample is drawn.

    Attributes:
        n: Documents in all, if the strata do not need more.
        seed: Another one gives another sample.
        least: Documents of each stratum; all, where it has fewer.
        by: What makes a stratum, keys of `amounts`.
    """

    n: int
    seed: int
    least: int
    by: tuple[str, ...]

    def __post_init__(self) -> None:
        for name, floor in (("n", 1), ("least", 0), ("seed", 0)):
            if getattr(self, name) < floor:
                raise ConfigError(f"{name}={getattr(self, name)}: give at least {floor}")

    def __str__(self) -> str:
        """Return the parameters as the command line of `heliu sample` has them."""
        by = ",".join(self.by)
        return f"n={self.n} seed={self.seed} least={self.least} by=[{by}]"


def parse_params(text: str) -> SampleParams:
    """Return the parameters that a text of `str` means; raises ValueError for any other text."""
    found = _PARAMS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    n, seed, least, by = found.groups()
    return SampleParams(int(n), int(seed), int(least), tuple(by.split(",")))


class Reservoir:
    """The documents of lowest rank of each stratum so far, and how many each stratum has."""

    def __init__(self, params: SampleParams) -> None:
        """Begin with no documents."""
        self._seed, self._most = params.seed, max(params.n, params.least)
        self._strata: dict[Key, _Stratum] = {}

    def add(self, ids: pa.ChunkedArray, keys: pa.Table, *, file: int) -> None:
        """Take in the documents of a file.

        Args:
            ids: of 32 hexadecimal digits.
            keys: their columns that make a stratum.
            file: its number, noted beside what is chosen, as is the number of the row.
        """
        drawn: npt.NDArray[np.void] = np.empty(len(ids), DRAWN)
        drawn["high"], drawn["low"] = _halves(ids)
        drawn["rank"] = ranks(drawn["high"], drawn["low"], self._seed)
        drawn["file"], drawn["row"] = file, np.arange(len(ids))
        for key, rows in _by_stratum(keys):
            self._strata.setdefault(key, _Stratum(self._most)).add(drawn[rows])

    @property
    def sizes(self) -> dict[Key, int]:
        """How many documents each stratum has, by key."""
        return {key: self._strata[key].documents for key in sorted(self._strata, key=_order)}

    def chosen(self, shares: Mapping[Key, int]) -> dict[Key, npt.NDArray[np.void]]:
        """Return DRAWN of each stratum, by rank.

        Args:
            shares: how many of each, as `allocation` gives them.
        """
        return {key: self._strata[key].lowest(share) for key, share in shares.items()}


@dataclass
class _Stratum:
    most: int
    documents: int = 0
    _parts: list[npt.NDArray[np.void]] = field(default_factory=list)
    _held: int = 0
    _limit: int = _MASK

    def add(self, drawn: npt.NDArray[np.void]) -> None:
        self.documents += len(drawn)
        low = drawn[drawn["rank"] <= np.uint64(self._limit)]
        self._parts.append(low)
        self._held += len(low)
        if self._held > 2 * self.most:
            kept = self.lowest(self.most)
            self._parts, self._held, self._limit = [kept], len(kept), int(kept["rank"][-1])

    def lowest(self, most: int) -> npt.NDArray[np.void]:
        held = np.concatenate(self._parts)
        order = np.lexsort((held["low"], held["high"], held["rank"]))
        return held[order[:most]]


def ranks(
    high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64], seed: int
) -> npt.NDArray[np.uint64]:
    """Return the ranks of ids for a seed: splitmix64 (Steele et al. 2014) of both halves.

    Args:
        high: the first 16 digits of each id.
        low: the others.
        seed: of the sample.
    """
    start = np.uint64((seed * _GOLDEN) & _MASK)
    return _mixed(high ^ _mixed(low + start))


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    mixed = values + np.uint64(_GOLDEN)
    for shift, multiplier in zip((30, 27), _MULTIPLIERS, strict=True):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(multiplier)
    return mixed ^ (mixed >> np.uint64(31))


def _halves(ids: pa.ChunkedArray) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return both halves of ids as numbers, read from their digits all at once."""
    try:
        fixed = ids.cast(pa.binary()).cast(pa.binary(_ID_CHARS)).combine_chunks()
    except pa.ArrowInvalid as error:
        raise DamagedRelease(
            f"ids are not {_ID_CHARS} hexadecimal digits ({error}): heliu verify"
        ) from error
    raw = np.frombuffer(fixed.buffers()[1], np.uint8)[fixed.offset * _ID_CHARS :]
    raw = raw[: len(fixed) * _ID_CHARS]
    values = (raw & 15) + 9 * (raw >> 6)
    halves = (values[0::2] << 4 | values[1::2]).view(">u8").astype(np.uint64)
    return halves[0::2], halves[1::2]


def _by_stratum(keys: pa.Table) -> Iterator[tuple[Key, npt.NDArray[np.int_]]]:
    """Yield each combination of values and the rows that have it."""
    codes: npt.NDArray[np.int64] = np.zeros(len(keys), np.int64)
    for column in keys.columns:
        encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        codes = codes * (len(encoded.dictionary) + 1) + encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    for rows in np.split(order, starts[1:]) if len(order) else ():
        yield tuple(column[int(rows[0])].as_py() for column in keys.columns), rows


def _order(key: Key) -> tuple[Any, ...]:
    return tuple((value is not None, value or "") for value in key)


def allocation(sizes: Mapping[Key, int], params: SampleParams) -> dict[Key, int]:
    """Return how many documents of each stratum are drawn.

    Each stratum has its `least`; what is left of `n` is shared in proportion to what they have
    left, by largest remainders.

    Args:
        sizes: documents of each stratum.
        params: of the sample.
    """
    shares = {key: min(size, params.least) for key, size in sizes.items()}
    spare = {key: sizes[key] - share for key, share in shares.items()}
    rest, all_spare = min(params.n, sum(sizes.values())) - sum(shares.values()), sum(spare.values())
    if rest <= 0:
        return shares
    remainders: list[tuple[int, Key]] = []
    for key, left in spare.items():
        whole, remainder = divmod(rest * left, all_spare)
        shares[key] += whole
        remainders.append((remainder, key))
    short = rest - sum(rest * left // all_spare for left in spare.values())
    for _, key in sorted(remainders, key=lambda one: -one[0])[:short]:
        shares[key] += 1
    return shares


def hex_ids(drawn: npt.NDArray[np.void]) -> Sequence[str]:
    """Return the ids of DRAWN."""
    return [f"{int(one['high']):016x}{int(one['low']):016x}" for one in drawn]
