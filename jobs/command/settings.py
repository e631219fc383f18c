"""Configuration classes: which keys each verb takes, and their types.

Hydra checks every key and value against these classes. A group of keys that sets frozen parameter
classes is declared by those alone (`group`). Defaults stand in `conf/`, whose comments are what
`--help` prints; a class has a default only where a partner's file may leave out a key.
`jobs.command.parameters` turns a checked configuration into the frozen parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobs.command.schemas import MISSING, group
from jobs.config_errors import KeyMissing
from jobs.corpus.dedup.params import BandParams, RankParams, SignatureParams
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.release.acceptance_params import AcceptanceParams
from jobs.corpus.release.alarm_params import AlarmParams
from jobs.corpus.release.partner_terms import PartnerTerms
from jobs.corpus.removal.params import RepeatedLineParams, SiteBoilerplateParams
from jobs.corpus.repair.repairs import RepairParams
from jobs.corpus.sources.rights_params import RightsParams
from jobs.flow.params import ShardParams
from jobs.on_ray.compute import ComputeParams
from jobs.storage.objects import StorageParams


@dataclass
class FileGroup:
    """Files of a partner that are read in a way of their own; what is not said is the partner's."""

    deliveries: Any = MISSING  # a path, pattern or URI, or a list of them
    format: str | None = None
    encoding: str | None = None
    html: bool | None = None
    quoting: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    keep: list[str] = field(default_factory=list)


@dataclass
class Partner:
    """A partner's file `conf/partners/NAME.yaml`, below its one key NAME."""

    deliveries: Any = None  # a path, pattern or URI, or a list of them
    format: str | None = None  # None where groups give it
    licence: str = MISSING
    priority: int = MISSING
    encoding: str = "auto"
    html: bool = False  # whether the text column holds whole web pages
    quoting: str = "double"  # of csv and tsv; or none, escaped
    columns: dict[str, str] = field(default_factory=dict)
    keep: list[str] = field(default_factory=list)  # columns of its own in the release
    script: str = "simplify"  # Traditional text; or keep
    reject_share: float | None = None  # None: limits.reject_share
    metadata: dict[str, Any] = field(default_factory=dict)
    terms: Any = field(default_factory=group(PartnerTerms))  # for the papers of a release
    follow_links: bool = False  # out of the folders of deliveries
    on_bad_file: str | None = None  # None: the build's
    groups: dict[str, FileGroup] = field(default_factory=dict)  # instead of deliveries


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
    publisher: str | None = None  # releases that record none gave none


@dataclass
class Storage:
    """Where releases are."""

    root: str | None = MISSING
    endpoint_url: str | None = MISSING
    region: str | None = MISSING


@dataclass
class Signals:
    """Inputs of the signals; releases that record no risk keywords had none."""

    keywords: str | None = MISSING
    risk_keywords: Any = None  # a path, pattern or URI, or a list of them
    risk_exceptions: Any = None
    risk_version: str | None = None


@dataclass
class Quality:
    """The model that scores the quality of a text."""

    model: str | None = MISSING


@dataclass
class Sources:
    """The registry of sources; releases that record none used none."""

    policy: str = "off"
    registry: str | None = None
    most_flagged: float | None = None
    flagged_by: list[str] = field(default_factory=list)


@dataclass
class Unless:
    """Partners and sites that a rule does not apply to."""

    partners: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)


@dataclass
class RuleEntry:
    """A rule: `signal operator value` rejects, for the reason that is the rule's key."""

    signal: str = MISSING
    operator: str = MISSING
    value: float = MISSING
    unless: Unless = field(default_factory=Unless)


@dataclass
class RuleProfile:
    """A profile `conf/rules/NAME.yaml`: the source of its thresholds, and rules by reason."""

    profile: str = MISSING
    source: str = MISSING
    reject: dict[str, RuleEntry] = field(default_factory=dict)


COMPUTE = group(ComputeParams, leave_out="is_small")
LIMITS = group(AlarmParams, leave_out="is_stopping", text_bytes=int, reject_share=float)


@dataclass
class Build:
    """Keys of build, normalize, dedup, merge, publish and judge."""

    partners: dict[str, Partner] = MISSING
    corpus: Corpus = field(default_factory=Corpus)
    storage: Storage = field(default_factory=Storage)
    normalization: Any = field(default_factory=group(RepairParams))
    paragraphs: Any = field(default_factory=group(RepeatedLineParams, SiteBoilerplateParams))
    private_data: Any = field(default_factory=group(PrivateDataParams))
    sources: Sources = field(default_factory=Sources)
    span: dict[str, str | None] = field(default_factory=dict)  # from, to, missing
    rights: Any = field(default_factory=group(RightsParams))
    minhash: Any = field(default_factory=group(SignatureParams, BandParams))
    rank: Any = field(default_factory=group(RankParams))
    signals: Signals = field(default_factory=Signals)
    quality: Quality = field(default_factory=Quality)
    rules: RuleProfile = field(default_factory=RuleProfile)
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    limits: Any = field(default_factory=LIMITS)
    shards: Any = field(default_factory=group(ShardParams, batch_bytes=int))
    compute: Any = field(default_factory=COMPUTE)
    acceptance: Any = field(default_factory=group(AcceptanceParams))
    alarms: str = MISSING
    on_bad_file: str = MISSING
    progress: str = MISSING
    sign_key: str | None = MISSING


@dataclass
class PublishedBuild(Build):
    """Keys of build and publish, which report the published release."""

    format: str = MISSING


@dataclass
class CorpusChoice:
    """The corpus to read; null if the root holds only one."""

    name: str | None = MISSING


@dataclass
class OneCorpus:
    """Keys of the verbs that work on one corpus of a root."""

    storage: Storage = field(default_factory=Storage)
    corpus: CorpusChoice = field(default_factory=CorpusChoice)


@dataclass
class CorpusReport(OneCorpus):
    """Keys of the verbs that print something about a corpus."""

    format: str = MISSING


@dataclass
class OneRelease(OneCorpus):
    """Keys of the verbs that work on one release."""

    release: str = MISSING


@dataclass
class ReleaseReport(OneRelease):
    """Keys of the verbs that print something about a release."""

    format: str = MISSING


def storage_params(config: Storage) -> StorageParams:
    """Return where the releases are.

    Raises:
        ConfigError: `storage.root` is not set.
    """
    if not config.root:
        raise KeyMissing(
            "please give storage.root=DIR or storage.root=s3://bucket/prefix, or set HELIU_ROOT"
        )
    return StorageParams(config.root, config.endpoint_url, config.region)
