"""Renormalization: all documents of a published build, dropped ones included.

A build records which tables its release was merged from. While they exist, they are read; otherwise
its deliveries are normalized again with the recorded parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from jobs.errors import ConfigError, DeliveryMissing
from jobs.flow.builds.merged_tables import _note_key
from jobs.flow.builds.normalize_stage import normalize
from jobs.flow.builds.site_boilerplate_stage import without_site_boilerplate
from jobs.flow.intake.input_shards import delivered_files, input_name
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.recorded import InputName, input_names
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.checkpoints import Progress, read_checkpoint
from jobs.flow.tasks.sealed_objects import checkpoint_of
from jobs.storage.corpus import Corpus
from jobs.storage.entries import operation_from
from jobs.storage.log import history
from jobs.storage.manifests import JsonObject, Manifest
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import Publish

_THREADS = 16


@dataclass(frozen=True)
class RebuildContext:
    """What is needed to run a recorded build again.

    Attributes:
        params_of: Makes parameters, on this machine, of the configuration in the log.
        progress: Called for each finished task.
    """

    params_of: Callable[[JsonObject], BuildParams]
    progress: Progress


def recorded_params(corpus: Corpus, version: str, rebuild: RebuildContext) -> BuildParams:
    """Return the parameters that a release was built with.

    Args:
        corpus: of the release.
        version: of the release.
        rebuild: makes parameters of the recorded configuration.

    Raises:
        ConfigError: they are not in the log.
    """
    for entry in history(corpus):
        published = operation_from(entry["operation"])
        configuration = entry["about"].get("configuration", {})
        is_of_version = isinstance(published, Publish) and published.version == version
        if is_of_version and "partners" in configuration:
            return rebuild.params_of(configuration)
    raise ConfigError(
        f"the log does not say how {corpus.name} {version} was built (a mirror does not know): "
        "take documents down where it was built, or give policy=remove"
    )


def normalized_again(
    store: ObjectStore,
    manifest: Manifest,
    params: BuildParams,
    partners: Collection[str],
    *,
    progress: Progress,
) -> list[NormalizedShard]:
    """Return the tables that a build normalized, of these partners at least.

    Args:
        store: of the releases.
        manifest: of the release it published, as published.
        params: of the build.
        partners: names of those needed.
        progress: called for each finished task.

    Raises:
        DeliveryMissing: neither its tables exist, nor a file that it read.
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
    partners_read = tuple(
        replace(partner, is_skipping=False) for partner in params.partners if partner.name in given
    )
    return _from_deliveries(replace(params, partners=partners_read), read, progress)


def _from_deliveries(
    params: BuildParams, read: Collection[InputName], progress: Progress
) -> list[NormalizedShard]:
    shards = plan(params, only=read)
    found = {input_name(one) for one in delivered_files(shards)}
    for partner, file, digest, _ in sorted(set(read) - found):
        raise DeliveryMissing(
            f"{file} of {partner} is not there as it was delivered (xxh3-128 {digest})"
        )
    normalized = normalize(shards, params, progress=progress)
    return without_site_boilerplate(normalized.shards, params, progress=progress)


def _noted(store: ObjectStore, manifest: Manifest) -> list[NormalizedShard]:
    noted = read_checkpoint(store, _note_key(manifest)) or []
    return [_shard(shard) for shard in noted]


def _shard(noted: JsonObject) -> NormalizedShard:
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
