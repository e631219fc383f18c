"""A build killed without warning, at several places, then run again."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.objects import StorageParams
from jobs.storage.stores import open_store
from tests.builds import build, build_parameters, in_this_process
from tests.commands import build_arguments, heliu, start

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

EXAMS = "benchmarks=[civil_service,public_affairs]"
PIECES = (
    *("shards.group_documents=100", "shards.run_bytes=200000", "shards.input_bytes=1"),
    *("compute.workers=3", EXAMS),
)
PLACES = (
    "normalize: 2/",
    "dedup: band keys: 2/",
    "dedup: components: 1/",
    "dedup: decisions: 1/",
    "merge: 1/",
)


def digests(root: Path) -> list[str]:
    """The digests of the releases below a root."""
    store = open_store(StorageParams(str(root), None, None))
    return [one["digest"] for one in head(Corpus(store, "demo")).registry.releases]


@pytest.fixture(scope="module")
def digest(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a build nobody disturbed."""
    root = tmp_path_factory.mktemp("undisturbed")
    with in_this_process():
        return build(build_parameters(demo / "conf", root, EXAMS)).digest


def test_build_killed_at_every_stage_completes_to_the_same_digest(
    demo: Path, tmp_path: Path, digest: str
) -> None:
    for place in PLACES:
        running = start(*build_arguments(demo, tmp_path, *PIECES), HELIU_PROGRESS="every")
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith(place):
                break
        else:
            pytest.fail(f"the build ended before {place!r}")
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
        assert digests(tmp_path) == []
    done = heliu(*build_arguments(demo, tmp_path, *PIECES))
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path) == [digest]
    assert heliu("verify", f"storage.root={tmp_path}").returncode == 0


def test_build_killed_after_random_times_completes_to_the_same_digest(
    demo: Path, tmp_path: Path, digest: str
) -> None:
    for seconds in (5.0, 8.0, 10.0):
        running = start(*build_arguments(demo, tmp_path, *PIECES))
        time.sleep(seconds)
        running.kill()
        running.communicate()
        assert {*digests(tmp_path)} <= {digest}
    done = heliu(*build_arguments(demo, tmp_path, *PIECES))
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path) == [digest]
