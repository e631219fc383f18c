"""A selection of a release's documents: by partner, by an SQL condition, or a sample of them.

Whether a document is chosen depends on it alone, and on the seed: not on files, order or release.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import xxhash

from jobs.config_errors import nearest, unknown_choice
from jobs.errors import ConfigError
from jobs.flow.releases.opened_release import OpenedRelease

_HASHES = 1 << 64
_UNKNOWN_COLUMN = re.compile(r'column "([^"]+)" not found')

Choose = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class SelectionParams:
    """Which documents are wanted.

    Attributes:
        partners: Whose; none for those of all.
        where: A condition in SQL on columns of the release, or None.
        sample: The share of them, in (0, 1].
        seed: Of the sample.
    """

    partners: tuple[str, ...] = ()
    where: str | None = None
    sample: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 < self.sample <= 1:
            raise ConfigError(f"sample={self.sample} is no share: give more than 0, at most 1")


def require_partners(release: OpenedRelease, params: SelectionParams) -> None:
    """Refuse partners that the release does not have.

    Raises:
        UnknownChoice: names it and those it has.
    """
    known = release.manifest["partners"]
    for name in params.partners:
        if name not in known:
            raise unknown_choice("partner", name, known)


def chooser(schema: pa.Schema, params: SelectionParams) -> Choose:
    """Return what takes the chosen rows from tables of RELEASED.

    Args:
        schema: of the release.
        params: the selection; that of partners is made by file.

    Raises:
        ConfigError: the condition is none, names a column that is not there, or DuckDB, which
            conditions need, is not installed.
    """
    steps = [_condition(schema, params.where)] if params.where else []
    if params.sample < 1:
        steps.append(_sample(params))

    def choose(table: pa.Table) -> pa.Table:
        for step in steps:
            table = step(table)
        return table

    return choose


def _sample(params: SelectionParams) -> Choose:
    limit = math.ceil(params.sample * _HASHES)

    def choose(table: pa.Table) -> pa.Table:
        ids: Iterable[str] = table["id"].to_pylist()
        is_chosen = [xxhash.xxh3_64_intdigest(one.encode(), params.seed) < limit for one in ids]
        return table.filter(pa.array(is_chosen, pa.bool_()))

    return choose


def _condition(schema: pa.Schema, where: str) -> Choose:
    """Return what takes the rows for which an SQL condition holds; it can read no files."""
    try:
        import duckdb  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("where=… needs DuckDB: pip install duckdb, or leave where out") from error

    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": False,
        "lock_configuration": True,
        "threads": 1,
    }

    def choose(table: pa.Table) -> pa.Table:
        with duckdb.connect(config=config) as connection:
            return connection.from_arrow(table).filter(where).to_arrow_table().cast(table.schema)

    try:
        choose(schema.empty_table())
    except duckdb.Error as error:
        raise ConfigError(f"where={where}: {_complaint(error, schema.names)}") from error
    return choose


def _complaint(error: Exception, columns: Sequence[str]) -> str:
    """Return what is wrong with a condition, and what to write; of a column that is none, which."""
    first = str(error).strip().splitlines()[0]
    if unknown := _UNKNOWN_COLUMN.search(first):
        name = unknown[1]
        meant = nearest(name, columns)
        others = f"did you mean {meant}?" if meant else f"there are {', '.join(columns)}"
        return f"there is no column {name}: {others}"
    return (
        f"{first}; write a condition in SQL such as \"licence = 'CC0-1.0' and published >= '2019'\""
        " (dates are text)"
    )
