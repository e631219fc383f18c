"""The files of `conf/` as they are written: keys, defaults, and which files they include."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_IGNORED = ("_self_", "terminal")  # the latter is about Hydra alone


def defaults_of(config_name: str) -> dict[str, Any]:
    """Return the keys of a file of `conf/` and of those that it includes, as they are written."""
    text = _file(config_name)
    merged: dict[str, Any] = {}
    for included in text.get("defaults", []):
        if isinstance(included, str) and included not in _IGNORED and _path(included).is_file():
            _merge(merged, defaults_of(included))
    own = {key: value for key, value in text.items() if key not in {"defaults", "hydra"}}
    _merge(merged, own)
    return merged


def introduction(config_name: str) -> str:
    """Return the first part of a verb's help: what it does, reads and writes, and examples."""
    return str(_file(config_name)["hydra"]["help"]["template"]).strip()


def read_lines(config_name: str) -> list[str]:
    """Return the lines of a file of `conf/`."""
    return _path(config_name).read_text(encoding="utf-8").splitlines()


def includes(config_name: str) -> Iterator[str]:
    """Yield the names of the files that a file of `conf/` includes, in order."""
    for one in _file(config_name).get("defaults", []):
        if isinstance(one, str) and one not in _IGNORED and _path(one).is_file():
            yield one


def chosen_groups(config_name: str) -> Iterator[tuple[str, str, object]]:
    """Yield the key, the folder and the default of files that a verb chooses by name."""
    for one in _file(config_name).get("defaults", []):
        for name, default in one.items() if isinstance(one, dict) else ():
            if not name.startswith("override "):
                group, _, key = name.partition("@")
                yield key or group, group, default


def conf_folder() -> Path:
    """Return the folder of heliu's configuration: in an installed package, beside it in a clone."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"


def _path(config_name: str) -> Path:
    return conf_folder() / f"{config_name}.yaml"


@cache
def _file(config_name: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(_path(config_name).read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return dict(content)


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, dict) else value


def names_of_files(folders: Sequence[Path], group: str) -> list[str]:
    """Return the names of the files of a group in these folders."""
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})
