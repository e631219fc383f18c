"""Parquet whose footer lies: what a few bytes become is bounded, whatever a file says of itself."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.intake import decoding
from jobs.errors import DeliveryUnreadable
from tests.compact_thrift import I64, LIST, parsed, written
from tests.deliveries import asked, only, parquet, rows

LONG = "好" * 400_000
ROWS = 250
# Numbers of the fields in Parquet's own description of its footer.
_SIZE_STATISTICS, _HISTOGRAM, _GROUP_ROWS = 16, 3, 3
_PAGE_SIZE, _STORED = 2, 7  # of a page's header, decompressed; of a chunk, compressed
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


@contextmanager
def exact_memory():
    """Arrow's own allocator has reserved more than these tests allow."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    yield
    pa.set_memory_pool(usual)


LIES = {
    "front-coded": (front_coded, small_and_plain),
    "lists": (lambda: repeated(ROWS), lambda _chunk: None),
}


@pytest.mark.parametrize("name", LIES)
def test_file_that_grows_beyond_what_it_says_is_refused_by_name(name, monkeypatch):
    make, lie = LIES[name]
    params = asked("parquet", columns=only(), max_text_bytes=10**7, batch_bytes=10**6)
    monkeypatch.setattr(decoding, "_LEAST_BYTES", 100 << 20)
    before = resource.getrlimit(resource.RLIMIT_AS)
    source = lying(make(), lie)
    with exact_memory(), pytest.raises(DeliveryUnreadable, match=r"法规\.dat"):
        rows(source, params)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.parametrize(
    ("make", "lie"),
    [
        (repeated, lambda _chunk: None),
        (front_coded, lambda _chunk: None),
        (repeated, without_dictionary),
    ],
    ids=["dictionary", "front-coded", "dictionary not spoken of"],
)
def test_few_bytes_that_become_many_are_read_within_the_limit(make, lie, monkeypatch):
    monkeypatch.setattr(decoding, "_LEAST_BYTES", 100 << 20)
    params = asked("parquet", columns=only(), max_text_bytes=10**7, batch_bytes=10**6)
    assert len(rows(lying(make(), lie), params)) == ROWS


def test_page_that_says_it_becomes_a_gigabyte_is_refused_before_memory_is_taken():
    """Memory for a page is taken by its header, which is believed as far as the footer goes."""
    sink = io.BytesIO()
    table = pa.table({"text": ["各省、自治区、直辖市人民政府"]})
    pq.write_table(table, sink, compression="gzip", use_dictionary=False)
    source = sink.getvalue()
    header = parsed(source[4:])
    plain = written(header)
    assert source[4:].startswith(plain)
    header[_PAGE_SIZE] = header[_PAGE_SIZE][0], 1200 << 20
    forged = source[:4] + written(header) + source[4 + len(plain) :]

    def longer(chunk):
        chunk[_STORED] = chunk[_STORED][0], chunk[_STORED][1] + len(forged) - len(source)

    with pytest.raises(DeliveryUnreadable, match=r"法规\.dat takes more than 5\d\d MB to decode"):
        rows(lying(forged, longer), asked("parquet", columns=only(), batch_bytes=10**6))


def test_threads_of_pyarrow_are_no_part_of_what_a_file_takes():
    """Each reserves memory: on a machine of many cores all files would be refused."""
    columns = {f"c{number}": ["甲"] for number in range(300)}
    source = parquet(text=["甲"], **columns)
    ended = subprocess.run(
        [sys.executable, "-c", READ_BY_MANY], input=source, check=False, capture_output=True
    )
    assert ended.returncode == 0, ended.stderr.decode()


@pytest.mark.parametrize("said", [1, 3, 0])
def test_row_group_with_other_rows_than_its_footer_says_is_refused(said):
    """Its splits would number rows, and find how many there are, by the footer."""
    source = parquet(text=["甲", "乙"])
    size = int.from_bytes(source[-8:-4], "little")
    footer = parsed(source[-8 - size : -8])
    group = footer[_GROUPS][1][1][0]
    group[_GROUP_ROWS] = group[_GROUP_ROWS][0], said
    forged = written(footer)
    lie = source[: -8 - size] + forged + len(forged).to_bytes(4, "little") + b"PAR1"
    with pytest.raises(DeliveryUnreadable, match=f"has 2 rows, its footer says {said}"):
        rows(lie, asked("parquet", columns=only()))


READ_BY_MANY = """
import sys
from dataclasses import replace
import pyarrow
from tests.deliveries import asked, only, rows
pyarrow.set_cpu_count(300)
keep = tuple(f"c{number}" for number in range(300))
assert len(rows(sys.stdin.buffer.read(), replace(asked("parquet", columns=only()), keep=keep))) == 1
"""

READ = """
import sys
from tests.deliveries import asked, only, rows
rows(open(sys.argv[1], "rb").read(), asked("parquet", columns=only()))
"""


def test_statistics_that_contradict_their_column_end_no_process(tmp_path):
    """In a process of its own: pyarrow ends the one that looks at them."""

    def contradict(chunk):
        _, sizes = chunk[_SIZE_STATISTICS]
        sizes[_HISTOGRAM] = LIST, (I64, [0, 1, 2, 3])

    (tmp_path / "甲.parquet").write_bytes(lying(parquet(text=["甲", None]), contradict))
    ended = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / "甲.parquet"],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert "DeliveryUnreadable: 法规.dat cannot be read" in ended.stderr
