"""Parameters of a build, as frozen values.

`alarms`, `acceptance`, `storage` and `compute` change no byte.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.config_errors import KeyMissing
from jobs.corpus.release.partner_terms import PartnerTerms
from jobs.errors import ConfigError
from jobs.storage.grammar import complaint_of_line
from jobs.storage.layout import check_corpus, check_version

if TYPE_CHECKING:  # the command line is checked by these classes, which need not load numba
    from jobs.corpus.contamination.benchmarks import BenchmarkParams
    from jobs.corpus.dedup.params import BandParams, RankParams, SignatureParams
    from jobs.corpus.intake.rows import DeliveryParams
    from jobs.corpus.normalize.documents import TextParams
    from jobs.corpus.private_data.params import PrivateDataParams
    from jobs.corpus.release.acceptance_params import AcceptanceParams
    from jobs.corpus.release.alarm_params import AlarmParams
    from jobs.corpus.removal.params import RepeatedLineParams, SiteBoilerplateParams
    from jobs.corpus.repair.repairs import RepairParams
    from jobs.corpus.signals.keywords import SignalParams
    from jobs.corpus.signals.rules import RuleParams
    from jobs.corpus.sources.filters import OriginParams
    from jobs.on_ray.compute import ComputeParams
    from jobs.storage.objects import StorageParams

_MOST_PRIORITY = 1_000_000


@dataclass(frozen=True)
class FileGroup:
    """Files of one partner that are read in one way.

    Attributes:
        name: Its name in the partner's file; empty if it is the partner's only one.
        deliveries: Paths, patterns or URIs.
        reading: Format, encoding, columns and limits.
    """

    name: str
    deliveries: tuple[str, ...]
    reading: DeliveryParams


@dataclass(frozen=True)
class PartnerParams:
    """One partner: its deliveries, how to read them, and what was agreed.

    Attributes:
        name: The partner's name, as in the release.
        groups: Its deliveries, by name.
        repair: Which repairs apply to its texts.
        licence: Written beside every document.
        priority: The lower number wins when two partners hold one document.
        reject_share: The share of rejected rows above which the build stops, in [0, 1].
        metadata: Free; copied into the manifest.
        terms: What the papers of a release report of it; copied likewise.
        follow_links: Whether links may lead out of the folders of deliveries.
        is_skipping: Whether a file that cannot be read is set aside, instead of ending the build.
    """

    name: str
    groups: tuple[FileGroup, ...]
    repair: RepairParams
    licence: str
    priority: int
    reject_share: float
    metadata: dict[str, Any]
    follow_links: bool
    is_skipping: bool
    terms: PartnerTerms = field(default_factory=PartnerTerms)

    def __post_init__(self) -> None:
        """Refuse a partner without deliveries, of an unknown format or with an impossible share."""
        from jobs.corpus.intake.formats import format_named  # noqa: PLC0415  loads numba

        for group in self.groups:
            format_named(group.reading.format)
            if not group.deliveries:
                raise KeyMissing(f"{self.owner(group)} has no deliveries: give a path or pattern")
        for words in (self.name, self.licence, *self.terms.given.values()):
            if complaint := complaint_of_line(words):
                raise ConfigError(f"partner {self.name!r}: {words!r} {complaint}: correct it")
        if not 0 <= self.reject_share <= 1:
            raise ConfigError(
                f"partner {self.name}: reject_share={self.reject_share} is no share: give 0 to 1"
            )
        if abs(self.priority) > _MOST_PRIORITY:
            raise ConfigError(
                f"partner {self.name}: priority={self.priority}: give a number up to a million"
            )

    def owner(self, group: FileGroup) -> str:
        """Return what errors call one of its groups."""
        return f"partner {self.name}" + (f", group {group.name}" if group.name else "")


def recorded_reading(reading: DeliveryParams, repair: RepairParams) -> dict[str, Any]:
    """Return the values of how files are read that decide what is read.

    Args:
        reading: how they are read.
        repair: the repairs of their partner.
    """
    recorded = asdict(reading)
    del recorded["batch_bytes"]  # how much is read at a time decides nothing
    del recorded["lost_share"]  # that of the repairs
    for name, before in (("quoting", "double"), ("keep", ())):
        if recorded[name] == before:  # the only way before there was a choice
            del recorded[name]
    return recorded | {"columns": dict(reading.columns), "repair": asdict(repair)}


@dataclass(frozen=True)
class ShardParams:
    """Sizes of tasks and of release files.

    Attributes:
        input_bytes: About how much text one task reads, of small files together or of a split of
            a large one; no effect on results.
        run_bytes: Rows and text a task holds before it writes; no effect on results.
        group_documents: Documents one task compares at a time; no effect on results.
        release_bytes: Text in one shard of a release.
    """

    input_bytes: int
    run_bytes: int
    group_documents: int
    release_bytes: int

    def __post_init__(self) -> None:
        """Refuse sizes that make no shard at all."""
        for name in ("input_bytes", "run_bytes", "group_documents", "release_bytes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"shards.{name}={getattr(self, name)}: give a positive number")


@dataclass(frozen=True)
class BuildParams:
    """The parameters of a build; fingerprints of its stages hold those that decide their tables."""

    corpus: str
    version: str
    parent: str | None  # the release this one extends: VERSION, CORPUS/VERSION or latest
    partners: tuple[PartnerParams, ...]
    repeated_lines: RepeatedLineParams
    site_boilerplate: SiteBoilerplateParams
    bands: BandParams
    rank: RankParams
    signals: SignalParams
    rules: RuleParams
    benchmarks: BenchmarkParams
    private_data: PrivateDataParams
    origin: OriginParams
    shards: ShardParams
    alarms: AlarmParams
    acceptance: AcceptanceParams
    storage: StorageParams
    compute: ComputeParams
    publisher: str | None = None  # its legal name, for the papers of the release
    inherits_meta: bool = False  # whether the release that it extends has columns of partners' own

    def __post_init__(self) -> None:
        """Raise ConfigError for a name that cannot be a key, or if there are no partners."""
        check_corpus(self.corpus)
        check_version(self.version)
        if complaint := complaint_of_line(self.publisher or ""):
            raise ConfigError(f"corpus.publisher: {self.publisher!r} {complaint}: correct it")
        if not self.partners:
            raise KeyMissing(
                "no partners: give partners=[a,b,c], each a file conf/partners/NAME.yaml here or "
                "in the folder of --config-dir"
            )
        sources = self.origin.sources
        reasons = [rule.reason for rule in self.rules.rules]
        unknown = set(sources.flagged_by) - set(reasons)
        if sources.most_flagged is not None and unknown:
            raise ConfigError(
                f"sources.flagged_by names {', '.join(sorted(unknown))}: the reasons of "
                f"rules={self.rules.profile} are {', '.join(reasons) or 'none'}"
            )
        if "quality" in self.rules.columns and self.signals.quality is None:
            raise ConfigError(
                f"rules/{self.rules.profile}.yaml filters by quality, which is null without "
                "a model: give quality.model=FILE (heliu train-quality makes one)"
            )
        risks = self.signals.risks
        missing = self.rules.risk_categories - set(risks.names if risks else ())
        if missing:
            raise ConfigError(
                f"rules/{self.rules.profile}.yaml filters by risk keywords of "
                f"{', '.join(sorted(missing))}: signals.risk_keywords "
                f"has {', '.join(risks.names) if risks else 'no file'}"
            )

    @property
    def signature(self) -> SignatureParams:
        """How signatures are made."""
        return self.bands.signature

    @property
    def has_meta(self) -> bool:
        """Whether documents have columns of their partners' own."""
        groups = (group for partner in self.partners for group in partner.groups)
        return self.inherits_meta or any(group.reading.keep for group in groups)

    def text_params(self, partner: PartnerParams) -> TextParams:
        """Return what is done to the texts of one partner."""
        from jobs.corpus.normalize.documents import TextParams  # noqa: PLC0415  loads numba

        return TextParams(
            partner.repair, self.repeated_lines, self.signals, self.private_data, self.origin
        )
