"""Chunks of a group in rounds: what earlier rounds left of them to be decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.dedup.drop_evidence import is_drop
from jobs.corpus.model.tables import DROPS
from jobs.flow.tasks.exchange import gather_group
from jobs.flow.tasks.sealed_objects import read_table
from jobs.flow.tasks.written_lists import read_list
from jobs.storage.objects import ObjectStore


@dataclass(frozen=True)
class Chunk:
    """Documents of successive ranks.

    Attributes:
        numbers: The chunks of the files that it consists of.
        left: How many documents are not dropped yet.
        drops: Files of the drops of earlier rounds.
        siblings: Files of documents that resemble one kept in an earlier round and stay, unless a
            later one replaces them; rows of DROPS, best rank first.
    """

    numbers: tuple[int, ...]
    left: int
    drops: tuple[str, ...]
    siblings: tuple[str, ...] = ()

    def joined(self, other: Chunk) -> Chunk:
        """Return both as one."""
        drops = tuple(dict.fromkeys(self.drops + other.drops))
        siblings = tuple(dict.fromkeys(self.siblings + other.siblings))
        return Chunk(self.numbers + other.numbers, self.left + other.left, drops, siblings)


def siblings_of(store: ObjectStore, chunk: Chunk) -> pa.Table:
    """Return the documents of a chunk that resemble one of an earlier round, rows of DROPS."""
    read = [read_table(store, file) for file in chunk.siblings]
    return pa.concat_tables([DROPS.empty_table(), *read])


def is_in(rows: pa.Table, ordinals: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each row has one of these ordinals; shape (n,)."""
    return np.isin(rows["ordinal"].to_numpy(), ordinals)


def flagged(rows: pa.Table, name: str, flags: npt.NDArray[np.bool_]) -> pa.Table:
    """Return rows with other flags in a column."""
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.schema.field(at), pa.array(flags))


def undecided(store: ObjectStore, files: str, chunk: Chunk, siblings: pa.Table) -> pa.Table:
    """Return the documents of a chunk that no earlier round dropped, siblings are flagged.

    Args:
        store: that holds the files.
        files: the list of those that hold the group by chunk.
        chunk: to be decided.
        siblings: found in earlier rounds.
    """
    listed = read_list(store, files)
    read = [read_table(store, file, columns=["ordinal", "reason"]) for file in chunk.drops]
    ordinals = [drops.filter(is_drop(drops))["ordinal"].to_numpy() for drops in read]
    dropped = np.concatenate([np.empty(0, np.int64), *ordinals])
    known = siblings["ordinal"].to_numpy()
    tables = []
    for number in chunk.numbers:
        rows = gather_group(store, listed, number)
        is_left = ~np.isin(rows["ordinal"].to_numpy(), dropped)
        is_template = rows["is_template"].to_numpy() | is_in(rows, known)
        rows = flagged(rows, "is_template", is_template)
        tables.append(rows.filter(pa.array(is_left)))
    return pa.concat_tables(tables)
