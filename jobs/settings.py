"""What may be configured, with types: Hydra checks every key and value against these classes.

Values live in `conf/` and nowhere else; a class has a default only where a partner's file may leave
a key out. `jobs.parameters` turns the checked configuration of a build into frozen values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from jobs.errors import ConfigError
from jobs.flow.reading import OpenedRelease, open_release
from jobs.storage.objects import StorageParams
from jobs.storage.stores import open_store


@dataclass
class Partner:
    """A partner's file `conf/partners/NAME.yaml`, below its one key NAME."""

    deliveries: Any = MISSING  # a path, pattern or URI, or a list of them
    format: str = MISSING
    licence: str = MISSING
    priority: int = MISSING
    encoding: str = "auto"
    columns: dict[str, str] = field(default_factory=dict)
    reject_share: float | None = None  # None: limits.reject_share
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class Corpus:
    """What is built."""

    name: str = MISSING
    version: str = MISSING


@dataclass
class Storage:
    """Where releases are."""

    root: str | None = MISSING
    endpoint_url: str | None = MISSING
    region: str | None = MISSING


@dataclass
class Minhash:
    """Signatures, geometry and threshold of near-duplicates."""

    num_perm: int = MISSING
    seed: int = MISSING
    shingle_chars: int = MISSING
    bands: int = MISSING
    rows: int = MISSING
    threshold: float = MISSING
    verify: str = MISSING


@dataclass
class Rank:
    """Which of two copies stays, after partner priority."""

    prefer: list[str] = MISSING


@dataclass
class Limits:
    """What a delivery may contain."""

    text_bytes: int = MISSING
    reject_share: float = MISSING


@dataclass
class Shards:
    """How work and results are cut."""

    input_bytes: int = MISSING
    batch_bytes: int = MISSING
    run_bytes: int = MISSING
    group_documents: int = MISSING
    release_bytes: int = MISSING


@dataclass
class Compute:
    """Where tasks run."""

    address: str | None = MISSING
    workers: int | None = MISSING
    task_memory_bytes: int | None = MISSING


@dataclass
class Build:
    """build, normalize, dedup, merge and publish."""

    partners: dict[str, Partner] = MISSING
    corpus: Corpus = field(default_factory=Corpus)
    storage: Storage = field(default_factory=Storage)
    minhash: Minhash = field(default_factory=Minhash)
    rank: Rank = field(default_factory=Rank)
    limits: Limits = field(default_factory=Limits)
    shards: Shards = field(default_factory=Shards)
    compute: Compute = field(default_factory=Compute)
    sign_key: str | None = MISSING


@dataclass
class CorpusChoice:
    """Which corpus to read; null is fine where the root holds one."""

    name: str | None = MISSING


@dataclass
class Listing:
    """releases."""

    storage: Storage = field(default_factory=Storage)
    corpus: CorpusChoice = field(default_factory=CorpusChoice)
    format: str = MISSING


@dataclass
class Read:
    """files and decisions."""

    storage: Storage = field(default_factory=Storage)
    corpus: CorpusChoice = field(default_factory=CorpusChoice)
    release: str = MISSING


@dataclass
class Show(Read):
    """show and verify."""

    format: str = MISSING


@dataclass
class Explain(Show):
    """explain."""

    id: str = MISSING


@dataclass
class Verify(Show):
    """verify."""

    level: str = MISSING
    sample: float = MISSING
    public_key: str | None = MISSING
    ray: bool = MISSING
    compute: Compute = field(default_factory=Compute)


@dataclass
class Mirror(Read):
    """mirror."""

    to: str = MISSING
    to_endpoint_url: str | None = MISSING
    to_region: str | None = MISSING


@dataclass
class Export(Read):
    """export."""

    to: str | None = MISSING
    format: str = MISSING
    layout: str = MISSING


@dataclass
class Diff:
    """diff."""

    storage: Storage = field(default_factory=Storage)
    corpus: CorpusChoice = field(default_factory=CorpusChoice)
    a: str = MISSING
    b: str = MISSING
    format: str = MISSING
    out: str | None = MISSING
    sites: int = MISSING


@dataclass
class Report(Show):
    """report."""

    largest: int = MISSING
    sites: int = MISSING
    alarm: float = MISSING
    alarm_rows: int = MISSING


@dataclass
class Tune:
    """tune."""

    threshold: float = MISSING
    num_perm: int = MISSING
    recall: float = MISSING
    format: str = MISSING


@dataclass
class Demo:
    """demo."""

    out: str = MISSING
    size: str = MISSING
    seed: int = MISSING


def register() -> None:
    """Make the classes known to Hydra, under the names that `conf/*.yaml` begin with."""
    store = ConfigStore.instance()
    reading = (Listing, Read, Show, Explain, Verify, Mirror, Export, Diff, Report)
    for schema in (Build, *reading, Tune, Demo):
        store.store(name=f"{schema.__name__.lower()}_schema", node=schema)


def opened(config: Read) -> OpenedRelease:
    """The release a reading verb was asked for."""
    store = open_store(storage_params(config.storage))
    return open_release(store, config.corpus.name, config.release)


def storage_params(config: Storage) -> StorageParams:
    """Where the releases are.

    Raises:
        ConfigError: nobody said.
    """
    if not config.root:
        raise ConfigError(
            "please give storage.root=DIR or storage.root=s3://bucket/prefix, or set HELIU_ROOT"
        )
    return StorageParams(config.root, config.endpoint_url, config.region)
