"""A release that is damaged where it lies: nothing is made of it, and the error names the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.corpus.release.takedown import Policy
from jobs.errors import DamagedRelease
from jobs.flow.releases.difference import diff
from jobs.flow.releases.explanation import explain
from jobs.flow.releases.exports import export_huggingface, export_jsonl, new_folder
from jobs.flow.releases.mirror import mirror
from jobs.flow.releases.survey import survey
from jobs.storage.directory import DirectoryStore
from jobs.storage.log import head
from tests.builds import ABOUT, in_this_process
from tests.takedowns import Built, article, copied, grown, request, row

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Built:
    with in_this_process():
        corpus = grown(tmp_path_factory.mktemp("sound"))
    corpus.deliver("news", "b", [row("late", article(300)), row("again", article(201))])
    return corpus


def harm(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.unlink()
    path.write_bytes(body)


def compare_rows(corpus: Built, to: Path) -> None:
    with new_folder(to) as folder:
        rows = lambda name, table: (folder / name).write_text(str(table))  # noqa: E731
        diff(corpus.opened("0.9.0"), corpus.opened("1.1.0"), rows)


def compare(corpus: Built, _to: Path) -> None:
    diff(corpus.opened("0.9.0"), corpus.opened("1.1.0"))


def copy(corpus: Built, to: Path) -> None:
    mirror(corpus.opened("1.1.0"), DirectoryStore(to), commit_info=ABOUT)


def remove(corpus: Built, _to: Path) -> None:
    corpus.take_down(request())


def restore(corpus: Built, _to: Path) -> None:
    corpus.take_down(request(policy=Policy.RESTORE))


def extend(corpus: Built, _to: Path) -> None:
    corpus.build("1.2.0", "news", parent="1.1.0")


USES: list[tuple[Callable[[Built, Path], object], str]] = [
    (lambda corpus, to: export_jsonl(corpus.opened("1.1.0"), to, layout="content"), "shards"),
    (lambda corpus, to: export_huggingface(corpus.opened("1.1.0"), to), "shards"),
    (copy, "shards"),
    (copy, "facts"),
    (copy, "decisions"),
    (copy, "removals"),
    (remove, "shards"),
    (remove, "facts"),
    (remove, "decisions"),
    (restore, "decisions"),
    (compare_rows, "shards"),
    (compare, "facts"),
    (compare, "decisions"),
    (lambda corpus, _to: survey(corpus.opened("1.1.0"), largest=1), "decisions"),
    (extend, "facts"),
]


@pytest.mark.parametrize(("use", "kind"), USES)
def test_damage_ends_whatever_reads_the_file_and_leaves_nothing(
    sound: Built, tmp_path: Path, use: Callable[[Built, Path], object], kind: str
) -> None:
    corpus = copied(sound, tmp_path / "corpus")
    before = head(corpus.handle).seq
    files = {file for version in ("0.9.0", "1.1.0") for file in corpus.opened(version).files(kind)}
    for file in files:
        harm(Path(file))
    with in_this_process(), pytest.raises(DamagedRelease) as caught:
        use(corpus, tmp_path / "to")
    assert caught.value.exit_code == 40
    assert any(file in str(caught.value) for file in files)
    assert head(corpus.handle).seq == before
    assert not (tmp_path / "to" / "demo" / "log").exists()
    assert use is copy or not (tmp_path / "to").exists()
    assert not list(tmp_path.glob(".*"))


def test_damaged_text_of_a_parent_is_compared_with_nothing(tmp_path: Path) -> None:
    corpus = Built(tmp_path, how=("minhash.verify=exact",))
    corpus.deliver("gov", "a", [row(f"g{n}", article(n)) for n in range(4)])
    corpus.deliver("news", "a", [row("n", f"{article(1)}本报讯。")])
    with in_this_process():
        release = corpus.build("1.0.0", "gov")
        for file in release.files():
            harm(Path(file))
        with pytest.raises(DamagedRelease, match="blobs"):
            corpus.build("1.1.0", "news", parent="1.0.0")


def test_damaged_list_of_what_was_taken_down_stops_builds(sound: Built, tmp_path: Path) -> None:
    corpus = copied(sound, tmp_path)
    with in_this_process():
        corpus.take_down(request())
        (stones,) = head(corpus.handle).registry.tombstones
        harm(Path(corpus.store.location(stones)))
        with pytest.raises(DamagedRelease, match="taken down"):
            extend(corpus, tmp_path)


def test_missing_file_is_damage_too(sound: Built, tmp_path: Path) -> None:
    corpus = copied(sound, tmp_path / "corpus")
    release = corpus.opened("1.1.0")
    Path(release.files()[0]).unlink()
    with pytest.raises(DamagedRelease, match="restore it"):
        export_jsonl(release, tmp_path / "to", layout="content")
    assert not (tmp_path / "to").exists()
    assert explain(release, "gov/g1") is not None
