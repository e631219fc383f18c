"""Parents: the release that a build extends, and whether the two fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from jobs.errors import ConfigError
from jobs.flow.contamination.records import check_same_content
from jobs.flow.params import BuildParams
from jobs.flow.recorded import InputName, input_names, recorded_parameters, recorded_schema
from jobs.flow.releases.opened import OpenedRelease, open_release
from jobs.storage.log import head
from jobs.storage.manifests import canonical_json
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import read_manifest

_LATEST = "latest"
_NOW = {"int32": "int64"}  # releases counted in 32 bits once, and may be extended
# How a partner's files are read is compared per file; how large shards are decides no document;
# what is frozen stays as the libraries of its time made it, and the manifest tells both.
_FREE = ("reading", "release_bytes", "libraries")


def open_parent(store: ObjectStore, params: BuildParams) -> OpenedRelease | None:
    """The release that `corpus.parent` names, fit to be extended by this build; None if it is null.

    Raises:
        ConfigError: it is of another corpus, is the very version to be built, was redacted, yanked
            or built with parameters under which its documents and new ones cannot be compared.
        ReleaseMissing: there is no such release; the message lists those there are.
    """
    if params.parent is None:
        return None
    corpus, _, version = params.parent.rpartition("/")
    if corpus not in {"", params.corpus}:
        raise ConfigError(
            f"corpus.parent={params.parent} is of corpus {corpus}, this build is of "
            f"{params.corpus}: a release extends one of its own corpus"
        )
    if version == _LATEST:
        version = _latest(store, params)
    if version == params.version:
        raise ConfigError(
            f"corpus.parent and corpus.version are both {version}: a release cannot extend itself, "
            "give the new one another corpus.version"
        )
    parent = open_release(store, params.corpus, version)
    if parent.is_redacted:
        raise ConfigError(
            f"corpus.parent={parent.version} lost documents since it was published, so its "
            "accounts no longer tell what it holds: extend the release of the takedown instead "
            "(heliu log names it), or a later one"
        )
    _require_good(store, parent, params)
    _require_fit(parent, params)
    return parent


def inputs_of(parent: OpenedRelease | None) -> frozenset[InputName]:
    """The delivered files whose rows a parent has decided."""
    return frozenset(input_names(parent.manifest["inputs"] if parent else []))


def _latest(store: ObjectStore, params: BuildParams) -> str:
    """The newest release; when this version is published already, the one it extended."""
    published = head(store, params.corpus).find(params.version)
    if published is None:
        return _LATEST
    parent = read_manifest(store, params.corpus, published["digest"])["parent"]
    return str(parent["version"]) if parent else _LATEST


def _require_good(store: ObjectStore, parent: OpenedRelease, params: BuildParams) -> None:
    """Refuse a yanked parent, except to the build that extended it before."""
    registry = head(store, params.corpus).registry
    release = registry.exactly(parent.version)
    if release and "yanked" in release and registry.exactly(params.version) is None:
        raise ConfigError(
            f"corpus.parent={parent.version} was yanked ({release['yanked']}): extend another "
            "release, or undo the yank"
        )


def _require_fit(parent: OpenedRelease, params: BuildParams) -> None:
    check_same_content(parent.manifest, parent.version, params)
    found = [f"  {line}" for line in differences(parent.manifest, params)]
    if found:
        listed = "\n".join(found)
        raise ConfigError(
            f"corpus.parent={parent.version} was built otherwise than this build is told to, so "
            f"its documents cannot be compared with new ones (parent's value, this build's):\n"
            f"{listed}\ngive the parent's values, or build without corpus.parent"
        )


def differences(manifest: dict[str, Any], params: BuildParams) -> Iterator[str]:
    """Everything in which a build differs that would have to be equal, one line each, sorted."""
    here = {
        "parameters": recorded_parameters(params),
        "schema": recorded_schema(params),
        "priority": {partner.name: partner.priority for partner in params.partners},
    }
    accounts = manifest["partners"]
    there = {
        "parameters": manifest["parameters"],
        "schema": manifest["schema"],
        "priority": {
            name: accounts.get(name, {"priority": priority})["priority"]
            for name, priority in here["priority"].items()
        },
    }
    ours, theirs = dict(_compared(here)), dict(_compared(there))
    for name in sorted({*ours, *theirs}):
        if ours.get(name) != theirs.get(name):
            yield f"{name}: {theirs.get(name, 'absent')}, {ours.get(name, 'absent')}"


def _compared(recorded: dict[str, Any]) -> Iterator[tuple[str, str]]:
    parameters = {name: v for name, v in recorded["parameters"].items() if name not in _FREE}
    yield from _leaves("", parameters)
    for kind, columns in recorded["schema"].items():
        for column in columns:
            nullable = " or null" if column["nullable"] else ""
            kind_of_value = _NOW.get(column["type"], column["type"])
            yield f"schema.{kind}.{column['name']}", f"{kind_of_value}{nullable}"
    for partner, priority in recorded["priority"].items():
        yield f"partners.{partner}.priority", str(priority)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Dotted names and values as JSON, so that a tuple here equals a list there."""
    value = orjson.loads(canonical_json(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    else:
        yield name, canonical_json(value).decode()
