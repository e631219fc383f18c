"""A build with one of each hostile delivery beside good partners publishes what is good."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs.errors import HeliuError
from jobs.flow.builds.publish_stage import Published
from jobs.flow.params import BuildParams
from jobs.flow.releases.verification import verify
from tests.builds import build, build_parameters, opened, table
from tests.hostile_deliveries import HOSTILE, OUTSIDE, deliver

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

GOOD = ("gov", "news", "papers")
LIMITS = ("limits.text_bytes=4000000", "alarms=warn")


@pytest.fixture
def deliveries(demo: Path, tmp_path: Path) -> dict[str, int]:
    """How many rows each hostile partner delivers, beside the demo's in one folder of partners."""
    shutil.copytree(demo / "conf", tmp_path / "conf")
    return {name: deliver(tmp_path / "d", tmp_path / "conf", name) for name in HOSTILE}


def parameters(folder: Path, *names: str) -> BuildParams:
    return build_parameters(
        folder / "conf", folder / "root", f"partners=[{','.join((*GOOD, *names))}]", *LIMITS
    )


def published(folder: Path, *names: str) -> Published | HeliuError:
    """What comes of a build of the demo beside hostile partners."""
    try:
        return build(parameters(folder, *names))
    except HeliuError as error:
        return error


def test_build_beside_hostile_deliveries_accounts_for_all_and_publishes_what_is_good(
    tmp_path: Path, deliveries: dict[str, int]
) -> None:
    refused = {name: one for name, one in HOSTILE.items() if one.refused}
    for name, one in refused.items():
        error = published(tmp_path, name)
        assert type(error) is one.refused, (name, error)
        assert one.said in str(error), name
        assert str(error).replace("\n", "").isprintable(), name
    read = [name for name in HOSTILE if name not in refused]
    made = published(tmp_path, *read)
    assert isinstance(made, Published), made
    params = parameters(tmp_path, *read)
    release = opened(params)
    partners = release.manifest["partners"]
    assert {name: partners[name]["delivered"] for name in read} == {
        name: deliveries[name] for name in read
    }
    for name, account in partners.items():
        ends = account["kept"] + account["dropped"] + account["rejected"]
        assert account["delivered"] == ends, name
    assert all(partners[name]["kept"] > 100 for name in GOOD)
    assert not verify(release, level="everything").problems
    texts = table(release, "shards")["content"].to_pylist()
    assert not any(OUTSIDE in text or "\0PATH=" in text for text in texts)
    assert not (tmp_path / "d" / "已执行").exists()
