"""Signatures are datasketch's, bit for bit, for any text and any parameters."""

from __future__ import annotations

import datasketch
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.dedup.banding import signature_column, signature_matrix
from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.dedup.signatures import permutations, signatures
from jobs.corpus.text.canonical import canonical_texts, folded_texts
from tests.oracles import minhash

LETTERS = st.text(
    st.sampled_from("中文数据发布通知abcXYZ0129é한글かな𠀀𠮷𪚥")
    | st.characters(exclude_categories=["Cs"]),
    max_size=40,
)
PARAMS = st.builds(
    SignatureParams,
    num_perm=st.integers(2, 70),
    seed=st.integers(0, 2**32 - 1),
    shingle_chars=st.integers(1, 18),
)


@given(PARAMS)
@settings(max_examples=100, deadline=None)
def test_permutations_of_any_seed_are_those_of_datasketch(params: SignatureParams) -> None:
    sketch = datasketch.MinHash(params.num_perm, seed=params.seed, scheme="affine32")
    ours = permutations(params)
    assert [(values.dtype, values.tolist()) for values in ours] == [
        (values.dtype, values.tolist()) for values in sketch.permutations
    ]


@given(st.lists(LETTERS, max_size=6), PARAMS)
@settings(max_examples=80, deadline=None)
def test_signatures_of_any_text_equal_datasketch(texts: list[str], params: SignatureParams) -> None:
    got = signatures(pa.array(texts, pa.large_string()), params=params)
    expected = [minhash(text, params).hashvalues for text in texts]
    assert got.tolist() == [row.tolist() for row in expected]


@given(st.lists(LETTERS | st.none(), min_size=1, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_signatures_and_canonical_form_of_a_slice_equal_the_slice_of_all(
    texts: list[str | None], data: st.DataObject
) -> None:
    params = SignatureParams(num_perm=16, seed=1, shingle_chars=3)
    start = data.draw(st.integers(0, len(texts)))
    stop = data.draw(st.integers(start, len(texts)))
    whole = canonical_texts(pa.array(texts, pa.string()))
    part = canonical_texts(pa.array(texts, pa.string()).slice(start, stop - start))
    assert part.to_pylist() == whole.to_pylist()[start:stop]
    signed = signatures(whole.slice(start, stop - start), params=params)
    assert np.array_equal(signed, signatures(whole, params=params)[start:stop])


@given(LETTERS)
@settings(max_examples=100, deadline=None)
def test_canonical_form_of_any_text_keeps_its_letters_and_digits_when_folded_again(
    text: str,
) -> None:
    # Signs may go: what stood beside one has changed once blanks and punctuation are gone.
    once = canonical_texts(pa.array([text], pa.large_string()))
    assert folded_texts(canonical_texts(once)) == folded_texts(once)
    assert not any(letter.isspace() or letter in "，。、！？（）" for letter in once[0].as_py())


@given(st.text(st.characters(categories=["L", "M", "Zs", "Ps", "Pe"]), max_size=40))
@settings(max_examples=100, deadline=None)
def test_canonical_form_of_words_is_its_own_canonical_form(text: str) -> None:
    once = canonical_texts(pa.array([text], pa.large_string()))
    assert canonical_texts(once) == once


def test_signatures_of_texts_around_a_block_equal_datasketch() -> None:
    params = SignatureParams(num_perm=8, seed=3, shingle_chars=5)
    texts = ["字典" * 1024, "字典" * 1026 + "一", "国" * 2051, "国" * 2053, "民𠀀" * 5000]
    got = signatures(pa.array(texts, pa.large_string()), params=params)
    assert got.tolist() == [minhash(text, params).hashvalues.tolist() for text in texts]


def test_signature_column_round_trips_through_a_sliced_table() -> None:
    values = np.arange(12, dtype=np.uint32).reshape(3, 4)
    has_text = np.array([True, False, True])
    column = pa.chunked_array([signature_column(values, has_text)]).slice(1)
    matrix, present = signature_matrix(column)
    assert present.tolist() == [False, True]
    assert matrix[1].tolist() == [8, 9, 10, 11]
