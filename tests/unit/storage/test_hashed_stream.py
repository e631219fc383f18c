"""Files read once: what is recorded is what was read, of the file that was listed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import xxhash

from jobs.errors import DeliveryChanged, DeliveryMissing, DeliveryUnreadable
from jobs.storage import local_files
from jobs.storage.hashed_stream import hashed_stream
from jobs.storage.local_files import settled, version_of

BODY = "床前明月光，疑是地上霜。".encode() * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "诗.jsonl"
    file.write_bytes(BODY)
    return file


def listed(path: Path) -> tuple[int, str]:
    status = path.stat()
    return status.st_size, version_of(status)


def test_digest_is_of_all_bytes_however_few_are_asked_for(path: Path) -> None:
    with hashed_stream(str(path), endpoint_url=None, listed=listed(path)) as stream:
        assert stream.read(10) == BODY[:10]
    assert stream.digest == xxhash.xxh3_128_hexdigest(BODY)
    assert stream.size_bytes == len(BODY)


def test_file_that_is_gone_is_missing(path: Path) -> None:
    found = listed(path)
    path.unlink()
    with (
        pytest.raises(DeliveryMissing, match="诗"),
        hashed_stream(str(path), endpoint_url=None, listed=found),
    ):
        pass


def test_file_that_changes_while_it_is_read_is_noticed_at_its_end(path: Path) -> None:
    found = listed(path)
    time.sleep(local_files._TICK_NS / 1e9)

    def read() -> None:
        with hashed_stream(str(path), endpoint_url=None, listed=found) as stream:
            stream.read(10)
            with path.open("r+b") as file:
                file.write(b"\xe7")
            os.utime(path, ns=(path.stat().st_atime_ns, int(found[1].split("-")[1], 16)))

    with pytest.raises(DeliveryChanged, match="诗"):
        read()


def test_complaint_about_half_of_a_changed_file_is_that_it_changed(path: Path) -> None:
    found = listed(path)
    time.sleep(local_files._TICK_NS / 1e9)

    def read() -> None:
        with hashed_stream(str(path), endpoint_url=None, listed=found):
            os.truncate(path, 100)
            raise DeliveryUnreadable("what a reader says of a file that breaks off")

    with pytest.raises(DeliveryChanged, match="诗"):
        read()


def test_status_of_a_file_is_as_old_as_a_tick_of_the_clock(path: Path) -> None:
    """A write that follows leaves another time, so that it is seen."""
    path.write_bytes(BODY)
    status = settled(str(path))
    assert time.time_ns() - status.st_ctime_ns >= local_files._TICK_NS
    before = version_of(status)
    path.write_bytes(BODY)
    assert version_of(settled(str(path))) != before
