"""Releases as Ray Data datasets."""

from __future__ import annotations

from collections.abc import Sequence

import ray.data
from pyarrow import fs


def parquet_dataset(paths: Sequence[str], files: fs.FileSystem) -> ray.data.Dataset:
    """The rows of some Parquet files, read when they are asked for.

    Args:
        paths: of the files, as `files` names them.
        files: the file system; workers open it again with their own credentials.
    """
    return ray.data.read_parquet(list(paths), filesystem=files)
