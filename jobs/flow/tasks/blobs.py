"""Files of a release: written once, named by their content."""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.storage.canonical_json import file_sha256
from jobs.storage.corpus import Corpus
from jobs.storage.log import retired_files_of
from jobs.storage.manifests import WrittenFile
from jobs.storage.objects import ObjectStore
from jobs.storage.registry import RetiredFiles
from jobs.storage.releases import put_blob
from jobs.storage.scratch import scratch_folder

ID_COLUMNS = {
    "shards": ["id"],
    "facts": ["id"],
    "decisions": ["doc_id", "kept_doc_id", "template_of"],
    "removals": ["doc_id"],
}
"""The columns that name documents, by kind of file; a file is sorted by the first."""

FILES = tuple(ID_COLUMNS)
"""The kinds of files of a release."""

_ROW_GROUP_BYTES = 16 << 20  # of text: a reader of one row group holds this much
# Dictionaries of these, and of numbers, were a quarter of writing a shard, and made it larger.
_DISTINCT = frozenset({"id", "doc_id", "source_id", "title", "content", "url"})


def write_blob(
    store: ObjectStore, corpus: str, removals: str | None, table: pa.Table
) -> WrittenFile:
    """Write a table as a file of a release, named by its content; return its manifest entry.

    Args:
        store: takes the file.
        corpus: name of the corpus.
        removals: digest of the retired files in the log when the build began.
        table: at least one row, sorted by id.
    """
    names = table.column_names
    size = pc.sum(pc.binary_length(table["content"])).as_py() if "content" in names else 0
    rows = max(1, min(1 << 20, len(table) * _ROW_GROUP_BYTES // max(1, size)))
    with scratch_folder() as folder:
        path = folder / "shard.parquet"
        pq.write_table(
            table,
            path,
            compression="zstd",
            compression_level=3,
            row_group_size=rows,
            use_dictionary=[field.name for field in table.schema if _recurs(field)],
            write_statistics=[name for name in names if name != "content"],
        )
        digest = file_sha256(path)
        size_bytes = path.stat().st_size
        put_blob(
            Corpus(store, corpus), path, digest, retired_files=removals_at(store, corpus, removals)
        )
    ids = table["id" if "id" in names else "doc_id"]
    return {
        "sha256": digest,
        "bytes": size_bytes,
        "rows": len(table),
        "content_bytes": size,
        "first_id": ids[0].as_py(),
        "last_id": ids[-1].as_py(),
    }


def _recurs(field: pa.Field) -> bool:
    """Whether a dictionary of the values of a column is worth making."""
    is_text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    return is_text and field.name not in _DISTINCT


@lru_cache(maxsize=4)
def removals_at(store: ObjectStore, corpus: str, digest: str | None) -> RetiredFiles:
    """Return the retired files of the log at a digest; cached, since a digest is of content.

    Args:
        store: that holds the log.
        corpus: name of the corpus.
        digest: of the retired files; None if there were none.
    """
    return retired_files_of(Corpus(store, corpus), digest)
