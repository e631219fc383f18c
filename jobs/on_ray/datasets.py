"""Releases as Ray Data datasets."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import ray.data
from pyarrow import fs


def parquet_dataset(
    paths: Sequence[str], files: fs.FileSystem, schema: pa.Schema
) -> ray.data.Dataset:
    """Return the rows of some Parquet files, read lazily.

    Args:
        paths: of the files, as `files` names them.
        files: the file system; workers open it again with their own credentials.
        schema: of the rows; a folder called `key=value` above them adds nothing to it.
    """
    return ray.data.read_parquet(list(paths), filesystem=files, schema=schema, partitioning=None)
