"""Renormalizing: all documents of a published build, those that it dropped among them.

A build notes which tables its release was merged from. While these are there, they are what it
normalized; once they are gone, its deliveries are normalized again, as it was told to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from jobs.errors import ConfigError, DeliveryMissing
from jobs.flow.build.merged_tables import _note_key
from jobs.flow.build.normalize_stage import normalize
from jobs.flow.build.site_boilerplate_stage import without_site_boilerplate
from jobs.flow.intake.plan import delivered_files, input_name, plan
from jobs.flow.params import BuildParams
from jobs.flow.recorded import InputName, input_names
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.checkpoints import Progress, read_checkpoint
from jobs.flow.tasks.sealed import checkpoint_of
from jobs.storage.log import history
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import Manifest

_THREADS = 16


@dataclass(frozen=True)
class Rerun:
    """How a build is run again.

    Attributes:
        params_of: The parameters that the configuration in the log gives, here.
        progress: Told of every finished task.
    """

    params_of: Callable[[dict[str, Any]], BuildParams]
    progress: Progress


def recorded_params(store: ObjectStore, corpus: str, version: str, rerun: Rerun) -> BuildParams:
    """The parameters that a release was built with.

    Raises:
        ConfigError: the log does not tell them.
    """
    for entry in history(store, corpus):
        operation, told = entry["operation"], entry["about"].get("configuration", {})
        if operation["op"] == "publish" and operation["version"] == version and "partners" in told:
            return rerun.params_of(told)
    raise ConfigError(
        f"the log does not say how {corpus} {version} was built (a mirror does not know): take "
        "documents down where it was built, or give policy=remove"
    )


def normalized_again(
    store: ObjectStore,
    manifest: Manifest,
    params: BuildParams,
    partners: Collection[str],
    *,
    progress: Progress,
) -> list[NormalizedShard]:
    """What a build normalized, of these partners at least.

    Args:
        store: of the releases.
        manifest: of the release it published, as published.
        params: of the build.
        partners: whose documents are needed.
        progress: told of every finished task.

    Raises:
        DeliveryMissing: its tables are gone, and so is a file that it read.
    """
    noted = _noted(store, manifest)
    if noted and _is_whole(store, [shard for shard in noted if shard.partner in partners]):
        return noted
    # What a site repeats is counted over all that was delivered.
    read = set(
        input_names(
            file
            for file in manifest["inputs"]
            if file["since"] == manifest["version"]
            and (params.site_boilerplate.is_on or file["partner"] in partners)
        )
    )
    given = {file.partner for file in read}
    mine = tuple(partner for partner in params.partners if partner.name in given)
    return _from_deliveries(replace(params, partners=mine), read, progress)


def _from_deliveries(
    params: BuildParams, read: Collection[InputName], progress: Progress
) -> list[NormalizedShard]:
    shards = plan(params, only=read)
    found = {input_name(partner, file) for partner, file in delivered_files(shards)}
    for partner, file, digest, _ in sorted(set(read) - found):
        raise DeliveryMissing(
            f"{file} of {partner} is not there as it was delivered (xxh3-128 {digest})"
        )
    normalized = normalize(shards, params, progress=progress)
    return without_site_boilerplate(normalized, params, progress=progress)


def _noted(store: ObjectStore, manifest: Manifest) -> list[NormalizedShard]:
    noted = read_checkpoint(store, _note_key(manifest)) or []
    return [_shard(shard) for shard in noted]


def _shard(noted: dict[str, Any]) -> NormalizedShard:
    runs = tuple(Run(**run) for run in noted["runs"])
    rejected = tuple((stage, reason, count) for stage, reason, count in noted["rejected"])
    return NormalizedShard(**{**noted, "runs": runs, "rejected": rejected})


def _is_whole(store: ObjectStore, shards: Sequence[NormalizedShard]) -> bool:
    """Whether all tables are there, and the tasks that wrote them are still taken for done."""
    tables = list(_tables(shards))
    with ThreadPoolExecutor(_THREADS) as pool:
        sizes = pool.map(store.size, tables)
        notes = pool.map(
            partial(read_checkpoint, store), {checkpoint_of(table) for table in tables}
        )
        return all(size is not None for size in sizes) and all(note is not None for note in notes)


def _tables(shards: Sequence[NormalizedShard]) -> Iterator[str]:
    for shard in shards:
        for run in shard.runs:
            yield from (run.documents_key, run.removals_key)
            if run.changes_key is not None:
                yield run.changes_key
