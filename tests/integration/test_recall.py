"""Recall and precision on real deliveries, against the exact Jaccard of all pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import scipy.sparse

from jobs.corpus.text.canonical import canonical_texts
from jobs.flow.params import BuildParams
from jobs.flow.tasks.sealed_objects import body_of
from tests.builds import build, build_parameters, opened, real_conf, table

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]


def exact_pairs(params: BuildParams) -> dict[tuple[str, str], float]:
    """The exact Jaccard of every pair of documents that share a shingle, above 0.2."""
    root = Path(params.storage.root) / params.corpus / "work" / "normalized"
    bodies = [body_of(path.read_bytes()) for path in sorted(root.glob("*/documents-*.parquet"))]
    tables = [pq.read_table(pa.BufferReader(body)) for body in bodies]
    documents = pa.concat_tables(tables).filter(pc.field("content").is_valid())
    ids = [doc_id.hex() for doc_id in documents["doc_id"].to_pylist()]
    canonical = canonical_texts(documents["content"].combine_chunks()).to_pylist()
    k = params.signature.shingle_chars
    sets = [{text[i : i + k] for i in range(max(1, len(text) - k + 1))} for text in canonical]
    words: dict[str, int] = {}
    columns = [words.setdefault(shingle, len(words)) for one in sets for shingle in one]
    sizes = np.array([len(one) for one in sets])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    shape = (len(sets), len(words))
    matrix = scipy.sparse.csr_matrix((np.ones(len(columns), np.int32), columns, starts), shape)
    shared = scipy.sparse.triu(matrix @ matrix.T, k=1).tocoo()
    jaccard = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    return {
        (ids[one], ids[other]): share
        for one, other, share in zip(shared.row, shared.col, jaccard, strict=True)
        if share > 0.2
    }


@pytest.mark.parametrize(("verify", "least"), [("signature", 0.97), ("exact", 0.99)])
def test_real_near_duplicates_are_found_and_nothing_else_is_dropped(
    verify: str, least: float, real_data: Path, tmp_path: Path
) -> None:
    conf = real_conf(real_data, tmp_path / "conf")
    params = build_parameters(
        conf, tmp_path, "partners=[a,b,c]", f"minhash.verify={verify}", "minhash.templates=drop"
    )
    build(params)
    pairs = exact_pairs(params)
    decided = {row["doc_id"]: row for row in table(opened(params), "decisions").to_pylist()}
    dropped = {doc_id for doc_id, row in decided.items() if row["verdict"] == "dropped"}
    wanted = [pair for pair, share in pairs.items() if share >= params.bands.threshold + 0.05]
    lost = [pair for pair in wanted if dropped & set(pair)]
    assert len(wanted) > 500
    assert len(lost) / len(wanted) >= least

    def to_survivor(doc_id: str) -> float:
        kept = decided[doc_id]["kept_doc_id"]
        return max(pairs.get((doc_id, kept), 0.0), pairs.get((kept, doc_id), 0.0))

    wrong = [doc_id for doc_id in dropped if to_survivor(doc_id) < params.bands.threshold - 0.1]
    assert len(wrong) / len(dropped) <= 0.001
    if verify == "exact":
        assert min(map(to_survivor, dropped)) >= params.bands.threshold
