"""Bytes of delivery files: as stored and decompressed; half a file never passes for a whole one."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import xxhash
from backports import zstd

from jobs.errors import DeliveryMissing, DeliveryUnreadable
from jobs.storage.source_bytes import known_bytes, open_random, open_stream
from jobs.storage.sources import expand

LINES = "".join(f"第{n}回　话说天下大势，分久必合，合久必分。\n" for n in range(2000)).encode()
NOISE = random.Random(3).randbytes(300_000)

Compress = Callable[[bytes], bytes]


def _zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


COMPRESSIONS: dict[str, Compress] = {
    ".gz": gzip.compress,
    ".zst": _zstd,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
each_compression = pytest.mark.parametrize(
    ("suffix", "compress"), COMPRESSIONS.items(), ids=list(COMPRESSIONS)
)


def _content(path: Path) -> bytes:
    with open_stream(str(path), endpoint_url=None) as stream:
        return stream.read()


def test_digest_is_of_the_stored_bytes(tmp_path: Path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(NOISE * 40))
    found = known_bytes(str(path), endpoint_url=None)
    assert found.digest == xxhash.xxh3_128_hexdigest(path.read_bytes())
    assert found.blocks.size_bytes == path.stat().st_size
    path.write_bytes(b"")
    assert known_bytes(str(path), endpoint_url=None).digest == xxhash.xxh3_128_hexdigest(b"")


def test_stream_of_a_plain_file_gives_lines(tmp_path: Path):
    (tmp_path / "a.jsonl").write_bytes(LINES)
    with open_stream(str(tmp_path / "a.jsonl"), endpoint_url=None) as stream:
        assert list(stream) == LINES.splitlines(keepends=True)
    assert stream.closed
    (tmp_path / "empty.jsonl").touch()
    assert _content(tmp_path / "empty.jsonl") == b""


@each_compression
def test_stream_decompresses_every_member(tmp_path: Path, suffix: str, compress: Compress):
    path = tmp_path / f"a.jsonl{suffix.upper()}"
    cut = len(LINES) // 3
    for members in (
        [LINES],
        [LINES[:cut], LINES[cut:]],
        [b"", LINES[:cut], b"", b"", LINES[cut:], b""],
        [bytes([byte]) for byte in LINES[:300]],
        [NOISE, LINES],
    ):
        path.write_bytes(b"".join(compress(member) for member in members))
        assert _content(path) == b"".join(members)
        with open_stream(str(path), endpoint_url=None) as stream:
            assert list(stream) == list(io.BytesIO(b"".join(members)))


def test_stream_passes_over_skippable_zstd_frames(tmp_path: Path):
    path = tmp_path / "a.zst"
    note = struct.pack("<II", 0x184D2A50, 4) + b"note"
    path.write_bytes(note + _zstd(LINES) + note + _zstd(LINES))
    assert _content(path) == LINES * 2


@each_compression
def test_stream_of_a_truncated_file_raises_wherever_it_was_cut(
    tmp_path: Path, suffix: str, compress: Compress
):
    path = tmp_path / f"a.jsonl{suffix}"
    first, second = compress("江南好，".encode()), compress("风景旧曾谙。".encode())
    whole = first + second
    for length in range(len(whole)):
        if length == len(first):
            continue  # a whole member: nobody can see that another was to follow
        path.write_bytes(whole[:length])
        with pytest.raises(DeliveryUnreadable, match=f"a.jsonl{suffix}"):
            _content(path)


@each_compression
def test_stream_of_a_large_truncated_file_raises(tmp_path: Path, suffix: str, compress: Compress):
    path = tmp_path / f"a.jsonl{suffix}"
    whole = compress(NOISE) + compress(NOISE)
    for length in (1000, len(whole) // 2 + 1000, len(whole) - 8, len(whole) - 4, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DeliveryUnreadable):
            _content(path)


@each_compression
def test_stream_with_a_damaged_later_member_raises(tmp_path: Path, suffix: str, compress: Compress):
    path = tmp_path / f"a.jsonl{suffix}"
    for damage in (b"XX", b"\0\0\0\0X"):
        path.write_bytes(compress(LINES) + damage + compress(LINES))
        with pytest.raises(DeliveryUnreadable, match=f"a.jsonl{suffix}"):
            _content(path)


@each_compression
def test_zeros_pad_members_of_gzip_and_xz_alone(tmp_path: Path, suffix: str, compress: Compress):
    path = tmp_path / f"a.jsonl{suffix}"
    for padding in (b"\0" * 4, b"\0" * 512, b"\0" * (1 << 17)):
        path.write_bytes(compress(LINES) + padding + compress(LINES) + padding)
        if suffix in {".gz", ".xz"}:
            assert _content(path) == LINES * 2
        else:
            with pytest.raises(DeliveryUnreadable):
                _content(path)


def test_zstd_windows_are_read_up_to_the_largest(tmp_path: Path):
    path = tmp_path / "a.jsonl.zst"
    for window_log in (28, 31):
        options = {
            zstd.CompressionParameter.window_log: window_log,
            zstd.CompressionParameter.enable_long_distance_matching: 1,
        }
        packer = zstd.ZstdCompressor(options=options)  # of a size it does not know
        path.write_bytes(packer.compress(LINES) + packer.flush())
        assert zstd.get_frame_info(path.read_bytes()).decompressed_size is None
        assert _content(path) == LINES


@each_compression
def test_stream_that_is_not_what_its_name_says_raises(
    tmp_path: Path,
    suffix: str,
    compress: Compress,  # noqa: ARG001
):
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(LINES)
    with pytest.raises(DeliveryUnreadable):
        _content(path)


def test_missing_and_unreadable_files_are_told_apart(tmp_path: Path):
    for reader in (open_stream, open_random, known_bytes):
        with pytest.raises(DeliveryMissing, match=r"a\.jsonl"):
            reader(str(tmp_path / "a.jsonl"), endpoint_url=None)
        with pytest.raises(DeliveryUnreadable, match=str(tmp_path)):
            reader(str(tmp_path), endpoint_url=None)


def test_random_access_reads_anywhere(tmp_path: Path):
    (tmp_path / "a.parquet").write_bytes(NOISE)
    with open_random(str(tmp_path / "a.parquet"), endpoint_url=None) as file:
        assert file.size() == len(NOISE)
        file.seek(200_000)
        assert file.read(10) == NOISE[200_000:200_010]


def test_real_deliveries_are_found_and_read_to_the_end():
    data = os.environ.get("HELIU_REAL_DATA")
    if not data:
        pytest.skip("HELIU_REAL_DATA names no folder of real data")
    files = expand([f"{data}/deliveries"], partner="real", endpoint_url=None, follow_links=False)
    compressed = [file for file in files if file.name.endswith((".zst", ".gz"))]
    assert compressed
    for file in compressed:
        with open_stream(file.uri, endpoint_url=None) as stream:
            assert all(line.endswith(b"\n") for line in stream)
