"""Quality examples: distinct normalized texts to train from, and which are kept back for what."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from jobs.corpus.model.tables import HASH
from jobs.corpus.repair.normalization import normalized_texts
from jobs.corpus.text.canonical import canonical_texts
from jobs.corpus.text.text_buffers import text_hashes

EXAMPLES = pa.schema(
    [
        pa.field("key", HASH, nullable=False),  # of the canonical text, or of one that has none
        pa.field("text_hash", HASH, nullable=False),
        pa.field("content", pa.large_string(), nullable=False),
    ]
)


class Side(IntEnum):
    """What a document is used for."""

    TRAINING = 0
    CALIBRATION = 1
    HELD_OUT = 2


def examples(texts: pa.LargeStringArray) -> pa.Table:
    """Return EXAMPLES of delivered texts, normalized as in a build, without empty ones.

    Law: row-wise, but for rows left out.
    """
    content = normalized_texts(texts)
    content = content.filter(pc.fill_null(pc.greater(pc.binary_length(content), 0), False))  # noqa: FBT003
    canonical = canonical_texts(content)
    hashes = text_hashes(content)
    is_empty = pc.equal(pc.binary_length(canonical), 0)
    key = pc.if_else(is_empty, hashes, text_hashes(canonical))
    return pa.table([key, hashes, content], schema=EXAMPLES)


def smallest(table: pa.Table, most: int) -> pa.Table:
    """Return the examples with the `most` smallest keys, each key once, in any order of rows.

    Law: key-wise; smallest(a + b) is smallest(smallest(a) + smallest(b)).
    """
    order = pc.sort_indices(table, [("key", "ascending"), ("text_hash", "ascending")])
    keys = table["key"].take(order).combine_chunks()
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = pc.not_equal(keys[1:], keys[:-1]).to_numpy(zero_copy_only=False)
    return table.take(order.filter(pa.array(is_first))[:most])


def without_shared(table: pa.Table, other: pa.Table) -> pa.Table:
    """Leave out examples whose key is in the other table: both good and bad, they train nothing."""
    is_shared = pc.is_in(table["key"], value_set=other["key"].combine_chunks())
    return table.filter(pc.invert(is_shared))


def sides(table: pa.Table, *, seed: int, share: float) -> npt.NDArray[np.int8]:
    """Return the `Side` of each example by its key: equal canonical texts are on one side.

    Args:
        table: examples with their keys.
        seed: of the hash that divides them.
        share: of keys held out, and of keys for calibration; in [0, 0.5].

    Law: key-wise.
    """
    keys = table["key"].to_pylist()
    fractions = (
        np.array([xxhash.xxh3_64_intdigest(key, seed=seed) for key in keys], np.float64) / 2**64
    )
    held = np.where(fractions < share, Side.HELD_OUT, Side.TRAINING)
    is_calibration = (fractions >= share) & (fractions < 2 * share)
    return np.where(is_calibration, Side.CALIBRATION, held).astype(np.int8)
