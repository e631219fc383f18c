"""What the other programs may be told, with types: those that read releases and keep the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from jobs.command.config_files import read_our_way
from jobs.command.settings import (
    Benchmark,
    Build,
    Compute,
    Publish,
    Publishing,
    Rules,
    Storage,
    storage_params,
)
from jobs.command.terminal import note
from jobs.flow.releases.opened import OpenedRelease, open_release
from jobs.storage.stores import open_store


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
class Doctor:
    """doctor."""

    storage: Storage = field(default_factory=Storage)
    format: str = MISSING


@dataclass
class Tag:
    """tag."""

    storage: Storage = field(default_factory=Storage)
    corpus: CorpusChoice = field(default_factory=CorpusChoice)
    name: str = MISSING
    release: str = MISSING
    delete: bool = MISSING


@dataclass
class Yank(Read):
    """yank."""

    reason: str | None = MISSING
    undo: bool = MISSING


@dataclass
class Takedown(Show):
    """takedown."""

    version: str = MISSING
    ids: list[str] = MISSING
    urls: list[str] = MISSING
    url_prefix: str | None = MISSING
    domain: str | None = MISSING
    partner: str | None = MISSING
    licence: str | None = MISSING
    contains: str | None = MISSING
    reason: str = MISSING
    policy: str = MISSING
    apply: bool = MISSING
    redact: bool = MISSING
    deliveries: Any = MISSING  # null, or where deliveries are now, by partner
    compute: Compute = field(default_factory=Compute)


@dataclass
class Decontaminate(Show):
    """decontaminate."""

    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    version: str | None = MISSING
    examples: int = MISSING
    out: str | None = MISSING
    apply: bool = MISSING


@dataclass
class Rollback:
    """rollback."""

    storage: Storage = field(default_factory=Storage)
    corpus: CorpusChoice = field(default_factory=CorpusChoice)
    release: str | None = MISSING
    undo: bool = MISSING


@dataclass
class Gc(Listing):
    """gc."""

    apply: bool = MISSING
    work: bool = MISSING


@dataclass
class Explain(Show):
    """explain."""

    id: str = MISSING
    diff: bool = MISSING
    deliveries: Any = MISSING  # null, a path, pattern or URI, or a list of them


@dataclass
class Verify(Show):
    """verify."""

    level: str = MISSING
    sample: float = MISSING
    public_key: str | None = MISSING
    ray: bool = MISSING
    compute: Compute = field(default_factory=Compute)


@dataclass
class Sign(Read):
    """sign."""

    key: str = MISSING


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
    base_url: str | None = MISSING


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
    alarm_reason_share: float = MISSING
    alarm_id_rows: int = MISSING
    alarm_rows: int = MISSING


@dataclass
class Tune:
    """tune."""

    threshold: float = MISSING
    num_perm: int = MISSING
    recall: float = MISSING
    format: str = MISSING


@dataclass
class Judge(Build):
    """judge."""

    against: Rules = field(default_factory=Rules)
    signal: str | None = MISSING
    examples: int = MISSING
    format: str = MISSING


@dataclass
class Demo:
    """demo."""

    out: str = MISSING
    size: str = MISSING
    seed: int = MISSING


@dataclass
class TrainQuality:
    """train-quality."""

    positive: Any = MISSING  # a path, pattern or URI, or a list of them
    negative: Any = MISSING
    out: str = MISSING
    format: str = MISSING
    encoding: str = MISSING
    html: bool = MISSING
    columns: dict[str, str] = MISSING
    text_bytes: int = MISSING
    batch_bytes: int = MISSING
    seed: int = MISSING
    documents: int = MISSING
    epochs: int = MISSING
    rate: float = MISSING
    held_out: float = MISSING
    endpoint_url: str | None = MISSING
    region: str | None = MISSING
    report: str = MISSING


@cache
def register() -> None:
    """Once: make the classes known to Hydra, under the names that `conf/*.yaml` begin with.

    From then on Hydra reads YAML files as `jobs.command.config_files` does.
    """
    read_our_way()
    store = ConfigStore.instance()
    reading = (Listing, Read, Show, Explain, Verify, Sign, Mirror, Export, Diff, Report)
    ours = (Publishing, Publish, Doctor, Tag, Yank, Rollback, Gc, Takedown, Decontaminate)
    for schema in (Build, *reading, Tune, Judge, TrainQuality, Demo, *ours):
        store.store(name=f"{schema.__name__.lower()}_schema", node=schema)


def opened(config: Read) -> OpenedRelease:
    """The release a reading verb was asked for; what befell it since is said on standard error."""
    store = open_store(storage_params(config.storage))
    release = open_release(store, config.corpus.name, config.release)
    if release.warning is not None:
        note(f"heliu: {release.warning}")
    return release
