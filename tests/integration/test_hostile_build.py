"""A build with one of each hostile delivery beside good partners publishes what is good."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from jobs.errors import ConfigError, DeliveryUnreadable, HeliuError
from jobs.flow.builds.publish_stage import Published
from jobs.flow.params import BuildParams
from jobs.flow.releases.verification import verify
from tests.builds import build, build_parameters, opened, table
from tests.hostile_deliveries import HOSTILE, OUTSIDE, deliver

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

BAD = [name for name, one in HOSTILE.items() if one.refused is DeliveryUnreadable]
MAY_NOT_BE_OPENED = ("环境", "外链", "管道")
GOOD = ("gov", "news", "papers")
LIMITS = ("limits.text_bytes=4000000", "alarms=warn")


@pytest.fixture
def deliveries(demo: Path, tmp_path: Path) -> dict[str, int]:
    """How many rows each hostile partner delivers, beside the demo's in one folder of partners."""
    shutil.copytree(demo / "conf", tmp_path / "conf")
    return {name: deliver(tmp_path / "d", tmp_path / "conf", name) for name in HOSTILE}


def parameters(folder: Path, *names: str, settings: Sequence[str] = ()) -> BuildParams:
    partners = f"partners=[{','.join((*GOOD, *names))}]"
    return build_parameters(folder / "conf", folder / "root", partners, *LIMITS, *settings)


def published(folder: Path, *names: str) -> Published | HeliuError:
    """What comes of a build of the demo beside hostile partners."""
    try:
        return build(parameters(folder, *names))
    except HeliuError as error:
        return error


def test_settings_that_are_no_data_are_refused_alone(
    tmp_path: Path, deliveries: dict[str, int]
) -> None:
    assert len(deliveries) == len(HOSTILE)
    for name, one in HOSTILE.items():
        if one.refused is ConfigError:
            error = published(tmp_path, name)
            assert isinstance(error, ConfigError), (name, error)
            assert one.said in str(error), name
            assert str(error).replace("\n", "").isprintable(), name


def test_build_that_stops_at_bad_files_names_all_of_them_at_once(
    tmp_path: Path, deliveries: dict[str, int]
) -> None:
    """Those which may not be opened first: what the others hold is read when these are away."""
    closed, bad = [one for one in BAD if one in MAY_NOT_BE_OPENED], [*BAD]
    for names in (bad, [one for one in bad if one not in closed]):
        error = published(tmp_path, *names)
        assert type(error) is DeliveryUnreadable, error
        for name in closed if names is bad else names:
            assert HOSTILE[name].said in str(error), (name, error)
        assert str(error).replace("\n", "").isprintable()
    assert len(deliveries) == len(HOSTILE)


def test_build_beside_hostile_deliveries_accounts_for_all_and_publishes_what_is_good(
    tmp_path: Path, deliveries: dict[str, int]
) -> None:
    names = [name for name, one in HOSTILE.items() if one.refused is not ConfigError]
    params = parameters(tmp_path, *names, settings=("on_bad_file=skip",))
    made = build(params)
    assert isinstance(made, Published), made
    release = opened(params)
    partners = release.manifest["partners"]
    assert {name: partners[name]["delivered"] for name in names} == {
        name: 0 if name in BAD else deliveries[name] for name in names
    }
    set_aside = {one["partner"]: one for one in release.manifest["bad_files"]}
    assert sorted(set_aside) == sorted(BAD)
    assert all(HOSTILE[name].said in one["file"] for name, one in set_aside.items())
    for name, account in partners.items():
        ends = account["kept"] + account["dropped"] + account["rejected"]
        assert account["delivered"] == ends, name
    assert all(partners[name]["kept"] > 100 for name in GOOD)
    assert not verify(release, level="everything").problems
    texts = table(release, "shards")["content"].to_pylist()
    assert not any(OUTSIDE in text or "\0PATH=" in text for text in texts)
    assert not (tmp_path / "d" / "已执行").exists()
