"""A build killed without warning, at several places, then run again."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

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


def releases(root: Path) -> list[dict[str, str]]:
    done = heliu("releases", f"storage.root={root}", "format=json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def digest(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a build nobody disturbed."""
    root = tmp_path_factory.mktemp("undisturbed")
    done = heliu(*build_arguments(demo, root, EXAMS))
    assert done.returncode == 0, done.stderr
    return releases(root)[0]["digest"]


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
        assert releases(tmp_path) == []
    done = heliu(*build_arguments(demo, tmp_path, *PIECES))
    assert done.returncode == 0, done.stderr
    assert [release["digest"] for release in releases(tmp_path)] == [digest]
    assert heliu("verify", f"storage.root={tmp_path}").returncode == 0


def test_build_killed_after_random_times_completes_to_the_same_digest(
    demo: Path, tmp_path: Path, digest: str
) -> None:
    for seconds in (5.0, 8.0, 10.0):
        running = start(*build_arguments(demo, tmp_path, *PIECES))
        time.sleep(seconds)
        running.kill()
        running.communicate()
        assert {release["digest"] for release in releases(tmp_path)} <= {digest}
    done = heliu(*build_arguments(demo, tmp_path, *PIECES))
    assert done.returncode == 0, done.stderr
    assert [release["digest"] for release in releases(tmp_path)] == [digest]
