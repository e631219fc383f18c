"""What a build may be told, with types: Hydra checks every key and value against these classes.

Values live in `conf/` and nowhere else; a class has a default only where a partner's file may leave
a key out. `jobs.command.parameters` turns the checked configuration of a build into frozen values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from jobs.errors import ConfigError
from jobs.storage.objects import StorageParams


@dataclass
class Partner:
    """A partner's file `conf/partners/NAME.yaml`, below its one key NAME."""

    deliveries: Any = MISSING  # a path, pattern or URI, or a list of them
    format: str = MISSING
    licence: str = MISSING
    priority: int = MISSING
    encoding: str = "auto"
    html: bool = False  # whether the text column holds whole web pages
    quoting: str = "double"  # of csv and tsv; or none
    columns: dict[str, str] = field(default_factory=dict)
    script: str = "simplify"  # Traditional text; or keep
    reject_share: float | None = None  # None: limits.reject_share
    metadata: dict[str, Any] = field(default_factory=dict)
    follow_links: bool = False  # out of the folders of deliveries


@dataclass
class Benchmark:
    """An evaluation set's file `conf/benchmarks/NAME.yaml`, below its one key NAME."""

    files: Any = MISSING  # a path, pattern or URI, or a list of them
    format: str = MISSING
    columns: dict[str, str] = MISSING
    version: str = MISSING
    licence: str = MISSING
    each: str = ""  # path to nested lists whose elements are the items
    policy: dict[str, str] = field(default_factory=dict)


@dataclass
class Corpus:
    """What is built."""

    name: str = MISSING
    version: str = MISSING
    parent: str | None = MISSING


@dataclass
class Storage:
    """Where releases are."""

    root: str | None = MISSING
    endpoint_url: str | None = MISSING
    region: str | None = MISSING


@dataclass
class Normalization:
    """Which repairs are left out, and how much may be lost."""

    skip: list[str] = MISSING
    lost_share: float = MISSING


@dataclass
class Paragraphs:
    """What is removed below the document."""

    repeated: bool = MISSING
    min_chars: int = MISSING
    min_times: int = MISSING
    min_pasted_chars: int = MISSING
    site_boilerplate: bool = MISSING
    min_documents: int = MISSING
    min_share: float = MISSING


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
class Signals:
    """What signals are told."""

    keywords: str | None = MISSING


@dataclass
class Quality:
    """What says how good a text is."""

    model: str | None = MISSING


@dataclass
class Unless:
    """Whose documents a rule spares."""

    partners: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)


@dataclass
class Rule:
    """A rule: `signal operator value` rejects, for the reason that is the rule's key."""

    signal: str = MISSING
    operator: str = MISSING
    value: float = MISSING
    unless: Unless = field(default_factory=Unless)


@dataclass
class Rules:
    """A profile `conf/rules/NAME.yaml`: where its thresholds come from, rules by reason."""

    profile: str = MISSING
    source: str = MISSING
    reject: dict[str, Rule] = field(default_factory=dict)


@dataclass
class Limits:
    """What a delivery may contain, and lose."""

    text_bytes: int = MISSING
    reject_share: float = MISSING
    alarm_share: float = MISSING
    alarm_reason_share: float = MISSING
    alarm_id_rows: int = MISSING
    alarm_rows: int = MISSING


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
    normalization: Normalization = field(default_factory=Normalization)
    paragraphs: Paragraphs = field(default_factory=Paragraphs)
    minhash: Minhash = field(default_factory=Minhash)
    rank: Rank = field(default_factory=Rank)
    signals: Signals = field(default_factory=Signals)
    quality: Quality = field(default_factory=Quality)
    rules: Rules = field(default_factory=Rules)
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    shards: Shards = field(default_factory=Shards)
    compute: Compute = field(default_factory=Compute)
    alarms: str = MISSING
    sign_key: str | None = MISSING


@dataclass
class Publishing(Build):
    """build: what publishes says what was published."""

    format: str = MISSING


@dataclass
class Publish(Publishing):
    """publish."""

    resume: bool = MISSING


def conf_folder() -> Path:
    """The configuration heliu ships: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"


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
