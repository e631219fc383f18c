"""Search of a release: documents that hold a string, or are near copies of a text.

Shards are read in order, a row group at a time; nothing is indexed. For near copies only facts are
read, and the shards of what is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.dedup.banding import signature_matrix
from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.dedup.signatures import signatures
from jobs.corpus.model.reasons import Verdict
from jobs.corpus.text.canonical import canonical_texts
from jobs.errors import ConfigError
from jobs.flow.recorded import recorded_canonical
from jobs.flow.releases.explanation import rows_with
from jobs.flow.releases.opened_release import OpenedRelease

_COLUMNS = ["id", "partner", "title", "url", "published", "content"]
_AROUND = 30
"""Characters shown before and after a string."""


@dataclass(frozen=True)
class Hit:
    """A document that was found.

    Attributes:
        id: Of the document.
        partner: That delivered it.
        title: Its title.
        url: Its address.
        published: Its date.
        file: The delivered file that it stands in.
        row: Its number there.
        position: Of the string in the text, in characters; None for a near copy.
        similarity: Of a near copy, estimated from the signatures; None for a string.
        excerpt: The text around the string, or its beginning.
    """

    id: str
    partner: str
    title: str | None
    url: str | None
    published: str | None
    file: str
    row: int
    position: int | None
    similarity: float | None
    excerpt: str


def holding(release: OpenedRelease, text: str) -> Iterator[Hit]:
    """Yield the documents that hold a string, letter for letter, in the order of the release.

    Args:
        release: to be searched.
        text: the string.

    Raises:
        ConfigError: the string is empty.
    """
    if not text:
        raise ConfigError("text='' stands in every document: give the words to look for")
    for entry in release.entries("shards"):
        with release.store.open(entry["key"]) as stream:
            reader = pq.ParquetFile(stream)
            for group in range(reader.num_row_groups):
                rows = reader.read_row_group(group, columns=_COLUMNS)
                for row in rows.filter(pc.match_substring(rows["content"], text)).to_pylist():
                    yield _hit(release, row, position=row["content"].index(text), size=len(text))


def near_copies(release: OpenedRelease, text: str, *, threshold: float | None) -> Iterator[Hit]:
    """Yield the documents that are at least as similar to a text as a threshold, best first.

    Args:
        release: to be searched; its own signatures are compared.
        text: pasted, in any typesetting.
        threshold: in [0, 1]; None for that of the release.

    Raises:
        ConfigError: the text has too little to be compared, or the release was signed otherwise.
    """
    if release.manifest["parameters"].get("canonical") != recorded_canonical():
        raise ConfigError(
            f"{release.corpus} {release.version} was signed by another version of heliu, whose "
            "signatures mean something else: search for a sentence of it (near=false)"
        )
    minhash = release.manifest["parameters"]["minhash"]
    params = SignatureParams(minhash["num_perm"], minhash["seed"], minhash["shingle_chars"])
    canonical = canonical_texts(pa.array([text], pa.large_string()))
    if len(canonical[0].as_py()) < params.shingle_chars:
        raise ConfigError(
            f"text={text!r} has fewer than {params.shingle_chars} letters and digits: give more "
            "of it, or search for the string (near=false)"
        )
    wanted = signatures(canonical, params=params)[0]
    least = minhash["threshold"] if threshold is None else threshold
    found = [
        (-similarity, id_, number)
        for number, entry in enumerate(release.entries("facts"))
        for similarity, id_ in _similar(release, entry["key"], wanted, least)
    ]
    for similarity, id_, number in sorted(found):
        with release.store.open(release.entries("shards")[number]["key"]) as stream:
            rows = pq.read_table(stream, columns=_COLUMNS, filters=pc.field("id") == id_)
        yield _hit(release, rows.to_pylist()[0], similarity=-similarity)


def _similar(
    release: OpenedRelease, key: str, wanted: np.ndarray, least: float
) -> Iterator[tuple[float, str]]:
    with release.store.open(key) as stream:
        facts = pq.read_table(stream, columns=["id", "signature"])
    if not len(facts):
        return
    matrix, has_text = signature_matrix(facts["signature"])
    shares = (matrix == wanted).mean(axis=1)
    rows = np.flatnonzero(has_text & (shares >= least))
    for row in rows:
        yield float(shares[row]), facts["id"][int(row)].as_py()


def _hit(
    release: OpenedRelease,
    row: dict[str, str],
    *,
    position: int | None = None,
    size: int = 0,
    similarity: float | None = None,
) -> Hit:
    start = max(0, (position or 0) - _AROUND)
    end = (position or 0) + size + _AROUND
    decisions = rows_with(release, "decisions", "doc_id", str(row["id"]))
    decision = next(one for one in decisions if one["verdict"] == str(Verdict.KEPT))
    return Hit(
        **{name: row[name] for name in ("id", "partner", "title", "url", "published")},
        file=decision["source_file"],
        row=decision["source_row"],
        position=position,
        similarity=similarity,
        excerpt=row["content"][start:end],
    )
