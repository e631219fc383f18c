"""What can be known before a build's first task, so that nobody learns it after hours."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from jobs.errors import AlreadyPublished
from jobs.flow.build.publish_stage import known_before
from jobs.flow.intake.plan import InputShard
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened import OpenedRelease
from jobs.storage.canonical_json import canonical_json
from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore
from jobs.storage.releases import read_manifest


def require_free_version(
    store: ObjectStore,
    plan: Sequence[InputShard],
    params: BuildParams,
    *,
    parent: OpenedRelease | None,
) -> None:
    """Refuse a version that is published from something else; the same build again may go on.

    Raises:
        AlreadyPublished: it is; the message says what was different.
    """
    release = head(Corpus(store, params.corpus)).registry.exactly(params.version)
    if release is None:
        return
    there = read_manifest(Corpus(store, params.corpus), release["digest"])
    here = orjson.loads(canonical_json(known_before(plan, params, parent=parent)))
    different = [name for name, value in here.items() if there.get(name) != value]
    if different:
        raise AlreadyPublished(
            f"{params.corpus} {params.version} is published already and was built from other "
            f"{' and '.join(different)}: a published version never changes, "
            "choose another corpus.version"
        )
