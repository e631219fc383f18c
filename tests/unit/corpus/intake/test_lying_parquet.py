"""Parquet whose footer lies: what a few bytes become is bounded, whatever a file says of itself."""

from __future__ import annotations

import io
import resource

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.intake import decoding
from jobs.errors import DeliveryUnreadable
from tests.compact_thrift import parsed, written
from tests.deliveries import asked, only, parquet, rows

LONG = "好" * 400_000
ROWS = 250
# Numbers of the fields in Parquet's own description of its footer.
_GROUPS, _CHUNKS, _METADATA, _ENCODINGS, _SIZE, _DATA_PAGE, _DICTIONARY_PAGE = 4, 1, 3, 2, 6, 9, 11


def lying(source, lie):
    """A file with another footer."""
    size = int.from_bytes(source[-8:-4], "little")
    footer = parsed(source[-8 - size : -8])
    for group in footer[_GROUPS][1][1]:
        for chunk in group[_CHUNKS][1][1]:
            lie(chunk[_METADATA][1])
    forged = written(footer)
    return source[: -8 - size] + forged + len(forged).to_bytes(4, "little") + b"PAR1"


def without_dictionary(chunk):
    """Pages begin with the dictionary, of which nothing is said."""
    chunk[_DATA_PAGE] = chunk.pop(_DICTIONARY_PAGE)


def small_and_plain(chunk):
    chunk[_SIZE] = chunk[_SIZE][0], 8
    chunk[_ENCODINGS] = chunk[_ENCODINGS][0], (5, [0, 3])


def front_coded():
    sink = io.BytesIO()
    how = {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
    pq.write_table(pa.table({"text": [LONG] * ROWS}), sink, compression="zstd", **how)
    return sink.getvalue()


def repeated(*sizes):
    """One long value, named by rows, or by every element of lists."""
    named = pa.DictionaryArray.from_arrays(pa.array([0] * ROWS, pa.int32()), [LONG])
    if not sizes:
        return parquet(text=named.cast(pa.string()))
    return parquet(text=pa.ListArray.from_arrays([0, *sizes], named.cast(pa.string())))


LIES = {
    "dictionary": (repeated, without_dictionary),
    "front-coded": (front_coded, small_and_plain),
    "lists": (lambda: repeated(ROWS), lambda _chunk: None),
}


@pytest.mark.parametrize("name", LIES)
def test_file_that_grows_beyond_what_it_says_is_refused_by_name(name, monkeypatch):
    make, lie = LIES[name]
    params = asked("parquet", columns=only(), max_text_bytes=10**7, batch_bytes=10**6)
    assert len(rows(parquet(text=["甲"]), params)) == 1  # threads have started
    monkeypatch.setattr(decoding, "_LEAST_BYTES", 100 << 20)
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(DeliveryUnreadable, match=r"法规\.dat"):
        rows(lying(make(), lie), params)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.parametrize("make", [repeated, front_coded])
def test_the_same_file_that_does_not_lie_is_read(make, monkeypatch):
    monkeypatch.setattr(decoding, "_LEAST_BYTES", 100 << 20)
    params = asked("parquet", columns=only(), max_text_bytes=10**7, batch_bytes=10**6)
    assert len(rows(lying(make(), lambda _chunk: None), params)) == ROWS
