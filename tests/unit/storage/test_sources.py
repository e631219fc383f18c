"""Delivery files: what patterns mean, and what is refused by name."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from jobs.errors import DeliveryMissing, DeliveryUnreadable
from jobs.storage.source_bytes import known_bytes, open_random, open_stream
from jobs.storage.source_files import Wanted
from jobs.storage.sources import expand, listings
from tests.contracts import DELIVERED, PATTERNS


def _names(*patterns: object, follow_links: bool = False) -> list[str]:
    found = expand(
        [str(p) for p in patterns], partner="金陵", endpoint_url=None, follow_links=follow_links
    )
    return [file.name for file in found]


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    root = tmp_path / "drop"
    for name in DELIVERED:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return root


@pytest.mark.parametrize(("pattern", "names"), PATTERNS.items(), ids=list(PATTERNS))
def test_expand_finds_what_a_pattern_means(delivery: Path, pattern: str, names: list[str]):
    assert _names(f"{delivery}/{pattern}") == names


def test_expand_gives_size_and_absolute_place(delivery: Path, monkeypatch):
    monkeypatch.chdir(delivery)
    [file] = expand(["2024/../a.jsonl"], partner="金陵", endpoint_url=None, follow_links=False)
    assert (file.uri, file.name, file.size_bytes) == (str(delivery / "a.jsonl"), "a.jsonl", 7)


def test_expand_understands_home_and_file_addresses(delivery: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(delivery))
    assert _names("~/2025") == ["c.jsonl", "e.txt"]
    assert _names(f"file://{delivery}/%E7%AC%AC%E4%B8%80%E6%89%B9/*") == ["语料 1.jsonl"]
    assert _names(f"file://{delivery}/?.jsonl") == ["a.jsonl"]


def test_expand_takes_a_file_found_twice_once(delivery: Path):
    assert _names(delivery / "2025", delivery / "*" / "c.jsonl") == [
        "2024/c.jsonl",
        "c.jsonl",
        "e.txt",
    ]


def test_expand_tells_equal_names_apart_by_their_parents(delivery: Path):
    assert _names(delivery / "2024", delivery / "2025") == [
        "2024/c.jsonl",
        "2025/c.jsonl",
        "deep/d.jsonl",
        "e.txt",
    ]
    (delivery / "x" / "2024").mkdir(parents=True)
    (delivery / "x" / "2024" / "c.jsonl").touch()
    assert _names(delivery / "2024" / "c.jsonl", delivery / "x" / "2024" / "c.jsonl") == [
        "drop/2024/c.jsonl",
        "x/2024/c.jsonl",
    ]


def test_expand_prefers_a_real_name_to_a_wildcard(delivery: Path):
    (delivery / "a[1].jsonl").touch()
    (delivery / "a1.jsonl").touch()
    assert _names(delivery / "a[1].jsonl") == ["a[1].jsonl"]


@pytest.mark.parametrize("pattern", ["none.jsonl", "*.parquet", "none/*", "a.jsonl/x", "empty"])
def test_expand_of_nothing_names_partner_and_pattern(delivery: Path, pattern: str):
    (delivery / "empty").mkdir()
    with pytest.raises(DeliveryMissing) as caught:
        _names(delivery / "a.jsonl", delivery / pattern)
    assert "金陵" in str(caught.value)
    assert str(delivery / pattern) in str(caught.value)


def test_expand_reads_through_links_and_ends_in_a_circle(delivery: Path):
    (delivery / "2024" / "link").symlink_to(delivery / "2025")
    (delivery / "2025" / "up").symlink_to(delivery)
    (delivery / "2025" / "self").symlink_to(delivery / "2025")
    names = ["c.jsonl", "deep/d.jsonl", "link/c.jsonl", "link/e.txt"]
    assert _names(delivery / "2024", follow_links=True) == names


@pytest.mark.timeout(20)
def test_expand_ends_where_every_folder_links_to_every_other(tmp_path: Path):
    folders = [tmp_path / f"夹{number}" for number in range(12)]
    for folder in folders:
        folder.mkdir()
        (folder / "a.jsonl").touch()
    for folder in folders:
        for other in folders:
            (folder / f"到{other.name}").symlink_to(other)
    assert _names(tmp_path) == sorted(f"{folder.name}/a.jsonl" for folder in folders)
    assert len(_names(tmp_path / "**" / "*.jsonl")) == 12


def test_expand_takes_a_file_and_links_to_it_once_by_its_own_name(delivery: Path):
    (delivery / "2024" / "a-link.jsonl").symlink_to("c.jsonl")
    (delivery / "2024" / "another").symlink_to("deep")
    assert _names(delivery / "2024") == ["c.jsonl", "deep/d.jsonl"]
    assert _names(delivery / "2024" / "another") == ["d.jsonl"]
    assert _names(delivery / "2024" / "a-link.jsonl") == ["a-link.jsonl"]


SECRETS = ["/proc/self/environ", "/proc/self/fd/0", "/sys/kernel/notes", "/dev/zero", "/etc/passwd"]


@pytest.mark.parametrize("target", [*SECRETS, "folder", "file"])
@pytest.mark.parametrize("follow_links", [False, True])
def test_expand_reads_nothing_that_a_link_leads_out_to(
    delivery: Path, tmp_path: Path, target: str, follow_links: bool
):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.jsonl").write_text("密", encoding="utf-8")
    known = {"folder": outside, "file": outside / "x.jsonl"}
    (delivery / "2025" / "link.jsonl").symlink_to(known.get(target, target))
    for pattern in ("2025", "2025/link.jsonl", "2025/*.jsonl", "**/*.jsonl"):
        if follow_links and (target in known or target == "/etc/passwd"):
            names = _names(delivery / pattern, follow_links=True)
            assert any("link.jsonl" in name or "x.jsonl" in name for name in names)
        elif (target, pattern) != ("folder", "2025/link.jsonl"):
            with pytest.raises(DeliveryUnreadable, match=r"2025/link\.jsonl|regular file"):
                _names(delivery / pattern, follow_links=follow_links)


@pytest.mark.parametrize("name", ["/proc/self/environ", "/dev/null", "/proc"])
def test_expand_refuses_what_the_kernel_shows_whoever_names_it(name: str):
    with pytest.raises(DeliveryUnreadable, match="regular file"):
        _names(name)


def test_what_became_a_link_or_a_pipe_after_the_list_is_not_opened(delivery: Path):
    path = delivery / "a.jsonl"
    for become in (lambda: path.symlink_to("/etc/passwd"), lambda: os.mkfifo(path)):
        path.unlink()
        become()
        for opened in (open_stream, open_random, known_bytes):
            with pytest.raises(DeliveryUnreadable, match=r"a\.jsonl is not a regular file"):
                opened(str(path), endpoint_url=None)


def test_expand_passes_over_the_notes_of_spark_and_its_like(tmp_path: Path):
    for name in ("part-0.parquet", "年=2023/_x.parquet", "_SUCCESS", "_started_1", "_committed_1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in ("_delta_log/0.checkpoint.parquet", "_temporary/0/part-1.parquet", "_metadata"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    assert _names(tmp_path) == ["part-0.parquet", "年=2023/_x.parquet"]
    assert _names(tmp_path / "_metadata") == ["_metadata"]


def test_expand_stops_at_a_link_to_nowhere(delivery: Path):
    (delivery / "2024" / "gone.jsonl").symlink_to(delivery / "no-such-file")
    with pytest.raises(DeliveryUnreadable, match=r"2024/gone\.jsonl leads to no file"):
        _names(delivery / "2024")


def test_expand_stops_at_a_name_that_is_not_utf8(delivery: Path):
    (delivery / os.fsdecode("数据.jsonl".encode("gbk"))).touch()
    with pytest.raises(DeliveryUnreadable, match="convmv") as caught:
        _names(delivery)
    assert str(caught.value).encode()


def test_expand_stops_at_what_is_no_file(delivery: Path):
    os.mkfifo(delivery / "pipe.jsonl")
    for pattern in (delivery, delivery / "pipe.jsonl"):
        with pytest.raises(DeliveryUnreadable, match=r"pipe\.jsonl"):
            _names(pattern)


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENAMETOOLONG, errno.EIO])
def test_expand_names_a_path_that_the_system_does_not_look_at(delivery: Path, monkeypatch, error):
    def refused(self, **_how):
        raise OSError(error, os.strerror(error), str(self))

    monkeypatch.setattr(Path, "exists", refused)
    with pytest.raises(DeliveryUnreadable, match=f"'{delivery}.*{os.strerror(error)}"):
        _names(delivery / "*.jsonl")
    monkeypatch.undo()
    with pytest.raises(DeliveryUnreadable, match="too long"):
        _names(delivery / f"{'很' * 100}*.jsonl" / "长")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_expand_stops_at_a_locked_folder_it_needs_only(delivery: Path):
    locked = [delivery / "2025", delivery / "2024" / ".hidden"]
    for folder in locked:
        folder.chmod(0)
    try:
        assert _names(delivery / "*.jsonl", delivery / "2024") == [
            "a.jsonl",
            "c.jsonl",
            "deep/d.jsonl",
        ]
        with pytest.raises(DeliveryUnreadable, match="2025"):
            _names(delivery / "*" / "c.jsonl")
    finally:
        for folder in locked:
            folder.chmod(0o755)


OF_JSON = ["a.jsonl", "b.JSON.gz", "c.gz", "d.tar.zst", "e.zip", "part-00000", "深/f.ndjson"]


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("", OF_JSON),
        ("**", OF_JSON),
        ("深*", ["深/f.ndjson"]),
        ("*.pdf", ["g.pdf"]),
        ("LICEN*", ["LICENSE"]),
        ("LICENSE", ["LICENSE"]),
        ("深/*", ["f.ndjson", "h.csv.gz"]),
        ("**/*.csv*", ["深/h.csv.gz"]),
    ],
)
def test_folder_means_files_of_the_suffixes_and_a_pattern_what_it_names(
    tmp_path: Path, pattern: str, read: list[str]
):
    names = {*OF_JSON, "g.pdf", "LICENSE", "深/h.csv.gz"}
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    wanted = Wanted("partner 金陵", (f"{tmp_path}/{pattern}",), (".jsonl", ".json", ".ndjson"))
    (found,) = listings([wanted], endpoint_url=None)
    assert [file.name for file in found.files] == sorted(read)
    if pattern in {"", "**"}:
        assert {*read, *found.passed_over} == names
