"""What is read from a real S3 server over a bad line: small and large, in part and whole.

All reads obey one policy: what did not arrive is asked for again, from the same object.
"""

from __future__ import annotations

import io
import time
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import StorageError
from jobs.storage import s3_clients, s3_files
from jobs.storage.objects import ObjectStore
from jobs.storage.source_bytes import open_range, open_stream
from jobs.synthesis import write_demo
from tests.builds import build, build_parameters, in_this_process
from tests.contracts import BIG, TEXT
from tests.s3_server import Faults, store_at

pytestmark = pytest.mark.s3

METHODS = ("GET", "HEAD", "PUT", "POST")
ONCE = [500, 503, "InternalError", "lose-request", "lose-answer", "cut-answer"]
# Three in a hundred answers, each another way.
STORM = [fault for kind in ONCE for fault in (*[None] * 32, kind)]


@pytest.fixture
def plan(faults: tuple[str, Faults]) -> Faults:
    return faults[1]


@pytest.fixture
def shaky(bucket: str, faults: tuple[str, Faults]) -> ObjectStore:
    """The store behind the proxy."""
    return store_at(f"s3://{bucket}/corpora", faults[0])


@pytest.mark.parametrize("fault", ONCE, ids=str)
@pytest.mark.parametrize("size", [16, len(BIG)])
def test_range_that_did_not_arrive_is_asked_for_again(
    shaky: ObjectStore, plan: Faults, fault: str | int, size: int
) -> None:
    shaky.put("a", BIG)
    with shaky.open("a") as file:
        plan.methods = ("GET",)
        plan.plan.extend([fault, fault])
        assert file.read_at(size, len(BIG) - size) == BIG[-size:]
    assert not plan.plan


@pytest.mark.parametrize("fault", [500, "cut-answer"], ids=str)
def test_object_that_did_not_arrive_is_asked_for_again(
    shaky: ObjectStore, plan: Faults, faults: tuple[str, Faults], fault: str | int
) -> None:
    shaky.put("a", BIG)
    uri = shaky.location("a")
    openers = [
        lambda: io.BytesIO(shaky.get("a")),
        lambda: shaky.stream("a"),
        lambda: open_stream(uri, endpoint_url=faults[0]),
        lambda: open_range(uri, 0, len(BIG), endpoint_url=faults[0]),
    ]
    for opened in openers:
        plan.methods = ("GET", "HEAD")
        plan.plan.extend([fault])
        stream = opened()
        plan.methods = ("GET",)
        plan.plan.extend([fault])
        assert b"".join(iter(lambda: stream.read(1 << 20), b"")) == BIG  # noqa: B023
        plan.plan.clear()


@pytest.mark.parametrize("fault", ["cut-answer", "lose-answer"])
def test_range_that_never_arrives_names_its_object(
    shaky: ObjectStore, plan: Faults, fault: str
) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"content": [TEXT.decode()]}), sink)
    shaky.put("a.parquet", sink.getvalue())
    file = shaky.open("a.parquet")
    plan.methods = ("GET",)
    plan.plan.extend([fault] * 100)
    plan.seen.clear()
    with pytest.raises(StorageError, match=r"corpora/a\.parquet"):
        pq.read_table(file)
    assert plan.seen == ["GET"] * s3_clients._ATTEMPTS, (
        "the tries of SDK and body are not multiplied"
    )


@pytest.mark.parametrize("is_stream", [False, True])
def test_object_replaced_while_it_is_read_is_not_mixed_with_its_successor(
    shaky: ObjectStore, is_stream: bool
) -> None:
    shaky.put("a", BIG)
    file = shaky.stream("a") if is_stream else shaky.open("a")
    file.read(1 << 20)
    if is_stream:
        file.close()  # the line breaks
    shaky.put("a", BIG[::-1])
    rest = iter(lambda: file.read(1 << 20), b"")
    with pytest.raises(StorageError, match=r"corpora/a was replaced while it was read"):
        list(rest)
    assert shaky.open("a").read(16) == BIG[:-17:-1]


def test_parts_of_a_long_range_arrive_in_order(
    shaky: ObjectStore, plan: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_files, "_PART_BYTES", 1 << 20)
    shaky.put("a", BIG)
    plan.methods = ("GET",)
    plan.plan.extend(["cut-answer", None, 500, None] * 2)
    with shaky.open("a") as file:
        assert file.read_at(len(BIG), 7) == BIG[7:]
        file.seek(-9, 2)
        assert (file.read(), file.read(), file.tell()) == (BIG[-9:], b"", len(BIG))
        assert file.read_at(0, 0) == b""


def test_build_over_a_line_that_loses_three_answers_in_a_hundred_costs_seconds(
    plan: Faults, faults: tuple[str, Faults], bucket: str, tmp_path: Path
) -> None:
    demo = tmp_path / "demo"
    write_demo(demo, size_bytes=300_000, seed=1, report=lambda _done: None)
    calm = build_parameters(demo / "conf", tmp_path / "root")
    there = f"storage.endpoint_url={faults[0]}"
    storm = build_parameters(demo / "conf", f"s3://{bucket}/corpora", there)
    with in_this_process():
        undisturbed = build(calm)
        plan.methods = METHODS
        plan.plan.extend(islice(cycle(STORM), 100_000))
        begin = time.monotonic()
        assert build(storm).digest == undisturbed.digest
    seconds, asked = time.monotonic() - begin, 100_000 - len(plan.plan)
    assert asked > len(STORM), "every kind of fault came"
    assert seconds < 60, f"{asked} requests took {seconds:.0f} s"
