"""Tombstones: what takedowns left in the log, as every later build meets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import ConfigError, DamagedRelease
from jobs.flow.dedup.frozen import FrozenShard, Origin
from jobs.flow.params import BuildParams
from jobs.flow.recorded import recorded_parameters
from jobs.storage.canonical_json import canonical_json
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_address
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore
from jobs.storage.whole import whole_file

_COMPARED_BY = b"heliu.compared_by"


def compared_by(parameters: dict[str, Any]) -> dict[str, Any]:
    """What two texts must have in common to be compared without being read.

    Args:
        parameters: as a manifest records them.
    """
    minhash = parameters["minhash"]
    signed = {f"minhash.{name}": minhash[name] for name in ("num_perm", "seed", "shingle_chars")}
    canonical = parameters["canonical"]
    values = signed | {f"canonical.{name}": value for name, value in canonical.items()}
    plain: dict[str, Any] = orjson.loads(canonical_json(values))  # tuples become lists
    return plain


def signed_tombstones(stones: pa.Table, parameters: dict[str, Any]) -> pa.Table:
    """The table with a note of what its signatures can be compared with."""
    note = {_COMPARED_BY: canonical_json(compared_by(parameters))}
    return stones.replace_schema_metadata(note)


def tombstone_shards(store: ObjectStore, params: BuildParams) -> list[FrozenShard]:
    """All documents of a corpus that were taken down, as a build compares with them.

    Raises:
        ConfigError: they were signed otherwise than this build signs, so that it could not know a
            copy of them.
        DamagedRelease: a file of them is gone, or not what it was.
    """
    keys = head(Corpus(store, params.corpus)).registry.tombstones
    return [tombstone_shard(store, key, params) for key in keys]


def tombstone_shard(store: ObjectStore, key: str, params: BuildParams) -> FrozenShard:
    """One file of them, in the log already or not; raises as `tombstone_shards`."""
    try:
        with whole_file(store, key) as stream:
            reader = pq.ParquetFile(stream)
            rows, schema = reader.metadata.num_rows, reader.schema_arrow
    except DamagedRelease as error:
        raise DamagedRelease(
            f"{error}; it lists documents that were taken down: without it a build could bring "
            "them back"
        ) from error
    if "signature" in schema.names:
        _require_comparable(orjson.loads(schema.metadata[_COMPARED_BY]), params)
    digest, _ = blob_address(key) or (key, 0)
    return FrozenShard(digest, key, None, delivered=rows, priority=0, origin=Origin.TOMBSTONE)


def _require_comparable(there: dict[str, Any], params: BuildParams) -> None:
    found = list(_differences(there, compared_by(recorded_parameters(params))))
    if found:
        listed = "\n".join(f"  {line}" for line in found)
        raise ConfigError(
            f"documents were taken down from {params.corpus}, and this build could not know copies "
            f"of them, because it compares otherwise (tombstones' value, this build's):\n{listed}\n"
            "give the tombstones' values, or build another corpus.name from deliveries without them"
        )


def _differences(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            yield f"{name}: {there.get(name, 'absent')}, {here.get(name, 'absent')}"
