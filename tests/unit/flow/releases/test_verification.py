"""Every kind of damage is found, at the level that should find it, and told by its exit code."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.command.settings import CorpusChoice, Storage
from jobs.corpus.release.takedown import decisions_without
from jobs.errors import (
    ConfigError,
    DamagedMetadata,
    DamagedRelease,
    HeliuError,
    RedactedRelease,
    StorageError,
)
from jobs.flow.releases.file_checks import FileCheck, FileReport, check_file, check_stored
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.flow.releases.verification import LEVELS, Findings, verify
from jobs.flow.tasks.blobs import write_blob
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import blob_key, log_key, manifest_key, state_key
from jobs.storage.objects import StorageParams
from jobs.storage.publication import publish
from jobs.storage.registry import Registry
from jobs.storage.releases import resolved
from jobs.verify import Settings
from jobs.verify import main as verb
from tests.releases import ABOUT, decided, publish_release, released, small_release, text

Damage = Callable[[Path, Path], None]


@pytest.fixture
def release(tmp_path: Path) -> OpenedRelease:
    return small_release(DirectoryStore(tmp_path))


def _files(release: OpenedRelease, kind: str = "shards") -> list[Path]:
    return [Path(file) for file in release.files(kind)]


@pytest.mark.parametrize("level", LEVELS)
def test_sound_release_is_sound_at_every_level(release: OpenedRelease, level: str) -> None:
    found = verify(release, level, sample=0.5)
    read = {"sample": 3, "everything": 5}.get(level, 0)
    assert found == Findings(
        level, files=5, files_read=read, size_bytes=found.size_bytes, documents=30
    )
    assert found.size_bytes == sum(
        path.stat().st_size for kind in ("shards", "decisions") for path in _files(release, kind)
    )


def _truncate(path: Path, _other: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _remove(path: Path, _other: Path) -> None:
    path.unlink()


def _swap(path: Path, other: Path) -> None:
    bodies = path.read_bytes(), other.read_bytes()
    path.write_bytes(bodies[1])
    other.write_bytes(bodies[0])


def _flip_length(path: Path, _other: Path) -> None:
    body = bytearray(path.read_bytes())
    body[-8] ^= 1  # the length of the footer
    path.write_bytes(body)


def _flip_text(path: Path, _other: Path) -> None:
    body = bytearray(path.read_bytes())
    body[100] ^= 4
    path.write_bytes(body)


@pytest.mark.parametrize("kind", ["shards", "decisions"])
@pytest.mark.parametrize(
    ("damage", "told", "level"),
    [
        (_remove, "missing", "sizes"),
        (_truncate, "bytes", "sizes"),
        (_swap, "bytes", "sizes"),
        (_flip_length, "Parquet", "footers"),
        (_flip_text, "not those", "sample"),
    ],
)
def test_damaged_file_is_found_at_its_level_and_above(
    release: OpenedRelease, damage: Damage, told: str, level: str, kind: str
) -> None:
    damage(*_files(release, kind)[:2])
    first = LEVELS.index(level)
    for lower in LEVELS[:first]:
        assert verify(release, lower).problems == []
    for higher in LEVELS[first : first + 1]:
        (problem, *_) = verify(release, higher).problems
        assert told in problem
    assert verify(release).problems


def test_file_of_equal_size_and_other_rows_is_found_by_its_footer(tmp_path: Path) -> None:
    release = small_release(DirectoryStore(tmp_path))
    entry = dict(release.entries("shards")[0], rows=8)
    report = check_file(FileCheck("shards", entry, is_whole=False), release.store)
    assert report.problem == "it has 9 rows, the manifest says 8"


@pytest.mark.parametrize("kind", ["shards", "decisions"])
def test_any_flipped_bit_of_a_file_is_found(release: OpenedRelease, kind: str) -> None:
    entry = release.entries(kind)[0]
    path = _files(release, kind)[0]
    sound = path.read_bytes()
    bits = random.Random(7).sample(range(8 * len(sound)), 200)
    for bit in [0, 8 * len(sound) - 1, *bits]:
        body = bytearray(sound)
        body[bit // 8] ^= 1 << bit % 8
        path.write_bytes(body)
        assert check_file(FileCheck(kind, entry, is_whole=True), release.store).problem, bit
    path.write_bytes(sound)
    assert check_file(FileCheck(kind, entry, is_whole=True), release.store).problem is None


def test_any_flipped_bit_of_the_manifest_is_damaged_metadata(release: OpenedRelease) -> None:
    path = Path(release.store.location(manifest_key("demo", release.digest)))
    sound = path.read_bytes()
    for bit in random.Random(7).sample(range(8 * len(sound)), 100):
        body = bytearray(sound)
        body[bit // 8] ^= 1 << bit % 8
        path.write_bytes(body)
        with pytest.raises(DamagedMetadata):
            open_release(release.store, "demo", "1.0.0")


def test_missing_manifest_is_damaged_metadata(release: OpenedRelease) -> None:
    Path(release.store.location(manifest_key("demo", release.digest))).unlink()
    with pytest.raises(DamagedMetadata, match="cannot be read"):
        open_release(release.store, "demo", "1.0.0")


@pytest.mark.parametrize("edit", ["", "null", "[]", "{}", '{"seq": 1}', "语"])
def test_log_that_is_no_log_is_damaged_metadata(release: OpenedRelease, edit: str) -> None:
    Path(release.store.location(log_key("demo", 1))).write_text(edit)
    with pytest.raises(DamagedMetadata):
        open_release(release.store, "demo", "1.0.0")


def test_edited_entry_of_the_log_breaks_the_chain(release: OpenedRelease) -> None:
    later = small_release(release.store, "1.1.0")
    path = Path(release.store.location(log_key("demo", 1)))
    entry = json.loads(path.read_bytes())
    entry["about"]["by"] = "somebody else"
    path.write_bytes(canonical_json(entry))
    with pytest.raises(DamagedMetadata, match="does not follow"):
        verify(later, "metadata")


def test_log_that_names_another_manifest_is_damaged_metadata(release: OpenedRelease) -> None:
    later = small_release(release.store, "1.1.0")
    path = Path(release.store.location(log_key("demo", 2)))
    entry = path.read_bytes()
    state = json.loads(entry)["state"]
    known = release.store.get(state_key("demo", state))
    forged = known.replace(later.digest.encode(), release.digest.encode())
    release.store.put(state_key("demo", sha256_hex(forged)), forged)
    path.write_bytes(entry.replace(state.encode(), sha256_hex(forged).encode()))
    with pytest.raises(DamagedMetadata, match=r"gives 1\.1\.0 the manifest"):
        open_release(release.store, "demo", "1.1.0")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("documents",), 31),
        (("partners", "gov", "kept"), 19),
        (("partners", "gov", "delivered"), 22),
        (("partners", "gov", "reasons"), {}),
        (("shards", 0, "rows"), 10),
    ],
)
def test_manifest_that_contradicts_itself_is_told_without_reading_files(
    release: OpenedRelease, path: tuple[str | int, ...], value: object
) -> None:
    manifest = json.loads(canonical_json(release.manifest)) | {"version": "2.0.0"}
    place = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    publish(Corpus(release.store, "demo"), manifest, commit_info=ABOUT)
    edited = open_release(release.store, "demo", "2.0.0")
    assert verify(edited, "metadata").metadata_problems


def test_decisions_that_keep_others_than_the_shards_hold_are_told(tmp_path: Path) -> None:
    documents = released("gov", {str(n): text(n) for n in range(5)})
    others = released("gov", {str(n): text(n) for n in range(1, 6)})
    tables = {"gov": ([documents], decided(others, {}))}
    found = verify(publish_release(DirectoryStore(tmp_path), "1.0.0", tables))
    assert found.problems == [
        "partner gov: the documents in the shards are not those decided to be kept"
    ]


def test_drop_that_names_a_document_elsewhere_is_told(tmp_path: Path) -> None:
    documents = released("gov", {str(n): text(n) for n in range(5)})
    verdicts = decided(documents, {"x": "near_duplicate"})
    at = verdicts.column_names.index("kept_doc_id")
    named = [None if one is None else "0" * 32 for one in verdicts["kept_doc_id"].to_pylist()]
    stray = verdicts.set_column(at, verdicts.schema.field(at), [named])
    release = publish_release(DirectoryStore(tmp_path), "1.0.0", {"gov": ([documents], stray)})
    assert verify(release).problems == ["partner gov: 1 drops name no document of this release"]


def test_documents_out_of_order_are_told(tmp_path: Path) -> None:
    documents = released("gov", {str(n): text(n) for n in range(5)})
    tables = {"gov": ([documents.take([1, 0, 2, 3, 4])], decided(documents, {}))}
    (problem,) = verify(publish_release(DirectoryStore(tmp_path), "1.0.0", tables)).problems
    assert problem.endswith("not in ascending order of id")


def test_extra_file_is_reported_and_no_damage(release: OpenedRelease) -> None:
    body = b"of a build that was stopped"
    release.store.put(blob_key("demo", sha256_hex(body)), body)
    found = verify(release)
    assert (found.orphans, found.problems) == (1, [])


def test_files_of_other_releases_are_no_orphans(release: OpenedRelease) -> None:
    documents = released("gov", {"later": text(77)})
    publish_release(release.store, "1.1.0", {"gov": ([documents], decided(documents, {}))})
    assert verify(release, "sizes").orphans == 0


def redacted_release(root: Path, gone: int) -> OpenedRelease:
    """A release one of whose documents was taken out of it since."""
    release = small_release(DirectoryStore(root))
    documents = pq.read_table(release.files()[0])
    rest = documents.slice(1)
    decisions = pq.read_table(release.files("decisions")[0])
    without = decisions_without(decisions, documents["id"].slice(0, gone).combine_chunks())
    files = {"shards": rest, "decisions": without}
    substitutions = {
        release.entries(kind)[0]["sha256"]: {
            "key": "x",
            **write_blob(release.store, "demo", None, t),
        }
        for kind, t in files.items()
    }
    registry = Registry(substitutions=substitutions)
    return replace(release, manifest=resolved(release.manifest, registry, "demo"), is_redacted=True)


def test_redacted_release_is_sound_as_it_is_now_and_says_so_to_who_pinned_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    redacted = redacted_release(tmp_path, gone=1)
    found = verify(redacted)
    assert (found.is_redacted, found.problems, found.metadata_problems) == (True, [], [])
    monkeypatch.setattr("jobs.verify.opened", lambda _config: redacted)
    verb.action(_config(str(tmp_path)))
    assert json.loads(capsys.readouterr().out)["is_redacted"]
    with pytest.raises(RedactedRelease):
        verb.action(replace(_config(str(tmp_path)), release=f"1.0.0@sha256:{redacted.digest}"))
    Path(redacted.files()[1]).unlink()
    with pytest.raises(DamagedRelease):
        verb.action(_config(str(tmp_path)))


@pytest.mark.parametrize("gone", [0, 2])
def test_redacted_release_whose_decisions_tell_of_other_rows_is_damaged(
    tmp_path: Path, gone: int
) -> None:
    """A row was lost without a decision, or a decision takes down what is still there."""
    problems = verify(redacted_release(tmp_path, gone)).problems
    assert any("hold" in one or "decided to be kept" in one for one in problems)


def test_facts_of_other_documents_are_told(tmp_path: Path) -> None:
    documents = released("gov", {str(n): text(n) for n in range(5)})
    tables = {"gov": ([documents], decided(documents, {}))}
    release = publish_release(DirectoryStore(tmp_path), "1.0.0", tables, has_facts=True)
    assert verify(release).problems == []
    others = released("gov", {str(n): text(n) for n in range(1, 6)})
    other = publish_release(
        DirectoryStore(tmp_path), "1.1.0", {"gov": ([others], decided(others, {}))}, has_facts=True
    )
    manifest = release.manifest | {"facts": other.manifest["facts"], "version": "2.0.0"}
    publish(Corpus(release.store, "demo"), manifest, commit_info=ABOUT)
    (problem,) = verify(open_release(release.store, "demo", "2.0.0")).problems
    assert "facts" in problem


def test_store_that_breaks_off_is_no_damage(
    release: OpenedRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Torn:
        def close(self) -> None:
            return None

        def read(self, _size: int) -> bytes:
            raise OSError("connection reset")

    monkeypatch.setattr(DirectoryStore, "stream", lambda _store, _key: Torn())
    with pytest.raises(StorageError, match="connection reset"):
        verify(release)


@pytest.mark.parametrize(("level", "sample"), [("all", 0.1), ("sample", 0.0), ("sample", 1.5)])
def test_levels_and_shares_there_are_not_are_refused(
    release: OpenedRelease, level: str, sample: float
) -> None:
    with pytest.raises(ConfigError):
        verify(release, level, sample=sample)


@pytest.mark.parametrize(
    ("damage", "error"),
    [(None, None), ("file", DamagedRelease), ("log", DamagedMetadata), ("root", HeliuError)],
)
def test_verb_raises_by_kind_of_damage(
    release: OpenedRelease, damage: str | None, error: type[HeliuError] | None, tmp_path: Path
) -> None:
    if damage == "file":
        _files(release)[0].unlink()
    if damage == "log":
        Path(release.store.location(log_key("demo", 1))).write_text("{")
    root = str(tmp_path / "nowhere") if damage == "root" else str(tmp_path)
    if error is None:
        verb.action(_config(root))
        return
    with pytest.raises(error) as caught:
        verb.action(_config(root))
    expected = {"file": 40, "log": 42, "root": 34}
    assert caught.value.exit_code == expected[str(damage)]


def _config(root: str) -> Settings:
    return Settings(
        storage=Storage(root, None, None),
        corpus=CorpusChoice(None),
        release="latest",
        format="json",
        level="everything",
        sample=1.0,
        public_key=None,
        ray=False,
    )


def test_whole_file_is_never_held(release: OpenedRelease, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.storage.whole_objects.CHUNK_BYTES", 64)
    monkeypatch.setattr("jobs.flow.releases.file_checks.CHUNK_BYTES", 64)
    monkeypatch.setattr(DirectoryStore, "get", pytest.fail)
    entry = release.entries("shards")[0]
    assert pq.read_metadata(_files(release)[0]).num_rows == entry["rows"]
    assert check_file(FileCheck("shards", entry, is_whole=True), release.store).problem is None


def test_check_of_a_file_travels_to_another_machine_and_back(
    release: OpenedRelease, tmp_path: Path
) -> None:
    task = partial(check_stored, storage=StorageParams(str(tmp_path), None, None))

    def checks(work: Sequence[FileCheck]) -> Iterator[FileReport]:
        for check in work:
            sent = pickle.loads(pickle.dumps((task, check)))
            yield pickle.loads(pickle.dumps(sent[0](sent[1])))

    assert verify(release, checks=checks) == verify(release)
    _files(release)[0].unlink()
    assert verify(release, checks=checks).problems
