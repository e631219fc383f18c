"""The parent release that a build extends, and whether the two are compatible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from jobs.config_errors import IncompatibleParent
from jobs.flow.contamination.records import check_same_content
from jobs.flow.params import BuildParams
from jobs.flow.recorded import InputName, input_names, recorded_parameters, recorded_schema
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.storage.canonical_json import canonical_json
from jobs.storage.corpus import Corpus
from jobs.storage.layout import LATEST
from jobs.storage.log import head
from jobs.storage.manifests import Manifest
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import read_manifest

_NOW = {"int32": "int64"}  # releases counted in 32 bits once, and may be extended
# How a partner's files are read is compared per file; how large shards are decides no document;
# frozen files stay as the libraries of their time made them, and the manifest records both.
_FREE = ("reading", "release_bytes", "libraries")


def open_parent(store: ObjectStore, params: BuildParams) -> OpenedRelease | None:
    """Open the release that `corpus.parent` names, if this build may extend it; None if null.

    Raises:
        ConfigError: it is of another corpus, is the very version to be built, was redacted, yanked
            or built with parameters under which its documents and new ones cannot be compared.
        ReleaseMissing: there is no such release; the message lists those there are.
    """
    if params.parent is None:
        return None
    corpus, _, version = params.parent.rpartition("/")
    if corpus not in {"", params.corpus}:
        raise IncompatibleParent(
            f"corpus.parent={params.parent} is of corpus {corpus}, this build is of "
            f"{params.corpus}: a release extends one of its own corpus"
        )
    if version == LATEST:
        version = _latest(store, params)
    if version == params.version:
        raise IncompatibleParent(
            f"corpus.parent and corpus.version are both {version}: a release cannot extend itself, "
            "give the new one another corpus.version"
        )
    parent = open_release(store, params.corpus, version)
    if parent.is_redacted:
        raise IncompatibleParent(
            f"corpus.parent={parent.version} lost documents since it was published, so its "
            "accounts no longer describe it: extend the release of the takedown instead "
            "(heliu log names it), or a later one"
        )
    _require_good(parent, params)
    _require_fit(parent, params)
    return parent


def inputs_of(parent: OpenedRelease | None) -> frozenset[InputName]:
    """Return the delivered files whose rows a parent has decided."""
    return frozenset(input_names(parent.manifest["inputs"] if parent else []))


def _latest(store: ObjectStore, params: BuildParams) -> str:
    """Return the newest release; if this version is published already, the one it extended."""
    published = head(Corpus(store, params.corpus)).find(params.version)
    if published is None:
        return LATEST
    parent = read_manifest(Corpus(store, params.corpus), published["digest"])["parent"]
    return str(parent["version"]) if parent else LATEST


def _require_good(parent: OpenedRelease, params: BuildParams) -> None:
    """Refuse a yanked parent, except to the build that extended it before."""
    registry = parent.at.registry
    release = registry.exactly(parent.version)
    if release and "yanked" in release and registry.exactly(params.version) is None:
        raise IncompatibleParent(
            f"corpus.parent={parent.version} was yanked ({release['yanked']}): extend another "
            "release, or undo the yank"
        )


def _require_fit(parent: OpenedRelease, params: BuildParams) -> None:
    check_same_content(parent.manifest, parent.version, params)
    found = [f"  {line}" for line in differences(parent.manifest, params)]
    if found:
        listed = "\n".join(found)
        raise IncompatibleParent(
            f"corpus.parent={parent.version} was built with other values than this build's, so "
            f"its documents cannot be compared with new ones (parent's value, this build's):\n"
            f"{listed}\ngive the parent's values, or build without corpus.parent"
        )


def extending(params: BuildParams, parent: Manifest | None) -> BuildParams:
    """Return the parameters of a build with what it takes over from the release that it extends."""
    columns = parent["schema"]["shards"] if parent else []
    return replace(params, inherits_meta=any(column["name"] == "meta" for column in columns))


def differences(manifest: Manifest, params: BuildParams) -> Iterator[str]:
    """Yield the values that would have to be equal and are not, a line each, sorted."""
    recorded = {
        "parameters": recorded_parameters(params),
        "schema": recorded_schema(extending(params, manifest)),
        "priority": {partner.name: partner.priority for partner in params.partners},
    }
    accounts = manifest["partners"]
    parent_recorded = {
        "parameters": manifest["parameters"],
        "schema": manifest["schema"],
        "priority": {
            name: accounts.get(name, {"priority": priority})["priority"]
            for name, priority in recorded["priority"].items()
        },
    }
    # A new partner's threshold decides of its own documents alone, and the parent has none.
    minhash = recorded["parameters"]["minhash"]
    if own := minhash.get("thresholds"):
        known = {partner: share for partner, share in own.items() if partner in accounts}
        recorded["parameters"]["minhash"] = minhash | {"thresholds": known}
    values, parent_values = dict(_compared(recorded)), dict(_compared(parent_recorded))
    for name in sorted({*values, *parent_values}):
        if values.get(name) != parent_values.get(name):
            yield f"{name}: {parent_values.get(name, 'absent')}, {values.get(name, 'absent')}"


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
    """Yield dotted names and values as JSON, so that a tuple here equals a list there."""
    value = orjson.loads(canonical_json(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    else:
        yield name, canonical_json(value).decode()
