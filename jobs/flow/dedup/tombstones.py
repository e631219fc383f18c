"""Tombstones: documents that were taken down, loaded from the log as frozen ones of a build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.config_errors import IncompatibleParent
from jobs.corpus.dedup.params import SignatureParams
from jobs.errors import DamagedRelease
from jobs.flow.dedup.frozen import FrozenShard, Origin
from jobs.flow.params import BuildParams
from jobs.flow.recorded import recorded_parameters
from jobs.storage.canonical_json import canonical_json
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_address
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore
from jobs.storage.whole_objects import whole_file

_COMPARED_BY = b"heliu.compared_by"


def compared_by(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that must be equal for facts to be comparable without their texts.

    Args:
        parameters: as a manifest records them.
    """
    minhash = parameters["minhash"]
    signed = {f"minhash.{one.name}": minhash[one.name] for one in fields(SignatureParams)}
    canonical = parameters["canonical"]
    values = signed | {f"canonical.{name}": value for name, value in canonical.items()}
    plain: dict[str, Any] = orjson.loads(canonical_json(values))  # tuples become lists
    return plain


def signed_tombstones(tombstones: pa.Table, parameters: dict[str, Any]) -> pa.Table:
    """Return the table with `compared_by` of its signatures as metadata."""
    note = {_COMPARED_BY: canonical_json(compared_by(parameters))}
    return tombstones.replace_schema_metadata(note)


def tombstone_shards(store: ObjectStore, params: BuildParams) -> list[FrozenShard]:
    """Return all documents of a corpus that were taken down, for a build to compare with.

    Raises:
        ConfigError: their signatures were made with other parameters than this build's, so that it
            could not recognise copies.
        DamagedRelease: a file of them is missing or damaged.
    """
    keys = head(Corpus(store, params.corpus)).registry.tombstones
    return [tombstone_shard(store, key, params) for key in keys]


def tombstone_shard(store: ObjectStore, key: str, params: BuildParams) -> FrozenShard:
    """Return one file of tombstones; raises as `tombstone_shards`.

    Args:
        store: that holds it.
        key: of the file, which the log need not name yet.
        params: of the build that compares with it.
    """
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


def _require_comparable(recorded: dict[str, Any], params: BuildParams) -> None:
    found = list(_differences(recorded, compared_by(recorded_parameters(params))))
    if found:
        listed = "\n".join(f"  {line}" for line in found)
        raise IncompatibleParent(
            f"documents were taken down from {params.corpus}, and this build could not recognise "
            f"copies, because it compares otherwise (tombstones' value, this build's):\n{listed}\n"
            "give the tombstones' values, or build another corpus.name from deliveries without them"
        )


def _differences(recorded: dict[str, Any], built: dict[str, Any]) -> Iterator[str]:
    for name in sorted(recorded.keys() | built.keys()):
        if recorded.get(name) != built.get(name):
            yield f"{name}: {recorded.get(name, 'absent')}, {built.get(name, 'absent')}"
