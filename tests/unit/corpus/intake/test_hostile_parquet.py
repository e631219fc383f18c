"""Parquet that somebody hostile wrote: nothing in it runs, and a little of it stays little."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray.data.extensions

from jobs.corpus.intake.deliveries import RejectReason, read_rows, require_text
from jobs.corpus.intake.parquet_rows import row_group_splits
from jobs.errors import DeliveryUnreadable
from tests.deliveries import asked, only, parquet, reasons, rows, texts

OURS = ("text", "id", "title", "url", "published")
MAPPED = tuple((name, name) for name in OURS)
PICKLED = "ray.data.arrow_pickled_object"
TENSOR = "ray.data.arrow_tensor"

assert ray.data.extensions.ArrowPythonObjectType  # importing it registers the type


class Touch:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def extension(name, storage, kind, parameters=b""):
    """A field that says it is of a registered extension type."""
    told = {"ARROW:extension:name": kind, "ARROW:extension:metadata": parameters}
    return pa.field(name, storage, metadata=told)


def depths(column, kind, parameters=b""):
    """A column with cells of a type at every depth that Parquet has."""
    inner = extension("inner", pa.large_binary(), kind, parameters)
    return {
        "top": extension(column, pa.large_binary(), kind, parameters),
        "list": pa.field(column, pa.list_(inner)),
        "large list": pa.field(column, pa.large_list(inner)),
        "struct": pa.field(column, pa.struct([inner])),
        "map": pa.field(column, pa.map_(pa.string(), inner)),
        "dictionary": extension(
            column, pa.dictionary(pa.int32(), pa.large_binary()), kind, parameters
        ),
        "deep": pa.field(column, pa.list_(pa.struct([pa.field("in", pa.list_(inner))]))),
    }


def cell(depth, payload):
    return {
        "top": payload,
        "dictionary": payload,
        "list": [payload],
        "large list": [payload],
        "struct": {"inner": payload},
        "map": [("钥", payload)],
        "deep": [{"in": [payload]}],
    }[depth]


def planted(column, depth, payload, kind=PICKLED, parameters=b""):
    """A file whose `column` holds `payload`, the other columns plain."""
    field = depths(column, kind, parameters)[depth]
    fields = [field if name == column else pa.field(name, pa.string()) for name in OURS]
    row = [cell(depth, payload) if name == column else "甲" for name in OURS]
    arrays = [pa.array([value], field.type) for value, field in zip(row, fields, strict=True)]
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays, pa.schema(fields)), sink)
    return sink.getvalue()


@pytest.mark.parametrize("depth", depths("", PICKLED))
@pytest.mark.parametrize("column", OURS)
def test_pickled_objects_are_refused_by_name_and_never_run(column, depth, tmp_path):
    source = planted(column, depth, pickle.dumps(Touch(tmp_path / "ran")))
    params = asked("parquet", columns=MAPPED)
    for read in (
        lambda: rows(source, params),
        lambda: require_text(pa.BufferReader(source), source_file="法规.dat", params=params),
    ):
        with pytest.raises(DeliveryUnreadable, match=f"'{column}.* '{PICKLED}'"):
            read()
    others = tuple(pair for pair in MAPPED if pair[0] != column)
    if column != "text":
        assert texts(rows(source, asked("parquet", columns=others))) == ["甲"]
    assert not [*tmp_path.iterdir()]


def test_what_a_type_says_of_itself_is_not_unpickled(tmp_path, monkeypatch):
    told = "ray.data._internal.tensor_extensions.arrow._AUTOLOAD_CLOUDPICKLE_TENSOR_METADATA"
    monkeypatch.setattr(told, True)
    touch = pickle.dumps(Touch(tmp_path / "ran"))
    source = planted("url", "list", b"", TENSOR, touch)
    assert texts(rows(source, asked("parquet", columns=only()))) == ["甲"]
    assert not row_group_splits(pa.BufferReader(source), "法规.dat", 1)[0].rows_before
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["someone.else", "pandas.period", "arrow.opaque", "arrow.bool8"])
def test_types_nobody_asked_for_do_no_harm(name):
    source = planted("url", "top", b"1", name, b"{}")
    assert texts(rows(source, asked("parquet", columns=only()))) == ["甲"]


def test_schema_that_two_readers_may_read_differently_is_not_read(tmp_path):
    """Which of two it is, or what is made of odd base64, is not for a stranger to choose."""
    source = planted("url", "top", pickle.dumps(Touch(tmp_path / "ran"), protocol=0))
    place = source.rindex(b"ARROW:schema") + 40
    odd = source[:place] + b"!" + source[place + 1 :]
    twice = parquet(text=["甲"], url=pa.array([b"1"]), note=["ARROW:schema"])
    for changed in (odd, twice):
        found = rows(changed, asked("parquet", columns=(*only(), ("url", "url"))))
        assert texts(found) == ["甲"]
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("extended", [True, False])
def test_ids_of_bytes_are_read_as_text(extended):
    named = uuid.UUID("0cca7ce4-37a1-5f0b-8b42-5e50aa301f15")
    plain = pa.array([named.bytes, None], pa.binary(16))
    ids = pa.ExtensionArray.from_storage(pa.uuid(), plain) if extended else plain
    found = rows(parquet(text=["甲", "乙"], id=ids), asked("parquet"))
    assert [row["source_id"] for row in found] == [str(named) if extended else named.hex, None]
    assert texts(found) == ["甲", "乙"]
    within = pa.StructArray.from_arrays([ids], ["no"])
    columns = (*only(), ("id", "key.no"))
    found = rows(parquet(text=["甲", "乙"], key=within), asked("parquet", columns=columns))
    assert found[0]["source_id"] == (str(named) if extended else named.hex)


def test_ids_of_bytes_that_are_characters_stay_them():
    ids = pa.array([b"A-1", "法-2".encode(), b"\0\1", b"\xd6\xd0"], pa.binary())
    found = rows(parquet(text=["甲"] * 4, id=ids), asked("parquet"))
    assert [row["source_id"] for row in found] == ["A-1", "法-2", "0001", "d6d0"]


def test_column_that_is_there_twice_costs_its_rows_and_nothing_else():
    sink = io.BytesIO()
    columns = [["甲"], ["乙"], [7]]
    pq.write_table(pa.table([pa.array(c) for c in columns], names=["text", "text", "id"]), sink)
    (row,) = rows(sink.getvalue(), asked("parquet"))
    assert (row["reason"], row["source_id"]) == (RejectReason.BROKEN_ROW, "7")
    assert row["evidence"] == "several columns are called 'text'"
    stream = pa.BufferReader(sink.getvalue())
    require_text(stream, source_file="法规.dat", params=asked("parquet"))  # the next may be right


def test_impossible_times_and_zones_cost_no_row():
    far = pa.array([2**62, 1_701_244_800_000_000], pa.int64())
    for zone, mark in ((None, ""), ("Mars/Olympus", "Z")):
        when = far.view(pa.timestamp("us")).cast(pa.timestamp("us", zone))
        first, second = rows(parquet(text=["甲", "乙"], date=when), asked("parquet"))
        assert mark or "4611686018427387904" in first["published"]
        assert (second["text"], second["published"]) == ("乙", f"2023-11-29 08:00:00{mark}")
    days = pa.ListArray.from_arrays([0, 1, 2], far.view(pa.timestamp("us")))
    found = rows(parquet(text=["甲", "乙"], date=days), asked("parquet"))
    assert reasons(found) == [RejectReason.BROKEN_ROW, None]


def front_coded(values):
    sink = io.BytesIO()
    encodings = {"text": "DELTA_BYTE_ARRAY"}
    table = pa.table({"text": values})
    pq.write_table(table, sink, use_dictionary=False, column_encoding=encodings, compression="zstd")
    return sink.getvalue()


@pytest.mark.parametrize("kind", ["dictionary", "nested", "front-coded"])
def test_few_bytes_that_are_many_rows_are_read_a_few_at_a_time(kind):
    long = "好" * 100_000
    named = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), [long])
    columns, count = only(), 100
    if kind == "dictionary":
        source = parquet(text=named.cast(pa.string()))
    elif kind == "nested":
        columns = only(theirs="doc.body")
        source = parquet(doc=pa.StructArray.from_arrays([named], ["body"]))
    else:
        source = front_coded([f"{long}{number}" for number in range(count)])
    params = asked("parquet", columns=columns, max_text_bytes=10**6, batch_bytes=1 << 20)
    tracemalloc.start()
    arrow = pa.total_allocated_bytes()
    read = most = 0
    for table in read_rows(pa.BufferReader(source), source_file="法规.dat", params=params):
        read += len(table)
        most = max(most, pa.total_allocated_bytes() - arrow)
    most += tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == count
    assert most < 12 << 20
