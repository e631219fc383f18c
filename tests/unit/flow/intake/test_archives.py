"""Archives are read member by member, within bounds, and what cannot be read is refused by name."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import DeliveryUnreadable
from jobs.flow.intake.delivered_tables import file_tables
from jobs.flow.intake.input_shards import Delivered
from jobs.storage import archive_members, tar_members, zip_members
from jobs.storage.sources import expand
from tests.deliveries import asked, only

Pack = Callable[[Mapping[str, bytes]], bytes]


def lines(*texts: str) -> bytes:
    return "".join(json.dumps({"text": one}, ensure_ascii=False) + "\n" for one in texts).encode()


def tar(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form) as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return sink.getvalue()


def gnu(files: Mapping[str, bytes]) -> bytes:
    return tar(files, tarfile.GNU_FORMAT)


def tgz(files: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar(files))


def zipped(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return sink.getvalue()


PACKS = {"a.tar": tar, "b.tar": gnu, "a.tar.gz": tgz, "a.tgz": tgz, "a.zip": zipped, "无": tgz}
each_pack = pytest.mark.parametrize(("name", "pack"), PACKS.items(), ids=list(PACKS))


def rows(path: Path, **how: Any) -> list[tuple[str, int, str | None]]:
    params = asked(**{"columns": only(), **how})
    (source,) = expand([str(path)], partner="gov", endpoint_url=None, follow_links=False)
    found: list[tuple[str, int, str | None]] = []
    for table in file_tables(Delivered(source, None, None), params, endpoint_url=None):
        names = ("source_file", "source_row", "text")
        found += zip(*(table[name].to_pylist() for name in names), strict=True)
    return found


def written(folder: Path, name: str, body: bytes) -> Path:
    (folder / name).write_bytes(body)
    return folder / name


LONG = "很长的目录" * 20


@each_pack
def test_members_are_read_in_order_and_rows_name_them(
    tmp_path: Path, name: str, pack: Pack
) -> None:
    files = {
        "./乙.jsonl": lines("一", "二"),
        f"{LONG}/甲.jsonl": lines("三"),
        "空.jsonl": b"",
        "再/压.jsonl.gz": gzip.compress(lines("四")),
        "README.pdf": b"%PDF-",
        "._乙.jsonl": b"\0\5\26\7",
        "__MACOSX/._乙.jsonl": b"\0\5\26\7",
        "_SUCCESS": b"",
    }
    assert rows(written(tmp_path, name, pack(files))) == [
        (f"{name}!/乙.jsonl", 1, "一"),
        (f"{name}!/乙.jsonl", 2, "二"),
        (f"{name}!/{LONG}/甲.jsonl", 1, "三"),
        (f"{name}!/再/压.jsonl.gz", 1, "四"),
    ]


@each_pack
def test_members_of_other_formats(tmp_path: Path, name: str, pack: Pack) -> None:
    path = written(
        tmp_path, name, pack({"一/静夜思.txt": "床前".encode(), "b.md": "明月".encode()})
    )
    columns = (("text", "text"), ("title", "name"))
    assert rows(path, delivered_as="text", encoding="auto", columns=columns) == [
        (f"{name}!/一/静夜思.txt", 1, "床前"),
        (f"{name}!/b.md", 1, "明月"),
    ]
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["疑是", "地上霜"]}), sink)
    path = written(tmp_path, name, pack({"part-0.parquet": sink.getvalue()}))
    assert rows(path, delivered_as="parquet") == [
        (f"{name}!/part-0.parquet", 1, "疑是"),
        (f"{name}!/part-0.parquet", 2, "地上霜"),
    ]
    mixed = "床前明月光\n".encode() + "疑是地上霜".encode("gbk")
    path = written(tmp_path, name, pack({"a.csv": b"text\n" + mixed}))
    found = rows(path, delivered_as="csv", encoding="auto")
    assert [text for *_, text in found] == ["床前明月光", "疑是地上霜"]


@each_pack
def test_archive_that_breaks_off_anywhere_is_refused(tmp_path: Path, name: str, pack: Pack) -> None:
    whole = pack({"a.jsonl": lines("甲" * 300), "b.jsonl": lines("乙" * 300)})
    for cut in range(40, len(whole) - (0 if pack in {tgz, zipped} else 20 * 512), 97):
        with pytest.raises(DeliveryUnreadable, match=name):
            rows(written(tmp_path, name, whole[:cut]))


@pytest.mark.parametrize("pack", [tar, tgz, zipped])
@pytest.mark.parametrize(
    "member", ["/etc/x.jsonl", "../x.jsonl", "a/../../x.jsonl", "C:\\x.jsonl", "a\u202eb.jsonl"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, pack: Pack, member: str) -> None:
    with pytest.raises(DeliveryUnreadable, match="the name of the member"):
        rows(written(tmp_path, "a", pack({"好.jsonl": lines("一"), member: lines("二")})))


@pytest.mark.parametrize("pack", [tar, tgz, zipped])
@pytest.mark.parametrize("limit", ["MOST_MEMBERS", "MOST_MEMBER_BYTES"])
def test_archive_is_refused_beyond_its_bounds(
    tmp_path: Path, pack: Pack, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "a", pack({f"{n}.jsonl": lines("一") for n in range(5)}))
    assert len(rows(path)) == 5
    for module in (archive_members, tar_members, zip_members):
        monkeypatch.setattr(module, limit, 4, raising=False)
    with pytest.raises(DeliveryUnreadable, match=r"more than 4 members|too large"):
        rows(path)


@pytest.mark.parametrize("pack", [tar, tgz, zipped])
def test_archives_in_archives_and_those_without_the_format_are_refused(
    tmp_path: Path, pack: Pack
) -> None:
    inner = pack({"深.jsonl": lines("一")})
    for suffix in ("tar", "zip", "tgz", "jsonl"):
        with pytest.raises(DeliveryUnreadable, match="archive in an archive"):
            rows(written(tmp_path, "b", pack({f"内.{suffix}": inner})))
    with pytest.raises(
        DeliveryUnreadable, match=r"no file that ends in \.jsonl .* such as 'a\.csv"
    ):
        rows(written(tmp_path, "c", pack({"a.csv": b"text\n"})))


def test_tar_archives_that_follow_one_another_and_strange_members(tmp_path: Path) -> None:
    both = tar({"a.jsonl": lines("一")}) + tar({"b.jsonl": lines("二")})
    assert [text for *_, text in rows(written(tmp_path, "a.tar", both))] == ["一", "二"]
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"{kind!r}.jsonl")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("a.jsonl")
        info.size = len(lines("一"))
        archive.addfile(info, io.BytesIO(lines("一")))
    assert [text for *_, text in rows(written(tmp_path, "a.tar", sink.getvalue()))] == ["一"]
    twice = tar({"a.jsonl": lines("一")})
    with pytest.raises(DeliveryUnreadable, match="two members are called"):
        rows(written(tmp_path, "a.tar", twice + twice))


def tar_header(kind: bytes, size: bytes) -> bytes:
    """A header with its size as it is stored, which `tarfile` writes for no one."""
    fields = [
        b"a.jsonl".ljust(100, b"\0"),
        b"0000644\0",
        *[b"0000000\0"] * 2,
        size.ljust(12, b"\0"),
    ]
    fields += [b"00000000000\0", b" " * 8, kind, bytes(100), b"ustar\x0000", bytes(247)]
    whole = b"".join(fields)
    return whole[:148] + b"%06o\0 " % sum(whole) + whole[156:]


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.GNUTYPE_LONGNAME])
def test_tar_header_of_fewer_bytes_than_none_reads_no_further(tmp_path: Path, kind: bytes) -> None:
    body = tar_header(kind, b"\xff" * 12) + tar({"b.jsonl": lines("一")})
    with pytest.raises(DeliveryUnreadable, match="a header gives -1 bytes"):
        rows(written(tmp_path, "a.tar", body))


def test_zeros_without_end_between_tar_archives_are_not_read(tmp_path: Path) -> None:
    """A gigabyte of them is a megabyte of gzip."""
    first, second = tar({"a.jsonl": lines("一")}), tar({"b.jsonl": lines("二")})
    near = gzip.compress(first + bytes(1 << 20) + second)
    assert len(rows(written(tmp_path, "a.tgz", near))) == 2
    with pytest.raises(DeliveryUnreadable, match="zeros follow one another"):
        rows(written(tmp_path, "a.tgz", gzip.compress(first + bytes(9 << 20) + second)))


def extended(words: str) -> bytes:
    """A header with words about the member behind it."""
    length = len(words.encode()) + 6
    note = b"%04d %s\n" % (length, words.encode())
    return tar_header(tarfile.XHDTYPE, b"%011o" % length) + note + bytes(-length % 512)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_SPARSE, b"M", tarfile.REGTYPE])
def test_files_without_their_holes_or_in_several_archives_are_refused(
    tmp_path: Path, kind: bytes
) -> None:
    """What such a member stores is not what its file holds."""
    first = extended("GNU.sparse.major=1") if kind == tarfile.REGTYPE else b""
    body = first + tar_header(kind, b"%011o" % len(lines("一")))
    body += lines("一") + bytes(-len(lines("一")) % 512) + bytes(1024)
    with pytest.raises(DeliveryUnreadable, match="sparse or too large"):
        rows(written(tmp_path, "a.tar", body))


@pytest.mark.parametrize("size", ["9" * 5000, "٣", "-1", "x", ""])
def test_tar_header_whose_size_is_no_number_is_refused(tmp_path: Path, size: str) -> None:
    body = extended(f"size={size}")
    with pytest.raises(DeliveryUnreadable, match="a header gives '"):
        rows(written(tmp_path, "a.tar", body + tar({"b.jsonl": lines("一")})))


def test_zip_archives_by_chinese_windows_encrypted_damaged_or_too_tight(tmp_path: Path) -> None:
    body = zipped({"ABCDEFGH.jsonl": lines("一")})
    named = body.replace(b"ABCDEFGH", "公告文件".encode("gbk"))
    assert rows(written(tmp_path, "a.zip", named)) == [("a.zip!/公告文件.jsonl", 1, "一")]
    locked = bytearray(zipped({"a.jsonl": lines("一")}))
    for begin, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(begin) + place] |= 1
    with pytest.raises(DeliveryUnreadable, match="is encrypted"):
        rows(written(tmp_path, "a.zip", bytes(locked)))
    whole = zipped({"a.jsonl": lines("甲乙丙丁" * 50)})
    hurt = bytearray(whole)
    hurt[60:64] = b"\xff\xff\xff\xff"
    with pytest.raises(DeliveryUnreadable, match="cannot be unpacked"):
        rows(written(tmp_path, "a.zip", bytes(hurt)))
    sized = bytearray(whole)
    place = sized.index(b"PK\1\2") + 24
    sized[place : place + 4] = (3 << 30).to_bytes(4, "little")
    with pytest.raises(DeliveryUnreadable, match=r"bytes would become 3,221,225,472"):
        rows(written(tmp_path, "a.zip", bytes(sized)))


def test_office_documents_in_archives_and_beside_them_are_refused_by_what_they_are(
    tmp_path: Path,
) -> None:
    document = zipped({"[Content_Types].xml": b"<", "word/document.xml": b"<"})
    with pytest.raises(DeliveryUnreadable, match="Word document"):
        rows(written(tmp_path, "a.zip", document))
    with pytest.raises(DeliveryUnreadable, match="Word document"):
        rows(written(tmp_path, "b.zip", zipped({"a.txt": document})), delivered_as="text")


@pytest.mark.parametrize("name", ["a.jsonl", "a", "a.gz", "a.zst"])
def test_first_bytes_say_how_a_file_is_compressed(tmp_path: Path, name: str) -> None:
    for packed in (
        gzip.compress(lines("一")),
        pa.Codec("zstd").compress(lines("一"), asbytes=True),
    ):
        assert rows(written(tmp_path, name, packed)) == [(name, 1, "一")]
    with pytest.raises(DeliveryUnreadable, match="compressed twice"):
        rows(written(tmp_path, name, gzip.compress(gzip.compress(lines("一")))))
